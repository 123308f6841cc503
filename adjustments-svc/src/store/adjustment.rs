//! Adjustments of documents.

mod line;

pub use line::{pending, pending_spots, pending_taxes};

use std::collections::BTreeMap;

use adjustments_domain::{
    act::Act,
    adjustment::{Adjustment, AdjustmentRefusal, BillTo, Ending, Evidence, State},
    subject::Digest,
};
use anyhow::{Context, anyhow};
use chassis::failure::Failure;
use ids::{AccountId, AdjustmentId, ApprovalId, EntityId, InvoiceId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use money::Currency;
use refusal::Refusal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::{Written, count, digest, revision, revision_number};

/// An adjustment by its account.
pub type Named = (AccountId, AdjustmentId);

/// Which adjustments to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    pub account: Option<AccountId>,
    pub id: Option<AdjustmentId>,
    pub approval: Option<ApprovalId>,
    pub state: Option<&'a str>,
    /// Only those before this one.
    pub before: Option<Uuid>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    pub limit: Option<i64>,
}

/// An adjustment, and why it could not be executed yet.
#[derive(Clone, Debug)]
pub struct Kept {
    pub adjustment: Adjustment,
    pub delay: String,
}

/// What an adjustment is about.
#[derive(Clone, Debug)]
pub struct About {
    pub invoice: InvoiceId,
    pub entity: EntityId,
    pub bill_to: Option<BillTo>,
}

/// Loads adjustments, the latest first.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<Kept>, Failure> {
    let rows = sqlx::query!(
        "select * from adjustment
          where ($1::uuid is null or account_id = $1) and ($2::uuid is null or adjustment_id = $2)
            and ($3::uuid is null or approval_id = $3) and ($4::text is null or state = $4)
            and ($5::uuid is null or adjustment_id < $5) and in_scope($6::jsonb, entity_id, null, account_id)
          order by adjustment_id desc limit $7",
        which.account.map(AccountId::uuid),
        which.id.map(AdjustmentId::uuid),
        which.approval.map(ApprovalId::uuid),
        which.state,
        which.before,
        which.scope,
        which.limit
    )
    .fetch_all(&mut *connection)
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.adjustment_id).collect();
    let accounts: Vec<Uuid> = rows.iter().map(|row| row.account_id).collect();
    let mut lines = line::load(connection, &accounts, &ids).await?;
    let mut evidence = evidence(connection, &accounts, &ids).await?;
    let kept = rows.into_iter().map(|row| {
        let id = row.adjustment_id;
        let approval = row.approval_id.map(ApprovalId::from_uuid);
        let executed = row.document.zip(row.executed_at).map(|(document, at)| (document, at.to_jiff()));
        let adjustment = Adjustment {
            id: AdjustmentId::from_uuid(id),
            revision: revision(row.revision)?,
            account: AccountId::from_uuid(row.account_id),
            entity: EntityId::from_uuid(row.entity_id),
            invoice: InvoiceId::from_uuid(row.invoice_id),
            lines: lines.remove(&id).into_iter().flatten().collect(),
            bill_to: row
                .bill_to
                .map(AccountId::from_uuid)
                .map(|account| BillTo { account, purchase_order: row.purchase_order }),
            currency: Currency::parse(&row.currency).context("the database holds an unknown currency")?,
            kind: Written::read(&row.kind)?,
            cause: Written::read(&row.cause)?,
            reason: row.reason,
            evidence: evidence.remove(&id).into_iter().flatten().collect(),
            made: Act { by: row.made_by, at: row.made_at.to_jiff() },
            editors: row.editors,
            state: state(&row.state, approval, executed)?,
        };
        Ok(Kept { adjustment, delay: row.delay })
    });
    kept.collect()
}

fn state(
    name: &str,
    approval: Option<ApprovalId>,
    executed: Option<(String, Timestamp)>,
) -> Result<State, Failure> {
    let asked = || approval.context("an adjustment that was asked for says by which request");
    Ok(match name {
        "DRAFT" => State::Draft,
        "SUBMITTED" => State::Submitted { approval: asked()? },
        "APPROVED" => State::Approved { approval: asked()? },
        "EXECUTED" => {
            let (document, at) = executed.context("an executed adjustment has its document")?;
            State::Executed { approval: asked()?, document, at }
        }
        ended => State::Ended { how: <Ending as Written>::read(ended)?, approval },
    })
}

