//! Drafts that are not what was approved, because something came after that: they drop out alone, and the rest goes on.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, InvoiceId};
use invoicing_domain::{
    billing_run::{self as domain, BillingRun, Changed, Root, State},
    exception::{Severity, due_on},
    invoice::digest,
};
use jiff::Timestamp;
use sqlx::{Connection, PgConnection};

use super::{Worker, rate_accounts::rate_accounts, settle::ACCOUNTS_AT_ONCE, tax_engine::TaxEngines};
use crate::store::{self, draft::Waiting, rating_input::Settles};

/// Lets the drafts wait that changed after a review; `changed` is what they come to. The run is locked.
pub async fn remove_changed(
    connection: &mut PgConnection,
    run: &BillingRun,
    (review, changed): (i32, &[Changed]),
    at: Timestamp,
) -> Result<(), Failure> {
    let today = store::billing_entity::get(connection, run.entity, None).await?.zone.day_of(at);
    let due = due_on(Severity::Block, today).context("what blocks is due by a day")?;
    store::review::remove_changed(connection, (run.id, review), changed, (at, due)).await
}

/// A run that was refreshed after it was approved, once it is rated: approved as it was, without what changed. `None`: all of it is
/// to be approved.
pub(super) async fn approved_again(
    connection: &mut PgConnection,
    run: &BillingRun,
    at: Timestamp,
) -> Result<Option<BillingRun>, Failure> {
    if let State::Rating(Some(approval)) = &run.state
        && let Some(review) = store::review::with_root(connection, run.id, &approval.root).await?
    {
        let changed = store::review::changed(connection, run.id, review).await?;
        if let Some(approved) = domain::approved_again(run, &changed) {
            remove_changed(connection, run, (review, &changed), at).await?;
            return Ok(Some(approved));
        }
    }
    store::review::take_back_in(connection, run.id, at).await?;
    Ok(None)
}

/// Those of the drafts that are still what was approved with this root. Where an input came after that, the account is rated as it
/// stands now: a draft that would be another one waits. The run is locked.
pub(super) async fn as_approved(
    connection: &mut PgConnection,
    (run, root): (&BillingRun, &Root),
    drafts: Vec<Waiting>,
    worker: &Worker,
) -> Result<Vec<Waiting>, Failure> {
    let names: Vec<_> = drafts.iter().map(named).collect();
    let late = store::stale::after_approval(connection, run.id, &names).await?;
    if late.is_empty() {
        return Ok(drafts);
    }
    let at = worker.clock.now();
    let accounts: BTreeSet<AccountId> = late.iter().map(|(account, _, _)| *account).collect();
    let accounts: Vec<AccountId> = accounts.into_iter().collect();
    let mut now = BTreeMap::new();
    for accounts in accounts.chunks(ACCOUNTS_AT_ONCE) {
        now.extend(digests_now(connection, run, accounts, (at, &worker.tax_engines)).await?);
    }
    let others: Vec<_> = late
        .into_iter()
        .map(|(account, invoice, approved)| ((account, invoice), approved))
        .filter(|(draft, approved)| now.get(draft).is_none_or(|now| now.as_slice() != approved.as_slice()))
        .map(|(draft, _)| draft)
        .collect();
    if others.is_empty() {
        return Ok(drafts);
    }
    let review = store::review::with_root(connection, run.id, root).await?;
    let review = review.context("a root was approved that nobody has reviewed")?;
    store::review::touch(connection, run.id, &others).await?;
    let changed = store::review::changed(connection, run.id, review).await?;
    remove_changed(connection, run, (review, &changed), at).await?;
    Ok(drafts.into_iter().filter(|draft| !others.contains(&named(draft))).collect())
}

fn named(draft: &Waiting) -> (AccountId, InvoiceId) {
    (AccountId::from_uuid(draft.account), InvoiceId::from_uuid(draft.invoice))
}

/// What the drafts of these accounts would be if they were made now. Nothing of it is recorded.
async fn digests_now(
    connection: &mut PgConnection,
    run: &BillingRun,
    accounts: &[AccountId],
    (at, engines): (Timestamp, &TaxEngines),
) -> Result<BTreeMap<(AccountId, InvoiceId), [u8; 32]>, Failure> {
    let entity = store::billing_entity::get(connection, run.entity, None).await?;
    let today = entity.zone.day_of(at);
    let ahead = BillingRun { data_as_of: at, ..run.clone() };
    let mut looking = connection.begin().await?;
    store::stale::look_ahead(&mut looking, run.id).await?;
    let when = (today, Settles::OfRun { today });
    let rated = rate_accounts(&mut looking, (&ahead, &entity), accounts, when, engines).await?;
    looking.rollback().await?;
    let drafts = rated.blueprints.iter().map(|blueprint| &blueprint.draft);
    Ok(drafts.map(|draft| ((draft.account, draft.id), digest(draft))).collect())
}
