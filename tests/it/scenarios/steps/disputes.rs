use std::time::Duration;

use anyhow::{Context, Result, ensure};
use billing_proto::billing::{adjustments::v1 as adj, invoicing::v1 as pb};
use tokio::time::{Instant, sleep};

use super::{super::world::World, Said, invoices};

/// How long receivables may take to follow.
const PATIENCE: Duration = Duration::from_secs(60);

/// Comes back when receivables show it.
pub async fn open(world: &mut World, said: &Said<'_>) -> Result<()> {
    let invoice = invoices::of_order(world, said.word(2), said.word(3)).await?;
    let currency_code = invoice.total.context("an invoice has a total")?.currency_code;
    let dispute = adj::Dispute {
        invoice: invoice.name,
        amount: Some(pb::Money { currency_code, amount: said.word(1).replace(',', "") }),
        lines: vec![1],
        reason: adj::DisputeReason::NotDelivered.into(),
        description: "The second week did not run".to_owned(),
        ..adj::Dispute::default()
    };
    let request = adj::OpenDisputeRequest {
        parent: invoice.account,
        dispute: Some(dispute),
        request_id: world.request_id(),
    };
    world.dispute = world.client(said.word(0))?.disputes().open_dispute(request).await?.into_inner();
    shown(world).await
}

pub async fn triage(world: &mut World, said: &Said<'_>) -> Result<()> {
    let request = adj::TriageDisputeRequest {
        name: world.dispute.name.clone(),
        owner: world.person(said.word(1))?.to_owned(),
        root_cause: adj::RootCause::ServiceFailure.into(),
        request_id: world.request_id(),
        ..adj::TriageDisputeRequest::default()
    };
    world.dispute = world.client(said.word(0))?.disputes().triage_dispute(request).await?.into_inner();
    Ok(())
}

/// By what was asked for last.
pub async fn settle(world: &mut World, said: &Said<'_>) -> Result<()> {
    let outcome = format!("DISPUTE_OUTCOME_{}", said.word(1));
    let outcome = adj::DisputeOutcome::from_str_name(&outcome).with_context(|| format!("no {outcome}"))?;
    let request = adj::ResolveDisputeRequest {
        name: world.dispute.name.clone(),
        outcome: outcome.into(),
        settled_by: vec![world.adjustment.name.clone()],
        explanation: "Half of the second week ran".to_owned(),
        request_id: world.request_id(),
        ..adj::ResolveDisputeRequest::default()
    };
    world.dispute = world.client(said.word(0))?.disputes().resolve_dispute(request).await?.into_inner();
    shown(world).await
}

async fn shown(world: &mut World) -> Result<()> {
    let since = Instant::now();
    while !world.dispute.in_receivables {
        ensure!(since.elapsed() < PATIENCE, "receivables do not follow: {:?}", world.dispute);
        sleep(Duration::from_millis(20)).await;
        let request = adj::GetDisputeRequest { name: world.dispute.name.clone() };
        world.dispute = world.client("the analyst")?.disputes().get_dispute(request).await?.into_inner();
    }
    Ok(())
}
