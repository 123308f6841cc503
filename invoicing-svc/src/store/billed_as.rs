//! How documents billed order lines.

use std::collections::HashMap;

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, LineId};
use invoicing_domain::{invoice::BilledAs, tax::Place};
use money::Percent;
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::Written;

/// How documents billed these order lines of these accounts, each way once.
pub async fn load(
    connection: &mut PgConnection,
    accounts: &[AccountId],
    lines: &[LineId],
) -> Result<HashMap<LineId, Vec<BilledAs>>, Failure> {
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    let lines: Vec<Uuid> = lines.iter().map(|line| line.uuid()).collect();
    let rows = sqlx::query_file!("src/store/sql/billed_as_of_lines.sql", &accounts, &lines)
        .fetch_all(connection)
        .await?;
    let mut billed: HashMap<LineId, Vec<BilledAs>> = HashMap::new();
    for row in rows {
        let percent = |percent| Percent::of(percent).context("the database holds no percent");
        billed.entry(LineId::from_uuid(row.line_id)).or_default().push(BilledAs {
            origin: row.origin_first.to_jiff(),
            commission_percent: percent(row.commission_percent)?,
            purchase_order: row.purchase_order,
            tax_base: Written::read(&row.tax_base)?,
            place: row.tax_place.parse::<Place>().context("the database holds no place")?,
            category: Written::read(&row.tax_category)?,
            percent: percent(row.tax_percent)?,
        });
    }
    Ok(billed)
}
