//! The service's own schema in PostgreSQL. Its owner migrates it; the service works in another role, which has only
//! the verbs that the migrations grant to it.

use std::{str::FromStr, time::Duration};

use serde::Deserialize;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, PgPool,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
    query, query_scalar,
};
use tokio::time::{Instant, sleep};

use crate::configuration::Secret;

/// How long a start waits for a database that does not answer yet.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// How long a call waits for a free connection.
const ACQUIRE_MAX: Duration = Duration::from_secs(5);

/// A connection that was idle for longer is asked whether it is still there before it is used. To ask each time is a round
/// trip in every call.
const IDLE_TRUSTED: Duration = Duration::from_secs(1);

/// How long one statement may take; a transaction that needs longer says so with `set local statement_timeout`.
const STATEMENT_MAX: &str = "60s";

/// How long a statement waits for a lock. Less than it may take: who waits for others is told to try again, and is not
/// taken for a statement that is too slow.
const LOCK_MAX: &str = "20s";

/// The oldest PostgreSQL that we are tested on, as `server_version_num` counts.
const VERSION_MIN: i32 = 140_000;

/// How often the creation of a role is tried: roles are shared by all databases of a server, and PostgreSQL refuses
/// to change one twice at once.
const ROLE_ATTEMPTS: u32 = 20;

/// Why there is no database to work with.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL cannot be read. The error says why without the URL, which may hold a password.
    #[error(
        "the database URL cannot be read: {0}; it looks like postgres://user:password@host:5432/database"
    )]
    Url(#[source] sqlx::Error),
    /// Nobody answers there, or not to us.
    #[error(
        "PostgreSQL at {at} does not let us in: {error}; is it running, and are the URL and the password right?"
    )]
    Away {
        /// Host, port and database.
        at: String,
        /// The last error.
        #[source]
        error: sqlx::Error,
    },
    /// The server is too old.
    #[error("PostgreSQL at {at} is version {version}; we need 14 or newer")]
    TooOld {
        /// Host, port and database.
        at: String,
        /// As the server calls itself.
        version: String,
    },
    /// The schema could not be prepared.
    #[error("the schema {schema} could not be prepared: {error}")]
    Prepare {
        /// The schema.
        schema: String,
        /// What PostgreSQL said.
        #[source]
        error: sqlx::Error,
    },
    /// A migration failed; those before it stay.
    #[error("the schema {schema} could not be migrated: {error}")]
    Migrate {
        /// The schema.
        schema: String,
        /// Which migration, and what PostgreSQL said.
        #[source]
        error: MigrateError,
    },
}

/// The passwords of the two roles of a schema.
#[derive(Clone, Debug, Deserialize)]
pub struct Passwords {
    /// Of the owner, which migrates.
    pub owner: Secret,
    /// Of the role that works.
    pub app: Secret,
}

/// The section `migrate` of a service's configuration.
#[derive(Clone, Debug, Deserialize)]
pub struct Migration {
    /// A role that may create roles and schemas.
    pub admin_url: Secret,
    /// What the roles log in with.
    #[serde(flatten)]
    pub passwords: Passwords,
}

/// A PostgreSQL role that can log in.
pub struct Login<'a> {
    /// Its name.
    pub role: &'a str,
    /// Its password.
    pub password: &'a Secret,
}

impl Login<'_> {
    /// The same database as `url` names, for this role.
    pub fn url(&self, url: &Secret) -> Result<Secret, DatabaseError> {
        let options = options(url)?.username(self.role).password(self.password.reveal());
        Ok(Secret::new(options.to_url_lossy()))
    }
}

/// Connects to `schema`, with at most `connections_max` connections. Waits half a minute for a database that is not
/// there yet.
pub async fn connect(url: &Secret, schema: &str, connections_max: u32) -> Result<PgPool, DatabaseError> {
    let options = options(url)?.application_name(schema).options([
        ("search_path", schema),
        ("statement_timeout", STATEMENT_MAX),
        ("lock_timeout", LOCK_MAX),
    ]);
    wait(&options).await?.close().await.map_err(|error| DatabaseError::Away { at: at(&options), error })?;
    let pool = PgPoolOptions::new().max_connections(connections_max).acquire_timeout(ACQUIRE_MAX);
    let tested = pool.test_before_acquire(false).before_acquire(|connection, about| {
        Box::pin(async move {
            if about.idle_for > IDLE_TRUSTED {
                connection.ping().await?;
            }
            Ok(true)
        })
    });
    Ok(tested.connect_lazy_with(options))
}

