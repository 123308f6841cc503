//! Drafts that are not what was approved, because something came after that: they drop out alone, and the rest goes on.

use std::collections::BTreeMap;

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, InvoiceId};
use invoicing_domain::{
    billing_run::{self as domain, BillingRun, Changed, Root, State},
    exception::{Severity, due_on},
    invoice::digest,
};
use jiff::Timestamp;
use outbox::{Voice, say};
use refusal::Refusal;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::{
    Worker,
    rate_accounts::{Rated, rate_accounts},
    settle::ACCOUNTS_AT_ONCE,
    tax_engine::TaxEngines,
};
use crate::{
    report::billing_run as report,
    store::{self, exception::Exception, rating_input::Settles, stale::Late},
    wire::fact,
};

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

/// How drafts that were approved stand to what they would be if they were made now.
#[derive(Debug, Default)]
struct Judged {
    /// They would be others, or none.
    changed: Vec<(AccountId, InvoiceId)>,
    /// They would be none, and what stands in the way of their orders says why: they wait for that or, where it was overridden, are not
    /// what was approved.
    gone: Vec<(AccountId, InvoiceId)>,
    /// What stands in the way of those that would not be others.
    blocks: Vec<Exception>,
}

/// Looks at the drafts with an input that came after they were approved, or after this was done last: their accounts are rated as
/// they stand now. One that would be another draft waits, and so does one that something stands in the way of. Answers whether the
/// whole run is to be rated again and approved anew instead: most of it changed, and no document is out. The run is locked.
pub(super) async fn take_in_later(
    connection: &mut PgConnection,
    (run, root): (&BillingRun, &Root),
    worker: &Worker,
) -> Result<bool, Failure> {
    // What comes while this looks is looked at with the next chunk.
    let snapshot = store::stale::snapshot(connection).await?;
    let late = store::stale::after_approval(connection, run.id).await?;
    store::stale::looked(connection, run.id, &snapshot).await?;
    if late.is_empty() {
        return Ok(false);
    }
    let at = worker.clock.now();
    let Judged { changed: mut others, gone, blocks } =
        judge(connection, run, late, (at, &worker.tax_engines)).await?;
    wait_for(connection, run, &blocks, at).await?;
    let accounts: Vec<AccountId> = gone.iter().map(|(account, _)| *account).collect();
    let waiting = store::draft::waiting_of(connection, run.id, &accounts).await?;
    others.extend(gone.into_iter().filter(|(_, invoice)| !waiting.contains(invoice)));
    if !others.is_empty() {
        let review = store::review::with_root(connection, run.id, root).await?;
        let review = review.context("a root was approved that nobody has reviewed")?;
        store::review::touch(connection, run.id, &others).await?;
        let changed = store::review::changed(connection, run.id, review).await?;
        let (_, documents) = store::billing_run::counts(connection, run.id).await?;
        if let Some(anew) = domain::asked_again(run, &changed, documents, at) {
            rate_anew(connection, anew, &snapshot).await?;
            return Ok(true);
        }
        remove_changed(connection, run, (review, &changed), at).await?;
    }
    Ok(false)
}

/// Rates the accounts of late drafts as they stand now. Nothing of it is recorded.
async fn judge(
    connection: &mut PgConnection,
    run: &BillingRun,
    late: Vec<Late>,
    (at, engines): (Timestamp, &TaxEngines),
) -> Result<Judged, Failure> {
    let mut of_accounts: BTreeMap<AccountId, Vec<Late>> = BTreeMap::new();
    for draft in late {
        of_accounts.entry(draft.account).or_default().push(draft);
    }
    let accounts: Vec<AccountId> = of_accounts.keys().copied().collect();
    let mut judged = Judged::default();
    for accounts in accounts.chunks(ACCOUNTS_AT_ONCE) {
        let rated = rated_now(connection, run, accounts, (at, engines)).await?;
        let drafts = rated.blueprints.iter().map(|blueprint| &blueprint.draft);
        let now: BTreeMap<_, _> = drafts.map(|draft| ((draft.account, draft.id), digest(draft))).collect();
        for draft in accounts.iter().filter_map(|account| of_accounts.get(account)).flatten() {
            let now = now.get(&(draft.account, draft.invoice));
            judged.add(draft, now.map(<[u8; 32]>::as_slice), &rated.exceptions);
        }
    }
    Ok(judged)
}

