//! `makegood up`: the suite, until it is told to end.

use std::{path::PathBuf, sync::Arc};

use chassis::{serve::told_to_end, telemetry::Telemetry};
use clap::Args;

use crate::{
    Verdict,
    endpoints::{self, Endpoints},
    progress::Bar,
    suite::{Options, Storage, Suite},
};

/// The database of a folder.
const DATABASE: &str = "makegood";

const EXAMPLES: &str = "\
Examples:
  makegood up
  makegood up --data-dir /srv/billing --port 8090 --health-port 9091
  makegood up --database-url postgres://admin:secret@db.example:5432/billing

Everything that stays is in the folder: the private PostgreSQL, passwords, tokens. Started again, it finds all of it.
The tokens are for development: people and platforms elsewhere get theirs by `makegood keys create`.";

/// Starts the whole suite here, on a private PostgreSQL, and runs until Ctrl-C.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Up {
    /// The folder of everything that stays
    #[arg(long, value_name = "DIR", default_value = ".makegood")]
    data_dir: PathBuf,
    /// A database elsewhere, as a role that may create roles and schemas, instead of the private PostgreSQL
    #[arg(long, value_name = "URL", env = "MAKEGOOD_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// The public port, gRPC and REST; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The port of health and metrics; 0 takes a free one
    #[arg(long, default_value_t = 9090)]
    health_port: u16,
}

impl Up {
    /// Runs the suite until somebody tells it to end.
    pub async fn run(self, telemetry: Arc<Telemetry>) -> Result<Verdict, anyhow::Error> {
        let storage = match self.database_url {
            Some(url) => Storage::Url(url),
            None => Storage::Private { database: DATABASE.to_owned() },
        };
        let Self { data_dir, port, health_port, .. } = self;
        let bar = Bar::spinner("Starting PostgreSQL and the services");
        let suite =
            Suite::start(Options { data_dir: data_dir.clone(), storage, port, health_port }, Some(telemetry));
        let suite = tokio::select! {
            suite = suite => suite?,
            told = told_to_end() => return told.map(|()| Verdict::Done).map_err(anyhow::Error::from),
        };
        bar.done_as("Makegood is up");
        print(suite.endpoints());
        println!("\nThe same is in {} for programs. Ctrl-C ends it.", endpoints::file(&data_dir).display());
        stay(suite).await
    }
}

/// Where the suite listens and who may call it.
pub fn print(endpoints: &Endpoints) {
    println!("  gRPC and REST  {}", endpoints.address);
    println!("  health         {}/healthz, /readyz, /metrics", endpoints.health);
    println!("  database       {}", endpoints.database);
    println!("\nDevelopment tokens (Authorization: Bearer …):");
    for (person, token) in &endpoints.tokens {
        println!("  {person:<18} {token}");
    }
    let token = endpoints.tokens.get("auditor").map_or("TOKEN", String::as_str);
    println!("\nTry\n  curl {}/v1/accounts -H 'Authorization: Bearer {token}'", endpoints.address);
}

/// Waits until somebody tells the suite to end, and ends it.
pub async fn stay(suite: Suite) -> Result<Verdict, anyhow::Error> {
    told_to_end().await?;
    eprintln!("Ending: calls finish first");
    suite.stop().await?;
    Ok(Verdict::Done)
}
