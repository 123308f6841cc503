//! The steps of a month end. Each can be asked for again: the same request gets the same answer.

use std::time::Duration;

use anyhow::bail;
use billing_proto::billing::{adjustments::v1 as adjustments, invoicing::v1 as pb};
use futures::StreamExt;
use jiff::civil::Date;
use tokio::time::{Instant, sleep};

use super::not_cancelled;
use crate::{
    client::{Client, ask, steadily},
    import::orders::date,
    progress::{Bar, say},
};

/// How long to wait before watching again when the stream of progress ended too early.
const WATCH_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// How often something is looked at that happens by itself, and for how long.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(30);

/// A run and whoever works on it.
pub struct MonthEnd<'a> {
    /// Who started it, and issues it.
    pub starter: &'a Client,
    /// What the request ids begin with.
    pub request: String,
}

/// Starts a run; started before under this request id, answers that run as it is now.
pub async fn start(
    starter: &Client,
    entity: &str,
    month: &str,
    request_id: String,
) -> Result<pb::BillingRun, anyhow::Error> {
    let request = pb::StartBillingRunRequest {
        billing_entity: entity.to_owned(),
        month: month.to_owned(),
        accounts: Vec::new(),
        request_id,
        ..pb::StartBillingRunRequest::default()
    };
    let run = ask!(starter.billing_runs(), start_billing_run, request)?;
    now(starter, run.name).await
}

async fn now(client: &Client, name: String) -> Result<pb::BillingRun, anyhow::Error> {
    let request = pb::GetBillingRunRequest { name };
    ask!(client.billing_runs(), get_billing_run, request)
}

impl MonthEnd<'_> {
    /// Watches until nothing happens without a person. A failed run is resumed, once for each failure.
    pub async fn rested(&self, run: pb::BillingRun) -> Result<pb::BillingRun, anyhow::Error> {
        let run = self.watched(run).await?;
        if run.state() != pb::BillingRunState::Failed {
            return not_cancelled(run);
        }
        say(&format!("{} had failed ({}); it is resumed", run.name, run.failure));
        let request_id = format!("{}-resume-{}", self.request, run.etag);
        let request = pb::ResumeBillingRunRequest { name: run.name, request_id };
        let run = ask!(self.starter.billing_runs(), resume_billing_run, request)?;
        let run = self.watched(run).await?;
        if run.state() == pb::BillingRunState::Failed {
            bail!("{} for {} failed again: {}", run.name, run.month, run.failure);
        }
        not_cancelled(run)
    }

    /// The second person approves the drafts as they were shown. Where the policy asks for more people than one, the run
    /// stays in review.
    pub async fn approve(
        &self,
        approver: &Client,
        run: &pb::BillingRun,
    ) -> Result<pb::BillingRun, anyhow::Error> {
        let asked = requested(approver, run).await?;
        let request = adjustments::ApproveRequest {
            name: asked.name.clone(),
            subject_digest: run.drafts_root.clone(),
            comment: String::new(),
            request_id: format!("{}-{}", self.request, asked.name),
        };
        // Who was stopped after approving goes on from there.
        let asked = if asked.state() == adjustments::ApprovalState::Pending {
            ask!(approver.approvals(), approve, request)?
        } else {
            asked
        };
        let granted = [adjustments::ApprovalState::Approved, adjustments::ApprovalState::Executed];
        let since = Instant::now();
        loop {
            let run = now(self.starter, run.name.clone()).await?;
            if !granted.contains(&asked.state()) || run.state() != pb::BillingRunState::InReview {
                return Ok(run);
            }
            if since.elapsed() > PATIENCE {
                bail!("{} is approved by {} and not signed off", run.name, asked.name);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Turns the approved drafts into documents of this date.
    pub async fn issue(
        &self,
        run: &pb::BillingRun,
        issue_date: Option<Date>,
    ) -> Result<pb::BillingRun, anyhow::Error> {
        let request = pb::IssueBillingRunRequest {
            name: run.name.clone(),
            issue_date: issue_date.map(date),
            request_id: format!("{}-issue", self.request),
        };
        let run = ask!(self.starter.billing_runs(), issue_billing_run, request)?;
        self.rested(run).await
    }

    async fn watched(&self, mut run: pb::BillingRun) -> Result<pb::BillingRun, anyhow::Error> {
        let bar = Bar::new(&format!("Run {}", run.month), "", 0);
        while !rests(&run) {
            show(&bar, &run);
            let request = pb::WatchBillingRunRequest { name: run.name.clone() };
            let mut changes = steadily(|| {
                let (mut service, request) = (self.starter.billing_runs(), request.clone());
                async move { service.watch_billing_run(request).await }
            })
            .await?;
            while let Some(Ok(change)) = changes.next().await {
                run = change;
                show(&bar, &run);
            }
            if !rests(&run) {
                // The stream was cut: the door is draining, or the database went away. What the run is now, it says itself.
                sleep(WATCH_AGAIN_AFTER).await;
                run = now(self.starter, run.name).await?;
            }
        }
        bar.gone();
        Ok(run)
    }
}

/// The request about the drafts as they are, or the last one about them. It comes as soon as adjustments has heard of them.
async fn requested(approver: &Client, run: &pb::BillingRun) -> Result<adjustments::Approval, anyhow::Error> {
    let since = Instant::now();
    loop {
        let request = adjustments::ListApprovalsRequest {
            subject: run.name.clone(),
            ..adjustments::ListApprovalsRequest::default()
        };
        let known = ask!(approver.approvals(), list_approvals, request)?.approvals;
        if let Some(asked) = known.into_iter().find(|asked| asked.subject_digest == run.drafts_root) {
            return Ok(asked);
        }
        if since.elapsed() > PATIENCE {
            bail!("nobody is asked to approve the drafts of {}; refresh the run", run.name);
        }
        sleep(LOOK_EVERY).await;
    }
}

fn show(bar: &Bar, run: &pb::BillingRun) {
    let Some(progress) = &run.progress else { return };
    bar.says(super::state(run));
    let (done, total) = match run.state() {
        pb::BillingRunState::Issuing | pb::BillingRunState::Issued => {
            (progress.drafts_issued, progress.drafts)
        }
        pb::BillingRunState::Unspecified
        | pb::BillingRunState::Created
        | pb::BillingRunState::Rating
        | pb::BillingRunState::InReview
        | pb::BillingRunState::Approved
        | pb::BillingRunState::Cancelled
        | pb::BillingRunState::Failed => (progress.shards_rated.into(), progress.shards.into()),
    };
    if let (Ok(done), Ok(total)) = (u64::try_from(done), u64::try_from(total)) {
        bar.at(done, total);
    }
}

/// Whether nothing happens to the run until a person does something.
fn rests(run: &pb::BillingRun) -> bool {
    match run.state() {
        pb::BillingRunState::Unspecified
        | pb::BillingRunState::Created
        | pb::BillingRunState::Rating
        | pb::BillingRunState::Issuing => false,
        pb::BillingRunState::InReview
        | pb::BillingRunState::Approved
        | pb::BillingRunState::Issued
        | pb::BillingRunState::Cancelled
        | pb::BillingRunState::Failed => true,
    }
}
