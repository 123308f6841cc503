use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use billing_proto::billing::adjustments::v1 as adj;
use tokio::{
    join,
    time::{Instant, sleep},
};
use tonic::Status;

use super::{
    super::{table, world::World},
    Said, invoices,
};
use crate::{
    adjusting::house::{amount, credit},
    suite::{self, Client, Hold},
};

/// How long something may take that happens by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// An adjustment of the first line of an invoice.
async fn wanted(
    world: &World,
    (kind, gross): (&str, &str),
    (order, month): (&str, &str),
) -> Result<adj::Adjustment> {
    let (kind, cause) = match kind {
        "credit" => (adj::AdjustmentKind::Credit, adj::RootCause::ServiceFailure),
        "goodwill credit" => (adj::AdjustmentKind::Goodwill, adj::RootCause::Goodwill),
        "rebill" => (adj::AdjustmentKind::Rebill, adj::RootCause::OrderEntry),
        other => bail!("what is a {other}?"),
    };
    let invoice = invoices::of_order(world, order, month).await?;
    Ok(adj::Adjustment {
        kind: kind.into(),
        root_cause: cause.into(),
        ..credit(&invoice, &gross.replace(',', ""))
    })
}

/// As the words after the person say it.
async fn said_of(world: &World, said: &Said<'_>) -> Result<adj::Adjustment> {
    wanted(world, (said.word(1), said.word(2)), (said.word(3), said.word(4))).await
}

async fn said_to(world: &World, said: &Said<'_>) -> Result<adj::Adjustment> {
    Ok(adj::Adjustment { bill_to: world.name(said.word(5))?, ..said_of(world, said).await? })
}

fn parent(adjustment: &adj::Adjustment) -> String {
    adjustment.invoice.split("/invoices/").next().unwrap_or_default().to_owned()
}

pub async fn preview(world: &mut World, said: &Said<'_>) -> Result<()> {
    let adjustment = said_of(world, said).await?;
    look(world, said.word(0), adjustment).await
}

pub async fn preview_to(world: &mut World, said: &Said<'_>) -> Result<()> {
    let adjustment = said_to(world, said).await?;
    look(world, said.word(0), adjustment).await
}

async fn look(world: &mut World, who: &str, adjustment: adj::Adjustment) -> Result<()> {
    let request = adj::PreviewAdjustmentRequest {
        parent: parent(&adjustment),
        adjustment: Some(adjustment),
        rate: String::new(),
    };
    let effect = world.client(who)?.adjustments().preview_adjustment(request).await?.into_inner();
    (world.steps, world.measure) = (effect.steps.clone(), effect.measure.clone());
    world.effect = effect;
    Ok(())
}

pub async fn effect(world: &mut World, said: &Said<'_>) -> Result<()> {
    let cells = |effect: &adj::AdjustmentEffect| {
        let columns = [
            ("gross", &effect.gross),
            ("commission", &effect.commission),
            ("net", &effect.net),
            ("tax", &effect.tax),
            ("total", &effect.total),
            ("open before", &effect.open_before),
            ("open after", &effect.open_after),
        ];
        columns.map(|(column, money)| (column, amount(money).to_owned())).to_vec()
    };
    table::compare(said.block, [&world.effect].into_iter().map(cells))
}

/// The largest of what is measured, and who is asked: `BILLING_MANAGER, then CONTROLLER`, or `nobody`.
pub async fn measured(world: &mut World, said: &Said<'_>) -> Result<()> {
    let measure = world.measure.as_ref().context("nothing was measured")?;
    let largest = match measure.largest.as_str() {
        "THIS" => &measure.this_amount,
        "ACCOUNT_30_DAYS" => &measure.account_30_days,
        "ACCOUNT_AND_CAUSE_30_DAYS" => &measure.account_and_cause_30_days,
        "MAKER_30_DAYS" => &measure.maker_30_days,
        other => bail!("what is {other}?"),
    };
    let role =
        |need: &adj::ApproverNeed| need.role().as_str_name().trim_start_matches("APPROVER_ROLE_").to_owned();
    let step = |step: &adj::ApprovalStep| step.needs.iter().map(role).collect::<Vec<_>>().join(" and ");
    let steps: Vec<String> = world.steps.iter().map(step).collect();
    let asked = if steps.is_empty() { "nobody".to_owned() } else { steps.join(", then ") };
    let got = (amount(largest), asked.as_str());
    ensure!(got == (said.word(0).replace(',', "").as_str(), said.word(1)), "got {got:?}");
    Ok(())
}

pub async fn ask(world: &mut World, said: &Said<'_>) -> Result<()> {
    let adjustment = said_of(world, said).await?;
    ask_for(world, said.word(0), adjustment).await
}

