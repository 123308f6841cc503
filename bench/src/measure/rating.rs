//! (b) Rating against one statement that does the same sums into the same tables, and (f) what it costs as it grows.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use billing_proto::billing::invoicing::v1 as pb;
use sqlx::AssertSqlSafe;
use tokio::time::sleep;
use uuid::Uuid;

use super::{Bench, key, said};
use crate::{
    figure::{Ratio, grouped, median, per_second, seconds},
    fixture::MONTH,
    size::{LINES_OF_ACCOUNT, ORDERS, ROWS_OF_ACCOUNT},
    table::{Asked, Row},
};

/// The bare statement.
const RATE: &str = include_str!("../sql/rate.sql");

/// How often the state of a run is looked at, by a light query of our own.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How often what is short is measured.
const TIMES: usize = 3;

impl Bench {
    /// Rates more and more accounts, each beside the bare statement. Answers the run of (b), in its review.
    pub async fn rating(&mut self) -> Result<pb::BillingRun> {
        let steps = self.size.rated.clone();
        let mut costs = Vec::new();
        for accounts in steps {
            let ours = self.rated_and_dropped(accounts).await?;
            costs.push((accounts, ours));
        }
        self.growth(&costs)?;
        self.suite.forget_peak();
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            ours.push(self.rated_and_dropped(self.size.billed).await?);
            bare.push(self.rated_by_hand(self.size.billed).await?);
        }
        let (ours, bare) = (median(ours), median(bare));
        let rows = self.size.billed * ROWS_OF_ACCOUNT;
        self.rows.push(Row {
            what: format!(
                "(b) rate {} rows, {} lines, {} drafts",
                grouped(u128::try_from(rows)?),
                grouped(u128::try_from(self.size.billed * LINES_OF_ACCOUNT)?),
                grouped(u128::try_from(self.size.billed * ORDERS)?)
            ),
            ours: format!("{} · {} rows/s", seconds(ours), grouped(per_second(rows, ours))),
            limit: format!("{} · {} rows/s", seconds(bare), grouped(per_second(rows, bare))),
            of: "time",
            ratio: Ratio::of_times(ours, bare),
            asked: Asked::AtMost(Ratio(1500)),
            peak_mb: self.suite.peak_mb(),
        });
        let run = self.start(self.size.billed).await?;
        self.reached(&run, "IN_REVIEW").await?;
        Ok(run)
    }

    /// The cost of a row at the largest size over that at the smallest.
    fn growth(&mut self, costs: &[(usize, Duration)]) -> Result<()> {
        let per_account = |(accounts, time): &(usize, Duration)| Ok::<_, anyhow::Error>(time.as_nanos() / u128::try_from(*accounts)?);
        let (first, last) = costs.first().zip(costs.last()).context("nothing was rated")?;
        let said: Result<Vec<String>> = costs
            .iter()
            .map(|(accounts, time)| {
                Ok(format!("{} rows in {}", grouped(u128::try_from(accounts * ROWS_OF_ACCOUNT)?), seconds(*time)))
            })
            .collect();
        self.rows.push(Row {
            what: "(f) cost of a row, largest over smallest".to_owned(),
            ours: said?.join("\n"),
            limit: String::new(),
            of: "time per row",
            ratio: Ratio::of(per_account(last)?, per_account(first)?),
            asked: Asked::AtMost(Ratio(1000)),
            peak_mb: self.suite.peak_mb(),
        });
        Ok(())
    }

    /// Rates the first accounts, and drops the drafts again.
    async fn rated_and_dropped(&mut self, accounts: usize) -> Result<Duration> {
        let began = Instant::now();
        let run = self.start(accounts).await?;
        self.reached(&run, "IN_REVIEW").await?;
        let time = began.elapsed();
        said(&format!("rated {accounts} accounts"), time);
        let id = id_of(&run)?;
        let drafts: i64 = sqlx::query_scalar("select count(*) from draft where run_id = $1")
            .bind(id)
            .fetch_one(&mut self.postgres.connection)
            .await?;
        ensure!(usize::try_from(drafts)? == accounts * ORDERS, "the run made {drafts} drafts");
        let request = pb::CancelBillingRunRequest { name: run.name, request_id: format!("cancel-{id}") };
        self.client.runs().cancel_billing_run(request).await?;
        self.postgres.settle().await?;
        Ok(time)
    }

    /// The same by one statement.
    async fn rated_by_hand(&mut self, accounts: usize) -> Result<Duration> {
        let ids: Result<Vec<Uuid>> = self.fixture.accounts.iter().take(accounts).map(|name| key(name)).collect();
        let began = Instant::now();
        let made = sqlx::query(AssertSqlSafe(RATE)).bind(key(&self.fixture.entity)?).bind(ids?);
        let made = made.execute(&mut self.postgres.connection).await?.rows_affected();
        let time = began.elapsed();
        said(&format!("rated {accounts} accounts by one statement"), time);
        ensure!(usize::try_from(made)? == accounts * ORDERS, "the statement made {made} drafts");
        self.postgres.run("delete from draft where run_id = '00000000-0000-0000-0000-000000000000'").await?;
        self.postgres.run("truncate draft_line, draft_posting").await?;
        self.postgres.settle().await?;
        Ok(time)
    }

    /// Starts a run over the first accounts.
    async fn start(&mut self, accounts: usize) -> Result<pb::BillingRun> {
        let all = accounts == self.fixture.accounts.len();
        let accounts = if all { Vec::new() } else { self.fixture.accounts.iter().take(accounts).cloned().collect() };
        let request = pb::StartBillingRunRequest {
            billing_entity: self.fixture.entity.clone(),
            month: MONTH.to_owned(),
            accounts,
            request_id: Uuid::now_v7().to_string(),
        };
        Ok(self.client.runs().start_billing_run(request).await?.into_inner())
    }

    /// Waits until a run is in this state.
    pub async fn reached(&mut self, run: &pb::BillingRun, state: &str) -> Result<()> {
        let id = id_of(run)?;
        loop {
            let now: String = sqlx::query_scalar("select state from billing_run where run_id = $1")
                .bind(id)
                .fetch_one(&mut self.postgres.connection)
                .await?;
            match now.as_str() {
                reached if reached == state => return Ok(()),
                "FAILED" | "CANCELLED" => bail!("{} is {now}", run.name),
                _ => sleep(LOOK_EVERY).await,
            }
        }
    }
}

/// The key of a run in the database.
pub fn id_of(run: &pb::BillingRun) -> Result<Uuid> {
    key(&run.name)
}
