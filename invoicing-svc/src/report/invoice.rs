//! Drafts and documents: one list, one message.

use std::collections::HashMap;

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use calendar::Month;
use chassis::failure::Failure;
use ids::{AccountId, AiringId, EntityId, InvoiceId, OrderId, ProductId, RunId};
use invoicing_domain::{invoice::DocumentKind, rating::Unit, resource::ResourceRefusal};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use money::{Currency, Money};
use refusal::Refusal;
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::order::value;
use crate::{
    store::{
        invoice::Chunk,
        written::{Written, month, month_day},
    },
    wire::{
        billing_run::hexadecimal,
        money::message,
        name,
        period::{day_message, time_of_day},
    },
};

/// The place of a document in a list: billing month, order, document.
pub type Place = (Date, Uuid, Uuid);

/// Which drafts and documents to answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// Only those of these accounts; all when empty.
    pub accounts: &'a [Uuid],
    /// Only these; all when empty.
    pub invoices: &'a [Uuid],
    /// `DRAFT`, `APPROVED` or `ISSUED`.
    pub state: Option<&'a str>,
    pub run: Option<RunId>,
    pub month: Option<Month>,
    pub order: Option<OrderId>,
    pub number: Option<&'a str>,
    /// Only those after this one.
    pub after: Option<Place>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    /// At most this many.
    pub limit: i64,
}

/// The head that a row says. A macro, because the record of a query has no name.
macro_rules! head {
    ($row:ident) => {{
        let currency = Currency::parse(&$row.currency).context("the database holds an unknown currency")?;
        let account = AccountId::from_uuid($row.account_id);
        let (replaced, replacing) =
            rebilled(&$row.kind, ($row.rebill_account_id.zip($row.rebill_id), $row.rebill_number));
        pb::Invoice {
            name: name::invoice_name(account, InvoiceId::from_uuid($row.invoice_id)),
            state: value("INVOICE_STATE", &$row.state, pb::InvoiceState::from_str_name)?,
            kind: value("DOCUMENT_KIND", &$row.kind, pb::DocumentKind::from_str_name)?,
            number: $row.number.unwrap_or_else(String::new),
            billing_run: run_of($row.run_id),
            billing_entity: name::entity_name(EntityId::from_uuid($row.entity_id)),
            account: name::account_name(account),
            order: name::order_name(account, OrderId::from_uuid($row.order_id)),
            order_external_id: $row.external_id,
            order_source_system: $row.source_system,
            advertiser: $row.advertiser,
            billing_month: month($row.billing_month.to_jiff()).to_string(),
            invoice_period: Some(days($row.period_first, $row.period_last)),
            issue_date: $row.issue_date.map(|day| day_message(day.to_jiff())),
            due_date: $row.due_date.map(|day| day_message(day.to_jiff())),
            payment_terms_days: $row.payment_terms_days,
            spots: $row.spots,
            gross: money(currency, $row.gross)?,
            commission_percent: $row.commission_percent.normalize().to_string(),
            commission: money(currency, $row.commission)?,
            net: money(currency, $row.net)?,
            tax: money(currency, $row.tax)?,
            total: money(currency, $row.total)?,
            lines: Vec::new(),
            digest: hexadecimal(&$row.digest),
            purchase_order: $row.purchase_order.unwrap_or_else(String::new),
            etag: format!("r{}", $row.edits),
            note: $row.note,
            contact: $row.contact,
            attachment: $row.attachment,
            waiting: $row.waiting,
            taxes: Vec::new(),
            tax_base: value("TAX_BASE", &$row.tax_base, pb::TaxBase::from_str_name)?,
            order_count: $row.orders,
            settled_by: value("SETTLED_BY", &$row.settled_by, pb::SettledBy::from_str_name)?,
            corrects: corrected(account, $row.corrects_id),
            corrects_number: $row.corrects_number.unwrap_or_else(String::new),
            basis: basis($row.basis.as_deref())?,
            reason: $row.reason,
            rebills: replaced.0,
            rebills_number: replaced.1,
            rebilled_as: replacing.0,
            rebilled_as_number: replacing.1,
        }
    }};
}

/// Documents without their lines, in the order of their places.
pub async fn heads(
    connection: &mut PgConnection,
    which: Which<'_>,
) -> Result<Vec<(Place, pb::Invoice)>, Failure> {
    let after = which.after.map(|(month, order, invoice)| (month.to_sqlx(), order, invoice));
    let rows = sqlx::query_file!(
        "src/report/sql/documents.sql",
        which.accounts,
        which.invoices,
        which.state,
        which.run.map(RunId::uuid),
        which.month.map(|month| month_day(month).to_sqlx()) as _,
        which.order.map(OrderId::uuid),
        which.number,
        after.map(|(month, _, _)| month) as _,
        after.map(|(_, order, _)| order),
        after.map(|(_, _, invoice)| invoice),
        which.scope,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let place = (row.billing_month.to_jiff(), row.order_id, row.invoice_id);
            Ok((place, head!(row)))
        })
        .collect()
}

