//! What the accounts of the ledger come to.

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use chassis::failure::Failure;
use ids::EntityId;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use money::{Currency, Money};
use serde_json::Value;
use sqlx::PgConnection;

use super::order::value;
use crate::wire::money::message;

/// The accounts of an entity's ledger up to and with a day, with the sum of their balances per currency.
pub async fn trial_balance(
    connection: &mut PgConnection,
    entity: EntityId,
    as_of: Option<Date>,
    scope: Option<&Value>,
) -> Result<pb::TrialBalance, Failure> {
    let as_of = as_of.map(Date::to_sqlx);
    let found = sqlx::query_file!("src/report/sql/trial_balance.sql", entity.uuid(), as_of as _, scope)
        .fetch_all(connection)
        .await?;
    let (mut rows, mut sums): (_, Vec<Money>) = (Vec::with_capacity(found.len()), Vec::new());
    for row in found {
        let currency = Currency::parse(&row.currency).context("the database holds an unknown currency")?;
        let money = |amount| Money::of(currency, amount).context("the database holds parts of a minor unit");
        let (debit, credit) = (money(row.debit)?, money(row.credit)?);
        let balance = debit.minus(credit).context("a balance too large to be told")?;
        // The rows come by currency.
        match sums.last_mut().filter(|sum| sum.currency() == currency) {
            Some(sum) => *sum = sum.plus(balance).context("a sum too large to be told")?,
            None => sums.push(balance),
        }
        rows.push(pb::TrialBalanceRow {
            ledger_account: value("LEDGER_ACCOUNT", &row.ledger_account, pb::LedgerAccount::from_str_name)?,
            gl_code: row.gl_code,
            debit: Some(message(debit)),
            credit: Some(message(credit)),
            balance: Some(message(balance)),
        });
    }
    Ok(pb::TrialBalance { rows, sums: sums.into_iter().map(message).collect() })
}
