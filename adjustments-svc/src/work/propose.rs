//! What rating holds arrives as drafts of corrections, one for each document that takes it back. An analyst asks for the approval:
//! somebody has to read what the customer will read. A draft follows what is held; what is asked for is void once it is something
//! else, and asked for anew.

use std::collections::BTreeMap;

use adjustments_domain::{
    adjustment::{Adjustment, Difference, Ending, State, follow, lapse, propose},
    approval::{self, Event},
};
use billing_proto::billing::invoicing::v1 as invoicing;
use chassis::failure::{Failure, OrRefuse};
use ids::{AdjustmentId, ApprovalId};
use jiff::Timestamp;
use outbox::{Voice, say};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Worker, follow::happen};
use crate::{
    store::{
        adjustment::{self as adjustments, Named},
        approval as requests,
        proposed_correction::{self as store, Proposed},
    },
    wire::{
        fact,
        rating_correction::{self as wire, Held, Run},
    },
};

/// Brings corrections into line with what a run holds now, which may be further than what was heard.
pub(super) async fn align(
    connection: &mut PgConnection,
    worker: &Worker,
    run: &invoicing::BillingRun,
) -> Result<(), Failure> {
    let name = &run.name;
    let Some(run) = wire::run(run)? else { return Ok(()) };
    let known = store::load(connection, run.entity, run.id).await?;
    let mut known: BTreeMap<Difference, Proposed> =
        known.into_iter().map(|proposed| (proposed.of.clone(), proposed)).collect();
    let now = worker.clock.now();
    for exception in worker.invoicing.held(name).await? {
        for held in wire::corrections(&exception)? {
            match known.remove(&held.of) {
                None => begin(connection, (&run, &held), now).await?,
                Some(before) => renew(connection, (&run, &held), before, now).await?,
            }
        }
    }
    for gone in known.into_values().filter(|gone| gone.is_open && gone.held_by.0 <= run.id) {
        let was_of_run = gone.held_by.0 == run.id;
        if (was_of_run || run.looked_at(&gone.of)) && end(connection, gone.named, now).await? {
            let run = (run.id, gone.held_by.1.clone());
            store::record(connection, &Proposed { held_by: run, lapsed: true, ..gone }).await?;
        }
    }
    Ok(())
}

/// Proposes what nothing stands for yet.
async fn begin(
    connection: &mut PgConnection,
    (run, held): (&Run, &Held),
    now: Timestamp,
) -> Result<(), Failure> {
    let id = AdjustmentId::from_uuid(Uuid::now_v7());
    let place = (run.entity, held.of.account, held.of.invoice, held.currency);
    let said = (held.proposal.clone(), held.lines.clone());
    let draft = propose(id, place, said, (&held.makers, now));
    adjustments::insert(connection, &draft).await?;
    let proposed = Proposed {
        named: (held.of.account, id),
        of: held.of.clone(),
        held_by: (run.id, held.exception.clone()),
        said: held.said.clone(),
        lapsed: false,
        is_open: true,
    };
    store::insert(connection, run.entity, &proposed).await?;
    let created = fact::adjustment("billing.adjustments.v1.adjustment.created", &draft);
    say(connection, &Voice::system("", now), vec![created]).await?;
    Ok(())
}

/// Something stood for it before.
async fn renew(
    connection: &mut PgConnection,
    (run, held): (&Run, &Held),
    before: Proposed,
    now: Timestamp,
) -> Result<(), Failure> {
    if before.held_by.0 > run.id {
        // A later run has looked since.
        return Ok(());
    }
    let held_by = (run.id, held.exception.clone());
    let is_same = before.said == held.said;
    // What people have said no to comes back with the next run, and what has lapsed as soon as it is held again.
    let is_settled = !before.is_open && !before.lapsed && before.held_by.1 == held.exception;
    if is_same && (before.is_open || is_settled) {
        return store::record(connection, &Proposed { held_by, ..before }).await;
    }
    let adjustment = locked(connection, before.named).await?;
    match &adjustment.state {
        State::Draft | State::Ended { how: Ending::Returned, .. } => {
            let said = (held.proposal.clone(), held.lines.clone());
            record(connection, follow(&adjustment, said, &held.makers).or_refuse()?, now).await?;
            store::record(connection, &Proposed { held_by, said: held.said.clone(), ..before }).await
        }
        State::Submitted { approval } => {
            if !void(connection, *approval, now).await? {
                return Ok(());
            }
            store::record(connection, &Proposed { lapsed: true, ..before }).await?;
            begin(connection, (run, held), now).await
        }
        // It becomes the document that was approved; what is held after that is proposed then.
        State::Approved { .. } => Ok(()),
        State::Executed { .. } | State::Ended { .. } => begin(connection, (run, held), now).await,
    }
}

/// Ends what stands for nothing any more, unless it is approved. Whether it has ended.
async fn end(connection: &mut PgConnection, named: Named, now: Timestamp) -> Result<bool, Failure> {
    let adjustment = locked(connection, named).await?;
    match &adjustment.state {
        State::Draft | State::Ended { how: Ending::Returned, .. } => {
            record(connection, lapse(&adjustment).or_refuse()?, now).await?;
            Ok(true)
        }
        State::Submitted { approval } => void(connection, *approval, now).await,
        State::Approved { .. } | State::Executed { .. } | State::Ended { .. } => Ok(false),
    }
}

async fn record(
    connection: &mut PgConnection,
    adjustment: Adjustment,
    now: Timestamp,
) -> Result<(), Failure> {
    let recorded = adjustments::record(connection, adjustment).await?;
    say(connection, &Voice::system("", now), vec![fact::settled(&recorded)]).await?;
    Ok(())
}

/// The request of what is held otherwise now is void, and with it the adjustment. Not if somebody has decided meanwhile.
async fn void(connection: &mut PgConnection, approval: ApprovalId, now: Timestamp) -> Result<bool, Failure> {
    let request = requests::get(connection, approval, None).await?;
    if !matches!(request.state, approval::State::Pending) {
        return Ok(false);
    }
    let why = "rating does not hold this amount any more".to_owned();
    happen(connection, request, &[Event::Voided { at: now, why }], now).await?;
    Ok(true)
}

/// The adjustment, locked until the transaction ends; before it the request that asks for it.
async fn locked(connection: &mut PgConnection, named: Named) -> Result<Adjustment, Failure> {
    let asked = adjustments::get(connection, named, None).await?.adjustment;
    if let State::Submitted { approval } | State::Approved { approval } = asked.state {
        requests::lock(connection, approval).await?;
    }
    adjustments::lock(connection, named).await?;
    Ok(adjustments::get(connection, named, None).await?.adjustment)
}
