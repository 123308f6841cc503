//! The drafts and documents that something touched.

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use chassis::failure::Failure;
use ids::{AccountId, BatchId, InvoiceId, OrderId, RunId};
use invoicing_domain::resource::ResourceRefusal;
use money::{Currency, Money};
use refusal::Refusal;
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    store::written::currency,
    wire::{money::message, name},
};

/// The place of a draft or document in the list.
pub type Place = (Uuid, Uuid);

/// A draft or document with the lines that were touched.
#[derive(Clone, Debug)]
pub struct Touched {
    account: Uuid,
    invoice: Uuid,
    run: Uuid,
    currency: Currency,
    /// Absent for a draft.
    number: Option<String>,
    lines: Vec<i32>,
    gross: Money,
    total: Money,
}

impl Touched {
    pub fn place(&self) -> Place {
        (self.account, self.invoice)
    }

    /// As a message.
    pub fn message(self) -> pb::TouchedInvoice {
        let name = name::invoice_name(AccountId::from_uuid(self.account), InvoiceId::from_uuid(self.invoice));
        pb::TouchedInvoice {
            name,
            number: self.number.unwrap_or_default(),
            billing_run: name::run_name(RunId::from_uuid(self.run)),
            lines: self.lines,
            gross: Some(message(self.gross)),
            total: Some(message(self.total)),
        }
    }
}

/// A row of one of the two statements.
macro_rules! touched {
    ($row:ident) => {{
        let currency = currency(&$row.currency)?;
        Touched {
            account: $row.account_id,
            invoice: $row.invoice_id,
            run: $row.run_id,
            currency,
            number: $row.document,
            lines: $row.lines,
            gross: money(currency, $row.gross)?,
            total: money(currency, $row.total)?,
        }
    }};
}

/// What a batch touched.
pub async fn of_batch(
    connection: &mut PgConnection,
    batch: BatchId,
    scope: Option<&Value>,
) -> Result<Vec<Touched>, Failure> {
    let rows = sqlx::query_file!("src/report/sql/touched_by_batch.sql", batch.uuid(), scope)
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(|row| Ok(touched!(row))).collect()
}

/// What a revision of an order touched, or that there is none for this caller.
pub async fn of_revision(
    connection: &mut PgConnection,
    (account, order): (AccountId, OrderId),
    revision: i64,
    scope: Option<&Value>,
) -> Result<Vec<Touched>, Failure> {
    let taken = sqlx::query_scalar!(
        "select exists (select from order_revision
                         where account_id = $1 and order_id = $2 and revision = $3 and outcome in ('CREATED', 'AMENDED')) as \"taken!\"",
        account.uuid(),
        order.uuid(),
        revision
    )
    .fetch_one(&mut *connection)
    .await?;
    if !taken {
        let name = format!("revision {revision} of {}", name::order_name(account, order));
        return Err(Refusal::from(ResourceRefusal::NotFound { name }).into());
    }
    let rows = sqlx::query_file!(
        "src/report/sql/touched_by_revision.sql",
        account.uuid(),
        order.uuid(),
        revision,
        scope
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(|row| Ok(touched!(row))).collect()
}

/// What was touched, by currency.
pub fn totals(touched: &[Touched]) -> Result<Vec<pb::BlastRadiusTotal>, Failure> {
    let mut currencies: Vec<Currency> = touched.iter().map(|touched| touched.currency).collect();
    currencies.sort();
    currencies.dedup();
    currencies
        .into_iter()
        .map(|currency| {
            let of = |issued: bool| {
                let those =
                    touched.iter().filter(move |t| t.currency == currency && t.number.is_some() == issued);
                let gross = Money::sum(currency, those.clone().map(|touched| touched.gross));
                let gross = gross.context("a sum too large to be told")?;
                anyhow::Ok((i64::try_from(those.count())?, Some(message(gross))))
            };
            let ((drafts, drafts_gross), (documents, documents_gross)) = (of(false)?, of(true)?);
            Ok(pb::BlastRadiusTotal { drafts, documents, drafts_gross, documents_gross })
        })
        .collect()
}

fn money(currency: Currency, amount: Decimal) -> Result<Money, Failure> {
    Ok(Money::of(currency, amount).context("the database holds parts of a minor unit")?)
}
