use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, ensure};
use billing_proto::billing::invoicing::v1 as pb;
use tokio::time::{Instant, sleep};

use super::{
    super::{table, world::World},
    Said, invoices,
};
use crate::suite::{self, Hold, day, sign_off};

/// How long a run may take to come to a state.
const PATIENCE: Duration = Duration::from_secs(60);

pub async fn start(world: &mut World, said: &Said<'_>) -> Result<()> {
    let request = pb::StartBillingRunRequest {
        billing_entity: world.name(&world.entity)?,
        month: said.word(1).to_owned(),
        request_id: world.request_id(),
        ..pb::StartBillingRunRequest::default()
    };
    let run = world.client(said.word(0))?.runs().start_billing_run(request).await?.into_inner();
    world.run = watch(world, run.name).await?;
    Ok(())
}

pub async fn preview(world: &mut World, said: &Said<'_>) -> Result<()> {
    let request = pb::StartBillingRunRequest {
        billing_entity: world.name(&world.entity)?,
        month: said.word(1).to_owned(),
        preview: true,
        request_id: world.request_id(),
        ..pb::StartBillingRunRequest::default()
    };
    let run = world.client(said.word(0))?.runs().start_billing_run(request).await?.into_inner();
    world.preview = watch(world, run.name).await?;
    Ok(())
}

pub async fn refresh(world: &mut World, said: &Said<'_>) -> Result<()> {
    let request =
        pb::RefreshBillingRunRequest { name: world.run.name.clone(), request_id: world.request_id() };
    let run = world.client(said.word(0))?.runs().refresh_billing_run(request).await?.into_inner();
    world.run = watch(world, run.name).await?;
    state(world, &Said { words: vec!["IN_REVIEW"], block: &[] }).await
}

/// Where the run differs from the preview.
pub async fn compared(world: &mut World, said: &Said<'_>) -> Result<()> {
    let request = pb::CompareBillingRunsRequest {
        left: world.preview.name.clone(),
        right: world.run.name.clone(),
        ..pb::CompareBillingRunsRequest::default()
    };
    let client = world.client("the first manager")?;
    let found = client.runs().compare_billing_runs(request).await?.into_inner();
    let codes = world.codes();
    let cells = |line: pb::BillingRunDifference| {
        vec![
            ("order", codes.get(&line.order).cloned().unwrap_or(line.order)),
            ("line", line.line),
            ("difference", line.difference.unwrap_or_default().amount),
        ]
    };
    table::compare(said.block, found.differences.into_iter().map(cells))
}

pub async fn note(world: &mut World, _: &Said<'_>) -> Result<()> {
    world.noted = by_order(world).await?;
    Ok(())
}

pub async fn as_noted(world: &mut World, said: &Said<'_>) -> Result<()> {
    let now = by_order(world).await?;
    for order in [said.word(0), said.word(1)] {
        let (before, now) = (world.noted.get(order), now.get(order));
        ensure!(before.is_some() && before == now, "{order}: first {before:?}, then {now:?}");
    }
    Ok(())
}

/// The drafts of the run with their lines.
async fn by_order(world: &World) -> Result<BTreeMap<String, pb::Invoice>> {
    let mut drafts = BTreeMap::new();
    for draft in of_the_run(world).await? {
        drafts.insert(draft.order_external_id.clone(), invoices::get(world, &draft.name).await?);
    }
    Ok(drafts)
}

/// The run as soon as nothing happens to it by itself.
async fn watch(world: &World, name: String) -> Result<pb::BillingRun> {
    let request = pb::WatchBillingRunRequest { name };
    let mut seen = world.client("the first manager")?.runs().watch_billing_run(request).await?.into_inner();
    let mut last = pb::BillingRun::default();
    while let Some(run) = seen.message().await? {
        last = run;
    }
    Ok(last)
}

pub async fn approve(world: &mut World, said: &Said<'_>) -> Result<()> {
    look(world).await?;
    world.run = sign_off(&world.client(said.word(0))?, &world.run).await?;
    Ok(())
}

