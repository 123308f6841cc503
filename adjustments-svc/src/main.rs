//! The adjustments service as a process of its own.

use std::path::PathBuf;

use anyhow::Context;
use chassis::{clock::Clock, configuration, database::Migration, telemetry};
use clap::{Args, Parser};
use serde::Deserialize;

/// Requests for approval, their policy and their people over gRPC.
#[derive(Parser)]
#[command(version)]
enum Command {
    /// Prepares the schema: roles, tables, rights. Needs `migrate.admin_url` and the passwords of both roles.
    Migrate(Source),
    /// Serves until it is told to end (SIGTERM or Ctrl-C), then finishes what it has.
    Serve(Source),
}

#[derive(Args)]
struct Source {
    /// A TOML file with the settings; the environment (MAKEGOOD__SECTION__KEY) is stronger.
    #[arg(long)]
    config: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Settings {
    telemetry: telemetry::TelemetrySettings,
    adjustments: Option<adjustments_svc::Configuration>,
    migrate: Option<Migration>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let command = Command::parse();
    let (Command::Migrate(source) | Command::Serve(source)) = &command;
    let settings: Settings = configuration::load(include_str!("defaults.toml"), source.config.as_deref())?;
    let telemetry = telemetry::start("adjustments", &settings.telemetry)?;
    match command {
        Command::Migrate(_) => {
            let migrate = settings.migrate.context("set migrate.admin_url, migrate.owner and migrate.app")?;
            adjustments_svc::migrate(&migrate.admin_url, &migrate.passwords).await?;
        }
        Command::Serve(_) => {
            let configuration = settings.adjustments.context(
                "set adjustments.database_url, adjustments.caller_secret and adjustments.invoicing_url",
            )?;
            let running = adjustments_svc::start(configuration, Clock::system()).await?;
            tracing::info!(address = %running.address(), "adjustments listens");
            chassis::serve::told_to_end().await?;
            running.stop().await;
        }
    }
    telemetry.stop();
    Ok(())
}
