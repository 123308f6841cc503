//! Running totals of daily delivery: what holds, summed by line, source and cell, so that a billing run reads a few rows
//! of a line and not all its days. Kept right by the transaction that lands a batch, and by the one that changes the
//! segments, the flight, the calendar or the cycle of a line.

use anyhow::Context;
use calendar::Days;
use chassis::failure::Failure;
use ids::{AccountId, LineId};
use invoicing_domain::{
    delivery::cells,
    order::{BillingTerms, OrderCalendar},
};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{delivery_fact::KnownLine, fiscal_calendar, written::Written};

/// Computes the totals of lines anew from the facts that hold, by the terms that the lines have now.
///
/// The caller holds the rows of the lines' orders locked: a batch that lands meanwhile waits, and finds the new terms.
pub async fn rebuild(connection: &mut PgConnection, lines: &[(AccountId, LineId)]) -> Result<(), Failure> {
    let (accounts, ids): (Vec<Uuid>, Vec<Uuid>) =
        lines.iter().map(|(account, line)| (account.uuid(), line.uuid())).unzip();
    sqlx::query!(
        "delete from delivery_total t using unnest($1::uuid[], $2::uuid[]) l (account_id, line_id)
          where t.account_id = l.account_id and t.line_id = l.line_id",
        &accounts,
        &ids
    )
    .execute(&mut *connection)
    .await?;
    let cells = cells_of(connection, &accounts, &ids).await?;
    sqlx::query_file!(
        "src/store/sql/insert_delivery_totals.sql",
        &cells.iter().map(|cell| cell.account).collect::<Vec<_>>(),
        &cells.iter().map(|cell| cell.line).collect::<Vec<_>>(),
        &cells.iter().map(|cell| cell.days.first().to_sqlx()).collect::<Vec<_>>() as _,
        &cells.iter().map(|cell| cell.days.last().to_sqlx()).collect::<Vec<_>>() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A cell of a line.
struct Cell {
    account: Uuid,
    line: Uuid,
    days: Days,
}

async fn cells_of(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    lines: &[Uuid],
) -> Result<Vec<Cell>, Failure> {
    let rows = sqlx::query_file!("src/store/sql/segments_of_lines.sql", accounts, lines)
        .fetch_all(connection)
        .await?;
    let mut found = Vec::new();
    for row in rows {
        let billing = BillingTerms {
            calendar: OrderCalendar::read(&row.billing_calendar)?
                .of(fiscal_calendar::read(&row.fiscal_calendar)?),
            cycle: Written::read(&row.billing_cycle)?,
            contract_last: row.order_last.to_jiff(),
        };
        let segment = Days::new(row.first_day.to_jiff(), row.last_day.to_jiff())
            .context("a segment that ends before it begins")?;
        let (account, line) = (row.account_id, row.line_id);
        found.extend(cells(billing, &[segment]).into_iter().map(|days| Cell { account, line, days }));
    }
    Ok(found)
}

/// Adds to the totals of a source what a batch says of days of which nothing was said before.
pub async fn add(connection: &mut PgConnection, source: i32, lines: &[&KnownLine]) -> Result<(), Failure> {
    let cells = || lines.iter().flat_map(|line| line.sums.cells().iter().map(move |cell| (line, cell)));
    let count = |place: usize| cells().map(|(_, cell)| cell.sums.counts[place]).collect::<Vec<i64>>();
    sqlx::query_file!(
        "src/store/sql/add_delivery_totals.sql",
        source,
        &cells().map(|(line, _)| line.account.uuid()).collect::<Vec<_>>(),
        &cells().map(|(line, _)| line.line.uuid()).collect::<Vec<_>>(),
        &cells().map(|(_, cell)| cell.days.first().to_sqlx()).collect::<Vec<_>>() as _,
        &cells().map(|(_, cell)| cell.days.last().to_sqlx()).collect::<Vec<_>>() as _,
        &count(0),
        &count(1),
        &count(2),
        &count(3),
        &count(4),
        &count(5),
        &count(6),
        &count(7),
        &count(8),
        &cells().map(|(_, cell)| cell.sums.days).collect::<Vec<_>>(),
        &cells().map(|(_, cell)| cell.sums.spend).collect::<Vec<_>>(),
        &cells().map(|(_, cell)| cell.sums.hours).collect::<Vec<_>>(),
        &cells().map(|(_, cell)| cell.latest.to_sqlx()).collect::<Vec<_>>() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}
