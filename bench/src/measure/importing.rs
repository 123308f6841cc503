//! (a) The client stream against COPY of the same rows into the same table.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures::stream;

use super::{Bench, TIMES, said};
use crate::{
    delivery::{self, COLUMNS},
    figure::{Ratio, grouped, median, per_second, seconds},
    size::{DAYS, ROWS_OF_ACCOUNT},
    table::{Asked, Row},
};

/// Accounts whose rows go into one batch where nobody measures.
const ACCOUNTS_OF_BATCH: usize = 1_000;

impl Bench {
    /// Imports by stream and by COPY in turn, each into an empty table, and then all that will be rated.
    pub async fn importing(&mut self) -> Result<()> {
        let accounts: Vec<usize> = (0..self.size.imported).collect();
        let rows = accounts.len() * ROWS_OF_ACCOUNT;
        self.suite.forget_peak();
        let (mut ours, mut bare, mut peak_mb) = (Vec::new(), Vec::new(), None);
        for time in 0..TIMES {
            ours.push(self.import(&accounts, DAYS, 0, &format!("measured-{time}")).await?);
            peak_mb = self.suite.peak_mb();
            self.empty().await?;
            bare.push(self.copy(&accounts).await?);
            self.empty().await?;
        }
        let (ours, bare) = (median(ours), median(bare));
        self.rows.push(Row {
            what: format!("(a) import {} rows", grouped(u128::try_from(rows)?)),
            ours: format!("{} · {} rows/s", seconds(ours), grouped(per_second(rows, ours))),
            limit: format!("{} · {} rows/s", seconds(bare), grouped(per_second(rows, bare))),
            of: "speed",
            ratio: Ratio::of_times(bare, ours),
            asked: Asked::AtLeast(Ratio(600)),
            peak_mb,
        });
        let all: Vec<usize> = (0..self.fixture.accounts.len()).collect();
        for (nth, accounts) in all.chunks(ACCOUNTS_OF_BATCH).enumerate() {
            self.import(accounts, DAYS, 0, &format!("rated-{nth}")).await?;
        }
        self.postgres.settle().await
    }

    /// Sends what was counted of these accounts as one batch.
    pub async fn import(
        &self,
        accounts: &[usize],
        days: usize,
        telling: usize,
        id: &str,
    ) -> Result<Duration> {
        let messages = delivery::batch(accounts, days, telling, id)?;
        let began = Instant::now();
        let batch = self.client.delivery().import_delivery(stream::iter(messages)).await?.into_inner();
        let time = began.elapsed();
        said(&format!("imported {} rows by stream", batch.rows_loaded), time);
        ensure!(batch.rows_quarantined == 0, "{} rows were quarantined", batch.rows_quarantined);
        Ok(time)
    }

    async fn copy(&mut self, accounts: &[usize]) -> Result<Duration> {
        let connection = &mut self.postgres.connection;
        let pieces = delivery::text(connection, accounts).await?;
        let began = Instant::now();
        let statement = format!("copy delivery_fact ({COLUMNS}) from stdin");
        let mut copy = connection.copy_in_raw(&statement).await?;
        for piece in pieces {
            copy.send(piece.as_bytes()).await?;
        }
        let rows = copy.finish().await?;
        let time = began.elapsed();
        said(&format!("copied {rows} rows"), time);
        Ok(time)
    }

    async fn empty(&mut self) -> Result<()> {
        self.postgres.run("truncate delivery_fact, delivery_total").await?;
        self.postgres.settle().await
    }
}
