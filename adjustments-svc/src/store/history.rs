//! What was asked for before: the sums that a measure counts in.

use adjustments_domain::{policy::History, subject::Cause};
use chassis::failure::Failure;
use ids::AccountId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use money::Currency;
use sqlx::PgConnection;

use super::written::money;

/// Whose sums count.
#[derive(Clone, Copy, Debug)]
pub struct Whose<'a> {
    pub account: Option<AccountId>,
    pub cause: Option<Cause>,
    /// The persons who make or ask for it now.
    pub makers: &'a [String],
}

/// Lets nobody else add to the same sums until the transaction ends. Of two that are submitted at once the second counts
/// the first, so that nothing slips under a limit side by side.
pub async fn lock(connection: &mut PgConnection, whose: Whose<'_>) -> Result<(), Failure> {
    let account = whose.account.map(|account| account.to_string());
    let mut names: Vec<String> =
        whose.makers.iter().map(|maker| format!("maker {maker}")).chain(account).collect();
    // In one order everywhere, so that two never wait for each other.
    names.sort();
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('measure ' || name, 0))::text as \"locked!\"
           from unnest($1::text[]) as name",
        &names
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

/// The sums over the last 30 days of what was not refused, in the functional currency.
pub async fn sums(
    connection: &mut PgConnection,
    whose: Whose<'_>,
    functional: Currency,
    now: Timestamp,
) -> Result<History, Failure> {
    let row = sqlx::query_file!(
        "src/store/sql/sum_history.sql",
        whose.account.map(AccountId::uuid),
        whose.cause.map(Cause::name),
        whose.makers,
        functional.code(),
        now.to_sqlx() as _
    )
    .fetch_one(connection)
    .await?;
    let code = functional.code();
    Ok(History {
        account: money(code, row.account)?,
        account_and_cause: money(code, row.account_and_cause)?,
        maker: money(code, row.maker)?,
    })
}
