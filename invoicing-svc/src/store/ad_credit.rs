//! Ad credits, and what became of them.

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, AdCreditId, EntityId, ProductId, RunId};
use invoicing_domain::{
    ad_credit::{AdCredit, Used},
    billing_run::BillingRun,
    resource::ResourceRefusal,
};
use jiff::{Timestamp, civil::Date};
use jiff_sqlx::ToSqlx;
use money::{Currency, Money};
use refusal::Refusal;
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    rating_input::days,
    written::{currency, month, revision, revision_number},
};

/// Which credits to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    pub id: Option<AdCreditId>,
    /// Only those of these accounts; all when empty.
    pub accounts: &'a [Uuid],
    /// Only those on what this entity bills.
    pub entity: Option<EntityId>,
    /// Only those after this one.
    pub after: Option<Uuid>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    /// At most this many; `None`: all.
    pub limit: Option<i64>,
}

/// Loads credits in the order of their ids, each with what became of it.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<(AdCredit, Used)>, Failure> {
    let rows = sqlx::query_file!(
        "src/store/sql/ad_credits.sql",
        which.id.map(AdCreditId::uuid),
        which.accounts,
        which.entity.map(EntityId::uuid),
        which.after,
        which.scope,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency = currency(&row.currency)?;
            let credit = AdCredit {
                id: AdCreditId::from_uuid(row.credit_id),
                revision: revision(row.revision)?,
                account: AccountId::from_uuid(row.account_id),
                entity: EntityId::from_uuid(row.entity_id),
                product: ProductId::from_uuid(row.product_id),
                amount: money(currency, row.amount)?,
                days: days(row.granted_on, row.expires)?,
                reason: row.reason,
                granted_by: row.granted_by,
            };
            let used = Used {
                issued: money(currency, row.issued)?,
                drafted: money(currency, row.drafted)?,
                drafted_in: row.drafted_in.map(|day| month(day.to_jiff())),
            };
            Ok((credit, used))
        })
        .collect()
}

/// One credit of an account, or that it does not exist for this caller.
pub async fn get(
    connection: &mut PgConnection,
    (account, id): (AccountId, AdCreditId),
    scope: Option<&Value>,
) -> Result<(AdCredit, Used), Failure> {
    let accounts = [account.uuid()];
    let which = Which { id: Some(id), accounts: &accounts, scope, limit: Some(1), ..Which::default() };
    let missing =
        || Refusal::from(ResourceRefusal::NotFound { name: format!("accounts/{account}/adCredits/{id}") });
    Ok(load(connection, which).await?.pop().ok_or_else(missing)?)
}

/// Records a new credit, or what may change of one.
pub async fn put(connection: &mut PgConnection, credit: &AdCredit, at: Timestamp) -> Result<(), Failure> {
    sqlx::query!(
        "insert into ad_credit (account_id, credit_id, revision, entity_id, product_id, currency, amount, granted_on, expires,
           reason, granted_by, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
         on conflict (account_id, credit_id) do update set revision = excluded.revision, expires = excluded.expires,
           reason = excluded.reason, updated_at = excluded.updated_at",
        credit.account.uuid(),
        credit.id.uuid(),
        revision_number(credit.revision)?,
        credit.entity.uuid(),
        credit.product.uuid(),
        credit.amount.currency().code(),
        credit.amount.amount(),
        credit.days.first().to_sqlx() as _,
        credit.days.last().to_sqlx() as _,
        credit.reason,
        credit.granted_by,
        at.to_sqlx() as _
    )
    .execute(connection)
    .await
    .map_err(|error| {
        let missing = ResourceRefusal::NotFound { name: format!("adProducts/{}", credit.product) };
        Failure::from_constraint(error, &[("ad_credit_product_id_fkey", missing.into())])
    })?;
    Ok(())
}

/// The accounts that a run bills and that have a credit which holds on the day.
pub async fn accounts(
    connection: &mut PgConnection,
    run: &BillingRun,
    day: Date,
) -> Result<Vec<AccountId>, Failure> {
    let accounts: Vec<Uuid> = run.accounts.iter().map(|account| account.uuid()).collect();
    let rows = sqlx::query_scalar!(
        "select distinct c.account_id from ad_credit c
          where c.entity_id = $1 and (cardinality($3::uuid[]) = 0 or c.account_id = any($3))
            and c.granted_on <= $2 and c.expires >= $2
            and exists (select from draft d where d.account_id = c.account_id and d.run_id = $4)
          order by c.account_id",
        run.entity.uuid(),
        day.to_sqlx() as _,
        &accounts,
        run.id.uuid()
    );
    Ok(rows.fetch_all(connection).await?.into_iter().map(AccountId::from_uuid).collect())
}

/// The first day on which a credit expires of which the drafts of a run that wait for nothing use something.
pub async fn first_expiry(connection: &mut PgConnection, run: RunId) -> Result<Option<Date>, Failure> {
    let first = sqlx::query_scalar!(
        "select min(c.expires) as \"first?: jiff_sqlx::Date\"
           from draft d
           join draft_line l using (account_id, invoice_id)
           join order_line o using (account_id, line_id)
           join ad_credit c on c.account_id = o.account_id and c.credit_id = o.order_id
          where d.run_id = $1 and not d.waiting and l.kind = 'AD_CREDIT'",
        run.uuid()
    );
    Ok(first.fetch_one(connection).await?.map(|day| day.to_jiff()))
}

fn money(currency: Currency, amount: Decimal) -> Result<Money, Failure> {
    Ok(Money::of(currency, amount).context("the database holds parts of a minor unit")?)
}