/// The run of a document; a note is of none.
fn run_of(run: Option<Uuid>) -> String {
    run.map_or_else(String::new, |run| name::run_name(RunId::from_uuid(run)))
}

/// What a note corrects.
fn corrected(account: AccountId, document: Option<Uuid>) -> String {
    document.map_or_else(String::new, |id| name::invoice_name(account, InvoiceId::from_uuid(id)))
}

/// A document by its name and its number.
type Other = (String, String);

/// What the invoice of a rebill replaces, and what is billed instead of what its credit note takes back.
fn rebilled(kind: &str, (named, number): (Option<(Uuid, Uuid)>, Option<String>)) -> (Other, Other) {
    let name = named.map_or_else(String::new, |(account, id)| {
        name::invoice_name(AccountId::from_uuid(account), InvoiceId::from_uuid(id))
    });
    let other = (name, number.unwrap_or_else(String::new));
    if kind == DocumentKind::Invoice.text() { (other, Other::default()) } else { (Other::default(), other) }
}

fn basis(written: Option<&str>) -> Result<i32, Failure> {
    let none = pb::NoteBasis::Unspecified.into();
    written.map_or(Ok(none), |basis| value("NOTE_BASIS", basis, pb::NoteBasis::from_str_name))
}

/// Drafts without their lines, each with its account.
pub async fn drafts(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    invoices: &[Uuid],
) -> Result<Vec<(AccountId, pb::Invoice)>, Failure> {
    let of: HashMap<Uuid, AccountId> = invoices
        .iter()
        .zip(accounts)
        .map(|(invoice, account)| (*invoice, AccountId::from_uuid(*account)))
        .collect();
    if invoices.is_empty() {
        return Ok(Vec::new());
    }
    let limit = i64::try_from(invoices.len()).context("more drafts than there are numbers")?;
    let heads = heads(connection, Which { accounts, invoices, limit, ..Which::default() }).await?;
    let of_account = |((_, _, invoice), head): (Place, pb::Invoice)| {
        Ok((*of.get(&invoice).context("a draft that was not asked for")?, head))
    };
    heads.into_iter().map(of_account).collect()
}

/// The documents of a chunk that was just issued, without their lines.
pub async fn issued(
    connection: &mut PgConnection,
    chunk: &Chunk,
) -> Result<Vec<(AccountId, pb::Invoice)>, Failure> {
    let (accounts, invoices): (Vec<Uuid>, Vec<Uuid>) =
        chunk.numbered.iter().map(|n| (n.account, n.invoice)).unzip();
    let rows = sqlx::query_file!("src/report/sql/issued_documents.sql", &accounts, &invoices)
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(|row| Ok((AccountId::from_uuid(row.account_id), head!(row)))).collect()
}

/// One document with its lines and spots, or that it does not exist for this caller.
pub async fn get(
    connection: &mut PgConnection,
    (account, invoice): (AccountId, InvoiceId),
    scope: Option<&Value>,
) -> Result<pb::Invoice, Failure> {
    let found = sqlx::query_file!("src/report/sql/document.sql", account.uuid(), invoice.uuid(), scope)
        .fetch_optional(&mut *connection)
        .await?;
    let missing = || Refusal::from(ResourceRefusal::NotFound { name: name::invoice_name(account, invoice) });
    let row = found.ok_or_else(missing)?;
    let currency = Currency::parse(&row.currency).context("the database holds an unknown currency")?;
    let delivered = row.delivered_account_id.map_or(account, AccountId::from_uuid);
    let mut document = head!(row);
    document.lines = lines(connection, (account, invoice), delivered, currency).await?;
    document.taxes = taxes(connection, account, invoice, currency).await?;
    Ok(document)
}

/// Refuses a draft or document that does not exist for this caller.
pub async fn must_exist(
    connection: &mut PgConnection,
    (account, invoice): (AccountId, InvoiceId),
    scope: Option<&Value>,
) -> Result<(), Failure> {
    let (accounts, invoices) = ([account.uuid()], [invoice.uuid()]);
    let which = Which { accounts: &accounts, invoices: &invoices, scope, limit: 1, ..Which::default() };
    let found = heads(connection, which).await?.pop();
    let missing = || Refusal::from(ResourceRefusal::NotFound { name: name::invoice_name(account, invoice) });
    found.map(|_| ()).ok_or_else(|| missing().into())
}

