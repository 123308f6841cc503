//! A service of its own for each test, with its database, its clock and its callers.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use adjustments_svc::{Configuration, Notifications, Passwords};
use billing_proto::billing::access::v1::{PrincipalKind, Role};
use chassis::{
    caller::{CALLER_HEADER, Caller, CallerSigner, Grant},
    clock::Clock,
    configuration::Secret,
    database::Login,
    serve::Running,
};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;
use testkit::TestDatabase;
use tonic::{
    Request, Status,
    metadata::MetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::Channel,
};

/// A running service.
pub struct Service {
    pub database: TestDatabase,
    pub clock: Clock,
    /// Where its e-mail goes.
    pub mail: TempDir,
    _running: Running,
    channel: Channel,
    signer: CallerSigner,
}

/// The way to the service as one caller.
pub type Door = InterceptedService<Channel, Signed>;

/// Signs every call.
#[derive(Clone)]
pub struct Signed {
    signer: CallerSigner,
    caller: Caller,
}

impl Interceptor for Signed {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let token = self.signer.sign(&self.caller, "adjustments").unwrap();
        request.metadata_mut().insert(CALLER_HEADER, MetadataValue::try_from(token).unwrap());
        Ok(request)
    }
}

/// Signs the callers.
const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn secret() -> Secret {
    Secret::new(SECRET)
}

fn passwords() -> Passwords {
    Passwords { owner: Secret::new("owner"), app: Secret::new("app") }
}

impl Service {
    /// A service on an empty schema; the clock stands at noon UTC of 2 April 2026.
    pub async fn start() -> Self {
        let database = TestDatabase::create("adjustments", async |url: String| {
            Ok(adjustments_svc::migrate(&Secret::new(url), &passwords()).await?)
        })
        .await
        .unwrap();
        keep_table(&database).await;
        let clock = Clock::stopped("2026-04-02T12:00:00Z".parse().unwrap());
        let mail = TempDir::new().unwrap();
        let (running, channel) = serve(&database, &clock, mail.path()).await;
        let signer = CallerSigner::new(&secret(), clock.clone()).unwrap();
        Self { database, clock, mail, _running: running, channel, signer }
    }

    /// A superuser's connection to the schema, past the service and its laws.
    pub async fn connection(&self) -> PgConnection {
        let mut connection = PgConnection::connect(self.database.url()).await.unwrap();
        sqlx::query("set search_path to adjustments").execute(&mut connection).await.unwrap();
        connection
    }

    /// The way in as a person with one role without limits.
    pub fn door(&self, person: &str, role: Role) -> Door {
        self.limited_door(
            person,
            vec![Grant { role, entities: vec![], territories: vec![], accounts: vec![] }],
        )
    }

    /// The way in as a person with these grants.
    pub fn limited_door(&self, person: &str, grants: Vec<Grant>) -> Door {
        let caller = Caller { person: person.into(), kind: PrincipalKind::Person, key: "key".into(), grants };
        InterceptedService::new(self.channel.clone(), Signed { signer: self.signer.clone(), caller })
    }

    /// The way in as a platform with one role.
    pub fn platform_door(&self, role: Role) -> Door {
        self.machine_door("platform", PrincipalKind::Platform, role)
    }

    /// The way in as another service of the suite with one role.
    pub fn service_door(&self, role: Role) -> Door {
        self.machine_door("controls", PrincipalKind::Service, role)
    }

    fn machine_door(&self, person: &str, kind: PrincipalKind, role: Role) -> Door {
        let grants = vec![Grant { role, entities: vec![], territories: vec![], accounts: vec![] }];
        let caller = Caller { person: person.into(), kind, key: "key".into(), grants };
        InterceptedService::new(self.channel.clone(), Signed { signer: self.signer.clone(), caller })
    }
}

/// The standard table, in which a count by hand is approved as a credit is: what anybody may ask for stands for what adjustments
/// asks for by itself.
pub fn table() -> String {
    include_str!("../../policies/standard.yaml")
        .replace("RATING_CORRECTION], ", "RATING_CORRECTION, MANUAL_COUNT], ")
        .replace("QUARANTINE_RELEASE, MANUAL_COUNT, AMENDMENT]", "QUARANTINE_RELEASE, AMENDMENT]")
}

/// Keeps that table as the first version, before the service begins with the standard one.
async fn keep_table(database: &TestDatabase) {
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    let kept = "insert into adjustments.policy_version (version, title, yaml, digest, effective_at, uploaded_by, uploaded_at)
                values (1, 'Counts as credits', $1, sha256(convert_to($1, 'UTF8')), 'epoch', 'test', 'epoch')";
    sqlx::query(kept).bind(table()).execute(&mut connection).await.unwrap();
}

async fn serve(database: &TestDatabase, clock: &Clock, mail: &Path) -> (Running, Channel) {
    let passwords = passwords();
    let app = Login { role: "adjustments_app", password: &passwords.app };
    let configuration = Configuration {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        database_url: app.url(&Secret::new(database.url())).unwrap(),
        connections_max: 8,
        caller_secret: secret(),
        // Nobody is there: these tests are about what happens here.
        invoicing_url: "http://127.0.0.1:9".into(),
        notifications: Notifications {
            webhook_hosts: vec!["127.0.0.1".into()],
            mail_folder: Some(mail.to_owned()),
            ..Notifications::default()
        },
    };
    let running = adjustments_svc::start(configuration, clock.clone()).await.unwrap();
    let channel = Channel::from_shared(format!("http://{}", running.address())).unwrap().connect_lazy();
    (running, channel)
}

/// The reason in the error details of a refusal.
pub fn reason(status: &Status) -> String {
    use tonic_types::StatusExt;
    status.get_details_error_info().map_or_else(|| format!("{status:?}"), |info| info.reason)
}
