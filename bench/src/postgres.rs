//! The PostgreSQL that both sides are measured on: private, durable, and with memory as a server of this size has it.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use private_postgres::{Options, PrivatePostgres, start};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// The database of the suite.
const DATABASE: &str = "bench";

/// For both sides alike; everything else is PostgreSQL's default, fsync among it.
const SETTINGS: [(&str, &str); 4] = [
    ("shared_buffers", "2GB"),
    ("work_mem", "64MB"),
    // A checkpoint in the middle of a measurement would hit one side and not the other.
    ("max_wal_size", "16GB"),
    ("checkpoint_timeout", "30min"),
];

/// A running server, its folder, and a superuser's connection for the bare statements.
pub struct Postgres {
    server: PrivatePostgres,
    folder: PathBuf,
    pub connection: PgConnection,
}

impl Postgres {
    /// A server with an empty database.
    pub async fn start(folder: Option<PathBuf>) -> Result<Self> {
        let folder = match folder {
            Some(folder) => folder,
            None => std::env::current_exe()?.with_file_name(format!("bench-data-{}", std::process::id())),
        };
        let options = Options { folder: folder.join("postgres"), bin: None, durable: true };
        let server = start(options.clone()).await?;
        let mut admin = PgConnection::connect(&server.url("postgres")).await?;
        for (setting, value) in SETTINGS {
            admin.execute(AssertSqlSafe(format!("alter system set {setting} = '{value}'"))).await?;
        }
        admin.execute(AssertSqlSafe(format!("create database {DATABASE}"))).await?;
        admin.close().await?;
        server.stop().await?;
        let server = start(options).await?;
        let url = format!("{}&options=-csearch_path%3Dinvoicing", server.url(DATABASE));
        let connection = PgConnection::connect(&url).await?;
        Ok(Self { server, folder, connection })
    }

    /// The superuser's URL of the database.
    pub fn url(&self) -> String {
        self.server.url(DATABASE)
    }

    /// The URL of the database for one of the services' roles.
    pub fn url_as(&self, role: &str) -> String {
        self.server.url_as(role, DATABASE)
    }

    /// What the server calls itself.
    pub async fn version(&mut self) -> Result<String> {
        Ok(sqlx::query_scalar("show server_version").fetch_one(&mut self.connection).await?)
    }

    /// Runs statements that nobody measures.
    pub async fn run(&mut self, sql: &str) -> Result<()> {
        self.connection.execute(AssertSqlSafe(sql.to_owned())).await.with_context(|| sql.to_owned())?;
        Ok(())
    }

    /// Both sides begin with what is written on disk, and with statistics.
    pub async fn settle(&mut self) -> Result<()> {
        self.run("vacuum analyze").await?;
        self.run("checkpoint").await
    }

    /// Stops the server and removes its data.
    pub async fn stop(self) -> Result<()> {
        self.connection.close().await?;
        self.server.stop().await?;
        // As root the server is another user, who may keep its data elsewhere.
        if let Ok(moved) = fs::read_to_string(self.folder.join("postgres/moved-to")) {
            fs::remove_dir_all(moved.trim_end())?;
        }
        Ok(fs::remove_dir_all(&self.folder)?)
    }
}
