//! What was scheduled and what was billed of lines. An account may have lines of other entities; those are not loaded.

use std::collections::HashMap;

use anyhow::Context;
use chassis::failure::Failure;
use invoicing_domain::{
    order::Part,
    rating::{Billed, Bucket},
};
use money::Currency;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{days, money, price_base, rate};
use crate::store::written::Written;

/// The parts of fees, by line.
pub(super) async fn parts(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    currencies: &HashMap<Uuid, Currency>,
) -> Result<HashMap<Uuid, Vec<Part>>, Failure> {
    if accounts.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        "select line_id, period_first, period_last, amount from schedule_part
          where account_id = any($1) order by line_id, period_first",
        accounts
    )
    .fetch_all(connection)
    .await?;
    let mut parts: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let Some(currency) = currencies.get(&row.line_id) else { continue };
        let period = days(row.period_first, row.period_last)?;
        let amount = money(*currency, row.amount)?;
        parts.entry(row.line_id).or_default().push(Part { period, amount });
    }
    Ok(parts)
}

/// The first entry that is of a note and not of a run.
const NOTES_FROM: i32 = 1_000_000_000;

/// The ledger of a line, and the highest entry of runs.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) billed: Vec<Billed>,
    pub(super) last_entry: u32,
}

/// The ledgers of lines that were billed.
pub(super) async fn ledgers(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    currencies: &HashMap<Uuid, Currency>,
) -> Result<HashMap<Uuid, Ledger>, Failure> {
    let rows = sqlx::query!(
        "select line_id, entry, basis, kind, origin_first, origin_last, segment_first, rate, price_base, units, gross
           from billed_to_date where account_id = any($1) order by line_id, entry",
        accounts
    )
    .fetch_all(connection)
    .await?;
    let mut ledgers: HashMap<_, Ledger> = HashMap::new();
    for row in rows {
        let Some(currency) = currencies.get(&row.line_id) else { continue };
        let ledger = ledgers.entry(row.line_id).or_default();
        // Notes are numbered far above, so that a run in review and a note never choose the same entry.
        if row.entry < NOTES_FROM {
            ledger.last_entry = u32::try_from(row.entry).context("the database holds a negative entry")?;
        }
        ledger.billed.push(Billed {
            bucket: Bucket {
                origin: days(row.origin_first, row.origin_last)?,
                kind: Written::read(&row.kind)?,
                segment_first: row.segment_first.to_jiff(),
                rate: rate(row.rate)?,
                price_base: price_base(row.price_base)?,
            },
            units: row.units,
            gross: money(*currency, row.gross)?,
            basis: Written::read(&row.basis)?,
        });
    }
    Ok(ledgers)
}
