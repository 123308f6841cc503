//! The command line of the suite.

use std::{process::ExitCode, sync::Arc};

use chassis::telemetry::{self, LogFormat, TelemetrySettings};
use clap::Parser;
use makegood::{Verdict, cli::Cli};

/// What is logged when MAKEGOOD_LOG does not say. A pool that meets the end of its server is no news here.
const FILTER: &str = "warn,sqlx_core::pool=error";

fn main() -> ExitCode {
    // Wrong arguments end here, with exit code 2.
    let cli = Cli::parse();
    match run(cli) {
        Ok(Verdict::Done) => ExitCode::SUCCESS,
        Ok(Verdict::No) => ExitCode::from(1),
        Err(error) => {
            eprintln!("makegood: {}", causes(&error));
            ExitCode::from(2)
        }
    }
}

#[tokio::main]
async fn run(cli: Cli) -> Result<Verdict, anyhow::Error> {
    let filter = std::env::var("MAKEGOOD_LOG").unwrap_or(FILTER.to_owned());
    let settings = TelemetrySettings { log: LogFormat::Text, filter, otlp_endpoint: None };
    let telemetry = Arc::new(telemetry::start("makegood", &settings)?);
    let verdict = cli.run(telemetry.clone()).await;
    if let Some(telemetry) = Arc::into_inner(telemetry) {
        telemetry.stop();
    }
    verdict
}

/// The error and its causes, each said once: many errors say their cause themselves.
fn causes(error: &anyhow::Error) -> String {
    error
        .chain()
        .map(ToString::to_string)
        .reduce(|said, cause| if said.contains(&cause) { said } else { said + ": " + &cause })
        .unwrap_or_default()
}
