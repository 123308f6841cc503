//! The gateway as a process of its own.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context;
use chassis::{clock::Clock, configuration, database::Migration, telemetry};
use clap::{Args, Parser};
use gateway::{Configuration, DEFAULTS};
use serde::Deserialize;

/// The public door of the suite.
#[derive(Parser)]
#[command(version)]
enum Command {
    /// Prepares the schema of the keys. Needs `migrate.admin_url` and the passwords of both roles.
    Migrate(Source),
    /// Serves until it is told to end (SIGTERM or Ctrl-C), then finishes what it has.
    Serve(Source),
}

#[derive(Args)]
struct Source {
    /// A TOML file with the settings; the environment (MAKEGOOD__SECTION__KEY) is stronger.
    #[arg(long, value_name = "FILE.toml")]
    config: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Settings {
    telemetry: telemetry::TelemetrySettings,
    gateway: Option<Configuration>,
    migrate: Option<Migration>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let command = Command::parse();
    let (Command::Migrate(source) | Command::Serve(source)) = &command;
    let serving = if matches!(command, Command::Serve(_)) { DEFAULTS } else { "" };
    let defaults = format!("{serving}\n[telemetry]\nlog = \"json\"\nfilter = \"info\"\n");
    let settings: Settings = configuration::load(&defaults, source.config.as_deref())?;
    let telemetry = Arc::new(telemetry::start("gateway", &settings.telemetry)?);
    if let Command::Migrate(_) = command {
        let migrate = settings.migrate.context("set migrate.admin_url, migrate.owner and migrate.app")?;
        return Ok(gateway::migrate(&migrate.admin_url, &migrate.passwords).await?);
    }
    let configuration = settings.gateway.context("set gateway.database_url and gateway.caller_secret")?;
    let running = gateway::start(configuration, Clock::system(), Some(telemetry.clone())).await?;
    chassis::serve::told_to_end().await?;
    running.stop().await;
    if let Some(telemetry) = Arc::into_inner(telemetry) {
        telemetry.stop();
    }
    Ok(())
}