async fn lines(
    connection: &mut PgConnection,
    (account, invoice): (AccountId, InvoiceId),
    delivered: AccountId,
    currency: Currency,
) -> Result<Vec<pb::InvoiceLine>, Failure> {
    let rows = sqlx::query_file!("src/report/sql/document_lines.sql", account.uuid(), invoice.uuid())
        .fetch_all(&mut *connection)
        .await?;
    let mut spots = match rows.iter().any(|row| row.unit == Unit::Spot.text()) {
        true => spots(connection, (account, invoice), delivered).await?,
        false => HashMap::new(),
    };
    rows.into_iter()
        .map(|row| {
            Ok(pb::InvoiceLine {
                number: row.number,
                order_line: row.order_line,
                kind: value("INVOICE_LINE_KIND", &row.kind, pb::InvoiceLineKind::from_str_name)?,
                description: row.description,
                origin_period: Some(days(row.origin_first, row.origin_last)),
                late: row.late,
                quantity: row.quantity.normalize().to_string(),
                unit: row.unit,
                rate: row.rate.normalize().to_string(),
                gross: money(currency, row.gross)?,
                commission: money(currency, row.commission)?,
                net: money(currency, row.net)?,
                service_period: Some(days(row.service_first, row.service_last)),
                billing_month: month(row.billing_month.to_jiff()).to_string(),
                accounting_month: row
                    .accounting_month
                    .map_or_else(String::new, |day| month(day.to_jiff()).to_string()),
                tax_point: Some(day_message(row.tax_point.to_jiff())),
                note: row.note,
                spots: spots.remove(&row.number).unwrap_or_else(Vec::new),
                price_base: row.price_base,
                tax_place: row.tax_place,
                tax_category: value("TAX_CATEGORY", &row.tax_category, pb::TaxCategory::from_str_name)?,
                tax_percent: row.tax_percent.normalize().to_string(),
                tax: money(currency, row.tax)?,
                order: name::order_name(account, OrderId::from_uuid(row.order_id)),
                order_external_id: row.external_id,
                advertiser: row.advertiser,
                purchase_order: row.purchase_order.unwrap_or_else(String::new),
                corrects_line: row.corrects_line.map_or(0, |number| number),
                ad_product: name::product_name(ProductId::from_uuid(row.product_id)),
            })
        })
        .collect()
}

async fn taxes(
    connection: &mut PgConnection,
    account: AccountId,
    invoice: InvoiceId,
    currency: Currency,
) -> Result<Vec<pb::TaxRow>, Failure> {
    let rows = sqlx::query_file!("src/report/sql/document_taxes.sql", account.uuid(), invoice.uuid())
        .fetch_all(connection)
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(pb::TaxRow {
                category: value("TAX_CATEGORY", &row.category, pb::TaxCategory::from_str_name)?,
                percent: row.percent.normalize().to_string(),
                reason: row.reason,
                base: money(currency, row.base)?,
                tax: money(currency, row.tax)?,
            })
        })
        .collect()
}

/// The spots by the number of their line, as they were delivered to an account.
async fn spots(
    connection: &mut PgConnection,
    (account, invoice): (AccountId, InvoiceId),
    delivered: AccountId,
) -> Result<HashMap<i32, Vec<pb::InvoiceSpot>>, Failure> {
    let rows = sqlx::query_file!(
        "src/report/sql/document_spots.sql",
        account.uuid(),
        invoice.uuid(),
        delivered.uuid()
    )
    .fetch_all(connection)
    .await?;
    let mut spots: HashMap<i32, Vec<pb::InvoiceSpot>> = HashMap::new();
    for row in rows {
        spots.entry(row.number).or_default().push(pb::InvoiceSpot {
            airing: name::airing_name(AiringId::from_uuid(row.airing_id)),
            date: Some(day_message(row.day.to_jiff())),
            time: row.time.map_or_else(String::new, |time| time_of_day(time.to_jiff())),
            length_seconds: row.length_seconds,
            creative: row.creative,
            rate: row.rate.normalize().to_string(),
            station: row.station,
            program: row.program,
            makegood_for: row.makegood_for.join(", "),
            spot: row.spot,
        });
    }
    Ok(spots)
}

fn money(currency: Currency, amount: Decimal) -> Result<Option<pb::Money>, Failure> {
    let amount = Money::of(currency, amount).context("the database holds parts of a minor unit")?;
    Ok(Some(message(amount)))
}

pub(super) fn days(first: jiff_sqlx::Date, last: jiff_sqlx::Date) -> pb::Days {
    pb::Days { first: Some(day_message(first.to_jiff())), last: Some(day_message(last.to_jiff())) }
}
