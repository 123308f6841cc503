//! (b) Rating against one statement that does the same sums into the same tables, and (f) what it costs as it grows.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use billing_proto::billing::invoicing::v1 as pb;
use tokio::time::sleep;
use uuid::Uuid;

use super::{Bench, TIMES, key, said};
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

impl Bench {
    /// Rates more and more accounts; those of (b) beside the bare statement. Answers the run of (b), in its review, and
    /// how long it takes.
    pub async fn rating(&mut self) -> Result<(pb::BillingRun, Duration)> {
        let (mut costs, mut peak_mb) = (Vec::new(), None);
        for accounts in self.size.rated.clone() {
            self.suite.forget_peak();
            let (mut ours, mut bare) = (Vec::new(), Vec::new());
            for _ in 0..TIMES {
                let (time, billed) = self.rated_and_dropped(accounts).await?;
                ours.push(time);
                if accounts == self.size.billed {
                    let (time, by_hand) = self.rated_by_hand(accounts).await?;
                    ensure!(billed == by_hand, "the run bills {billed}, the statement {by_hand}");
                    bare.push(time);
                }
            }
            let ours = median(ours);
            costs.push((accounts, ours));
            if accounts == self.size.billed {
                self.beside((ours, median(bare)))?;
            }
            peak_mb = peak_mb.max(self.suite.peak_mb());
        }
        self.growth(&costs, peak_mb)?;
        let full = costs.iter().find(|(accounts, _)| *accounts == self.size.billed);
        let full = full.context("the size of (b) is none of those of (f)")?.1;
        let run = self.start(self.size.billed).await?;
        self.reached(&run, "IN_REVIEW").await?;
        Ok((run, full))
    }

    /// (b).
    fn beside(&mut self, (ours, bare): (Duration, Duration)) -> Result<()> {
        let (rows, lines) = (self.size.billed * ROWS_OF_ACCOUNT, self.size.billed * LINES_OF_ACCOUNT);
        let [of_rows, of_lines, of_drafts] = [rows, lines, self.size.billed * ORDERS].map(u128::try_from);
        self.rows.push(Row {
            what: format!(
                "(b) rate {} rows, {} lines, {} drafts",
                grouped(of_rows?),
                grouped(of_lines?),
                grouped(of_drafts?)
            ),
            ours: format!("{} · {} rows/s", seconds(ours), grouped(per_second(rows, ours))),
            limit: format!("{} · {} rows/s", seconds(bare), grouped(per_second(rows, bare))),
            of: "time",
            ratio: Ratio::of_times(ours, bare),
            asked: Asked::AtMost(Ratio(1500)),
            peak_mb: self.suite.peak_mb(),
        });
        Ok(())
    }

    /// The cost of a row at the largest size over that at the smallest.
    fn growth(&mut self, costs: &[(usize, Duration)], peak_mb: Option<u64>) -> Result<()> {
        let per_account = |(accounts, time): &(usize, Duration)| {
            Ok::<_, anyhow::Error>(time.as_nanos() / u128::try_from(*accounts)?)
        };
        let (first, last) = costs.first().zip(costs.last()).context("nothing was rated")?;
        let said: Result<Vec<String>> = costs
            .iter()
            .map(|(accounts, time)| {
                Ok(format!(
                    "{} rows in {}",
                    grouped(u128::try_from(accounts * ROWS_OF_ACCOUNT)?),
                    seconds(*time)
                ))
            })
            .collect();
        self.rows.push(Row {
            what: "(f) cost of a row, largest over smallest".to_owned(),
            ours: said?.join("\n"),
            limit: String::new(),
            of: "time per row",
            ratio: Ratio::of(per_account(last)?, per_account(first)?),
            // Linear, give or take what a machine differs from one minute to the next.
            asked: Asked::AtMost(Ratio(1100)),
            peak_mb,
        });
        Ok(())
    }

    /// Rates the first accounts, and drops the drafts again. Answers the time and what was billed.
    async fn rated_and_dropped(&mut self, accounts: usize) -> Result<(Duration, String)> {
        let began = Instant::now();
        let run = self.start(accounts).await?;
        self.reached(&run, "IN_REVIEW").await?;
        let time = began.elapsed();
        said(&format!("rated {accounts} accounts"), time);
        let id = key(&run.name)?;
        let billed = self.drafted(id, accounts).await?;
        let request = pb::CancelBillingRunRequest { name: run.name, request_id: format!("cancel-{id}") };
        self.client.runs().cancel_billing_run(request).await?;
        self.postgres.settle().await?;
        Ok((time, billed))
    }

    /// The same by one statement.
    async fn rated_by_hand(&mut self, accounts: usize) -> Result<(Duration, String)> {
        let names = self.fixture.accounts.iter().take(accounts);
        let ids: Vec<Uuid> = names.map(|name| key(name)).collect::<Result<_>>()?;
        // Whoever writes such a statement sees to it that it is not planned for a handful of rows.
        self.postgres.run("set enable_nestloop = off").await?;
        let began = Instant::now();
        let statement = sqlx::query(RATE).bind(key(&self.fixture.entity)?).bind(ids);
        statement.execute(&mut self.postgres.connection).await?;
        let time = began.elapsed();
        said(&format!("rated {accounts} accounts by one statement"), time);
        self.postgres.run("reset enable_nestloop").await?;
        let billed = self.drafted(Uuid::nil(), accounts).await?;
        self.postgres.run("truncate draft, draft_line, draft_posting, draft_tax cascade").await?;
        self.postgres.settle().await?;
        Ok((time, billed))
    }

    /// What the drafts of a run bill, where there are as many as there should be.
    async fn drafted(&mut self, run: Uuid, accounts: usize) -> Result<String> {
        let (drafts, lines, gross): (i64, i64, String) = sqlx::query_as(
            "select count(*), sum((select count(*) from draft_line l where (l.account_id, l.invoice_id) = (d.account_id, d.invoice_id)))::bigint,
                    sum(gross)::text
               from draft d where run_id = $1",
        )
        .bind(run)
        .fetch_one(&mut self.postgres.connection)
        .await?;
        ensure!(usize::try_from(drafts)? == accounts * ORDERS, "{drafts} drafts for {accounts} accounts");
        ensure!(
            usize::try_from(lines)? == accounts * LINES_OF_ACCOUNT,
            "{lines} lines for {accounts} accounts"
        );
        Ok(gross)
    }

    /// Starts a run over the first accounts.
    async fn start(&mut self, accounts: usize) -> Result<pb::BillingRun> {
        let all = accounts == self.fixture.accounts.len();
        let accounts =
            if all { Vec::new() } else { self.fixture.accounts.iter().take(accounts).cloned().collect() };
        let request = pb::StartBillingRunRequest {
            billing_entity: self.fixture.entity.clone(),
            month: MONTH.to_owned(),
            accounts,
            request_id: Uuid::now_v7().to_string(),
            ..pb::StartBillingRunRequest::default()
        };
        Ok(self.client.runs().start_billing_run(request).await?.into_inner())
    }

    /// Waits until a run is in this state.
    pub async fn reached(&mut self, run: &pb::BillingRun, state: &str) -> Result<()> {
        let id = key(&run.name)?;
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
