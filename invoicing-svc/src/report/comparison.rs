//! Two runs, line by line and in total.

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use chassis::failure::Failure;
use ids::{AccountId, OrderId, RunId};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use money::{Currency, Money};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{invoice::days, order::value};
use crate::wire::{money::message, name};

/// The place of a line: account, order line, first day of its origin period, kind.
pub type Place = (Uuid, Uuid, Date, String);

/// Which lines to answer.
#[derive(Clone, Debug)]
pub struct Which {
    /// Left and right.
    pub runs: (RunId, RunId),
    pub include_same: bool,
    /// Only those after this one.
    pub after: Option<Place>,
    /// At most this many.
    pub limit: i64,
}

/// What the runs bill of each line and origin period, in the order of their places.
pub async fn differences(
    connection: &mut PgConnection,
    which: Which,
) -> Result<Vec<(Place, pb::BillingRunDifference)>, Failure> {
    let after = which.after.as_ref();
    let rows = sqlx::query_file!(
        "src/report/sql/compared_lines.sql",
        which.runs.0.uuid(),
        which.runs.1.uuid(),
        which.include_same,
        after.map(|(account, ..)| *account),
        after.map(|(_, line, ..)| *line),
        after.map(|(_, _, first, _)| first.to_sqlx()) as _,
        after.map(|(.., kind)| kind.as_str()),
        which.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let account = AccountId::from_uuid(row.account_id);
            let currency = currency(&row.currency)?;
            let difference = pb::BillingRunDifference {
                order: name::order_name(account, OrderId::from_uuid(row.order_id)),
                line: row.number,
                origin_period: Some(days(row.origin_first, row.origin_last)),
                kind: value("INVOICE_LINE_KIND", &row.kind, pb::InvoiceLineKind::from_str_name)?,
                outcome: value("DIFFERENCE_OUTCOME", &row.outcome, pb::DifferenceOutcome::from_str_name)?,
                left_quantity: quantity(row.left_quantity),
                right_quantity: quantity(row.right_quantity),
                left: row.left_gross.map(|gross| money(currency, gross)).transpose()?,
                right: row.right_gross.map(|gross| money(currency, gross)).transpose()?,
                difference: Some(less(currency, row.right_gross, row.left_gross)?),
            };
            Ok(((row.account_id, row.line_id, row.origin_first.to_jiff(), row.kind), difference))
        })
        .collect()
}

/// What the runs come to in each currency.
pub async fn totals(
    connection: &mut PgConnection,
    (left, right): (RunId, RunId),
) -> Result<Vec<pb::BillingRunComparison>, Failure> {
    let rows = sqlx::query_file!("src/report/sql/compared_totals.sql", left.uuid(), right.uuid())
        .fetch_all(connection)
        .await?;
    rows.into_iter()
        .map(|row| {
            let currency = currency(&row.currency)?;
            Ok(pb::BillingRunComparison {
                left: Some(money(currency, row.left_gross)?),
                right: Some(money(currency, row.right_gross)?),
                difference: Some(less(currency, Some(row.right_gross), Some(row.left_gross))?),
                same: row.same,
                changed: row.changed,
                only_left: row.only_left,
                only_right: row.only_right,
            })
        })
        .collect()
}

fn currency(code: &str) -> Result<Currency, Failure> {
    Ok(Currency::parse(code).context("the database holds an unknown currency")?)
}

fn money(currency: Currency, amount: Decimal) -> Result<pb::Money, Failure> {
    Ok(message(Money::of(currency, amount).context("the database holds parts of a minor unit")?))
}

/// The one less the other; a side that does not bill a line bills nothing of it.
fn less(currency: Currency, one: Option<Decimal>, other: Option<Decimal>) -> Result<pb::Money, Failure> {
    let nothing = Decimal::ZERO;
    money(currency, one.map_or(nothing, |one| one) - other.map_or(nothing, |other| other))
}

fn quantity(quantity: Option<Decimal>) -> String {
    quantity.map_or_else(String::new, |quantity| quantity.normalize().to_string())
}
