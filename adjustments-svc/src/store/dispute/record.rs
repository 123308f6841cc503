use adjustments_domain::dispute::{Dispute, DisputeRefusal, Proposal, Resolution, Stage, State};
use anyhow::{Context, anyhow};
use chassis::failure::Failure;
use ids::InvoiceId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use money::Money;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::store::written::revision_number;

/// Records a new dispute.
pub async fn insert(connection: &mut PgConnection, dispute: &Dispute) -> Result<(), Failure> {
    sqlx::query_file!(
        "src/store/sql/insert_dispute.sql",
        dispute.account.uuid(),
        dispute.id.uuid(),
        revision_number(dispute.revision)?,
        dispute.entity.uuid(),
        dispute.territory,
        dispute.invoice.uuid(),
        dispute.number,
        dispute.amount.currency().code(),
        dispute.amount.amount(),
        &dispute.lines,
        dispute.reason.name(),
        dispute.words,
        dispute.contact,
        dispute.opened.by,
        dispute.opened.at.to_sqlx() as _,
        dispute.clock.due.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records what has become of a dispute, as its next revision, where it is still as it was loaded.
pub async fn record(connection: &mut PgConnection, dispute: Dispute) -> Result<Dispute, Failure> {
    let next = dispute.revision.next().context("the dispute has had every revision")?;
    let escalation = dispute.clock.escalation.as_ref();
    let told = Told::of(&dispute.state);
    let recorded = sqlx::query_file!(
        "src/store/sql/update_dispute.sql",
        dispute.account.uuid(),
        dispute.id.uuid(),
        revision_number(next)?,
        dispute.amount.amount(),
        dispute.cause.map(|why| why.cause.name()),
        dispute.clock.due.to_sqlx() as _,
        escalation.map(|escalation| escalation.at.to_sqlx()) as _,
        escalation.and_then(|escalation| escalation.to.as_deref()),
        dispute.state.name(),
        dispute.state.owner(),
        told.waiting_since.map(ToSqlx::to_sqlx) as _,
        told.outcome,
        told.settled_by,
        told.explanation,
        told.settled,
        told.resolved.map(|(by, _)| by),
        told.resolved.map(|(_, at)| at.to_sqlx()) as _,
        told.closed.map(|(by, _)| by),
        told.closed.map(|(_, at)| at.to_sqlx()) as _,
        dispute.cause.and_then(|why| why.detail)
    )
    .execute(connection)
    .await?;
    if recorded.rows_affected() != 1 {
        return Err(anyhow!("{} was not at revision {} any more", dispute.id, dispute.revision).into());
    }
    Ok(Dispute { revision: next, ..dispute })
}

/// The columns that only some states have.
#[derive(Default)]
struct Told<'a> {
    waiting_since: Option<Timestamp>,
    outcome: Option<&'static str>,
    settled_by: Option<&'a [String]>,
    explanation: Option<&'a str>,
    settled: Option<Decimal>,
    resolved: Option<(&'a str, Timestamp)>,
    closed: Option<(&'a str, Timestamp)>,
}

impl<'a> Told<'a> {
    fn of(state: &'a State) -> Self {
        let State::Owned { stage, .. } = state else { return Self::default() };
        match stage {
            Stage::Triaged | Stage::Investigating | Stage::Reopened => Self::default(),
            Stage::AwaitingCustomer { since } => Self { waiting_since: Some(*since), ..Self::default() },
            Stage::Proposed(Proposal { outcome, settled_by, words }) => Self {
                outcome: Some(outcome.name()),
                settled_by: Some(settled_by),
                explanation: Some(words),
                ..Self::default()
            },
            Stage::Resolved(resolution) => Self::resolved(resolution),
            Stage::Closed { resolution, closed } => {
                Self { closed: Some((&closed.by, closed.at)), ..Self::resolved(resolution) }
            }
        }
    }

    fn resolved(resolution: &'a Resolution) -> Self {
        let Resolution { outcome, settled, settled_by, words, act } = resolution;
        Self {
            outcome: Some(outcome.name()),
            settled_by: Some(settled_by),
            explanation: Some(words),
            settled: Some(settled.amount()),
            resolved: Some((&act.by, act.at)),
            ..Self::default()
        }
    }
}

/// Records which notes settle a dispute; each settles one.
pub async fn insert_settlements(
    connection: &mut PgConnection,
    dispute: &Dispute,
    notes: &[(InvoiceId, Money)],
    at: Timestamp,
) -> Result<(), Failure> {
    let ids: Vec<Uuid> = notes.iter().map(|(note, _)| note.uuid()).collect();
    let totals: Vec<Decimal> = notes.iter().map(|(_, total)| total.amount()).collect();
    sqlx::query!(
        "insert into dispute_settlement (account_id, dispute_id, settled_at, note_id, total)
         select $1, $2, $3, * from unnest($4::uuid[], $5::numeric[])",
        dispute.account.uuid(),
        dispute.id.uuid(),
        at.to_sqlx() as _,
        &ids,
        &totals
    )
    .execute(connection)
    .await
    .map_err(|error| {
        let used = DisputeRefusal::Used { document: dispute.number.clone() };
        Failure::from_constraint(error, &[("dispute_settlement_pkey", used.into())])
    })?;
    Ok(())
}
