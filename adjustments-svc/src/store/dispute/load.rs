use adjustments_domain::{
    act::Act,
    dispute::{Dispute, Proposal, Resolution, Stage, State},
    root_cause::RootCause,
    service_clock::{Escalation, ServiceClock},
};
use anyhow::{Context, anyhow};
use chassis::failure::Failure;
use ids::{AccountId, DisputeId, EntityId, InvoiceId};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Named, missing};
use crate::store::written::{Written, money, revision};

/// Which disputes to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    pub account: Option<AccountId>,
    pub id: Option<DisputeId>,
    pub state: Option<&'a str>,
    pub owner: Option<&'a str>,
    pub invoice: Option<InvoiceId>,
    /// Only those before this one.
    pub before: Option<Uuid>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    /// At most this many; `None`: all.
    pub limit: Option<i64>,
}

/// A dispute with what invoicing knows of it.
#[derive(Clone, Debug)]
pub struct Kept {
    pub dispute: Dispute,
    /// It was told how much of the document is disputed now.
    pub is_told: bool,
    /// Why it was not yet.
    pub delay: String,
    /// What it proposes waits for approval, or for its note.
    pub is_pending: bool,
}

struct Row {
    account_id: Uuid,
    dispute_id: Uuid,
    revision: i64,
    entity_id: Uuid,
    territory: String,
    invoice_id: Uuid,
    invoice_number: String,
    currency: String,
    amount: Decimal,
    lines: Vec<i32>,
    reason: String,
    words: String,
    contact: String,
    cause: Option<String>,
    cause_detail: Option<String>,
    opened_by: String,
    opened_at: jiff_sqlx::Timestamp,
    due_at: jiff_sqlx::Timestamp,
    escalated_at: Option<jiff_sqlx::Timestamp>,
    escalated_to: Option<String>,
    state: String,
    owner: Option<String>,
    waiting_since: Option<jiff_sqlx::Timestamp>,
    outcome: Option<String>,
    settled_by: Option<Vec<String>>,
    explanation: Option<String>,
    settled: Option<Decimal>,
    resolved_by: Option<String>,
    resolved_at: Option<jiff_sqlx::Timestamp>,
    closed_by: Option<String>,
    closed_at: Option<jiff_sqlx::Timestamp>,
    is_told: bool,
    delay: String,
    is_pending: bool,
}

/// Loads disputes, the latest first.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<Kept>, Failure> {
    let rows = sqlx::query_file_as!(
        Row,
        "src/store/sql/disputes.sql",
        which.account.map(AccountId::uuid),
        which.id.map(DisputeId::uuid),
        which.state,
        which.owner,
        which.invoice.map(InvoiceId::uuid),
        which.before,
        which.scope,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::kept).collect()
}

/// One dispute, or that it does not exist for this caller.
pub async fn get(
    connection: &mut PgConnection,
    (account, id): Named,
    scope: Option<&Value>,
) -> Result<Kept, Failure> {
    let which = Which { account: Some(account), id: Some(id), scope, ..Which::default() };
    Ok(load(connection, which).await?.pop().ok_or_else(|| missing((account, id)))?)
}

impl Row {
    fn kept(self) -> Result<Kept, Failure> {
        let clock = ServiceClock {
            due: self.due_at.to_jiff(),
            escalation: self
                .escalated_at
                .map(|at| Escalation { at: at.to_jiff(), to: self.escalated_to.clone() }),
        };
        let dispute = Dispute {
            id: DisputeId::from_uuid(self.dispute_id),
            revision: revision(self.revision)?,
            account: AccountId::from_uuid(self.account_id),
            entity: EntityId::from_uuid(self.entity_id),
            invoice: InvoiceId::from_uuid(self.invoice_id),
            amount: money(&self.currency, self.amount)?,
            reason: Written::read(&self.reason)?,
            cause: self.cause()?,
            state: self.state()?,
            clock,
            territory: self.territory,
            number: self.invoice_number,
            lines: self.lines,
            words: self.words,
            contact: self.contact,
            opened: Act { by: self.opened_by, at: self.opened_at.to_jiff() },
        };
        Ok(Kept { dispute, is_told: self.is_told, delay: self.delay, is_pending: self.is_pending })
    }

    fn cause(&self) -> Result<Option<RootCause>, Failure> {
        let Some(cause) = &self.cause else { return Ok(None) };
        let cause = RootCause::of(Written::read(cause)?, self.cause_detail.as_deref().unwrap_or_default());
        Ok(Some(cause.context("the database holds a detail of another root cause")?))
    }

    fn state(&self) -> Result<State, Failure> {
        let stage = match self.state.as_str() {
            "OPENED" => return Ok(State::Opened),
            "TRIAGED" => Stage::Triaged,
            "INVESTIGATING" => Stage::Investigating,
            "AWAITING_CUSTOMER" => {
                let since = self.waiting_since.context("a dispute that waits says since when")?;
                Stage::AwaitingCustomer { since: since.to_jiff() }
            }
            "PROPOSED" => Stage::Proposed(self.proposal()?),
            "RESOLVED" => Stage::Resolved(self.resolution()?),
            "CLOSED" => {
                let closed = self.closed_by.clone().zip(self.closed_at);
                let (by, at) = closed.context("a closed dispute says by whom")?;
                Stage::Closed { resolution: self.resolution()?, closed: Act { by, at: at.to_jiff() } }
            }
            "REOPENED" => Stage::Reopened,
            other => return Err(anyhow!("the database holds the state {other:?}").into()),
        };
        let owner = self.owner.clone().context("a dispute that was triaged is somebody's")?;
        Ok(State::Owned { owner, stage })
    }

    fn proposal(&self) -> Result<Proposal, Failure> {
        let outcome = self.outcome.as_deref().context("a proposal says its outcome")?;
        Ok(Proposal {
            outcome: Written::read(outcome)?,
            settled_by: self.settled_by.clone().context("a proposal says by what")?,
            words: self.explanation.clone().context("a proposal says why")?,
        })
    }

    fn resolution(&self) -> Result<Resolution, Failure> {
        let Proposal { outcome, settled_by, words } = self.proposal()?;
        let resolved = self.resolved_by.clone().zip(self.resolved_at).zip(self.settled);
        let ((by, at), settled) = resolved.context("a resolution says by whom, when and how much")?;
        let settled = money(&self.currency, settled)?;
        Ok(Resolution { outcome, settled, settled_by, words, act: Act { by, at: at.to_jiff() } })
    }
}
