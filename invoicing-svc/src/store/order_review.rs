//! Orders that were received and wait until somebody has looked at them.

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, EntityId, OrderId};
use invoicing_domain::{
    order::{Order, OrderReview, Review, ReviewState},
    resource::ResourceRefusal,
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use refusal::Refusal;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::{Written, revision, revision_number};

/// An order that waits, or waited.
#[derive(Clone, Debug)]
pub struct Stored {
    pub place: Place,
    pub review: Review,
    pub entity: EntityId,
    pub source_system: String,
    /// Of the order as it came.
    pub content_digest: Vec<u8>,
    /// The message as it came, or as it was adjusted.
    pub content: Vec<u8>,
    /// `[{"reason": …, "line": …, "message": …}]`
    pub findings: Value,
    pub received_at: Timestamp,
    pub decided: Option<(String, Timestamp)>,
    pub note: String,
}

/// The account, the order and its revision.
pub type Place = (Uuid, Uuid, i64);

/// Which reviews to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// Only those of this account.
    pub account: Option<AccountId>,
    /// Only these.
    pub places: Option<&'a [Place]>,
    /// Only those in this state.
    pub state: Option<ReviewState>,
    /// Only those after this one.
    pub after: Option<Place>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    /// At most this many.
    pub limit: i64,
}

/// Loads reviews in the order of their places.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<Stored>, Failure> {
    let (accounts, orders, revisions) = split(which.places.unwrap_or_default());
    let rows = sqlx::query!(
        "select * from order_review
          where ($1::uuid is null or account_id = $1)
            and (not $11 or (account_id, order_id, revision) in (select * from unnest($2::uuid[], $3::uuid[], $4::bigint[])))
            and ($5::text is null or state = $5)
            and ($6::uuid is null or (account_id, order_id, revision) > ($6, $7::uuid, $8::bigint))
            and in_scope($9::jsonb, entity_id, territory, account_id)
          order by account_id, order_id, revision limit $10",
        which.account.map(AccountId::uuid),
        &accounts,
        &orders,
        &revisions,
        which.state.map(ReviewState::name),
        which.after.map(|place| place.0),
        which.after.map(|place| place.1),
        which.after.map(|place| place.2),
        which.scope,
        which.limit,
        which.places.is_some()
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let review = Review {
                revision: revision(row.row_revision)?,
                state: Written::read(&row.state)?,
                makers: row.makers,
            };
            Ok(Stored {
                place: (row.account_id, row.order_id, row.revision),
                review,
                entity: EntityId::from_uuid(row.entity_id),
                source_system: row.source_system,
                content_digest: row.content_digest,
                content: row.adjusted.unwrap_or(row.received),
                findings: row.findings,
                received_at: row.received_at.to_jiff(),
                decided: row.decided_by.zip(row.decided_at.map(|at| at.to_jiff())),
                note: row.note,
            })
        })
        .collect()
}

/// One review, or that it does not exist for this caller.
pub async fn get(
    connection: &mut PgConnection,
    place: Place,
    scope: Option<&Value>,
) -> Result<Stored, Failure> {
    let found =
        load(connection, Which { places: Some(&[place]), scope, limit: 1, ..Which::default() }).await?.pop();
    let (account, order) = (AccountId::from_uuid(place.0), OrderId::from_uuid(place.1));
    let name = format!("accounts/{account}/orders/{order}/reviews/{}", place.2);
    Ok(found.ok_or_else(|| Refusal::from(ResourceRefusal::NotFound { name }))?)
}

/// These reviews, whoever may see them.
pub async fn of(connection: &mut PgConnection, places: &[Place]) -> Result<Vec<Stored>, Failure> {
    let limit = i64::try_from(places.len()).context("more reviews than there are numbers")?;
    load(connection, Which { places: Some(places), limit, ..Which::default() }).await
}

fn split(places: &[Place]) -> (Vec<Uuid>, Vec<Uuid>, Vec<i64>) {
    let accounts = places.iter().map(|place| place.0).collect();
    let orders = places.iter().map(|place| place.1).collect();
    (accounts, orders, places.iter().map(|place| place.2).collect())
}

/// Locks a review until the transaction ends.
pub async fn lock(connection: &mut PgConnection, (account, order, revision): Place) -> Result<(), Failure> {
    sqlx::query!(
        "select state from order_review where account_id = $1 and order_id = $2 and revision = $3 for update",
        account,
        order,
        revision
    )
    .fetch_optional(connection)
    .await?;
    Ok(())
}

/// An order that is to wait.
#[derive(Clone, Debug)]
pub struct Waiting<'a> {
    pub order: &'a Order,
    pub territory: &'a str,
    pub findings: &'a [OrderReview],
    /// The message as it came.
    pub content: Vec<u8>,
}