pub async fn ask_to(world: &mut World, said: &Said<'_>) -> Result<()> {
    let adjustment = said_to(world, said).await?;
    ask_for(world, said.word(0), adjustment).await
}

pub async fn ask_because(world: &mut World, said: &Said<'_>) -> Result<()> {
    let cause = format!("ROOT_CAUSE_{}", said.word(5));
    let cause = adj::RootCause::from_str_name(&cause).with_context(|| format!("no cause {cause}"))?;
    let adjustment = adj::Adjustment { root_cause: cause.into(), ..said_of(world, said).await? };
    ask_for(world, said.word(0), adjustment).await
}

async fn ask_for(world: &mut World, who: &str, adjustment: adj::Adjustment) -> Result<()> {
    let draft = draft(world, who, adjustment).await?;
    let (client, request_id) = (world.client(who)?, world.request_id());
    world.adjustment = submit(&client, &draft, request_id).await?;
    let asked = request(world).await?;
    (world.steps, world.measure) = (asked.steps, asked.measure);
    Ok(())
}

/// One of the two is told no.
pub async fn ask_at_once(world: &mut World, said: &Said<'_>) -> Result<()> {
    let adjustment = wanted(world, (said.word(2), said.word(3)), (said.word(4), said.word(5))).await?;
    let first = draft(world, said.word(0), adjustment.clone()).await?;
    let second = draft(world, said.word(1), adjustment).await?;
    let (one, other) = (world.client(said.word(0))?, world.client(said.word(1))?);
    let (one_id, other_id) = (world.request_id(), world.request_id());
    match join!(submit(&one, &first, one_id), submit(&other, &second, other_id)) {
        (Ok(taken), Err(refused)) | (Err(refused), Ok(taken)) => {
            world.adjustment = taken;
            Err(refused.into())
        }
        (Ok(_), Ok(_)) => Ok(()),
        (Err(first), Err(second)) => bail!("both were told no: {first}; {second}"),
    }
}

async fn draft(world: &mut World, who: &str, adjustment: adj::Adjustment) -> Result<adj::Adjustment> {
    let request = adj::CreateAdjustmentRequest {
        parent: parent(&adjustment),
        adjustment: Some(adjustment),
        request_id: world.request_id(),
    };
    Ok(world.client(who)?.adjustments().create_adjustment(request).await?.into_inner())
}

async fn submit(
    client: &Client,
    draft: &adj::Adjustment,
    request_id: String,
) -> Result<adj::Adjustment, Status> {
    let (name, etag) = (draft.name.clone(), draft.etag.clone());
    let request = adj::SubmitAdjustmentRequest { name, etag, request_id, rate: String::new() };
    Ok(client.adjustments().submit_adjustment(request).await?.into_inner())
}

/// The request for what was asked for last.
async fn request(world: &World) -> Result<adj::Approval> {
    let request = adj::GetApprovalRequest { name: world.adjustment.approval.clone() };
    Ok(world.client("the analyst")?.approvals().get_approval(request).await?.into_inner())
}

pub async fn approve(world: &mut World, said: &Said<'_>) -> Result<()> {
    let asked = request(world).await?;
    suite::approve(&world.client(said.word(0))?, &asked).await
}

/// The suite dies between the two: billing has committed, and approvals have not.
pub async fn approve_and_kill(world: &mut World, said: &Said<'_>) -> Result<()> {
    let hold = Hold::execution(world.suite.database_url()).await?;
    approve(world, said).await?;
    let since = Instant::now();
    while invoices::credit_notes(world).await?.is_empty() {
        ensure!(since.elapsed() < PATIENCE, "no note is issued");
        sleep(Duration::from_millis(20)).await;
    }
    read(world).await?;
    ensure!(world.adjustment.state() == adj::AdjustmentState::Approved, "noted: {:?}", world.adjustment);
    world.suite.kill()?;
    hold.let_go().await
}

async fn read(world: &mut World) -> Result<()> {
    let request = adj::GetAdjustmentRequest { name: world.adjustment.name.clone() };
    let client = world.client("the analyst")?;
    world.adjustment = client.adjustments().get_adjustment(request).await?.into_inner();
    Ok(())
}

pub async fn becomes(world: &mut World, said: &Said<'_>) -> Result<()> {
    let since = Instant::now();
    loop {
        read(world).await?;
        let state = world.adjustment.state().as_str_name().trim_start_matches("ADJUSTMENT_STATE_");
        if state == said.word(0) {
            return Ok(());
        }
        ensure!(since.elapsed() < PATIENCE, "expected {}, got {:?}", said.word(0), world.adjustment);
        sleep(Duration::from_millis(20)).await;
    }
}
