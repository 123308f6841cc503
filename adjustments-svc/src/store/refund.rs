//! Refunds that are asked for, and who has changed the accounts that they go to.

use adjustments_domain::{
    act::Act,
    adjustment::Ending,
    refund::{RefundRefusal, RefundRequest, Source, State, Wanted},
};
use anyhow::{Context, anyhow};
use chassis::failure::Failure;
use ids::{AccountId, ActivityId, ApprovalId, EntityId, InvoiceId, RefundRequestId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use refusal::Refusal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::{Written, money, revision, revision_number};

/// A refund request by its account.
pub type Named = (AccountId, RefundRequestId);

/// Which refund requests to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    pub account: Option<AccountId>,
    pub id: Option<RefundRequestId>,
    pub approval: Option<ApprovalId>,
    pub state: Option<&'a str>,
    /// Only those that wait for their approval or to be executed.
    pub waiting: bool,
    /// Only those before this one.
    pub before: Option<Uuid>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    pub limit: Option<i64>,
}

/// A refund request, and why it could not be executed.
#[derive(Clone, Debug)]
pub struct Kept {
    pub refund: RefundRequest,
    pub delay: String,
}

/// Loads refund requests, the latest first.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<Kept>, Failure> {
    let rows = sqlx::query!(
        "select * from refund_request
          where ($1::uuid is null or account_id = $1) and ($2::uuid is null or refund_request_id = $2)
            and ($3::uuid is null or approval_id = $3) and ($4::text is null or state = $4)
            and (not $5::boolean or state in ('SUBMITTED', 'APPROVED'))
            and ($6::uuid is null or refund_request_id < $6) and in_scope($7::jsonb, entity_id, null, account_id)
          order by refund_request_id desc limit $8",
        which.account.map(AccountId::uuid),
        which.id.map(RefundRequestId::uuid),
        which.approval.map(ApprovalId::uuid),
        which.state,
        which.waiting,
        which.before,
        which.scope,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    let kept = rows.into_iter().map(|row| {
        let receipt = row.receipt_id.map(|id| Source::Receipt(ActivityId::from_uuid(id)));
        let note = row.credit_note_id.map(|id| Source::CreditNote(InvoiceId::from_uuid(id)));
        let executed = row.refund.zip(row.executed_at).map(|(refund, at)| (refund, at.to_jiff()));
        let refund = RefundRequest {
            id: RefundRequestId::from_uuid(row.refund_request_id),
            revision: revision(row.revision)?,
            wanted: Wanted {
                account: AccountId::from_uuid(row.account_id),
                entity: EntityId::from_uuid(row.entity_id),
                source: receipt.or(note).context("a refund is taken from something")?,
                amount: money(&row.currency, row.amount)?,
                reason: row.reason,
                reference: row.reference,
            },
            made: Act { by: row.made_by, at: row.made_at.to_jiff() },
            approval: ApprovalId::from_uuid(row.approval_id),
            state: state(&row.state, executed)?,
        };
        Ok(Kept { refund, delay: row.delay })
    });
    kept.collect()
}

fn state(name: &str, executed: Option<(String, Timestamp)>) -> Result<State, Failure> {
    Ok(match name {
        "SUBMITTED" => State::Submitted,
        "APPROVED" => State::Approved,
        "EXECUTED" => {
            let (refund, at) = executed.context("an executed request has its refund")?;
            State::Executed { refund, at }
        }
        ended => State::Ended(<Ending as Written>::read(ended)?),
    })
}

/// One refund request, or that it does not exist for this caller.
pub async fn get(
    connection: &mut PgConnection,
    (account, id): Named,
    scope: Option<&Value>,
) -> Result<Kept, Failure> {
    let missing = || RefundRefusal::NotFound { name: format!("accounts/{account}/refundRequests/{id}") };
    let which = Which { account: Some(account), id: Some(id), scope, limit: Some(1), ..Which::default() };
    Ok(load(connection, which).await?.pop().ok_or_else(|| Refusal::from(missing()))?)
}

