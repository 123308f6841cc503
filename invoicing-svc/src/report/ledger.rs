//! The postings of the documents.

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use chassis::failure::Failure;
use ids::{AccountId, ActivityId, EntityId, InvoiceId, LedgerEntryId};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use money::{Currency, Money};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::order::value;
use crate::{
    store::written::month,
    wire::{money::message, name, period::day_message},
};

/// The place of a posting in a list: day, document or activity, account of the ledger, posting.
pub type Place = (Date, Uuid, String, Uuid);

/// Which postings to answer.
#[derive(Clone, Debug, Default)]
pub struct Which<'a> {
    /// Only those of this account.
    pub account: Option<AccountId>,
    /// Only those of this document.
    pub invoice: Option<InvoiceId>,
    /// Only those of this activity.
    pub activity: Option<ActivityId>,
    /// Only those after this one.
    pub after: Option<Place>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    /// At most this many.
    pub limit: i64,
}

/// Postings in the order of their places: those of a document together.
pub async fn entries(
    connection: &mut PgConnection,
    which: Which<'_>,
) -> Result<Vec<(Place, pb::LedgerEntry)>, Failure> {
    let after = which.after.as_ref();
    let rows = sqlx::query_file!(
        "src/report/sql/ledger_entries.sql",
        which.account.map(AccountId::uuid),
        which.invoice.map(InvoiceId::uuid),
        after.map(|(day, _, _, _)| day.to_sqlx()) as _,
        after.map(|(_, invoice, _, _)| *invoice),
        after.map(|(_, _, ledger_account, _)| ledger_account.as_str()),
        after.map(|(_, _, _, entry)| *entry),
        which.scope,
        which.limit,
        which.activity.map(ActivityId::uuid)
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency =
                Currency::parse(&row.currency).context("the database holds an unknown currency")?;
            let money = |amount| {
                Money::of(currency, amount).map(message).context("the database holds parts of a minor unit")
            };
            let account = AccountId::from_uuid(row.account_id);
            let entry = pb::LedgerEntry {
                name: name::ledger_entry_name(account, LedgerEntryId::from_uuid(row.entry_id)),
                billing_entity: name::entity_name(EntityId::from_uuid(row.entity_id)),
                invoice: row
                    .invoice_id
                    .map_or_else(String::new, |id| name::invoice_name(account, InvoiceId::from_uuid(id))),
                invoice_number: row.number.unwrap_or_else(String::new),
                ledger_account: value(
                    "LEDGER_ACCOUNT",
                    &row.ledger_account,
                    pb::LedgerAccount::from_str_name,
                )?,
                gl_code: row.gl_code,
                posting_date: Some(day_message(row.posting_date.to_jiff())),
                accounting_month: month(row.accounting_month.to_jiff()).to_string(),
                debit: Some(money(row.debit)?),
                credit: Some(money(row.credit)?),
                activity: row
                    .activity_id
                    .map_or_else(String::new, |id| name::activity_name(account, ActivityId::from_uuid(id))),
            };
            Ok(((row.posting_date.to_jiff(), row.of, row.ledger_account, row.entry_id), entry))
        })
        .collect()
}
