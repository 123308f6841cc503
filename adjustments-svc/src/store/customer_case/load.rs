use adjustments_domain::{
    act::Act,
    customer_case::{Case, Closing, Document, Matter, State},
    service_clock::{Escalation, ServiceClock},
};
use anyhow::{Context, anyhow};
use chassis::failure::Failure;
use ids::{AccountId, CaseId, EntityId, InvoiceId};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Named, missing};
use crate::store::written::{Written, money, revision};

/// Which cases to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    pub account: Option<AccountId>,
    pub id: Option<CaseId>,
    pub state: Option<&'a str>,
    pub kind: Option<&'a str>,
    pub owner: Option<&'a str>,
    /// Only those before this one.
    pub before: Option<Uuid>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    /// At most this many; `None`: all.
    pub limit: Option<i64>,
}

struct Row {
    account_id: Uuid,
    case_id: Uuid,
    revision: i64,
    entity_id: Option<Uuid>,
    territory: String,
    invoice_id: Option<Uuid>,
    kind: String,
    requested: Option<String>,
    currency: Option<String>,
    promised: Option<Decimal>,
    promised_day: Option<jiff_sqlx::Date>,
    subject: String,
    words: String,
    contact: String,
    opened_by: String,
    opened_at: jiff_sqlx::Timestamp,
    owner: Option<String>,
    due_at: jiff_sqlx::Timestamp,
    escalated_at: Option<jiff_sqlx::Timestamp>,
    escalated_to: Option<String>,
    state: String,
    waiting_since: Option<jiff_sqlx::Timestamp>,
    outcome: Option<String>,
    answer: Option<String>,
    closed_by: Option<String>,
    closed_at: Option<jiff_sqlx::Timestamp>,
}

/// Loads cases, the latest first.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<Case>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        "select * from customer_case
          where ($1::uuid is null or account_id = $1) and ($2::uuid is null or case_id = $2)
            and ($3::text is null or state = $3) and ($4::text is null or kind = $4) and ($5::text is null or owner = $5)
            and ($6::uuid is null or case_id < $6) and in_scope($7::jsonb, entity_id, nullif(territory, ''), account_id)
          order by case_id desc limit $8",
        which.account.map(AccountId::uuid),
        which.id.map(CaseId::uuid),
        which.state,
        which.kind,
        which.owner,
        which.before,
        which.scope,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::case).collect()
}

/// One case, or that it does not exist for this caller.
pub async fn get(
    connection: &mut PgConnection,
    (account, id): Named,
    scope: Option<&Value>,
) -> Result<Case, Failure> {
    let which = Which { account: Some(account), id: Some(id), scope, ..Which::default() };
    Ok(load(connection, which).await?.pop().ok_or_else(|| missing((account, id)))?)
}

impl Row {
    fn case(self) -> Result<Case, Failure> {
        let escalation =
            self.escalated_at.map(|at| Escalation { at: at.to_jiff(), to: self.escalated_to.clone() });
        let document = self.invoice_id.zip(self.entity_id).map(|(invoice, entity)| Document {
            invoice: InvoiceId::from_uuid(invoice),
            entity: EntityId::from_uuid(entity),
        });
        Ok(Case {
            id: CaseId::from_uuid(self.case_id),
            revision: revision(self.revision)?,
            account: AccountId::from_uuid(self.account_id),
            matter: self.matter()?,
            state: self.state()?,
            clock: ServiceClock { due: self.due_at.to_jiff(), escalation },
            document,
            territory: self.territory,
            subject: self.subject,
            words: self.words,
            contact: self.contact,
            opened: Act { by: self.opened_by, at: self.opened_at.to_jiff() },
            owner: self.owner,
        })
    }

    fn matter(&self) -> Result<Matter, Failure> {
        Ok(match self.kind.as_str() {
            "ENQUIRY" => Matter::Enquiry,
            "COMPLAINT" => Matter::Complaint,
            "DOCUMENT_REQUEST" => {
                let wanted = self.requested.as_deref().context("a request for a document says for which")?;
                Matter::DocumentRequest(Written::read(wanted)?)
            }
            "PROMISE" => {
                let promised = self.currency.as_deref().zip(self.promised).zip(self.promised_day);
                let ((currency, amount), day) = promised.context("a promise says how much until when")?;
                Matter::Promise { amount: money(currency, amount)?, day: day.to_jiff() }
            }
            other => return Err(anyhow!("the database holds the kind of case {other:?}").into()),
        })
    }

    fn state(&self) -> Result<State, Failure> {
        Ok(match self.state.as_str() {
            "OPEN" => State::Open,
            "AWAITING_CUSTOMER" => {
                let since = self.waiting_since.context("a case that waits says since when")?;
                State::AwaitingCustomer { since: since.to_jiff() }
            }
            "CLOSED" => {
                let closed = self.closed_by.clone().zip(self.closed_at);
                let (by, at) = closed.context("a closed case says by whom")?;
                let outcome = self.outcome.as_deref().context("a closed case says how it ended")?;
                State::Closed(Closing {
                    outcome: Written::read(outcome)?,
                    words: self.answer.clone().context("a closed case says what was answered")?,
                    act: Act { by, at: at.to_jiff() },
                })
            }
            other => return Err(anyhow!("the database holds the state {other:?}").into()),
        })
    }
}
