//! (d) Rating again what changed against the full run.

use std::time::{Duration, Instant};

use anyhow::Result;
use billing_proto::billing::invoicing::v1 as pb;

use super::{Bench, TIMES, said};
use crate::{
    figure::{Ratio, grouped, median, seconds},
    table::{Asked, Row},
};

impl Bench {
    /// Restates a day of one account in a hundred, and brings the run up to date.
    pub async fn refreshing(&mut self, run: &pb::BillingRun, full: Duration) -> Result<()> {
        let apart = (self.size.billed / self.size.changed).max(1);
        let changed: Vec<usize> = (0..self.size.billed).step_by(apart).take(self.size.changed).collect();
        self.suite.forget_peak();
        let mut times = Vec::new();
        for telling in 1..=TIMES {
            self.import(&changed, 1, telling, &format!("restated-{telling}")).await?;
            let began = Instant::now();
            let request = pb::RefreshBillingRunRequest {
                name: run.name.clone(),
                request_id: format!("refresh-{telling}"),
            };
            self.client.runs().refresh_billing_run(request).await?;
            self.reached(run, "IN_REVIEW").await?;
            times.push(began.elapsed());
            said(&format!("rated {} accounts again", changed.len()), began.elapsed());
        }
        let ours = median(times);
        self.rows.push(Row {
            what: format!(
                "(d) refresh after {} of {} accounts changed, against the full run",
                grouped(u128::try_from(changed.len())?),
                grouped(u128::try_from(self.size.billed)?)
            ),
            ours: seconds(ours),
            limit: seconds(full),
            of: "time",
            ratio: Ratio::of_times(ours, full),
            asked: Asked::AtMost(Ratio(40)),
            peak_mb: self.suite.peak_mb(),
        });
        Ok(())
    }
}