/// Its drafts are approved as they are, and not signed off before that is let go.
pub async fn approve_unheard(world: &mut World, said: &Said<'_>) -> Result<()> {
    look(world).await?;
    let client = world.client(said.word(0))?;
    let asked = suite::requested(&client, &world.run).await?;
    world.hold = Some(Hold::hearing(world.suite.database_url()).await?);
    suite::approve(&client, &asked).await
}

pub async fn hear(world: &mut World, _: &Said<'_>) -> Result<()> {
    world.hold.take().context("nothing is held")?.let_go().await
}

async fn ask_to_issue(world: &mut World, said: &Said<'_>) -> Result<()> {
    let issue_date = Some(said.word(1)).filter(|date| *date != "today").map(day).transpose()?;
    let request = pb::IssueBillingRunRequest {
        name: world.run.name.clone(),
        issue_date,
        request_id: world.request_id(),
    };
    world.client(said.word(0))?.runs().issue_billing_run(request).await?;
    Ok(())
}

pub async fn issue(world: &mut World, said: &Said<'_>) -> Result<()> {
    ask_to_issue(world, said).await?;
    world.run = watch(world, world.run.name.clone()).await?;
    Ok(())
}

/// The suite dies as soon as it has said that it will issue.
pub async fn issue_and_kill(world: &mut World, said: &Said<'_>) -> Result<()> {
    ask_to_issue(world, said).await?;
    world.suite.kill()
}

pub async fn start_again(world: &mut World, _: &Said<'_>) -> Result<()> {
    world.suite.start_again().await
}

pub async fn cancel(world: &mut World, said: &Said<'_>) -> Result<()> {
    let request =
        pb::CancelBillingRunRequest { name: world.run.name.clone(), request_id: world.request_id() };
    world.run = world.client(said.word(0))?.runs().cancel_billing_run(request).await?.into_inner();
    Ok(())
}

fn is(run: &pb::BillingRun, state: &str) -> bool {
    run.state().as_str_name().trim_start_matches("BILLING_RUN_STATE_") == state
}

pub async fn look(world: &mut World) -> Result<()> {
    let request = pb::GetBillingRunRequest { name: world.run.name.clone() };
    world.run = world.client("the first manager")?.runs().get_billing_run(request).await?.into_inner();
    Ok(())
}

pub async fn state(world: &mut World, said: &Said<'_>) -> Result<()> {
    look(world).await?;
    let run = &world.run;
    ensure!(
        is(run, said.word(0)),
        "expected {}, got {} {}",
        said.word(0),
        run.state().as_str_name(),
        run.failure
    );
    Ok(())
}

pub async fn becomes(world: &mut World, said: &Said<'_>) -> Result<()> {
    let since = Instant::now();
    while !is(&world.run, said.word(0)) && since.elapsed() < PATIENCE {
        sleep(Duration::from_millis(20)).await;
        look(world).await?;
    }
    state(world, said).await
}

/// What the stories before have shown in full.
pub async fn bill(world: &mut World, said: &Said<'_>) -> Result<()> {
    let as_said = |words: Vec<&'static str>| Said { words, block: &[] };
    let (month, date) = (said.word(0), said.word(1));
    start(world, &Said { words: vec!["the first manager", month], block: &[] }).await?;
    state(world, &as_said(vec!["IN_REVIEW"])).await?;
    approve(world, &as_said(vec!["the second manager"])).await?;
    issue(world, &Said { words: vec!["the second manager", date], block: &[] }).await?;
    state(world, &as_said(vec!["ISSUED"])).await
}

pub async fn drafts(world: &mut World, said: &Said<'_>) -> Result<()> {
    let drafts = of_the_run(world).await?;
    table::compare(said.block, drafts.into_iter().map(invoices::cells))
}

pub async fn no_drafts(world: &mut World, _: &Said<'_>) -> Result<()> {
    let drafts = of_the_run(world).await?;
    ensure!(drafts.is_empty(), "got {drafts:?}");
    Ok(())
}

async fn of_the_run(world: &World) -> Result<Vec<pb::Invoice>> {
    let billing_run = world.run.name.clone();
    invoices::list(world, pb::ListInvoicesRequest { billing_run, ..pb::ListInvoicesRequest::default() }).await
}
