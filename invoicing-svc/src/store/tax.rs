//! Tax rates, where order lines are taxed, and what a shard's orders need of both.

use std::collections::HashMap;

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, LineId, OrderId, TaxRateId};
use invoicing_domain::{
    resource::ResourceRefusal,
    tax::{
        AccountTax, Allocation, Place, PlaceShare, TaxRate, TaxRateRefusal, TaxRates, Treatment, Validity,
    },
};
use jiff::{Timestamp, civil::Date};
use jiff_sqlx::ToSqlx;
use money::Percent;
use refusal::Refusal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    account_tax::account_tax,
    billing_entity::address,
    written::{Written, revision, revision_number},
};

/// Which rates to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// Only this one.
    pub id: Option<TaxRateId>,
    /// Only those of this place.
    pub place: Option<&'a str>,
    /// Only those of this tax code.
    pub code: Option<&'a str>,
    /// Only those after this one.
    pub after: Option<Uuid>,
    /// At most this many; all when `None`.
    pub limit: Option<i64>,
}

/// Loads rates in the order of their ids. They belong to nobody: every caller sees all.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<TaxRate>, Failure> {
    let rows = sqlx::query!(
        "select * from tax_rate
          where ($1::uuid is null or tax_rate_id = $1) and ($2::text is null or place = $2)
            and ($3::text is null or tax_code = $3) and ($4::uuid is null or tax_rate_id > $4)
          order by tax_rate_id limit $5",
        which.id.map(TaxRateId::uuid),
        which.place,
        which.code,
        which.after,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(TaxRate {
                id: TaxRateId::from_uuid(row.tax_rate_id),
                revision: revision(row.revision)?,
                place: place(&row.place)?,
                tax_code: row.tax_code,
                treatment: Treatment {
                    category: Written::read(&row.category)?,
                    percent: Percent::of(row.percent).context("the database holds no percent")?,
                    reason: row.reason,
                },
                reverse_charged: row.reverse_charged,
                valid: Validity {
                    first: row.valid_first.to_jiff(),
                    last: row.valid_last.map(jiff_sqlx::Date::to_jiff),
                },
            })
        })
        .collect()
}

/// One rate, or that it does not exist.
pub async fn get(connection: &mut PgConnection, id: TaxRateId) -> Result<TaxRate, Failure> {
    let found = load(connection, Which { id: Some(id), ..Which::default() }).await?.pop();
    let missing = || Refusal::from(ResourceRefusal::NotFound { name: format!("taxRates/{id}") });
    Ok(found.ok_or_else(missing)?)
}

/// Keeps everybody else from writing rates until the transaction ends: no two may hold on one day, and who looks for
/// the others must not miss one that is just being written.
pub async fn lock(connection: &mut PgConnection) -> Result<(), Failure> {
    sqlx::query!("lock table tax_rate in share row exclusive mode").execute(connection).await?;
    Ok(())
}

/// Records a new rate.
pub async fn insert(connection: &mut PgConnection, rate: &TaxRate, at: Timestamp) -> Result<(), Failure> {
    sqlx::query!(
        "insert into tax_rate (tax_rate_id, revision, place, tax_code, category, percent, reason, reverse_charged,
           valid_first, valid_last, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)",
        rate.id.uuid(),
        revision_number(rate.revision)?,
        rate.place.as_str(),
        rate.tax_code,
        rate.treatment.category.text(),
        rate.treatment.percent.value(),
        rate.treatment.reason,
        rate.reverse_charged,
        rate.valid.first.to_sqlx() as _,
        rate.valid.last.map(ToSqlx::to_sqlx) as _,
        at.to_sqlx() as _
    )
    .execute(connection)
    .await
    .map_err(|error| Failure::from_constraint(error, &[("tax_rate_is_unique", overlaps(rate))]))?;
    Ok(())
}

