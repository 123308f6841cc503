//! The gateway as a process of its own: `gateway [--config FILE.toml]`.

use std::{path::PathBuf, sync::Arc};

use chassis::{clock::Clock, configuration, telemetry};
use clap::Parser;
use gateway::{Configuration, DEFAULTS};
use serde::Deserialize;
use tokio::signal::unix::{SignalKind, signal};

/// The public door of the suite.
#[derive(Parser)]
struct Arguments {
    /// Settings that differ from the defaults; MAKEGOOD__SECTION__KEY in the environment is stronger.
    #[arg(long, value_name = "FILE.toml")]
    config: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Settings {
    gateway: Configuration,
    telemetry: telemetry::TelemetrySettings,
}

const TELEMETRY: &str = "[telemetry]\nlog = \"json\"\nfilter = \"info\"\n";

#[tokio::main]
async fn main() -> Result<(), anyhow::Error> {
    let arguments = Arguments::parse();
    let defaults = format!("{DEFAULTS}\n{TELEMETRY}");
    let settings: Settings = configuration::load(&defaults, arguments.config.as_deref())?;
    let telemetry = Arc::new(telemetry::start("gateway", &settings.telemetry)?);
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let running = gateway::start(settings.gateway, Clock::system(), Some(telemetry.clone())).await?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    running.stop().await;
    if let Some(telemetry) = Arc::into_inner(telemetry) {
        telemetry.stop();
    }
    Ok(())
}
