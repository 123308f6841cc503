//! Orders that are taken: recorded many at a time, as JSON that the statements read as rows.

mod lines;

use chassis::failure::Failure;
use ids::{AccountId, OrderId};
use invoicing_domain::order::{Booking, Known, Order};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::Written;

/// An order with what it is booked for.
#[derive(Clone, Copy, Debug)]
pub struct Taken<'a> {
    pub order: &'a Order,
    pub booking: &'a Booking,
    /// What it takes the place of.
    pub known: Option<&'a Known>,
}

/// What was received of an order, taken or not.
#[derive(Clone, Debug)]
pub struct Received {
    pub account: AccountId,
    pub order: OrderId,
    pub revision: i64,
    pub content_digest: [u8; 32],
    /// CREATED, AMENDED or CONFLICT.
    pub outcome: &'static str,
    /// The message as it came.
    pub content: Vec<u8>,
}

/// Records orders, new and amended ones, in the same statements.
pub async fn record(
    connection: &mut PgConnection,
    taken: &[Taken<'_>],
    at: Timestamp,
    by: &str,
) -> Result<(), Failure> {
    register(connection, taken).await?;
    let orders: Value = taken.iter().map(order_json).collect();
    sqlx::query_file!("src/store/sql/upsert_orders.sql", orders, at.to_sqlx() as _, by)
        .execute(&mut *connection)
        .await?;
    replace_order_parts(connection, taken).await?;
    lines::record(connection, taken, at).await
}

async fn register(connection: &mut PgConnection, taken: &[Taken<'_>]) -> Result<(), Failure> {
    let new = || taken.iter().filter(|taken| taken.known.is_none()).map(|taken| taken.order);
    let source_systems: Vec<_> = new().map(|order| order.external_id.source_system.clone()).collect();
    let external_ids: Vec<_> = new().map(|order| order.external_id.id.clone()).collect();
    let accounts: Vec<_> = new().map(|order| order.account.uuid()).collect();
    let orders: Vec<_> = new().map(|order| order.id().uuid()).collect();
    sqlx::query!(
        "insert into order_registry (source_system, external_id, account_id, order_id)
         select * from unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[])",
        &source_systems,
        &external_ids,
        &accounts,
        &orders
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn order_json(Taken { order, booking, .. }: &Taken<'_>) -> Value {
    json!({
        "account_id": order.account.uuid(),
        "order_id": order.id().uuid(),
        "entity_id": order.entity.uuid(),
        "source_system": order.external_id.source_system,
        "external_id": order.external_id.id,
        "revision": order.revision,
        "content_digest": bytea(order.content_digest()),
        "advertiser": order.advertiser,
        "currency": order.currency.code(),
        "commission_percent": order.commission.to_string(),
        "payment_terms_days": booking.payment_terms_days,
        "flight_first": order.flight.first().to_string(),
        "flight_last": order.flight.last().to_string(),
        "signed_date": order.signed.map(|day| day.to_string()),
        "liability": order.liability.text(),
        "billing_calendar": order.calendar.text(),
        "billing_cycle": order.cycle.text(),
        "territory": booking.territory,
        "discount_amount": order.discount.map(|discount| discount.to_string()),
    })
}

async fn replace_order_parts(connection: &mut PgConnection, taken: &[Taken<'_>]) -> Result<(), Failure> {
    let amended = taken.iter().filter(|taken| taken.known.is_some()).map(|taken| taken.order);
    let (accounts, orders): (Vec<Uuid>, Vec<Uuid>) =
        amended.map(|order| (order.account.uuid(), order.id().uuid())).unzip();
    sqlx::query!(
        "delete from order_external_id where (account_id, order_id) in (select * from unnest($1::uuid[], $2::uuid[]))",
        &accounts,
        &orders
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "delete from order_purchase_order where (account_id, order_id) in (select * from unnest($1::uuid[], $2::uuid[]))",
        &accounts,
        &orders
    )
    .execute(&mut *connection)
    .await?;
    let others = taken.iter().map(|taken| taken.order).flat_map(|order| {
        order.other_external_ids.iter().map(|id| {
            json!({ "account_id": order.account.uuid(), "order_id": order.id().uuid(), "source_system": id.source_system,
                    "external_id": id.id })
        })
    });
    sqlx::query!(
        "insert into order_external_id (account_id, order_id, source_system, external_id)
         select * from jsonb_to_recordset($1) as said (account_id uuid, order_id uuid, source_system text, external_id text)",
        others.collect::<Value>()
    )
    .execute(&mut *connection)
    .await?;
    let purchase_orders = taken.iter().map(|taken| taken.order).flat_map(|order| {
        order.purchase_orders.iter().map(|po| {
            json!({ "account_id": order.account.uuid(), "order_id": order.id().uuid(), "number": po.number,
                    "value": po.value.map(|value| value.to_string()), "expires": po.expires.map(|day| day.to_string()) })
        })
    });
    sqlx::query!(
        "insert into order_purchase_order (account_id, order_id, number, value, expires)
         select * from jsonb_to_recordset($1) as said (account_id uuid, order_id uuid, number text, value numeric, expires date)",
        purchase_orders.collect::<Value>()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records what was received. The same conflict twice is one.
pub async fn insert_received(
    connection: &mut PgConnection,
    received: &[Received],
    at: Timestamp,
    by: &str,
) -> Result<(), Failure> {
    let accounts: Vec<_> = received.iter().map(|r| r.account.uuid()).collect();
    let orders: Vec<_> = received.iter().map(|r| r.order.uuid()).collect();
    let revisions: Vec<_> = received.iter().map(|r| r.revision).collect();
    let digests: Vec<_> = received.iter().map(|r| r.content_digest.to_vec()).collect();
    let outcomes: Vec<_> = received.iter().map(|r| r.outcome.to_owned()).collect();
    let contents: Vec<_> = received.iter().map(|r| r.content.clone()).collect();
    sqlx::query!(
        "insert into order_revision (account_id, order_id, revision, content_digest, outcome, content, received_at, received_by)
         select *, $7, $8 from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bytea[], $5::text[], $6::bytea[])
         on conflict do nothing",
        &accounts,
        &orders,
        &revisions,
        &digests,
        &outcomes,
        &contents,
        at.to_sqlx() as _,
        by
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Bytes as PostgreSQL reads them from text.
fn bytea(bytes: [u8; 32]) -> String {
    bytes.iter().fold("\\x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}
