use std::env;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::server_url;

/// Databases of tests that were killed are dropped when they are older than this.
const STALE_S: u64 = 3600;

/// A database that belongs to one test. It is dropped with this value.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    admin: String,
    url: String,
}

impl TestDatabase {
    /// A copy of the template that `migrate` makes. `migrate` gets a superuser's URL of an empty database; it runs when
    /// this build of the test binary has no template of that key yet, in one process at a time.
    pub async fn create(key: &str, migrate: impl AsyncFnOnce(String) -> Result<()>) -> Result<Self> {
        Self::create_on(server_url().await?, key, migrate).await
    }

    /// The same on a server of the caller's choice, named by a superuser's URL of one of its databases.
    pub async fn create_on(
        admin: &str,
        key: &str,
        migrate: impl AsyncFnOnce(String) -> Result<()>,
    ) -> Result<Self> {
        let mut connection = PgConnection::connect(admin).await?;
        drop_stale(&mut connection).await?;
        let template = Template::of(key)?;
        template.make_once(&mut connection, admin, migrate).await?;
        let name = new_name()?;
        run(&mut connection, format!("create database {name} template {}", template.name)).await?;
        connection.close().await?;
        Ok(Self { url: url(admin, &name)?, name, admin: admin.to_owned() })
    }

    /// The superuser's URL of the database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for TestDatabase {
    /// Best effort: what is left is dropped by a later test, or goes with the server.
    fn drop(&mut self) {
        let (admin, name) = (self.admin.clone(), self.name.clone());
        let dropped = thread::spawn(move || -> Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async { drop_database(&mut PgConnection::connect(&admin).await?, &name).await })
        });
        if !matches!(dropped.join(), Ok(Ok(()))) {
            eprintln!("the test database {} could not be dropped", self.name);
        }
    }
}

/// A migrated database that is only copied. Its name says the key and the test binary, then the build of that binary:
/// another build may carry other migrations.
struct Template {
    family: String,
    name: String,
}

impl Template {
    fn of(key: &str) -> Result<Self> {
        let program = env::current_exe()?;
        let built = fs::metadata(&program)?;
        let age = built.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
        let family = format!("tpl_{}", digest(&[key.as_bytes(), program.as_os_str().as_encoded_bytes()]));
        let name = format!("{family}_{}", digest(&[&age.to_be_bytes(), &built.len().to_be_bytes()]));
        Ok(Self { family, name })
    }

    async fn make_once(
        &self,
        connection: &mut PgConnection,
        admin: &str,
        migrate: impl AsyncFnOnce(String) -> Result<()>,
    ) -> Result<()> {
        // The session's lock goes with the connection, also when a migration fails or the process is killed.
        let lock = "select pg_advisory_lock(hashtextextended($1, 0))";
        sqlx::query(lock).bind(&self.family).execute(&mut *connection).await?;
        if !self.is_finished(connection).await? {
            self.drop_family(connection).await?;
            run(connection, format!("create database {}", self.name)).await?;
            migrate(url(admin, &self.name)?).await.context("the template of the test databases")?;
            // Whoever is still connected would make the copying fail.
            run(connection, format!("alter database {} with allow_connections false", self.name)).await?;
            let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1";
            sqlx::query(end).bind(&self.name).execute(&mut *connection).await?;
            run(connection, format!("alter database {} with is_template true", self.name)).await?;
        }
        let unlock = "select pg_advisory_unlock(hashtextextended($1, 0))";
        sqlx::query(unlock).bind(&self.family).execute(&mut *connection).await?;
        Ok(())
    }

    async fn is_finished(&self, connection: &mut PgConnection) -> Result<bool> {
        let query = "select exists (select from pg_database where datname = $1 and datistemplate)";
        Ok(sqlx::query_scalar(query).bind(&self.name).fetch_one(connection).await?)
    }

    /// Drops unfinished templates and those of earlier builds.
    async fn drop_family(&self, connection: &mut PgConnection) -> Result<()> {
        let query = "select datname::text from pg_database where starts_with(datname, $1)";
        let names: Vec<String> =
            sqlx::query_scalar(query).bind(&self.family).fetch_all(&mut *connection).await?;
        for name in names {
            run(connection, format!("alter database {name} with is_template false")).await?;
            drop_database(connection, &name).await?;
        }
        Ok(())
    }
}

/// `t_<seconds since 1970>_<process>_<number>`: alone on the machine, and its age can be read.
fn new_name() -> Result<String> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    Ok(format!("t_{}_{}_{number}", now_s()?, std::process::id()))
}

fn now_s() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}

async fn drop_stale(connection: &mut PgConnection) -> Result<()> {
    let query = r"select datname::text from pg_database where datname ~ '^t_\d+_\d+_\d+$'";
    let names: Vec<String> = sqlx::query_scalar(query).fetch_all(&mut *connection).await?;
    let now_s = now_s()?;
    for name in names {
        let made_s = name.split('_').nth(1).and_then(|part| part.parse::<u64>().ok());
        if made_s.is_some_and(|made_s| made_s.saturating_add(STALE_S) < now_s) {
            drop_database(connection, &name).await?;
        }
    }
    Ok(())
}

async fn drop_database(connection: &mut PgConnection, name: &str) -> Result<()> {
    run(connection, format!("drop database if exists {name} with (force)")).await
}

/// Names of databases cannot be bound; all of them are made in this file.
async fn run(connection: &mut PgConnection, sql: String) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

/// The admin's URL with another database in it.
fn url(admin: &str, database: &str) -> Result<String> {
    let (head, query) = admin.split_once('?').unwrap_or((admin, ""));
    let (host, _) = head
        .rsplit_once('/')
        .filter(|(host, _)| !host.ends_with('/'))
        .context("the URL names no database")?;
    Ok(format!("{host}/{database}?{query}"))
}

fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hex::encode(hash.finalize().iter().take(8).copied().collect::<Vec<_>>())
}