/// The refund that a request for approval is about.
pub async fn of_approval(
    connection: &mut PgConnection,
    approval: ApprovalId,
) -> Result<Option<RefundRequest>, Failure> {
    let which = Which { approval: Some(approval), limit: Some(1), ..Which::default() };
    Ok(load(connection, which).await?.pop().map(|kept| kept.refund))
}

/// What is asked for of an account and not given back yet.
pub async fn pending(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<RefundRequest>, Failure> {
    let which = Which { account: Some(account), waiting: true, ..Which::default() };
    Ok(load(connection, which).await?.into_iter().map(|kept| kept.refund).collect())
}

/// Lets nobody else ask for refunds of the accounts until the transaction ends: two at once see each other, and who has
/// changed an account.
pub async fn lock_accounts(connection: &mut PgConnection, accounts: &[AccountId]) -> Result<(), Failure> {
    let accounts: Vec<String> = accounts.iter().map(ToString::to_string).collect();
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('refunds of ' || account, 0))::text as \"locked!\"
           from unnest($1::text[]) as account",
        &accounts
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

/// Records a new refund request.
pub async fn insert(connection: &mut PgConnection, refund: &RefundRequest) -> Result<(), Failure> {
    let RefundRequest { wanted, made, .. } = refund;
    let (receipt, note) = match wanted.source {
        Source::Receipt(receipt) => (Some(receipt), None),
        Source::CreditNote(note) => (None, Some(note)),
    };
    sqlx::query!(
        "insert into refund_request (account_id, refund_request_id, revision, entity_id, receipt_id, credit_note_id, currency, amount,
                                     reason, reference, made_by, made_at, state, approval_id, delay)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '')",
        wanted.account.uuid(),
        refund.id.uuid(),
        revision_number(refund.revision)?,
        wanted.entity.uuid(),
        receipt.map(ActivityId::uuid),
        note.map(InvoiceId::uuid),
        wanted.amount.currency().code(),
        wanted.amount.amount(),
        wanted.reason,
        wanted.reference,
        made.by,
        made.at.to_sqlx() as _,
        refund.state.name(),
        refund.approval.uuid()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records where a refund request stands as its next revision, where it is still as it was loaded.
pub async fn record(connection: &mut PgConnection, refund: RefundRequest) -> Result<RefundRequest, Failure> {
    let next = refund.revision.next().context("the refund request has had every revision")?;
    let executed = match &refund.state {
        State::Executed { refund, at } => Some((refund, *at)),
        State::Submitted | State::Approved | State::Ended(_) => None,
    };
    let recorded = sqlx::query!(
        "update refund_request set revision = $3::bigint, state = $4, refund = $5, executed_at = $6,
                delay = case when $4 = 'EXECUTED' then '' else delay end
          where account_id = $1 and refund_request_id = $2 and revision = $3::bigint - 1",
        refund.wanted.account.uuid(),
        refund.id.uuid(),
        revision_number(next)?,
        refund.state.name(),
        executed.map(|(refund, _)| refund),
        executed.map(|(_, at)| at.to_sqlx()) as _
    )
    .execute(connection)
    .await?;
    if recorded.rows_affected() != 1 {
        return Err(anyhow!("{} was not at revision {} any more", refund.id, refund.revision).into());
    }
    Ok(RefundRequest { revision: next, ..refund })
}

/// An approved refund whose next attempt is due. Its request for approval stays locked until the transaction ends: nobody else
/// executes it, and it does not change.
pub async fn claim(connection: &mut PgConnection, now: Timestamp) -> Result<Option<RefundRequest>, Failure> {
    let approval = sqlx::query_scalar!(
        "select a.approval_id from refund_request r join approval a using (approval_id)
          where r.state = 'APPROVED' and (r.attempt_at is null or r.attempt_at <= $1)
          order by r.attempt_at nulls first limit 1 for update of a skip locked",
        now.to_sqlx() as _
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(approval) = approval else { return Ok(None) };
    of_approval(connection, ApprovalId::from_uuid(approval)).await
}

/// Notes why a refund could not be executed now, and when it is tried again.
pub async fn record_delay(
    connection: &mut PgConnection,
    (account, id): Named,
    (why, again): (&str, Timestamp),
) -> Result<(), Failure> {
    sqlx::query!(
        "update refund_request set delay = $3, attempt_at = $4 where account_id = $1 and refund_request_id = $2",
        account.uuid(),
        id.uuid(),
        why,
        again.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes who has changed which accounts, and when last.
pub async fn record_changes(
    connection: &mut PgConnection,
    changes: &[(AccountId, Act)],
) -> Result<(), Failure> {
    let accounts: Vec<Uuid> = changes.iter().map(|(account, _)| account.uuid()).collect();
    let people: Vec<String> = changes.iter().map(|(_, act)| act.by.clone()).collect();
    let times: Vec<_> = changes.iter().map(|(_, act)| act.at.to_sqlx()).collect();
    sqlx::query!(
        "insert into account_change (account_id, changed_by, changed_at)
         select account_id, changed_by, max(changed_at)
           from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as change(account_id, changed_by, changed_at)
          group by account_id, changed_by
         on conflict (account_id, changed_by)
           do update set changed_at = greatest(account_change.changed_at, excluded.changed_at)",
        &accounts,
        &people,
        &times as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that the first attempt to execute a refund begins, where none has begun. Whether it was the first.
pub async fn begin(
    connection: &mut PgConnection,
    (account, id): Named,
    now: Timestamp,
) -> Result<bool, Failure> {
    let begun = sqlx::query!(
        "update refund_request set attempt_at = $3
          where account_id = $1 and refund_request_id = $2 and attempt_at is null",
        account.uuid(),
        id.uuid(),
        now.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(begun.rows_affected() == 1)
}

/// Whether an attempt to execute the refund of a request has begun.
pub async fn is_begun(connection: &mut PgConnection, approval: ApprovalId) -> Result<bool, Failure> {
    let begun = sqlx::query_scalar!(
        "select attempt_at is not null as \"begun!\" from refund_request where approval_id = $1",
        approval.uuid()
    )
    .fetch_one(connection)
    .await?;
    Ok(begun)
}

/// The requests by which refunds of accounts wait to be approved, or are approved without an attempt having begun.
pub async fn not_begun(
    connection: &mut PgConnection,
    accounts: &[AccountId],
) -> Result<Vec<(AccountId, ApprovalId)>, Failure> {
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    let rows = sqlx::query!(
        "select account_id, approval_id from refund_request
          where account_id = any($1) and (state = 'SUBMITTED' or state = 'APPROVED' and attempt_at is null)
          order by approval_id",
        &accounts
    )
    .fetch_all(connection)
    .await?;
    let waiting = |account, approval| (AccountId::from_uuid(account), ApprovalId::from_uuid(approval));
    Ok(rows.into_iter().map(|row| waiting(row.account_id, row.approval_id)).collect())
}

/// Who has changed an account since then, themselves or by what they proposed.
pub async fn changed_by(
    connection: &mut PgConnection,
    account: AccountId,
    since: Timestamp,
) -> Result<Vec<String>, Failure> {
    let changed = sqlx::query_scalar!(
        "select changed_by as \"changed_by!\" from account_change where account_id = $1 and changed_at >= $2
         union
         select made_by from proposed_change
          where account_id = $1 and method = '/billing.invoicing.v1.AccountService/UpdateAccount'
            and (state = 'APPROVED' or state = 'EXECUTED' and executed_at >= $2)
          order by 1",
        account.uuid(),
        since.to_sqlx() as _
    )
    .fetch_all(connection)
    .await?;
    Ok(changed)
}
