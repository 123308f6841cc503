//! Lines of adjustments, in whatever way they are said.

use std::collections::{BTreeMap, BTreeSet};

use adjustments_domain::adjustment::{AdjustedLine, Adjustment, By, OfLines, OfSpots, RightTax};
use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, InvoiceId};
use money::{Currency, Percent, Quantity};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Named;
use crate::store::written::{Written, money};

/// The lines of adjustments, in the order of their numbers.
pub(super) async fn load(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<AdjustedLine>>, Failure> {
    let rows = sqlx::query!(
        "select l.adjustment_id, l.number, l.gross, l.quantity, l.tax_category, l.tax_percent, l.tax_reason, l.tax_place,
                a.currency,
                array(select s.name from adjustment_spot s
                       where s.account_id = l.account_id and s.adjustment_id = l.adjustment_id and s.number = l.number
                       order by s.ordinal) as \"spots!\"
           from adjustment_line l join adjustment a using (account_id, adjustment_id)
          where l.account_id = any($1) and l.adjustment_id = any($2) order by l.number",
        accounts,
        ids
    )
    .fetch_all(connection)
    .await?;
    let mut of: BTreeMap<Uuid, Vec<AdjustedLine>> = BTreeMap::new();
    for row in rows {
        let amount = money(&row.currency, row.gross)?;
        let tax = row.tax_category.zip(row.tax_percent).zip(row.tax_reason).zip(row.tax_place);
        let by = if !row.spots.is_empty() {
            By::Spots(row.spots)
        } else if let Some(quantity) = row.quantity {
            By::Quantity(Quantity::of(quantity).context("the database holds no quantity")?)
        } else if let Some((((category, percent), exemption_reason), place)) = tax {
            let percent = Percent::of(percent).context("the database holds no percent")?;
            By::Tax(RightTax { category: Written::read(&category)?, percent, exemption_reason, place })
        } else {
            By::Gross(amount)
        };
        of.entry(row.adjustment_id).or_default().push(AdjustedLine { number: row.number, by, amount });
    }
    Ok(of)
}

/// Records the lines of an adjustment that has none.
pub(super) async fn insert(connection: &mut PgConnection, adjustment: &Adjustment) -> Result<(), Failure> {
    let lines = &adjustment.lines;
    let numbers: Vec<i32> = lines.iter().map(|line| line.number).collect();
    let amounts: Vec<Decimal> = lines.iter().map(|line| line.amount.amount()).collect();
    let quantities: Vec<Option<Decimal>> = lines.iter().map(quantity).collect();
    let taxes: Vec<Option<&RightTax>> = lines.iter().map(right_tax).collect();
    let categories: Vec<Option<String>> =
        taxes.iter().map(|tax| tax.map(|tax| tax.category.name().to_owned())).collect();
    let percents: Vec<Option<Decimal>> = taxes.iter().map(|tax| tax.map(|tax| tax.percent.value())).collect();
    let reasons: Vec<Option<String>> =
        taxes.iter().map(|tax| tax.map(|tax| tax.exemption_reason.clone())).collect();
    let places: Vec<Option<String>> = taxes.iter().map(|tax| tax.map(|tax| tax.place.clone())).collect();
    sqlx::query!(
        "insert into adjustment_line
           (account_id, adjustment_id, number, gross, quantity, tax_category, tax_percent, tax_reason, tax_place)
         select $1::uuid, $2::uuid, *
           from unnest($3::integer[], $4::numeric[], $5::numeric[], $6::text[], $7::numeric[], $8::text[], $9::text[])",
        adjustment.account.uuid(),
        adjustment.id.uuid(),
        &numbers,
        &amounts,
        &quantities as _,
        &categories as _,
        &percents as _,
        &reasons as _,
        &places as _
    )
    .execute(&mut *connection)
    .await?;
    insert_spots(connection, adjustment).await
}

fn quantity(line: &AdjustedLine) -> Option<Decimal> {
    match &line.by {
        By::Quantity(quantity) => Some(quantity.value()),
        By::Gross(_) | By::Spots(_) | By::Tax(_) => None,
    }
}

fn right_tax(line: &AdjustedLine) -> Option<&RightTax> {
    match &line.by {
        By::Tax(right) => Some(right),
        By::Gross(_) | By::Quantity(_) | By::Spots(_) => None,
    }
}

async fn insert_spots(connection: &mut PgConnection, adjustment: &Adjustment) -> Result<(), Failure> {
    let (mut numbers, mut names) = (Vec::new(), Vec::new());
    for line in &adjustment.lines {
        match &line.by {
            By::Spots(spots) => {
                for spot in spots {
                    numbers.push(line.number);
                    names.push(spot.clone());
                }
            }
            By::Gross(_) | By::Quantity(_) | By::Tax(_) => {}
        }
    }
    if names.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into adjustment_spot (account_id, adjustment_id, number, ordinal, name)
         select $1::uuid, $2::uuid, number, ordinal, name
           from unnest($3::integer[], $4::text[]) with ordinality as named (number, name, ordinal)",
        adjustment.account.uuid(),
        adjustment.id.uuid(),
        &numbers,
        &names
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the lines of an adjustment away, so that others can be recorded.
pub(super) async fn delete(connection: &mut PgConnection, (account, id): Named) -> Result<(), Failure> {
    sqlx::query!(
        "delete from adjustment_spot where account_id = $1 and adjustment_id = $2",
        account.uuid(),
        id.uuid()
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "delete from adjustment_line where account_id = $1 and adjustment_id = $2",
        account.uuid(),
        id.uuid()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What is asked for of the lines of a document and is on no document yet.
pub async fn pending(
    connection: &mut PgConnection,
    (account, invoice): (AccountId, InvoiceId),
    currency: Currency,
) -> Result<OfLines, Failure> {
    let rows = sqlx::query!(
        "select l.number, sum(l.gross) as \"gross!\"
           from adjustment a join adjustment_line l using (account_id, adjustment_id)
          where a.account_id = $1 and a.invoice_id = $2 and a.state in ('SUBMITTED', 'APPROVED')
            and a.kind not in ('DEBIT', 'TAX_CORRECTION', 'MAKEGOOD_RELEASE')
          group by l.number",
        account.uuid(),
        invoice.uuid()
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(|row| Ok((row.number, money(currency.code(), row.gross)?))).collect()
}

/// The spots of a document that are asked for and not settled yet.
pub async fn pending_spots(
    connection: &mut PgConnection,
    (account, invoice): (AccountId, InvoiceId),
) -> Result<OfSpots, Failure> {
    let rows = sqlx::query!(
        "select s.number, s.name
           from adjustment a join adjustment_spot s using (account_id, adjustment_id)
          where a.account_id = $1 and a.invoice_id = $2 and a.state in ('SUBMITTED', 'APPROVED')",
        account.uuid(),
        invoice.uuid()
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.number, row.name)).collect())
}

/// The lines of a document of which another tax is asked for that stands on no document yet.
pub async fn pending_taxes(
    connection: &mut PgConnection,
    (account, invoice): (AccountId, InvoiceId),
) -> Result<BTreeSet<i32>, Failure> {
    let numbers = sqlx::query_scalar!(
        "select l.number
           from adjustment a join adjustment_line l using (account_id, adjustment_id)
          where a.account_id = $1 and a.invoice_id = $2 and a.state in ('SUBMITTED', 'APPROVED')
            and a.kind = 'TAX_CORRECTION'",
        account.uuid(),
        invoice.uuid()
    )
    .fetch_all(connection)
    .await?;
    Ok(numbers.into_iter().collect())
}
