use adjustments_domain::{
    adjustment::settled,
    approval::{Event, Request, State, evolve},
    change, refund,
    subject::SubjectKind,
};
use chassis::failure::Failure;
use jiff::Timestamp;
use outbox::{Voice, say};
use sqlx::PgConnection;

use crate::{
    store::{
        adjustment as store,
        approval::{self as requests, NewDecisions},
        change as changes, refund as refunds,
    },
    wire::{fact, name},
};

/// What becomes of a request becomes of what it asks for, in the same transaction; where it is void, why stands there, too. The request
/// is locked.
pub async fn follow(connection: &mut PgConnection, voice: &Voice, request: &Request) -> Result<(), Failure> {
    if request.subject.kind == SubjectKind::Refund
        && let Some(before) = refunds::of_approval(connection, request.id).await?
    {
        let after = refund::settled(&before, &request.state);
        if after != before {
            if let State::Voided { at, why } = &request.state {
                let named = (before.wanted.account, before.id);
                refunds::record_delay(connection, named, (why.as_str(), *at)).await?;
            }
            let after = refunds::record(connection, after).await?;
            say(connection, voice, vec![fact::refund(&after)]).await?;
        }
        return Ok(());
    }
    if name::is_change(&request.subject.name) {
        return follow_change(connection, voice, request).await;
    }
    let Some(adjustment) = store::of_approval(connection, request.id).await? else { return Ok(()) };
    let settled = settled(&adjustment, &request.state);
    if settled == adjustment {
        return Ok(());
    }
    if let State::Voided { at, why } = &request.state {
        let named = (adjustment.account, adjustment.id);
        store::record_delay(connection, named, (why.as_str(), *at)).await?;
    }
    let settled = store::record_state(connection, settled).await?;
    say(connection, voice, vec![fact::settled(&settled)]).await?;
    Ok(())
}

async fn follow_change(
    connection: &mut PgConnection,
    voice: &Voice,
    request: &Request,
) -> Result<(), Failure> {
    let Some(kept) = changes::of_approval(connection, request.id).await? else { return Ok(()) };
    let after = change::settled(&kept.change, &request.state);
    if after != kept.change {
        if let State::Voided { at, why } = &request.state {
            changes::record_delay(connection, kept.change.id, (why.as_str(), *at)).await?;
        }
        let after = changes::record(connection, after).await?;
        say(connection, voice, vec![fact::change(&after)?]).await?;
    }
    Ok(())
}

/// Records and says what has happened to a request without anybody's call, and what follows. The request is locked.
pub(super) async fn happen(
    connection: &mut PgConnection,
    request: Request,
    events: &[Event],
    now: Timestamp,
) -> Result<(), Failure> {
    if events.is_empty() {
        return Ok(());
    }
    let after = events.iter().fold(request, |request, event| evolve(&request, event));
    let none = NewDecisions { before: after.decisions.len(), new: &[] };
    let recorded = requests::record(connection, after, none, now).await?;
    let facts = events.iter().map(|event| fact::approval(event, &recorded)).collect();
    let voice = Voice::system("", now);
    say(connection, &voice, facts).await?;
    follow(connection, &voice, &recorded).await
}
