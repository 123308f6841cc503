//! How much of an adjustment, or of what settled a dispute, was of which product.

use chassis::failure::Failure;
use ids::{AccountId, ProductId};
use money::Money;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

/// An adjustment or a dispute by its account.
pub type Subject = (AccountId, Uuid);

/// Records the products of the lines that it is about, each with its amount, in place of those before.
pub async fn record(
    connection: &mut PgConnection,
    (account, subject): Subject,
    parts: &[(ProductId, Money)],
) -> Result<(), Failure> {
    let products: Vec<Uuid> = parts.iter().map(|(product, _)| product.uuid()).collect();
    let amounts: Vec<Decimal> = parts.iter().map(|(_, amount)| amount.amount()).collect();
    sqlx::query!(
        "with gone as (
           delete from cause_product where account_id = $1 and subject_id = $2 and product_id <> all($3)
         )
         insert into cause_product (account_id, subject_id, product_id, amount)
         select $1::uuid, $2::uuid, product_id, sum(amount)
           from unnest($3::uuid[], $4::numeric[]) as part(product_id, amount) group by product_id
         on conflict (account_id, subject_id, product_id) do update set amount = excluded.amount",
        account.uuid(),
        subject,
        &products,
        &amounts
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records that nothing was given back: it stays of the products that it was about.
pub async fn record_nothing(
    connection: &mut PgConnection,
    (account, subject): Subject,
) -> Result<(), Failure> {
    sqlx::query!(
        "update cause_product set amount = 0 where account_id = $1 and subject_id = $2",
        account.uuid(),
        subject
    )
    .execute(connection)
    .await?;
    Ok(())
}
