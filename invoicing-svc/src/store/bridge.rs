//! What orders are booked for and what documents say, as a bridge takes it: one statement per table for some accounts.

use std::collections::HashMap;

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, EntityId, LineId, RunId};
use invoicing_domain::{
    bridge::{Booked, DocumentLine, Documents},
    unbilled::Months,
};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use money::{Currency, Money};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    rating_input::days,
    written::{currency, month_day},
};

/// Which documents are asked about.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub entity: EntityId,
    /// Only those of this run.
    pub run: Option<RunId>,
    /// Only those of these billing months.
    pub months: Months,
    /// Only those that were issued on this day, of whatever month.
    pub day: Option<Date>,
}

impl Asked {
    fn first(&self) -> Option<jiff_sqlx::Date> {
        self.months.first.map(|month| month_day(month).to_sqlx())
    }

    fn day(&self) -> Option<jiff_sqlx::Date> {
        self.day.map(Date::to_sqlx)
    }

    fn last(&self) -> jiff_sqlx::Date {
        Date::to_sqlx(month_day(self.months.last))
    }
}

/// What the lines of the accounts are booked for.
pub async fn booked(
    connection: &mut PgConnection,
    entity: EntityId,
    accounts: &[AccountId],
) -> Result<HashMap<LineId, Booked>, Failure> {
    let accounts = uuids(accounts);
    let mut units: HashMap<Uuid, Vec<_>> = HashMap::new();
    let rows = sqlx::query!(
        "select line_id, period_first, period_last, units
           from period_units join order_line using (account_id, line_id) join insertion_order using (account_id, order_id)
          where entity_id = $1 and account_id = any($2) order by line_id, period_first",
        entity.uuid(),
        &accounts
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in rows {
        let period = days(row.period_first, row.period_last)?;
        units.entry(row.line_id).or_default().push((period, row.units));
    }
    let rows = sqlx::query!(
        "select line_id, l.amount, l.flight_first, l.flight_last, o.currency
           from order_line l join insertion_order o using (account_id, order_id)
          where o.entity_id = $1 and o.account_id = any($2)",
        entity.uuid(),
        &accounts
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let booked = Booked {
                amount: money(currency(&row.currency)?, row.amount)?,
                flight: days(row.flight_first, row.flight_last)?,
                units: units.remove(&row.line_id).unwrap_or_else(Vec::new),
            };
            Ok((LineId::from_uuid(row.line_id), booked))
        })
        .collect()
}

/// What documents say of the lines of the accounts.
pub async fn lines(
    connection: &mut PgConnection,
    asked: &Asked,
    accounts: &[AccountId],
) -> Result<HashMap<LineId, Vec<DocumentLine>>, Failure> {
    let rows = sqlx::query_file!(
        "src/store/sql/documented_lines.sql",
        asked.entity.uuid(),
        &uuids(accounts),
        asked.run.map(RunId::uuid),
        asked.first() as _,
        asked.last() as _,
        asked.day() as _
    )
    .fetch_all(connection)
    .await?;
    let mut lines: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        lines.entry(LineId::from_uuid(row.line_id)).or_default().push(DocumentLine {
            origin: days(row.origin_first, row.origin_last)?,
            asked: row.asked,
            is_note: row.is_note,
            gross: money(currency(&row.currency)?, row.gross)?,
        });
    }
    Ok(lines)
}

/// The documents of the accounts that are asked about, by currency.
pub async fn documents(
    connection: &mut PgConnection,
    asked: &Asked,
    accounts: &[AccountId],
    scope: Option<&Value>,
) -> Result<Vec<(Currency, Documents)>, Failure> {
    let rows = sqlx::query_file!(
        "src/store/sql/documents_of_bridge.sql",
        asked.entity.uuid(),
        &uuids(accounts),
        asked.run.map(RunId::uuid),
        asked.first() as _,
        asked.last() as _,
        scope,
        asked.day() as _
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency = currency(&row.currency)?;
            let documents = Documents {
                rebilled: money(currency, row.rebilled)?,
                commission: money(currency, row.commission)?,
                tax: money(currency, row.tax)?,
                posted: money(currency, row.posted)?,
                collected: money(currency, row.collected)?,
            };
            Ok((currency, documents))
        })
        .collect()
}

fn uuids(accounts: &[AccountId]) -> Vec<Uuid> {
    accounts.iter().map(|account| account.uuid()).collect()
}

fn money(currency: Currency, amount: Decimal) -> Result<Money, Failure> {
    Ok(Money::of(currency, amount).context("the database holds parts of a minor unit")?)
}
