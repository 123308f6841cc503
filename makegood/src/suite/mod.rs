//! The whole suite in one process: PostgreSQL, the services behind one public door, and people with tokens.
//!
//! The law: each service connects as its own role with rights on its own schema only, here as anywhere.

mod database;
mod directory;
mod folder;
mod people;
mod secrets;

use std::{
    collections::BTreeMap,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use anyhow::anyhow;
use chassis::{clock::Clock, configuration::Secret, serve, telemetry::Telemetry};

use crate::{
    endpoints::{self, Endpoints},
    secret_file,
};
use database::Database;
use folder::Folder;
use secrets::Secrets;

/// How many connections each service may open.
const CONNECTIONS_MAX: u32 = 24;

/// For how many seconds the door remembers a key.
const REMEMBER_KEYS_S: u64 = 2;

/// What a suite is started from.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of everything that stays: data, passwords, tokens. Made when it is not there.
    pub data_dir: PathBuf,
    /// Where the data is.
    pub storage: Storage,
    /// The public port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The port of health and metrics on 127.0.0.1; 0 takes a free one.
    pub health_port: u16,
}

/// Where the data is.
#[derive(Clone, Debug)]
pub enum Storage {
    /// In a database of this name on a private PostgreSQL in the folder; made when it is not there.
    Private { database: String },
    /// In the database of this URL, as a role that may create roles and schemas.
    Url(String),
}

/// A running suite.
pub struct Suite {
    endpoints: Endpoints,
    services: Services,
    gateway: gateway::Running,
    database: Database,
    // Let go last: whoever gets the folder finds nothing running in it.
    folder: Folder,
}

impl Suite {
    /// Starts everything. What was started already is ended again when something does not start.
    pub async fn start(options: Options, telemetry: Option<Arc<Telemetry>>) -> Result<Self, anyhow::Error> {
        let folder = Folder::take(&options.data_dir)?;
        let secrets = Secrets::of(folder.path())?;
        let database = Database::start(folder.path(), &options.storage).await?;
        let begin = Begin { options: &options, folder: &folder, secrets: &secrets, database: &database };
        match begin.services(telemetry).await {
            Ok((endpoints, services, gateway)) => {
                let suite = Self { endpoints, services, gateway, database, folder };
                match suite.open().await {
                    Ok(()) => Ok(suite),
                    Err(error) => {
                        suite.stop().await?;
                        Err(error)
                    }
                }
            }
            Err(error) => {
                database.stop().await?;
                Err(error)
            }
        }
    }

    /// Enters its people, and only then says where it listens: whoever finds it finds it whole.
    async fn open(&self) -> Result<(), anyhow::Error> {
        directory::fill(&self.endpoints).await?;
        secret_file::write(&endpoints::file(self.folder.path()), &self.endpoints)
    }

    /// Where it listens, and the tokens that open it.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Ends everything, the door first: calls finish, data is on disk.
    pub async fn stop(self) -> Result<(), anyhow::Error> {
        self.gateway.stop().await;
        self.services.stop().await;
        self.database.stop().await
    }
}

/// The services behind the door.
struct Services {
    invoicing: serve::Running,
    adjustments: serve::Running,
}

impl Services {
    /// Ends them, those that call others first.
    async fn stop(self) {
        self.adjustments.stop().await;
        self.invoicing.stop().await;
    }
}

/// What there is before the services are.
struct Begin<'a> {
    options: &'a Options,
    folder: &'a Folder,
    secrets: &'a Secrets,
    database: &'a Database,
}

impl Begin<'_> {
    async fn services(
        &self,
        telemetry: Option<Arc<Telemetry>>,
    ) -> Result<(Endpoints, Services, gateway::Running), anyhow::Error> {
        let Self { secrets, database, .. } = self;
        let clock = Clock::system();
        invoicing_svc::migrate(&database.admin_url()?, &secrets.invoicing()).await?;
        adjustments_svc::migrate(&database.admin_url()?, &secrets.adjustments()).await?;
        gateway::migrate(&database.admin_url()?, &secrets.access()).await?;
        let access_url = database.url_as("access_app", &secrets.access_app)?;
        let tokens = people::tokens(self.folder.path(), &database.name(), &access_url, &clock).await?;
        let services = self.start_services(&clock).await?;
        let gateway = match gateway::start(self.door(access_url, &services), clock, telemetry).await {
            Ok(gateway) => gateway,
            Err(error) => {
                services.stop().await;
                return Err(anyhow!("{error}: --port and --health-port"));
            }
        };
        let endpoints = Endpoints {
            address: format!("http://{}", gateway.address()),
            health: format!("http://{}", gateway.health_address()),
            database: database.name(),
            tokens,
        };
        Ok((endpoints, services, gateway))
    }

    async fn start_services(&self, clock: &Clock) -> Result<Services, anyhow::Error> {
        let Self { secrets, database, folder, .. } = self;
        let mail = folder.path().join("mail");
        fs::create_dir_all(&mail)?;
        let invoicing = invoicing_svc::Configuration {
            listen: loopback(0),
            database_url: database.url_as("invoicing_app", &secrets.invoicing_app)?,
            connections_max: CONNECTIONS_MAX,
            caller_secret: secrets.caller(),
            tax_engines: BTreeMap::new(),
            approvals: Some("adjustments".to_owned()),
        };
        let adjustments_url = database.url_as("adjustments_app", &secrets.adjustments_app)?;
        let invoicing = invoicing_svc::start(invoicing, clock.clone()).await?;
        let adjustments = adjustments_svc::Configuration {
            listen: loopback(0),
            database_url: adjustments_url,
            connections_max: CONNECTIONS_MAX,
            caller_secret: secrets.caller(),
            invoicing_url: format!("http://{}", invoicing.address()),
            notifications: adjustments_svc::Notifications {
                mail_folder: Some(mail),
                ..adjustments_svc::Notifications::default()
            },
        };
        match adjustments_svc::start(adjustments, clock.clone()).await {
            Ok(adjustments) => Ok(Services { invoicing, adjustments }),
            Err(error) => {
                invoicing.stop().await;
                Err(error.into())
            }
        }
    }

    fn door(&self, database_url: Secret, services: &Services) -> gateway::Configuration {
        gateway::Configuration {
            listen: loopback(self.options.port),
            health_listen: loopback(self.options.health_port),
            database_url,
            connections_max: CONNECTIONS_MAX,
            caller_secret: self.secrets.caller(),
            remember_keys_s: REMEMBER_KEYS_S,
            upstreams: BTreeMap::from([
                ("invoicing".to_owned(), format!("http://{}", services.invoicing.address())),
                ("adjustments".to_owned(), format!("http://{}", services.adjustments.address())),
            ]),
            limits: gateway::LimitSettings { concurrency_max: 1024, calls_per_second: 2000, burst: 8000 },
        }
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}
