//! Accounts.

use std::collections::HashMap;

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, EntityId};
use invoicing_domain::{
    account::{Account, Hold, PurchaseOrderRule},
    resource::ResourceRefusal,
    tax::Place,
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use money::{Money, Percent};
use refusal::Refusal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    account_tax::{account_tax, exemptions_json, registrations_json},
    billing_entity::{address, address_json},
    written::{Written, currency, revision, revision_number},
};

/// Which accounts to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// Only this one.
    pub id: Option<AccountId>,
    /// Only the one with this code.
    pub code: Option<&'a str>,
    /// Only those after this one.
    pub after: Option<Uuid>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    /// At most this many.
    pub limit: i64,
}

/// Loads accounts in the order of their ids.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<Account>, Failure> {
    let rows = sqlx::query!(
        "select * from account
          where ($1::uuid is null or account_id = $1) and ($2::text is null or code = $2)
            and ($3::uuid is null or account_id > $3) and in_scope($4::jsonb, null, territory, account_id)
          order by account_id limit $5",
        which.id.map(AccountId::uuid),
        which.code,
        which.after,
        which.scope,
        which.limit
    )
    .fetch_all(&mut *connection)
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.account_id).collect();
    let mut holds = holds(connection, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let currency = currency(&row.currency)?;
            let credit_limit = row.credit_limit.map(|limit| Money::of(currency, limit)).transpose();
            let threshold = row.billing_threshold.map(|least| Money::of(currency, least)).transpose();
            Ok(Account {
                billing_threshold: threshold.context("the database holds parts of a minor unit")?,
                purchase_orders: PurchaseOrderRule {
                    is_required: row.purchase_order_required,
                    format: row.purchase_order_format,
                },
                consolidation: Written::read(&row.consolidation)?,
                settled_by: Written::read(&row.settled_by)?,
                credit_limit: credit_limit.context("the database holds parts of a minor unit")?,
                holds: holds.remove(&row.account_id).unwrap_or_else(Vec::new),
                id: AccountId::from_uuid(row.account_id),
                revision: revision(row.revision)?,
                code: row.code,
                kind: Written::read(&row.kind)?,
                legal_name: row.legal_name,
                address: address(&row.address)?,
                currency,
                commission: Percent::of(row.commission_percent).context("the database holds no percent")?,
                payment_terms_days: u16::try_from(row.payment_terms_days)
                    .context("the database holds no terms")?,
                tax_ids: row.tax_ids,
                territory: row.territory,
                billing_email: row.billing_email,
                tax: account_tax(row.tax_place.as_deref(), row.tax_registrations, row.tax_exemptions)?,
            })
        })
        .collect()
}

