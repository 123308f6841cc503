//! The command line.

use std::sync::Arc;

use chassis::telemetry::Telemetry;
use clap::{Parser, Subcommand};

use crate::{Verdict, demo::Demo, entity::Entity, import::Import, keys::Keys, run::Run, up::Up};

const EXAMPLES: &str = "\
Examples:
  makegood demo --once              bill a year of real advertising, compare it to the cent, and end
  makegood up                       start the suite here and print where it listens and who may do what
  makegood entity NYC --name 'Hudson Broadcasting' --currency USD --time-zone America/New_York --country US
  makegood import orders orders.csv order_lines.csv --entity NYC
  makegood import airings airings.csv
  makegood import orders insertion_orders.csv insertion_order_lines.csv --entity NYC
  makegood import delivery january.csv --source ad-server --order-source orders --time-zone America/New_York
  makegood run 2020-01 --entity NYC --issue-date 2020-01-31

Exit codes: 0 done; 1 the work was done and its answer is no; 2 it could not be done.";

/// Billing operations for advertising: orders and what aired in, invoices that are right to the cent out.
#[derive(Parser, Debug)]
#[command(name = "makegood", version, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Up(Up),
    Entity(Entity),
    Import(Import),
    Run(Run),
    Keys(Keys),
    Demo(Demo),
}

impl Cli {
    /// Does what the command line says.
    pub async fn run(self, telemetry: Arc<Telemetry>) -> Result<Verdict, anyhow::Error> {
        match self.command {
            Command::Up(up) => up.run(telemetry).await,
            Command::Entity(entity) => entity.run().await,
            Command::Import(import) => import.run().await,
            Command::Run(run) => run.run().await,
            Command::Keys(keys) => keys.run().await,
            Command::Demo(demo) => demo.run(telemetry).await,
        }
    }
}
