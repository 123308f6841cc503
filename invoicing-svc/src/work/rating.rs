//! Rates the shards of billing runs: inputs in, drafts out.

use chassis::failure::{Failure, OrRefuse};
use ids::RunId;
use invoicing_domain::billing_run::{self as domain, BillingRun};
use jiff::{Timestamp, civil::Date};
use outbox::{Voice, say};
use sqlx::PgConnection;

use super::{
    Worker,
    changed_drafts::approved_again,
    held,
    rate_accounts::{Rated, rate_accounts},
    rate_again::drafts_root,
    settle::settle,
    stale_drafts,
};
use crate::{
    report::{billing_run as report, exception as exceptions},
    store::{self, claim::Shard, input_change::Cause, rating_input::Settles},
    wire::fact,
};

/// How many corrections a run proposes by event; all of them are among its exceptions.
const PROPOSED_MAX: i64 = 10_000;

/// Rates one shard, or begins a run, or brings one that is rated to its review, or says what came after that. False: there is
/// nothing to do.
pub async fn step(worker: &Worker) -> Result<bool, Failure> {
    Ok(rate_shard(worker).await?
        || begin(worker).await?
        || finish(worker).await?
        || stale_drafts::step(worker).await?)
}

async fn rate_shard(worker: &Worker) -> Result<bool, Failure> {
    // One snapshot for all that is loaded: an order that is amended meanwhile is seen before or after, never in between.
    let mut transaction = worker.pool.begin_with("begin isolation level repeatable read").await?;
    let Some(shard) = store::claim::claim_shard(&mut transaction).await? else { return Ok(false) };
    let run = store::billing_run::get(&mut transaction, shard.run, None).await?;
    let rated = rate(&mut transaction, &run, &shard, worker).await;
    match rated {
        Ok(()) => {
            store::claim::shard_rated(&mut transaction, &shard, worker.clock.now()).await?;
            transaction.commit().await?;
        }
        // What goes away by itself is tried again; a fault stops the run and says so, instead of coming back forever.
        Err(Failure::Refused(passing)) => return Err(passing.into()),
        Err(Failure::Fault(fault)) => {
            transaction.rollback().await?;
            fail(worker, shard.run, &fault).await?;
        }
    }
    Ok(true)
}

/// Takes a run from CREATED to RATING, and has the other workers of this process look for its shards.
async fn begin(worker: &Worker) -> Result<bool, Failure> {
    let mut transaction = worker.pool.begin().await?;
    let Some(run) = store::claim::claim_created(&mut transaction).await? else { return Ok(false) };
    store::billing_run::record(&mut transaction, domain::begin_rating(&run).or_refuse()?).await?;
    transaction.commit().await?;
    worker.bell.ring();
    Ok(true)
}

/// Brings a run whose shards are all rated to its review, or back to what was approved.
async fn finish(worker: &Worker) -> Result<bool, Failure> {
    let mut transaction = worker.pool.begin().await?;
    let Some(run) = store::claim::claim_rated(&mut transaction).await? else { return Ok(false) };
    match rated(&mut transaction, &run, worker).await {
        Ok(()) => transaction.commit().await?,
        Err(Failure::Refused(passing)) => return Err(passing.into()),
        Err(Failure::Fault(fault)) => {
            transaction.rollback().await?;
            fail(worker, run.id, &fault).await?;
        }
    }
    Ok(true)
}

async fn rated(connection: &mut PgConnection, run: &BillingRun, worker: &Worker) -> Result<(), Failure> {
    settle(connection, run, worker.clock.now(), &worker.tax_engines).await?;
    let rated = match approved_again(connection, run, worker.clock.now()).await? {
        Some(approved) => approved,
        None => domain::rated(run, drafts_root(connection, run.id).await?).or_refuse()?,
    };
    let run = store::billing_run::record(connection, rated).await?;
    let message = report::message_of(connection, &run).await?;
    let voice = Voice::system(String::new(), worker.clock.now());
    let mut facts = vec![fact::run("billing.invoicing.v1.billing_run.rated", run.entity, &message)];
    // A preview proposes nothing: it is only looked at.
    if !run.preview {
        let held = exceptions::proposed(connection, run.id, PROPOSED_MAX).await?;
        facts.extend(held.iter().map(|(account, held)| fact::proposed(run.entity, *account, held)));
    }
    Ok(say(connection, &voice, facts).await?)
}

/// Stops a run that cannot go on, with the reason.
pub async fn fail(worker: &Worker, run: RunId, fault: &anyhow::Error) -> Result<(), Failure> {
    tracing::error!(run = %run, error = format!("{fault:#}"), "a billing run stopped by a fault of ours");
    let mut transaction = worker.pool.begin().await?;
    store::billing_run::lock(&mut transaction, run).await?;
    let run = store::billing_run::get(&mut transaction, run, None).await?;
    let why = "an internal error; see the log of the invoicing service, then resume the run".to_owned();
    let run = store::billing_run::record(&mut transaction, domain::failed(&run, why).or_refuse()?).await?;
    let message = report::message_of(&mut transaction, &run).await?;
    let voice = Voice::system(String::new(), worker.clock.now());
    say(
        &mut transaction,
        &voice,
        vec![fact::run("billing.invoicing.v1.billing_run.failed", run.entity, &message)],
    )
    .await?;
    transaction.commit().await?;
    Ok(())
}

/// Rates the orders of a shard's accounts and records their drafts and exceptions.
async fn rate(
    connection: &mut PgConnection,
    run: &BillingRun,
    shard: &Shard,
    worker: &Worker,
) -> Result<(), Failure> {
    let at = worker.clock.now();
    let seen = store::stale::snapshot(connection).await?;
    let entity = store::billing_entity::get(connection, run.entity, None).await?;
    let today = entity.zone.day_of(at);
    let when = (today, Settles::LeftOut);
    let rated = rate_accounts(connection, (run, &entity), &shard.accounts, when, &worker.tax_engines).await?;
    record(connection, run, shard, (rated, &seen), (at, today)).await
}

/// Records what came of rating a shard; `seen` is what had come before its inputs were read. The exceptions come first: they say
/// which drafts wait. What a tax engine may say later is an input that is not there yet: its accounts are stale, so that a
/// refresh of the run asks again.
pub(super) async fn record(
    connection: &mut PgConnection,
    run: &BillingRun,
    shard: &Shard,
    (Rated { mut blueprints, mut exceptions, unanswered, silence: _ }, seen): (Rated, &str),
    when: (Timestamp, Date),
) -> Result<(), Failure> {
    held::propose(connection, run.entity, &mut exceptions).await?;
    let place = (shard.number, shard.accounts.as_slice());
    let waiting = store::exception::record(connection, run, place, &exceptions, when).await?;
    for blueprint in &mut blueprints {
        blueprint.waiting = waiting.contains(&blueprint.draft.id.uuid());
    }
    if !unanswered.is_empty() {
        store::input_change::record(connection, &unanswered, Cause::Tax).await?;
    }
    store::draft::insert(connection, &blueprints, seen, when.0).await?;
    store::review::place(connection, run.id, &shard.accounts).await
}
