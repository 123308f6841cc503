//! A transaction says what it did; if it does not commit, nothing was said.

use chassis::call::Call;
use ids::{AccountId, EntityId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use prost::Message;
use prost_types::Any;
use sqlx::{PgConnection, query};
use uuid::Uuid;

use crate::bell;

/// Who acts when nobody calls.
const SYSTEM: &str = "system";

/// Something that the transaction did.
#[derive(Clone, Debug)]
pub struct Fact {
    kind: &'static str,
    subject: String,
    entity: Option<EntityId>,
    account: Option<AccountId>,
    payload: Any,
}

impl Fact {
    /// A fact of `kind` (`billing.invoicing.v1.invoice.issued`) about the resource named `subject`. The payload is the
    /// resource as the transaction leaves it, and `message` its type (`billing.invoicing.v1.Invoice`).
    pub fn new(
        kind: &'static str,
        subject: impl Into<String>,
        message: &str,
        payload: &impl Message,
    ) -> Self {
        let type_url = format!("type.googleapis.com/{message}");
        let payload = Any { type_url, value: payload.encode_to_vec() };
        Self { kind, subject: subject.into(), entity: None, account: None, payload }
    }

    /// The same fact, which belongs to a billing entity.
    #[must_use]
    pub fn of_entity(self, entity: EntityId) -> Self {
        Self { entity: Some(entity), ..self }
    }

    /// The same fact, which belongs to an account.
    #[must_use]
    pub fn of_account(self, account: AccountId) -> Self {
        Self { account: Some(account), ..self }
    }
}

/// Who says it, in which trace, and when.
#[derive(Clone, Debug)]
pub struct Voice {
    actor: String,
    trace: String,
    at: Timestamp,
}

impl Voice {
    /// The voice of a caller.
    pub fn of(call: &Call) -> Self {
        Self { actor: call.caller.person.clone(), trace: call.trace.clone(), at: call.at }
    }

    /// The voice of background work, which may continue the trace of the call that asked for it; else it is empty.
    pub fn system(trace: impl Into<String>, at: Timestamp) -> Self {
        Self { actor: SYSTEM.to_owned(), trace: trace.into(), at }
    }
}

/// Says what the transaction did, in this order.
pub async fn say(transaction: &mut PgConnection, voice: &Voice, facts: Vec<Fact>) -> Result<(), sqlx::Error> {
    if facts.is_empty() {
        return Ok(());
    }
    // Version 7 ids of one process ascend, and the sequencer goes by them.
    let ids: Vec<Uuid> = facts.iter().map(|_| Uuid::now_v7()).collect();
    let kinds: Vec<&str> = facts.iter().map(|fact| fact.kind).collect();
    let subjects: Vec<&str> = facts.iter().map(|fact| fact.subject.as_str()).collect();
    let entities: Vec<Option<Uuid>> = facts.iter().map(|fact| fact.entity.map(EntityId::uuid)).collect();
    let accounts: Vec<Option<Uuid>> = facts.iter().map(|fact| fact.account.map(AccountId::uuid)).collect();
    let payloads: Vec<Vec<u8>> = facts.iter().map(|fact| fact.payload.encode_to_vec()).collect();
    query(
        "with said as (
             insert into outbox (event_id, type, subject, entity, account, payload, actor, trace, occurred_at)
             select *, $7, $8, $9
             from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::bytea[])
         )
         select pg_notify(current_schema() || $10, '')",
    )
    .bind(ids)
    .bind(kinds)
    .bind(subjects)
    .bind(entities)
    .bind(accounts)
    .bind(payloads)
    .bind(&voice.actor)
    .bind(&voice.trace)
    .bind(voice.at.to_sqlx())
    .bind(bell::OUTBOX)
    .execute(transaction)
    .await?;
    Ok(())
}
