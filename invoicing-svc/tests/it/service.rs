//! A service of its own for each test, with its database, its clock and its callers.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
};

use billing_proto::billing::access::v1::{PrincipalKind, Role};
use chassis::{
    caller::{CALLER_HEADER, Caller, CallerSigner, Grant},
    clock::Clock,
    configuration::Secret,
    database::Login,
    serve::Running,
};
use invoicing_svc::{Configuration, Passwords, TaxEngine};
use sqlx::{Connection, PgConnection};
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
    tax_engines: BTreeMap<String, TaxEngine>,
    running: Option<Running>,
    channel: Channel,
    signer: CallerSigner,
    approvals: Option<&'static str>,
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
        let token = self.signer.sign(&self.caller, "invoicing").unwrap();
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
        Self::begin(BTreeMap::new(), None).await
    }

    /// The same, with outside tax engines.
    pub async fn start_with(tax_engines: BTreeMap<String, TaxEngine>) -> Self {
        Self::begin(tax_engines, None).await
    }

    /// A service that trusts `adjustments` with approvals.
    pub async fn start_with_approvals() -> Self {
        Self::begin(BTreeMap::new(), Some("adjustments")).await
    }

    async fn begin(tax_engines: BTreeMap<String, TaxEngine>, approvals: Option<&'static str>) -> Self {
        let database = TestDatabase::create("invoicing", async |url: String| {
            Ok(invoicing_svc::migrate(&Secret::new(url), &passwords()).await?)
        })
        .await
        .unwrap();
        let clock = Clock::stopped("2026-04-02T12:00:00Z".parse().unwrap());
        let (running, channel) = serve(&database, &clock, &tax_engines, approvals).await;
        let signer = CallerSigner::new(&secret(), clock.clone()).unwrap();
        Self { database, clock, tax_engines, approvals, running: Some(running), channel, signer }
    }

    /// Ends the service and starts it again on the same schema.
    pub async fn restart(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
        let (running, channel) = serve(&self.database, &self.clock, &self.tax_engines, self.approvals).await;
        (self.running, self.channel) = (Some(running), channel);
    }

    /// What another process of the service has to be told: the database, as the service's role, and the callers' secret.
    pub fn secrets(&self) -> (String, &'static str) {
        let passwords = passwords();
        let app = Login { role: "invoicing_app", password: &passwords.app };
        let url = app.url(&Secret::new(self.database.url())).unwrap();
        (url.reveal().to_owned(), SECRET)
    }

    /// A superuser's connection to the schema, past the service and its laws.
    pub async fn connection(&self) -> PgConnection {
        let mut connection = PgConnection::connect(self.database.url()).await.unwrap();
        sqlx::query("set search_path to invoicing").execute(&mut connection).await.unwrap();
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

    /// The way in as another service of the suite, with one role.
    pub fn service_door(&self, name: &str, role: Role) -> Door {
        let grants = vec![Grant { role, entities: vec![], territories: vec![], accounts: vec![] }];
        let caller = Caller { person: name.into(), kind: PrincipalKind::Service, key: String::new(), grants };
        InterceptedService::new(self.channel.clone(), Signed { signer: self.signer.clone(), caller })
    }

    /// The way in as a platform with one role.
    pub fn platform_door(&self, role: Role) -> Door {
        let grants = vec![Grant { role, entities: vec![], territories: vec![], accounts: vec![] }];
        let caller =
            Caller { person: "platform".into(), kind: PrincipalKind::Platform, key: "key".into(), grants };
        InterceptedService::new(self.channel.clone(), Signed { signer: self.signer.clone(), caller })
    }
}

async fn serve(
    database: &TestDatabase,
    clock: &Clock,
    tax_engines: &BTreeMap<String, TaxEngine>,
    approvals: Option<&str>,
) -> (Running, Channel) {
    let passwords = passwords();
    let app = Login { role: "invoicing_app", password: &passwords.app };
    let configuration = Configuration {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        database_url: app.url(&Secret::new(database.url())).unwrap(),
        connections_max: 8,
        caller_secret: secret(),
        tax_engines: tax_engines.clone(),
        approvals: approvals.map(str::to_owned),
    };
    let running = invoicing_svc::start(configuration, clock.clone()).await.unwrap();
    let channel = Channel::from_shared(format!("http://{}", running.address())).unwrap().connect_lazy();
    (running, channel)
}

/// The reason in the error details of a refusal.
pub fn reason(status: &Status) -> String {
    use tonic_types::StatusExt;
    status.get_details_error_info().map_or_else(|| format!("{status:?}"), |info| info.reason)
}
