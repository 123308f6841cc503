//! The parts of the measurement, one after the other on one database.

mod approving;
mod correcting;
mod deciding;
mod importing;
mod issuing;
mod rating;
mod reading;
mod refreshing;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use uuid::Uuid;

use crate::{
    door::Client,
    fixture::Fixture,
    postgres::Postgres,
    size::{LINES_OF_ACCOUNT, Size},
    suite::Suite,
    table::{self, Row},
};

/// How often what is short is measured; the median counts.
const TIMES: usize = 3;

/// Everything that is there while something is measured.
pub struct Bench {
    size: Size,
    postgres: Postgres,
    suite: Suite,
    /// Whoever starts runs, and does everything but to approve them.
    client: Client,
    approver: Client,
    fixture: Fixture,
    rows: Vec<Row>,
}

impl Bench {
    /// Measures everything and prints the table.
    pub async fn run(size: Size, data_dir: Option<PathBuf>) -> Result<()> {
        let mut postgres = Postgres::start(data_dir).await?;
        let version = postgres.version().await?;
        let cores = std::thread::available_parallelism()?;
        println!("PostgreSQL {version} and everything else on one machine with {cores} cores");
        let suite = Suite::start(&postgres)?;
        let endpoints = suite.endpoints.clone();
        let client = Client::through_the_door(&endpoints.gateway, &endpoints.starter).await?;
        let approver = Client::through_the_door(&endpoints.gateway, &endpoints.approver).await?;
        let began = Instant::now();
        let fixture = Fixture::write(&client, size.accounts()).await?;
        let lines = fixture.accounts.len() * LINES_OF_ACCOUNT;
        said(&format!("{} accounts with {lines} lines synced", fixture.accounts.len()), began.elapsed());
        postgres.settle().await?;
        let mut bench = Self { size, postgres, suite, client, approver, fixture, rows: Vec::new() };
        let measured = bench.measure().await;
        // What was measured before something failed is worth seeing too.
        table::print(&bench.rows);
        let Self { suite, postgres, .. } = bench;
        drop(suite);
        postgres.stop().await?;
        measured
    }

    async fn measure(&mut self) -> Result<()> {
        self.deciding()?;
        self.importing().await?;
        let (run, full) = self.rating().await?;
        self.refreshing(&run, full).await?;
        self.issuing(&run).await?;
        self.reading().await?;
        self.approving().await?;
        self.correcting().await
    }
}

/// Tells whoever waits what is done.
fn said(what: &str, time: Duration) {
    eprintln!("{:>9} ms  {what}", time.as_millis());
}

/// The key that a resource's name ends with.
fn key(name: &str) -> Result<Uuid> {
    let key = name.rsplit('_').next().context("a name without a key")?;
    Ok(Uuid::try_parse(key)?)
}
