//! What the suite does, measured beside what its PostgreSQL could do at best: see README.md.

mod delivery;
mod door;
mod figure;
mod fixture;
mod measure;
mod memory;
mod policy;
mod postgres;
mod size;
mod suite;
mod table;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{measure::Bench, size::Size};

/// Measures the suite beside the bare statements of its PostgreSQL.
#[derive(Parser)]
#[command(version)]
struct Command {
    /// One part in so many of the whole size: 10 takes about a minute
    #[arg(long, default_value_t = 1)]
    part: u32,
    /// Where the private PostgreSQL keeps its data while this runs [default: beside this program]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// The measured process: gateway and invoicing service on the database that standard input names
    #[command(hide = true)]
    Suite,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Command { part, data_dir, role } = Command::parse();
    let done = match role {
        Some(Role::Suite) => suite::serve().await,
        None => Bench::run(Size::one_in(part), data_dir).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("makegood-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
