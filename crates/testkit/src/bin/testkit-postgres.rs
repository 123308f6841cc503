//! Runs a command with the tests' PostgreSQL, and stops that afterwards. See the crate's README.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use testkit::{SharedServer, TestDatabase, URL_VARIABLE};
use tokio::process::Command;
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

const USAGE: &str = "usage: testkit-postgres run [--migrations FOLDER SCHEMA] COMMAND [ARGUMENT…]";

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (migrations, program, rest) = match words.as_slice() {
        ["run", "--migrations", folder, schema, program, rest @ ..] => {
            (Some((*folder, *schema)), program, rest)
        }
        ["run", program, rest @ ..] if !program.starts_with('-') => (None, program, rest),
        _ => bail!(USAGE),
    };
    let mut command = Command::new(program);
    command.args(rest);
    // From here on these signals no longer end us, so that the server is stopped whatever happens to the command.
    let ends =
        Ends { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? };
    if let Ok(url) = std::env::var(URL_VARIABLE) {
        return run(command, &url, migrations, ends).await;
    }
    let server = SharedServer::of_checkout().await?;
    let answer = run(command, server.url(), migrations, ends).await;
    server.leave().await?;
    answer
}

struct Ends {
    interrupt: Signals,
    terminate: Signals,
}

async fn run(
    mut command: Command,
    url: &str,
    migrations: Option<(&str, &str)>,
    ends: Ends,
) -> Result<ExitCode> {
    command.env(URL_VARIABLE, url);
    let Some((folder, schema)) = migrations else { return wait(command, ends).await };
    let migrations = Migrator::new(Path::new(folder)).await?;
    let checksums: Vec<&[u8]> = migrations.iter().map(|migration| &*migration.checksum).collect();
    let key = format!("{schema} {:?}", checksums.concat());
    let database =
        TestDatabase::create_on(url, &key, async |url| migrate(&url, &migrations, schema).await).await?;
    // Unqualified names mean the schema, as they do in the service.
    let variable = format!("{}_DATABASE_URL", schema.to_uppercase());
    command.env(variable, format!("{}&options=-csearch_path%3D{schema}", database.url()));
    wait(command, ends).await
}

async fn wait(mut command: Command, mut ends: Ends) -> Result<ExitCode> {
    let mut child =
        command.spawn().with_context(|| format!("{:?} cannot be run", command.as_std().get_program()))?;
    let pid = child.id().map(i32::try_from).transpose()?.map(Pid::from_raw);
    loop {
        tokio::select! {
            status = child.wait() => {
                let code = status?.code().and_then(|code| u8::try_from(code).ok());
                return Ok(code.map_or(ExitCode::FAILURE, ExitCode::from));
            }
            // The terminal gave it to the command too.
            _ = ends.interrupt.recv() => {}
            _ = ends.terminate.recv() => if let Some(pid) = pid { kill(pid, Signal::SIGTERM)?; },
        }
    }
}

/// Migrates as the superuser: what the queries are checked against are tables, and not who may read them.
async fn migrate(url: &str, migrations: &Migrator, schema: &str) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    let prepare = format!(
        "create schema {schema}; set search_path = {schema};
         do $$ begin create role {schema}_owner; exception when duplicate_object then null; end $$;
         do $$ begin create role {schema}_app; exception when duplicate_object then null; end $$;"
    );
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut connection).await?;
    migrations.run(&mut connection).await?;
    Ok(connection.close().await?)
}
