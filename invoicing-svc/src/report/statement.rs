//! What an account owed, what came and went, and what it owes.

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use chassis::failure::Failure;
use ids::{AccountId, ActivityId, InvoiceId};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use money::{Currency, Money};
use sqlx::PgConnection;

use super::order::value;
use crate::wire::{money::message, name, period::day_message};

/// The statement of an account in a currency, from the first day to the last.
pub async fn statement(
    connection: &mut PgConnection,
    (account, currency): (AccountId, Currency),
    (first, last): (Date, Date),
) -> Result<pb::Statement, Failure> {
    let rows = sqlx::query_file!(
        "src/report/sql/statement.sql",
        account.uuid(),
        currency.code(),
        first.to_sqlx() as _,
        last.to_sqlx() as _
    )
    .fetch_all(connection)
    .await?;
    let mut balance = Money::zero(currency);
    let mut opening = balance;
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let amount = Money::of(currency, row.amount).context("the database holds parts of a minor unit")?;
        balance = balance.plus(amount).context("a balance too large to be told")?;
        let (Some(day), Some(id)) = (row.day, row.id) else {
            opening = balance;
            continue;
        };
        let name = match row.kind.as_str() {
            "RECEIPT" => name::receipt_name(account, ActivityId::from_uuid(id)),
            "REFUND" => name::refund_name(account, ActivityId::from_uuid(id)),
            "WRITE_OFF" | "RECOVERY" => name::write_off_name(account, ActivityId::from_uuid(id)),
            _ => name::invoice_name(account, InvoiceId::from_uuid(id)),
        };
        lines.push(pb::StatementLine {
            day: Some(day_message(day.to_jiff())),
            kind: value("STATEMENT_LINE_KIND", &row.kind, pb::StatementLineKind::from_str_name)?,
            name,
            reference: row.reference,
            amount: Some(message(amount)),
            balance: Some(message(balance)),
        });
    }
    Ok(pb::Statement {
        account: name::account_name(account),
        currency_code: currency.code().to_owned(),
        opening: Some(message(opening)),
        lines,
        closing: Some(message(balance)),
    })
}
