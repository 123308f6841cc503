//! Approving, as people do it: by a request. So a run is signed off.

use std::time::Duration;

use anyhow::{Result, ensure};
use billing_proto::billing::{adjustments::v1 as adj, invoicing::v1 as pb};
use tokio::time::{Instant, sleep};

use super::Client;

/// How long something may take that happens by itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// Has a person approve the drafts of a run as they are, and waits until it is signed off.
pub async fn sign_off(client: &Client, run: &pb::BillingRun) -> Result<pb::BillingRun> {
    approve(client, &requested(client, run).await?).await?;
    let since = Instant::now();
    loop {
        let request = pb::GetBillingRunRequest { name: run.name.clone() };
        let now = client.runs().get_billing_run(request).await?.into_inner();
        if now.state() != pb::BillingRunState::InReview {
            return Ok(now);
        }
        ensure!(since.elapsed() < PATIENCE, "approved and not signed off: {now:?}");
        sleep(Duration::from_millis(10)).await;
    }
}

/// Has a person approve a request over what it was asked about.
pub async fn approve(client: &Client, asked: &adj::Approval) -> Result<()> {
    let request = adj::ApproveRequest {
        name: asked.name.clone(),
        subject_digest: asked.subject_digest.clone(),
        comment: String::new(),
        request_id: format!("approve-{}", asked.name),
    };
    client.approvals().approve(request).await?;
    Ok(())
}

/// The request about the drafts of a run as they are, as soon as there is one.
pub async fn requested(client: &Client, run: &pb::BillingRun) -> Result<adj::Approval> {
    let since = Instant::now();
    loop {
        let request = adj::ListApprovalsRequest {
            state: adj::ApprovalState::Pending.into(),
            subject: run.name.clone(),
            ..adj::ListApprovalsRequest::default()
        };
        let pending = client.approvals().list_approvals(request).await?.into_inner().approvals;
        if let Some(asked) = pending.into_iter().find(|asked| asked.subject_digest == run.drafts_root) {
            return Ok(asked);
        }
        ensure!(since.elapsed() < PATIENCE, "nobody is asked to approve {run:?}");
        sleep(Duration::from_millis(10)).await;
    }
}