/// Records orders that wait. Said again before anybody decided, an order waits as it is said now.
pub async fn insert(
    connection: &mut PgConnection,
    waiting: &[Waiting<'_>],
    at: Timestamp,
    by: &str,
) -> Result<(), Failure> {
    let rows: Value = waiting.iter().map(waiting_json).collect();
    let contents: Vec<Vec<u8>> = waiting.iter().map(|waiting| waiting.content.clone()).collect();
    sqlx::query!(
        "insert into order_review as known (account_id, order_id, revision, row_revision, entity_id, territory, source_system,
           external_id, content_digest, received, state, findings, received_at, makers)
         select account_id, order_id, revision, 1, entity_id, territory, source_system, external_id, content_digest,
                ($2::bytea[])[ordinal], 'WAITING', findings, $3, array[$4::text]
           from jsonb_to_recordset($1) as said (ordinal integer, account_id uuid, order_id uuid, revision bigint, entity_id uuid,
             territory text, source_system text, external_id text, content_digest bytea, findings jsonb)
         on conflict (account_id, order_id, revision) do update set
           row_revision = known.row_revision + 1, territory = excluded.territory, content_digest = excluded.content_digest,
           received = excluded.received, adjusted = null, findings = excluded.findings,
           makers = case when $4 = any(known.makers) then known.makers else known.makers || excluded.makers end
         where known.state = 'WAITING'",
        numbered(rows),
        &contents,
        at.to_sqlx() as _,
        by
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// With the place of each in the list.
fn numbered(mut rows: Value) -> Value {
    for (ordinal, row) in (1_i32..).zip(rows.as_array_mut().into_iter().flatten()) {
        row["ordinal"] = json!(ordinal);
    }
    rows
}

fn waiting_json(Waiting { order, territory, findings, .. }: &Waiting<'_>) -> Value {
    let finding = |finding: &OrderReview| json!({ "reason": finding.reason(), "line": finding.line(), "message": finding.to_string() });
    let digest =
        order.content_digest().iter().fold("\\x".to_owned(), |text, byte| text + &format!("{byte:02x}"));
    json!({
        "account_id": order.account.uuid(),
        "order_id": order.id().uuid(),
        "revision": order.revision,
        "entity_id": order.entity.uuid(),
        "territory": territory,
        "source_system": order.external_id.source_system,
        "external_id": order.external_id.id,
        "content_digest": digest,
        "findings": findings.iter().map(finding).collect::<Value>(),
    })
}

/// What waits of orders up to these revisions waits no more: something newer came, or the same was taken.
/// Answers which.
pub async fn supersede(
    connection: &mut PgConnection,
    places: &[Place],
    below_only: bool,
) -> Result<Vec<Place>, Failure> {
    let (accounts, orders, revisions) = split(places);
    let rows = sqlx::query!(
        "update order_review r set state = 'SUPERSEDED', row_revision = row_revision + 1
           from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as said(account_id, order_id, revision)
          where r.account_id = said.account_id and r.order_id = said.order_id and r.state = 'WAITING'
            and (r.revision < said.revision or (r.revision = said.revision and not $4))
          returning r.account_id, r.order_id, r.revision",
        &accounts,
        &orders,
        &revisions,
        below_only
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.account_id, row.order_id, row.revision)).collect())
}

/// Those of the revisions that were rejected.
pub async fn rejected(
    connection: &mut PgConnection,
    orders: &[&Order],
) -> Result<Vec<(OrderId, i64)>, Failure> {
    let accounts: Vec<_> = orders.iter().map(|order| order.account.uuid()).collect();
    let ids: Vec<_> = orders.iter().map(|order| order.id().uuid()).collect();
    let revisions: Vec<_> = orders.iter().map(|order| order.revision).collect();
    let rows = sqlx::query!(
        "select r.order_id, r.revision from order_review r
           join unnest($1::uuid[], $2::uuid[], $3::bigint[]) as said(account_id, order_id, revision)
             using (account_id, order_id, revision)
          where r.state = 'REJECTED'",
        &accounts,
        &ids,
        &revisions
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (OrderId::from_uuid(row.order_id), row.revision)).collect())
}

/// What somebody decided.
#[derive(Clone, Copy, Debug)]
pub struct Decided<'a> {
    pub state: ReviewState,
    pub by: &'a str,
    pub at: Timestamp,
    pub note: &'a str,
}

/// Records a decision on a review that is locked.
pub async fn decide(
    connection: &mut PgConnection,
    stored: &Stored,
    decided: Decided<'_>,
) -> Result<(), Failure> {
    let (account, order, revision) = stored.place;
    sqlx::query!(
        "update order_review set state = $4, decided_by = $5, decided_at = $6, note = $7, row_revision = $8
          where account_id = $1 and order_id = $2 and revision = $3",
        account,
        order,
        revision,
        decided.state.name(),
        decided.by,
        decided.at.to_sqlx() as _,
        decided.note,
        revision_number(stored.review.revision)? + 1
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records an adjustment of a review that is locked.
pub async fn adjust(
    connection: &mut PgConnection,
    stored: &Stored,
    content: &[u8],
    by: &str,
) -> Result<(), Failure> {
    let (account, order, revision) = stored.place;
    sqlx::query!(
        "update order_review set adjusted = $4, row_revision = $5,
           makers = case when $6 = any(makers) then makers else makers || $6 end
          where account_id = $1 and order_id = $2 and revision = $3",
        account,
        order,
        revision,
        content,
        revision_number(stored.review.revision)? + 1,
        by
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// An order that was adjusted is known as its source said it, so that it may say it again.
pub async fn keep_digest(connection: &mut PgConnection, stored: &Stored) -> Result<(), Failure> {
    let (account, order, revision) = stored.place;
    sqlx::query!(
        "update insertion_order set content_digest = $4 where account_id = $1 and order_id = $2 and revision = $3",
        account,
        order,
        revision,
        stored.content_digest
    )
    .execute(connection)
    .await?;
    Ok(())
}
