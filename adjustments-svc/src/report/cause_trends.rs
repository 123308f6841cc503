//! Why things went wrong, by month.

use billing_proto::billing::adjustments::v1 as pb;
use chassis::failure::Failure;
use ids::{AccountId, ProductId};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;

use crate::{
    store::written::{count, money},
    wire::{money as wire_money, name},
};

/// After how many months in a row a cause comes back.
const MONTHS_RECURRING: i64 = 3;

/// Which of it.
#[derive(Clone, Copy, Debug)]
pub struct Which<'a> {
    /// First days of months.
    pub first: Date,
    pub last: Date,
    pub cause: Option<&'a str>,
    pub by_account: bool,
    pub by_detail: bool,
    pub by_product: bool,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    pub skip: i64,
    pub limit: Option<i64>,
}

/// What went wrong by a cause in a month, and whether it comes back.
#[derive(Clone, Debug)]
pub struct Trend {
    pub cause: String,
    pub recurs: bool,
    pub message: pb::CauseTrend,
}

/// What went wrong, the latest month first.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<Trend>, Failure> {
    let rows = sqlx::query_file!(
        "src/report/sql/cause_trends.sql",
        which.first.to_sqlx() as _,
        which.last.to_sqlx() as _,
        which.cause,
        which.by_account,
        which.scope,
        which.skip,
        which.limit,
        which.by_detail,
        which.by_product
    )
    .fetch_all(connection)
    .await?;
    let trend = rows.into_iter().map(|row| {
        let cause = pb::RootCause::from_str_name(&format!("ROOT_CAUSE_{}", row.cause));
        let source = pb::CauseSource::from_str_name(&format!("CAUSE_SOURCE_{}", row.source));
        let account = row.account_id.map(AccountId::from_uuid);
        let message = pb::CauseTrend {
            root_cause: cause.map_or(0, i32::from),
            root_cause_detail: row.detail,
            source: source.map_or(0, i32::from),
            account: account.map_or_else(String::new, |account| format!("accounts/{account}")),
            month: row.month.to_jiff().strftime("%Y-%m").to_string(),
            count: row.count,
            amount: Some(wire_money::message(money(&row.currency, row.amount)?)),
            months_running: count(row.months_running)?,
            beyond_history: row.beyond_history,
            ad_product: row
                .product_id
                .map_or_else(String::new, |product| name::product_name(ProductId::from_uuid(product))),
        };
        let recurs = row.months_running >= MONTHS_RECURRING || row.beyond_history;
        Ok(Trend { cause: row.cause, recurs, message })
    });
    trend.collect()
}
