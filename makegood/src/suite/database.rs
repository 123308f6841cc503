//! The PostgreSQL of a suite: its own, kept running, or one that somebody else runs.

use std::{path::Path, str::FromStr, sync::Arc, time::Duration};

use anyhow::Context;
use chassis::configuration::Secret;
use private_postgres::PrivatePostgres;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use tokio::{sync::Mutex, task::JoinHandle, time::sleep};

use super::Storage;
use crate::progress::say;

/// How often a private server is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How long a server rests that does not start again.
const REST: Duration = Duration::from_secs(10);

/// A database to work with.
pub struct Database {
    url: String,
    server: Option<Kept>,
}

/// A private server and the task that starts it again when it has ended.
struct Kept {
    /// `None` while it is being started again.
    server: Arc<Mutex<Option<PrivatePostgres>>>,
    keeper: JoinHandle<()>,
}

impl Database {
    /// Starts the private server and makes the database; or takes the URL as it is.
    pub async fn start(folder: &Path, storage: &Storage) -> Result<Self, anyhow::Error> {
        let database = match storage {
            Storage::Url(url) => return Ok(Self { url: url.clone(), server: None }),
            Storage::Private { database } => database,
        };
        let options = private_postgres::Options { folder: folder.join("postgres"), bin: None, durable: true };
        let server = private_postgres::start(options.clone()).await?;
        make(&server.url("postgres"), database)
            .await
            .with_context(|| format!("the database {database} cannot be made"))?;
        let url = server.url(database);
        let server = Arc::new(Mutex::new(Some(server)));
        let keeper = tokio::spawn(keep(server.clone(), options));
        Ok(Self { url, server: Some(Kept { server, keeper }) })
    }

    /// The URL of whoever may create roles and schemas.
    pub fn admin_url(&self) -> Result<Secret, anyhow::Error> {
        self.options()?;
        Ok(Secret::new(self.url.as_str()))
    }

    /// The same database for one of the services' roles.
    pub fn url_as(&self, role: &str, password: &str) -> Result<Secret, anyhow::Error> {
        let options = self.options()?.username(role).password(password);
        Ok(Secret::new(String::from(options.to_url_lossy())))
    }

    /// Where it is, without a password.
    pub fn name(&self) -> String {
        let Ok(options) = self.options() else { return String::new() };
        let database = options.get_database().unwrap_or_default();
        match options.get_socket() {
            Some(socket) => format!("{database} at {}", socket.display()),
            None => format!("{database} at {}:{}", options.get_host(), options.get_port()),
        }
    }

    /// Stops the server, where it is ours.
    pub async fn stop(self) -> Result<(), anyhow::Error> {
        let Some(Kept { server, keeper }) = self.server else { return Ok(()) };
        keeper.abort();
        match server.lock().await.take() {
            Some(server) => Ok(server.stop().await?),
            None => Ok(()),
        }
    }

    fn options(&self) -> Result<PgConnectOptions, anyhow::Error> {
        // The error says why without the URL, which may hold a password.
        PgConnectOptions::from_str(&self.url).context(
            "the database URL cannot be read; it looks like postgres://user:password@host:5432/database",
        )
    }
}

/// Starts the server again whenever it has ended. Its URL stays the same, so the services find it by themselves.
async fn keep(server: Arc<Mutex<Option<PrivatePostgres>>>, options: private_postgres::Options) {
    loop {
        sleep(LOOK_EVERY).await;
        let mut running = server.lock().await;
        if running.as_ref().is_some_and(PrivatePostgres::is_running) {
            continue;
        }
        say("PostgreSQL has stopped; it is started again");
        // Only one may hold the folder.
        drop(running.take());
        match private_postgres::start(options.clone()).await {
            Ok(again) => *running = Some(again),
            Err(error) => {
                say(&format!("PostgreSQL does not start: {error}"));
                drop(running);
                sleep(REST).await;
            }
        }
    }
}

/// Makes the database unless it is there.
async fn make(admin_url: &str, database: &str) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(admin_url).await?;
    let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(database)
        .fetch_one(&mut connection)
        .await?;
    if !exists {
        let create: String = sqlx::query_scalar("select format('create database %I', $1)")
            .bind(database)
            .fetch_one(&mut connection)
            .await?;
        connection.execute(AssertSqlSafe(create)).await?;
    }
    connection.close().await
}