async fn holds(
    connection: &mut PgConnection,
    accounts: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Hold>>, Failure> {
    let rows = sqlx::query!(
        "select * from account_hold where account_id = any($1) order by account_id, ordinal",
        accounts
    )
    .fetch_all(connection)
    .await?;
    let mut holds: HashMap<Uuid, Vec<Hold>> = HashMap::new();
    for row in rows {
        let expires = row.expires.map(|day| day.to_jiff());
        holds.entry(row.account_id).or_default().push(Hold { reason: row.reason, owner: row.owner, expires });
    }
    Ok(holds)
}

async fn replace_holds(connection: &mut PgConnection, account: &Account) -> Result<(), Failure> {
    sqlx::query!("delete from account_hold where account_id = $1", account.id.uuid())
        .execute(&mut *connection)
        .await?;
    let reasons: Vec<String> = account.holds.iter().map(|hold| hold.reason.clone()).collect();
    let owners: Vec<String> = account.holds.iter().map(|hold| hold.owner.clone()).collect();
    let expires: Vec<_> = account.holds.iter().map(|hold| hold.expires.map(|day| day.to_sqlx())).collect();
    sqlx::query!(
        "insert into account_hold (account_id, ordinal, reason, owner, expires)
         select $1, ordinal, reason, owner, expires
           from unnest($2::text[], $3::text[], $4::date[]) with ordinality as hold(reason, owner, expires, ordinal)",
        account.id.uuid(),
        &reasons,
        &owners,
        &expires as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The accounts with a billing threshold that an entity bills, with what that is, in the order of their ids.
pub async fn with_threshold(
    connection: &mut PgConnection,
    entity: EntityId,
    (after, limit): (Option<Uuid>, i64),
    scope: Option<&Value>,
) -> Result<Vec<(AccountId, Money)>, Failure> {
    let rows = sqlx::query!(
        "select a.account_id, a.currency, a.billing_threshold as \"threshold!\" from account a
          where a.billing_threshold is not null and ($2::uuid is null or a.account_id > $2)
            and exists (select from insertion_order o where o.account_id = a.account_id and o.entity_id = $1)
            and in_scope($3::jsonb, $1, a.territory, a.account_id)
          order by a.account_id limit $4",
        entity.uuid(),
        after,
        scope,
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let threshold = Money::of(currency(&row.currency)?, row.threshold);
            let threshold = threshold.context("the database holds parts of a minor unit")?;
            Ok((AccountId::from_uuid(row.account_id), threshold))
        })
        .collect()
}

/// One account, or that it does not exist for this caller.
pub async fn get(
    connection: &mut PgConnection,
    id: AccountId,
    scope: Option<&Value>,
) -> Result<Account, Failure> {
    let found = load(connection, Which { id: Some(id), scope, limit: 1, ..Which::default() }).await?.pop();
    let missing = || Refusal::from(ResourceRefusal::NotFound { name: format!("accounts/{id}") });
    Ok(found.ok_or_else(missing)?)
}

/// That all of these accounts exist for this caller; the first that does not is refused.
pub async fn require(
    connection: &mut PgConnection,
    accounts: &[AccountId],
    scope: Option<&Value>,
) -> Result<(), Failure> {
    let ids: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    let missing = sqlx::query_scalar!(
        "select asked.id as \"id!\" from unnest($1::uuid[]) with ordinality as asked(id, place)
          where not exists (select from account where account_id = asked.id and in_scope($2::jsonb, null, territory, account_id))
          order by asked.place limit 1",
        &ids,
        scope
    )
    .fetch_optional(connection)
    .await?;
    match missing.map(AccountId::from_uuid) {
        Some(id) => Err(Refusal::from(ResourceRefusal::NotFound { name: format!("accounts/{id}") }).into()),
        None => Ok(()),
    }
}

/// Locks an account until the transaction ends.
pub async fn lock(connection: &mut PgConnection, id: AccountId) -> Result<(), Failure> {
    sqlx::query!("select revision from account where account_id = $1 for update", id.uuid())
        .fetch_optional(connection)
        .await?;
    Ok(())
}

/// Locks accounts until the transaction ends, in the order of their ids.
pub async fn lock_all(connection: &mut PgConnection, accounts: &[Uuid]) -> Result<(), Failure> {
    sqlx::query!(
        "select revision from account where account_id = any($1) order by account_id for update",
        accounts
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

/// Records a new account.
pub async fn insert(connection: &mut PgConnection, account: &Account, at: Timestamp) -> Result<(), Failure> {
    sqlx::query!(
        "insert into account (account_id, revision, code, kind, legal_name, address, currency, commission_percent,
           payment_terms_days, tax_ids, territory, billing_email, purchase_order_required, purchase_order_format,
           credit_limit, created_at, updated_at, tax_place, tax_registrations, tax_exemptions, consolidation,
           billing_threshold, settled_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $17, $18, $19, $20, $21, $22)",
        account.id.uuid(),
        revision_number(account.revision)?,
        account.code,
        account.kind.text(),
        account.legal_name,
        address_json(&account.address),
        account.currency.code(),
        account.commission.value(),
        i32::from(account.payment_terms_days),
        &account.tax_ids,
        account.territory,
        account.billing_email,
        account.purchase_orders.is_required,
        account.purchase_orders.format,
        account.credit_limit.map(Money::amount),
        at.to_sqlx() as _,
        account.tax.place.as_ref().map(Place::as_str),
        registrations_json(&account.tax),
        exemptions_json(&account.tax),
        account.consolidation.text(),
        account.billing_threshold.map(Money::amount),
        account.settled_by.text()
    )
    .execute(&mut *connection)
    .await
    .map_err(|error| {
        let taken = ResourceRefusal::CodeTaken { code: account.code.clone() };
        Failure::from_constraint(error, &[("account_code_is_unique", taken.into())])
    })?;
    replace_holds(connection, account).await
}

/// Records what may change of an account that is locked.
pub async fn update(connection: &mut PgConnection, account: &Account, at: Timestamp) -> Result<(), Failure> {
    sqlx::query!(
        "update account set revision = $2, kind = $3, legal_name = $4, address = $5, commission_percent = $6,
           payment_terms_days = $7, tax_ids = $8, territory = $9, billing_email = $10, purchase_order_required = $11,
           purchase_order_format = $12, credit_limit = $13, updated_at = $14,
           tax_place = $15, tax_registrations = $16, tax_exemptions = $17, consolidation = $18,
           billing_threshold = $19, settled_by = $20
         where account_id = $1",
        account.id.uuid(),
        revision_number(account.revision)?,
        account.kind.text(),
        account.legal_name,
        address_json(&account.address),
        account.commission.value(),
        i32::from(account.payment_terms_days),
        &account.tax_ids,
        account.territory,
        account.billing_email,
        account.purchase_orders.is_required,
        account.purchase_orders.format,
        account.credit_limit.map(Money::amount),
        at.to_sqlx() as _,
        account.tax.place.as_ref().map(Place::as_str),
        registrations_json(&account.tax),
        exemptions_json(&account.tax),
        account.consolidation.text(),
        account.billing_threshold.map(Money::amount),
        account.settled_by.text()
    )
    .execute(&mut *connection)
    .await?;
    replace_holds(connection, account).await
}