/// Records what may change of a rate.
pub async fn update(connection: &mut PgConnection, rate: &TaxRate, at: Timestamp) -> Result<(), Failure> {
    sqlx::query!(
        "update tax_rate set revision = $2, category = $3, percent = $4, reason = $5, reverse_charged = $6,
           valid_first = $7, valid_last = $8, updated_at = $9
         where tax_rate_id = $1",
        rate.id.uuid(),
        revision_number(rate.revision)?,
        rate.treatment.category.text(),
        rate.treatment.percent.value(),
        rate.treatment.reason,
        rate.reverse_charged,
        rate.valid.first.to_sqlx() as _,
        rate.valid.last.map(ToSqlx::to_sqlx) as _,
        at.to_sqlx() as _
    )
    .execute(connection)
    .await
    .map_err(|error| Failure::from_constraint(error, &[("tax_rate_is_unique", overlaps(rate))]))?;
    Ok(())
}

/// Records new rates and next revisions of known ones.
pub async fn record(connection: &mut PgConnection, rates: &[TaxRate], at: Timestamp) -> Result<(), Failure> {
    let revisions: Result<Vec<i64>, Failure> =
        rates.iter().map(|rate| revision_number(rate.revision)).collect();
    let ids: Vec<_> = rates.iter().map(|rate| rate.id.uuid()).collect();
    let places: Vec<_> = rates.iter().map(|rate| rate.place.as_str()).collect();
    let codes: Vec<_> = rates.iter().map(|rate| rate.tax_code.as_str()).collect();
    let categories: Vec<_> = rates.iter().map(|rate| rate.treatment.category.text()).collect();
    let percents: Vec<_> = rates.iter().map(|rate| rate.treatment.percent.value()).collect();
    let reasons: Vec<_> = rates.iter().map(|rate| rate.treatment.reason.as_str()).collect();
    let reverse_charged: Vec<_> = rates.iter().map(|rate| rate.reverse_charged).collect();
    let firsts: Vec<_> = rates.iter().map(|rate| rate.valid.first.to_sqlx()).collect();
    let lasts: Vec<_> = rates.iter().map(|rate| rate.valid.last.map(ToSqlx::to_sqlx)).collect();
    sqlx::query!(
        "insert into tax_rate (tax_rate_id, revision, place, tax_code, category, percent, reason, reverse_charged,
           valid_first, valid_last, created_at, updated_at)
         select *, $11, $11 from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::numeric[], $7::text[],
                                        $8::boolean[], $9::date[], $10::date[])
         on conflict (tax_rate_id) do update set
           revision = excluded.revision, category = excluded.category, percent = excluded.percent, reason = excluded.reason,
           reverse_charged = excluded.reverse_charged, valid_last = excluded.valid_last, updated_at = excluded.updated_at",
        &ids,
        &revisions?,
        &places as _,
        &codes as _,
        &categories as _,
        &percents,
        &reasons as _,
        &reverse_charged,
        &firsts as _,
        &lasts as _,
        at.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn overlaps(rate: &TaxRate) -> Refusal {
    let (place, code, first) = (rate.place.to_string(), rate.tax_code.clone(), rate.valid.first);
    TaxRateRefusal::Overlaps { place, code, first }.into()
}

/// The accounts that have lines whose product is of this tax code, or any lines: a rate is an input of their rating.
pub async fn accounts_of(
    connection: &mut PgConnection,
    code: Option<&str>,
) -> Result<Vec<AccountId>, Failure> {
    let accounts = sqlx::query_scalar!(
        "select distinct account_id from order_line join ad_product using (product_id)
          where $1::text is null or tax_code = $1",
        code
    )
    .fetch_all(connection)
    .await?;
    Ok(accounts.into_iter().map(AccountId::from_uuid).collect())
}

/// That the line exists for this caller.
pub async fn find_line(
    connection: &mut PgConnection,
    (account, order, line): (AccountId, OrderId, LineId),
    scope: Option<&Value>,
) -> Result<(), Failure> {
    let found = sqlx::query!(
        "select line_id from order_line join insertion_order o using (account_id, order_id)
          where account_id = $1 and order_id = $2 and line_id = $3 and in_scope($4::jsonb, o.entity_id, o.territory, account_id)",
        account.uuid(),
        order.uuid(),
        line.uuid(),
        scope
    )
    .fetch_optional(connection)
    .await?;
    let name = || format!("accounts/{account}/orders/{order}/lines/{line}");
    found.map(|_| ()).ok_or_else(|| Refusal::from(ResourceRefusal::NotFound { name: name() }).into())
}