/// Prepares `schema` with a URL that may create roles and schemas: makes both roles, sets their passwords, and runs
/// the migrations as the owner. Many may do so at once, and again at every start.
pub async fn migrate(
    admin_url: &Secret,
    schema: &str,
    owner: &Login<'_>,
    app: &Login<'_>,
    migrations: &Migrator,
) -> Result<(), DatabaseError> {
    let mut connection = wait(&options(admin_url)?.application_name(schema)).await?;
    let prepared = prepare(&mut connection, schema, owner, app).await;
    prepared.map_err(|error| DatabaseError::Prepare { schema: schema.to_owned(), error })?;
    let migrated = migrations.run_direct(None, &mut connection, false).await;
    migrated.map_err(|error| DatabaseError::Migrate { schema: schema.to_owned(), error })?;
    // Also gives back the lock of `prepare`.
    connection.close().await.map_err(|error| DatabaseError::Prepare { schema: schema.to_owned(), error })
}

async fn prepare(
    connection: &mut PgConnection,
    schema: &str,
    owner: &Login<'_>,
    app: &Login<'_>,
) -> Result<(), sqlx::Error> {
    query("select pg_advisory_lock(hashtextextended('makegood migrate ' || $1, 0))")
        .bind(schema)
        .execute(&mut *connection)
        .await?;
    for login in [owner, app] {
        ensure_role(connection, login).await?;
    }
    let superuser: bool = query_scalar("select rolsuper from pg_roles where rolname = current_user")
        .fetch_one(&mut *connection)
        .await?;
    if !superuser {
        run(connection, "grant %1$I to current_user", &[owner.role]).await?;
    }
    run(connection, "create schema if not exists %1$I authorization %2$I", &[schema, owner.role]).await?;
    run(connection, "set role %1$I", &[owner.role]).await?;
    run(connection, "grant usage on schema %1$I to %2$I", &[schema, app.role]).await?;
    run(connection, "set search_path to %1$I", &[schema]).await
}

async fn ensure_role(connection: &mut PgConnection, login: &Login<'_>) -> Result<(), sqlx::Error> {
    let mut attempt = 1;
    loop {
        let exists: bool = query_scalar("select exists (select from pg_roles where rolname = $1)")
            .bind(login.role)
            .fetch_one(&mut *connection)
            .await?;
        let verb = if exists {
            "alter role %1$I login password %2$L"
        } else {
            "create role %1$I login password %2$L"
        };
        match run(connection, verb, &[login.role, login.password.reveal()]).await {
            Err(error) if attempt < ROLE_ATTEMPTS && made_at_once(&error) => {
                sleep(Duration::from_millis(10) * attempt).await;
                attempt += 1;
            }
            done => return done,
        }
    }
}

/// Somebody else made or changed the same role in the same moment: unique_violation, duplicate_object, and the
/// internal error `tuple concurrently updated`.
fn made_at_once(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|database| database.code());
    matches!(code.as_deref(), Some("23505" | "42710" | "XX000"))
}

/// Runs a statement that takes no parameters; PostgreSQL itself quotes the names and literals into it.
async fn run(connection: &mut PgConnection, statement: &str, values: &[&str]) -> Result<(), sqlx::Error> {
    let sql: String = query_scalar("select format($1, variadic $2::text[])")
        .bind(statement)
        .bind(values)
        .fetch_one(&mut *connection)
        .await?;
    connection.execute(AssertSqlSafe(sql)).await?;
    Ok(())
}

async fn wait(options: &PgConnectOptions) -> Result<PgConnection, DatabaseError> {
    let started = Instant::now();
    let mut pause = Duration::from_millis(50);
    loop {
        let error = match options.connect().await {
            Ok(connection) => return new_enough(connection, options).await,
            Err(error) => error,
        };
        if !may_come_up(&error) || started.elapsed() + pause > WAIT_MAX {
            return Err(DatabaseError::Away { at: at(options), error });
        }
        tracing::info!(at = at(options), %error, "waiting for PostgreSQL");
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}

async fn new_enough(
    mut connection: PgConnection,
    options: &PgConnectOptions,
) -> Result<PgConnection, DatabaseError> {
    let asked: Result<(i32, String), sqlx::Error> = sqlx::query_as(
        "select current_setting('server_version_num')::int, current_setting('server_version')",
    )
    .fetch_one(&mut connection)
    .await;
    let (number, version) = asked.map_err(|error| DatabaseError::Away { at: at(options), error })?;
    if number < VERSION_MIN {
        Err(DatabaseError::TooOld { at: at(options), version })
    } else {
        Ok(connection)
    }
}

/// Whether waiting may help: nobody listens yet, or the server is starting, stopping or full. A wrong password stays wrong.
fn may_come_up(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(database) => {
            matches!(database.code().as_deref(), Some("57P03" | "57P01" | "53300"))
        }
        _ => false,
    }
}

fn options(url: &Secret) -> Result<PgConnectOptions, DatabaseError> {
    PgConnectOptions::from_str(url.reveal()).map_err(DatabaseError::Url)
}

fn at(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or("");
    match options.get_socket() {
        Some(socket) => format!("{}/{database}", socket.display()),
        None => format!("{}:{}/{database}", options.get_host(), options.get_port()),
    }
}