impl Judged {
    /// Adds a draft with what its digest would be now; `None`: it would not be made.
    fn add(&mut self, draft: &Late, now: Option<&[u8]>, found: &[Exception]) {
        let stands_in_the_way = |found: &&Exception| match now {
            Some(_) => found.blocks(draft.invoice),
            None => found.blocks_order((draft.account, draft.order)),
        };
        let blocks = found.iter().filter(stands_in_the_way).cloned();
        let mut blocks: Vec<_> = blocks.map(|found| found.of_draft(Some(draft.invoice))).collect();
        let says_why = match now {
            Some(now) => now == draft.digest.as_slice(),
            None => !blocks.is_empty(),
        };
        if says_why {
            if now.is_none() {
                self.gone.push((draft.account, draft.invoice));
            }
            self.blocks.append(&mut blocks);
        } else {
            self.changed.push((draft.account, draft.invoice));
        }
    }
}

/// What the accounts come to if they are rated now. An engine that does not answer is waited for: what it would say is not known. What
/// compares sums of an account says nothing any more once some of it is issued: it would compare the rest.
async fn rated_now(
    connection: &mut PgConnection,
    run: &BillingRun,
    accounts: &[AccountId],
    (at, engines): (Timestamp, &TaxEngines),
) -> Result<Rated, Failure> {
    let entity = store::billing_entity::get(connection, run.entity, None).await?;
    let today = entity.zone.day_of(at);
    let ahead = BillingRun { data_as_of: at, ..run.clone() };
    let mut looking = connection.begin().await?;
    store::stale::look_ahead(&mut looking, run.id).await?;
    let when = (today, Settles::OfRun { today });
    let mut rated = rate_accounts(&mut looking, (&ahead, &entity), accounts, when, engines).await?;
    looking.rollback().await?;
    if let Some(silence) = &rated.silence {
        let message = format!("{}; issuing goes on when it does", silence.message);
        return Err(Refusal { message, ..silence.clone() }.into());
    }
    let begun = store::invoice::accounts_of(connection, run.id, accounts).await?;
    rated.exceptions.retain(|found| !(found.compares_sums() && begun.contains(&found.account())));
    Ok(rated)
}

/// Drafts wait for what stands in their way; what was overridden for the run as it is does not.
async fn wait_for(
    connection: &mut PgConnection,
    run: &BillingRun,
    blocks: &[Exception],
    at: Timestamp,
) -> Result<(), Failure> {
    if blocks.is_empty() {
        return Ok(());
    }
    let today = store::billing_entity::get(connection, run.entity, None).await?.zone.day_of(at);
    let portion = store::exception::next_portion(connection, run.id).await?;
    // Of no account it is all that was found.
    let waiting = store::exception::record(connection, run, (portion, &[]), blocks, (at, today)).await?;
    let accounts: Vec<Uuid> = blocks.iter().map(|found| found.account().uuid()).collect();
    let waiting: Vec<Uuid> = waiting.into_iter().collect();
    store::draft::wait(connection, run.id, &accounts, &waiting).await
}

/// Takes in all that the run has not seen, and says so.
async fn rate_anew(connection: &mut PgConnection, anew: BillingRun, snapshot: &str) -> Result<(), Failure> {
    let stale = store::stale::accounts(connection, anew.id, None, None).await?;
    let stale = stale.into_iter().map(|(account, _)| account).collect();
    store::stale::refresh(connection, &anew, snapshot, &domain::shards(stale)).await?;
    let at = anew.data_as_of;
    let anew = store::billing_run::record(connection, anew).await?;
    let message = report::message_of(connection, &anew).await?;
    let refreshed = fact::run("billing.invoicing.v1.billing_run.refreshed", anew.entity, &message);
    Ok(say(connection, &Voice::system(String::new(), at), vec![refreshed]).await?)
}