async fn evidence(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<Evidence>>, Failure> {
    let rows = sqlx::query!(
        "select adjustment_id, file_name, media_type, sha256, size_bytes, added_by, added_at from adjustment_evidence
          where account_id = any($1) and adjustment_id = any($2) order by ordinal",
        accounts,
        ids
    )
    .fetch_all(connection)
    .await?;
    let mut of: BTreeMap<Uuid, Vec<Evidence>> = BTreeMap::new();
    for row in rows {
        let evidence = Evidence {
            file_name: row.file_name,
            media_type: row.media_type,
            sha256: digest(&row.sha256)?,
            size_bytes: count(row.size_bytes)?,
            added: Act { by: row.added_by, at: row.added_at.to_jiff() },
        };
        of.entry(row.adjustment_id).or_default().push(evidence);
    }
    Ok(of)
}

/// One adjustment, or that it does not exist for this caller.
pub async fn get(
    connection: &mut PgConnection,
    (account, id): Named,
    scope: Option<&Value>,
) -> Result<Kept, Failure> {
    let which = Which { account: Some(account), id: Some(id), scope, limit: Some(1), ..Which::default() };
    Ok(load(connection, which).await?.pop().ok_or_else(|| missing((account, id)))?)
}

fn missing((account, id): Named) -> Refusal {
    AdjustmentRefusal::NotFound { name: format!("accounts/{account}/adjustments/{id}") }.into()
}

/// What an adjustment is about, or that it does not exist for this caller.
pub async fn about(
    connection: &mut PgConnection,
    (account, id): Named,
    scope: Option<&Value>,
) -> Result<About, Failure> {
    let row = sqlx::query!(
        "select invoice_id, entity_id, bill_to, purchase_order from adjustment
          where account_id = $1 and adjustment_id = $2 and in_scope($3::jsonb, entity_id, null, account_id)",
        account.uuid(),
        id.uuid(),
        scope
    )
    .fetch_optional(connection)
    .await?;
    let row = row.ok_or_else(|| missing((account, id)))?;
    let bill_to = row.bill_to.map(AccountId::from_uuid);
    let bill_to = bill_to.map(|account| BillTo { account, purchase_order: row.purchase_order });
    let (invoice, entity) = (InvoiceId::from_uuid(row.invoice_id), EntityId::from_uuid(row.entity_id));
    Ok(About { invoice, entity, bill_to })
}

/// The adjustment that a request is about.
pub async fn of_approval(
    connection: &mut PgConnection,
    approval: ApprovalId,
) -> Result<Option<Adjustment>, Failure> {
    let which = Which { approval: Some(approval), limit: Some(1), ..Which::default() };
    Ok(load(connection, which).await?.pop().map(|kept| kept.adjustment))
}

/// Locks an adjustment until the transaction ends.
pub async fn lock(connection: &mut PgConnection, (account, id): Named) -> Result<(), Failure> {
    sqlx::query!(
        "select revision from adjustment where account_id = $1 and adjustment_id = $2 for update",
        account.uuid(),
        id.uuid()
    )
    .fetch_optional(connection)
    .await?;
    Ok(())
}

/// Locks what is asked for of a document until the transaction ends.
pub async fn lock_document(
    connection: &mut PgConnection,
    (account, invoice): (AccountId, InvoiceId),
) -> Result<(), Failure> {
    // A row that is there is locked by writing it as it is; one that is new is seen by nobody else until it is committed.
    sqlx::query!(
        "insert into adjusted_document (account_id, invoice_id) values ($1, $2)
         on conflict (account_id, invoice_id) do update set invoice_id = excluded.invoice_id",
        account.uuid(),
        invoice.uuid()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records a new draft.
pub async fn insert(connection: &mut PgConnection, adjustment: &Adjustment) -> Result<(), Failure> {
    sqlx::query!(
        "insert into adjustment (account_id, adjustment_id, revision, entity_id, invoice_id, currency, kind, cause, reason,
                                 made_by, made_at, editors, state, delay, bill_to, purchase_order)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', $14, $15)",
        adjustment.account.uuid(),
        adjustment.id.uuid(),
        revision_number(adjustment.revision)?,
        adjustment.entity.uuid(),
        adjustment.invoice.uuid(),
        adjustment.currency.code(),
        adjustment.kind.name(),
        adjustment.cause.name(),
        adjustment.reason,
        adjustment.made.by,
        adjustment.made.at.to_sqlx() as _,
        &adjustment.editors,
        adjustment.state.name(),
        adjustment.bill_to.as_ref().map(|to| to.account.uuid()),
        adjustment.bill_to.as_ref().map_or("", |to| &to.purchase_order)
    )
    .execute(&mut *connection)
    .await?;
    line::insert(connection, adjustment).await
}

/// Records an adjustment as its next revision, where it is still as it was loaded.
pub async fn record(connection: &mut PgConnection, adjustment: Adjustment) -> Result<Adjustment, Failure> {
    let recorded = record_state(connection, adjustment).await?;
    line::delete(connection, (recorded.account, recorded.id)).await?;
    line::insert(connection, &recorded).await?;
    Ok(recorded)
}

/// The same of an adjustment whose lines are as they were loaded.
pub async fn record_state(
    connection: &mut PgConnection,
    adjustment: Adjustment,
) -> Result<Adjustment, Failure> {
    let next = adjustment.revision.next().context("the adjustment has had every revision")?;
    let executed = match &adjustment.state {
        State::Executed { document, at, .. } => Some((document, *at)),
        State::Draft | State::Submitted { .. } | State::Approved { .. } | State::Ended { .. } => None,
    };
    let recorded = sqlx::query!(
        "update adjustment set revision = $3::bigint, kind = $4, cause = $5, reason = $6, editors = $7, state = $8,
                approval_id = $9, document = $10, executed_at = $11, bill_to = $12, purchase_order = $13, delay = case when $8 = 'EXECUTED' then '' else delay end
          where account_id = $1 and adjustment_id = $2 and revision = $3::bigint - 1",
        adjustment.account.uuid(),
        adjustment.id.uuid(),
        revision_number(next)?,
        adjustment.kind.name(),
        adjustment.cause.name(),
        adjustment.reason,
        &adjustment.editors,
        adjustment.state.name(),
        adjustment.state.approval().map(ApprovalId::uuid),
        executed.map(|(document, _)| document),
        executed.map(|(_, at)| at.to_sqlx()) as _,
        adjustment.bill_to.as_ref().map(|to| to.account.uuid()),
        adjustment.bill_to.as_ref().map_or("", |to| &to.purchase_order)
    )
    .execute(connection)
    .await?;
    if recorded.rows_affected() != 1 {
        return Err(anyhow!("{} was not at revision {} any more", adjustment.id, adjustment.revision).into());
    }
    Ok(Adjustment { revision: next, ..adjustment })
}

/// Keeps a file of an adjustment, after those that it has.
pub async fn insert_evidence(
    connection: &mut PgConnection,
    (account, id): Named,
    (before, evidence): (usize, &Evidence),
    content: &[u8],
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into adjustment_evidence
           (account_id, adjustment_id, ordinal, file_name, media_type, sha256, size_bytes, content, added_by, added_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        account.uuid(),
        id.uuid(),
        count::<_, i32>(before)?,
        evidence.file_name,
        evidence.media_type,
        &evidence.sha256[..],
        count::<_, i64>(evidence.size_bytes)?,
        content,
        evidence.added.by,
        evidence.added.at.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What is in a file of an adjustment.
#[derive(Clone, Debug)]
pub struct Content {
    pub file_name: String,
    pub media_type: String,
    pub content: Vec<u8>,
}

/// The content of a file of an adjustment.
pub async fn content(
    connection: &mut PgConnection,
    (account, id): Named,
    sha256: &Digest,
) -> Result<Option<Content>, Failure> {
    let content = sqlx::query_as!(
        Content,
        "select file_name, media_type, content from adjustment_evidence
          where account_id = $1 and adjustment_id = $2 and sha256 = $3 order by ordinal limit 1",
        account.uuid(),
        id.uuid(),
        &sha256[..]
    )
    .fetch_optional(connection)
    .await?;
    Ok(content)
}

/// An approved adjustment whose next attempt is due, with the digest of what was approved. Its request stays locked until the
/// transaction ends: nobody else executes it, and it does not change.
pub async fn claim(
    connection: &mut PgConnection,
    now: Timestamp,
) -> Result<Option<(Adjustment, Digest)>, Failure> {
    let claimed = sqlx::query!(
        "select a.approval_id, a.subject_digest from adjustment d join approval a using (approval_id)
          where d.state = 'APPROVED' and (d.attempt_at is null or d.attempt_at <= $1)
          order by d.attempt_at nulls first limit 1 for update of a skip locked",
        now.to_sqlx() as _
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(claimed) = claimed else { return Ok(None) };
    let adjustment = of_approval(connection, ApprovalId::from_uuid(claimed.approval_id)).await?;
    Ok(adjustment.zip(Some(digest(&claimed.subject_digest)?)))
}

/// Notes why an adjustment could not be executed now, and when it is tried again.
pub async fn record_delay(
    connection: &mut PgConnection,
    (account, id): Named,
    (why, again): (&str, Timestamp),
) -> Result<(), Failure> {
    sqlx::query!(
        "update adjustment set delay = $3, attempt_at = $4 where account_id = $1 and adjustment_id = $2",
        account.uuid(),
        id.uuid(),
        why,
        again.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}