/// Says where a line was seen from a day on, instead of what was said of that day before.
pub async fn allocate(
    connection: &mut PgConnection,
    (account, line): (AccountId, LineId),
    from: Date,
    shares: &[PlaceShare],
) -> Result<(), Failure> {
    sqlx::query!(
        "delete from line_tax_place where account_id = $1 and line_id = $2 and from_day = $3",
        account.uuid(),
        line.uuid(),
        from.to_sqlx() as _
    )
    .execute(&mut *connection)
    .await?;
    let places: Vec<_> = shares.iter().map(|share| share.place.as_str()).collect();
    let impressions: Vec<_> = shares.iter().map(|share| share.impressions).collect();
    sqlx::query!(
        "insert into line_tax_place (account_id, line_id, from_day, place, impressions)
         select $1, $2, $3, * from unnest($4::text[], $5::bigint[])",
        account.uuid(),
        line.uuid(),
        from.to_sqlx() as _,
        &places as _,
        &impressions
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Where the lines of accounts are taxed; only those that say so.
pub async fn allocations(
    connection: &mut PgConnection,
    accounts: &[AccountId],
    line: Option<LineId>,
) -> Result<HashMap<LineId, Allocation>, Failure> {
    let accounts: Vec<_> = accounts.iter().map(|account| account.uuid()).collect();
    let rows = sqlx::query!(
        "select line_id, from_day, place, impressions from line_tax_place
          where account_id = any($1) and ($2::uuid is null or line_id = $2)
          order by line_id, from_day, place",
        &accounts,
        line.map(LineId::uuid)
    )
    .fetch_all(connection)
    .await?;
    let mut allocations: HashMap<LineId, Allocation> = HashMap::new();
    for row in rows {
        let days = &mut allocations.entry(LineId::from_uuid(row.line_id)).or_default().from;
        let share = PlaceShare { place: place(&row.place)?, impressions: row.impressions };
        let from = row.from_day.to_jiff();
        match days.last_mut().filter(|(day, _)| *day == from) {
            Some((_, shares)) => shares.push(share),
            None => days.push((from, vec![share])),
        }
    }
    Ok(allocations)
}

/// What taxing the orders of some accounts needs.
#[derive(Debug)]
pub struct Inputs {
    pub rates: TaxRates,
    /// With the place of each account's address, where it says no other.
    pub accounts: HashMap<AccountId, (Place, AccountTax)>,
    pub lines: HashMap<LineId, Allocation>,
}

/// Loads the rates, and what the accounts and their lines say.
pub async fn inputs(connection: &mut PgConnection, accounts: &[AccountId]) -> Result<Inputs, Failure> {
    let rates = load(connection, Which::default()).await?.into_iter().collect();
    let lines = allocations(connection, accounts, None).await?;
    let accounts: Vec<_> = accounts.iter().map(|account| account.uuid()).collect();
    let rows = sqlx::query!(
        "select account_id, address, tax_place, tax_registrations, tax_exemptions from account where account_id = any($1)",
        &accounts
    )
    .fetch_all(connection)
    .await?;
    let mut accounts = HashMap::with_capacity(rows.len());
    for row in rows {
        let tax = account_tax(row.tax_place.as_deref(), row.tax_registrations, row.tax_exemptions)?;
        let at = match &tax.place {
            Some(place) => place.clone(),
            None => place(&address(&row.address)?.country)?,
        };
        accounts.insert(AccountId::from_uuid(row.account_id), (at, tax));
    }
    Ok(Inputs { rates, accounts, lines })
}

/// A place that the database holds.
pub fn place(text: &str) -> Result<Place, Failure> {
    Ok(text.parse::<Place>().with_context(|| format!("the database holds the place {text:?}"))?)
}
