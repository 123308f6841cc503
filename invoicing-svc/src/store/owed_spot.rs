//! Spots that a document bills, and that somebody decided are made good.

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AiringId, OrderId};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{document::Named, makegood::Decision};

/// A spot on a line of a document.
#[derive(Clone, Copy, Debug)]
pub struct OwedSpot {
    pub line: u32,
    pub spot: AiringId,
    pub order: OrderId,
}

/// Those of a document.
pub async fn of_document(
    connection: &mut PgConnection,
    (account, invoice): Named,
) -> Result<Vec<OwedSpot>, Failure> {
    let rows = sqlx::query!(
        "select number, airing_id, order_id from owed_spot
          where account_id = $1 and invoice_id = $2 order by number, airing_id",
        account.uuid(),
        invoice.uuid()
    )
    .fetch_all(connection)
    .await?;
    let spot = |number: i32, airing, order| {
        let line = u32::try_from(number).context("the database holds no number of a line")?;
        Ok(OwedSpot { line, spot: AiringId::from_uuid(airing), order: OrderId::from_uuid(order) })
    };
    rows.into_iter().map(|row| spot(row.number, row.airing_id, row.order_id)).collect()
}

/// Records that spots of a document are made good.
pub async fn record(
    connection: &mut PgConnection,
    (account, invoice): Named,
    spots: &[OwedSpot],
    decision: &Decision,
) -> Result<(), Failure> {
    let numbers: Result<Vec<i32>, _> = spots.iter().map(|spot| i32::try_from(spot.line)).collect();
    let airings: Vec<Uuid> = spots.iter().map(|spot| spot.spot.uuid()).collect();
    let orders: Vec<Uuid> = spots.iter().map(|spot| spot.order.uuid()).collect();
    sqlx::query!(
        "insert into owed_spot (account_id, airing_id, order_id, invoice_id, number, reason, approval, owed_by, owed_at)
         select $1, airing_id, order_id, $2, number, $3, $4, $5, $6
           from unnest($7::uuid[], $8::uuid[], $9::integer[]) as owed (airing_id, order_id, number)",
        account.uuid(),
        invoice.uuid(),
        decision.reason,
        decision.approval,
        decision.act.by,
        decision.act.at.to_sqlx() as _,
        &airings,
        &orders,
        &numbers.context("a line with a number beyond integer")?
    )
    .execute(connection)
    .await?;
    Ok(())
}
