//! A gateway with its own database, and the service behind it.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use billing_proto::billing::{
    access::v1::{PrincipalKind, Role},
    invoicing::v1::{
        account_service_server::AccountServiceServer, delivery_service_server::DeliveryServiceServer,
        event_service_server::EventServiceServer, invoice_service_server::InvoiceServiceServer,
    },
};
use chassis::{
    background::Background,
    caller::{CallerVerifier, Grant},
    clock::Clock,
    configuration::Secret,
    database::Login,
    serve::{self, Server, Services},
    stack::{MESSAGE_MAX_BYTES, Stack},
};
use gateway::{Configuration, LimitSettings, Passwords, access};
use jiff::{SignedDuration, Timestamp};
use sqlx::PgPool;
use testkit::TestDatabase;

use crate::{canned::Canned, client::Client};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Everything that a test needs; it goes when it is dropped.
pub struct House {
    pub gateway: gateway::Running,
    pub service: serve::Running,
    pub canned: Canned,
    pub clock: Clock,
    pub pool: PgPool,
    _database: TestDatabase,
}

/// What is not the same in every test.
pub struct Choices {
    pub upstream: Option<SocketAddr>,
    pub limits: LimitSettings,
    pub remember_keys_s: u64,
}

impl Default for Choices {
    fn default() -> Self {
        let limits = LimitSettings { concurrency_max: 100, calls_per_second: 1000, burst: 1000 };
        Self { upstream: None, limits, remember_keys_s: 5 }
    }
}

impl House {
    pub async fn new() -> Self {
        Self::with(Choices::default()).await
    }

    pub async fn with(choices: Choices) -> Self {
        let password = Secret::new("access");
        let passwords = Passwords { owner: password.clone(), app: password.clone() };
        let database = TestDatabase::create("access", async |url| {
            Ok(gateway::migrate(&Secret::new(url), &passwords).await?)
        });
        let database = database.await.unwrap();
        let app = Login { role: "access_app", password: &password };
        let database_url = app.url(&Secret::new(database.url())).unwrap();
        let clock = Clock::stopped("2020-02-01T00:00:00Z".parse().unwrap());
        let canned = Canned::default();
        let service = serve(canned.clone(), clock.clone()).await;
        let upstream = choices.upstream.unwrap_or(service.address());
        let configuration = Configuration {
            listen: "127.0.0.1:0".parse().unwrap(),
            health_listen: "127.0.0.1:0".parse().unwrap(),
            database_url: database_url.clone(),
            connections_max: 4,
            caller_secret: Secret::new(SECRET),
            remember_keys_s: choices.remember_keys_s,
            upstreams: BTreeMap::from([("invoicing".to_owned(), format!("http://{upstream}"))]),
            limits: choices.limits,
        };
        let gateway = gateway::start(configuration, clock.clone(), None).await.unwrap();
        let pool = gateway::connect(&database_url, 2).await.unwrap();
        Self { gateway, service, canned, clock, pool, _database: database }
    }

    /// A new token for a person of this name in these roles.
    pub async fn token(&self, person: &str, roles: &[Role]) -> String {
        self.expiring_token(person, roles, None).await
    }

    pub async fn expiring_token(
        &self,
        person: &str,
        roles: &[Role],
        expires_at: Option<Timestamp>,
    ) -> String {
        let grants = roles.iter().map(|role| Grant {
            role: *role,
            entities: vec![],
            territories: vec![],
            accounts: vec![],
        });
        let new = access::NewKey {
            person: person.to_owned(),
            kind: PrincipalKind::Person,
            grants: grants.collect(),
            created_at: self.clock.now(),
            created_by: "test".to_owned(),
            expires_at,
        };
        access::create_key(&self.pool, new).await.unwrap()
    }

    /// A client of somebody who may do nearly everything.
    pub async fn client(&self) -> Client {
        let roles = [Role::Controller, Role::BillingManager, Role::OrderManagement, Role::Auditor];
        self.client_in(&roles).await
    }

    pub async fn client_in(&self, roles: &[Role]) -> Client {
        Client::new(self.gateway.address(), self.token("ada", roles).await)
    }

    pub fn anonymous(&self) -> Client {
        Client::new(self.gateway.address(), String::new())
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }
}

async fn serve(canned: Canned, clock: Clock) -> serve::Running {
    let services = Services::new()
        .with(AccountServiceServer::new(canned.clone()))
        .with(DeliveryServiceServer::new(canned.clone()).max_decoding_message_size(MESSAGE_MAX_BYTES))
        .with(InvoiceServiceServer::new(canned.clone()))
        .with(EventServiceServer::new(canned));
    let verifier = CallerVerifier::new(&Secret::new(SECRET), "invoicing", clock.clone()).unwrap();
    let server = Server::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    server.start(services, Stack::new(verifier, clock, 100), Background::new()).await.unwrap()
}

/// Waits until something becomes true, and fails after five seconds.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came true: {what}");
}
