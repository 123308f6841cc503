//! What stood behind a line of a draft or document when it was billed.

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, AiringId, BatchId, InvoiceId, LineId, OrderId, RunId};
use invoicing_domain::{
    explanation::{BilledLine, CapOfLine, Earlier, Landed, TaxOfLine, Terms},
    pricing::Metric,
    rating::{Bucket, Unit},
    resource::ResourceRefusal,
    tax::Treatment,
};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use money::{Currency, Money, Percent, Quantity};
use refusal::Refusal;
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    rating_input::{cap, days, price_base, rate},
    written::{Written, currency},
};

/// A line of a draft or document by its number.
pub type Named = (AccountId, InvoiceId, i32);

/// A line with the names of what it belongs to.
#[derive(Debug)]
pub struct Explained {
    pub line: LineId,
    /// `None`: no run made its document.
    pub run: Option<RunId>,
    pub facts: BilledLine,
}

/// Which facts of delivery a line bills.
struct Delivered {
    line: Uuid,
    first: Date,
    last: Date,
    /// As this run knew them.
    run: Option<Uuid>,
    /// Only from this source; from any when absent.
    source: Option<String>,
    /// Never from this one.
    but: Option<String>,
    unit: Unit,
}

/// Loads a line, or says that it does not exist for this caller.
pub async fn load(
    connection: &mut PgConnection,
    named: Named,
    scope: Option<&Value>,
) -> Result<Explained, Failure> {
    let (account, invoice, number) = named;
    let found =
        sqlx::query_file!("src/store/sql/line_to_explain.sql", account.uuid(), invoice.uuid(), number, scope)
            .fetch_optional(&mut *connection)
            .await?;
    let name = || format!("accounts/{account}/invoices/{invoice}/lines/{number}");
    let row = found.ok_or_else(|| Refusal::from(ResourceRefusal::NotFound { name: name() }))?;
    let currency = currency(&row.currency)?;
    let money = |amount| Money::of(currency, amount).context("the database holds parts of a minor unit");
    let bucket = Bucket {
        origin: days(row.origin_first, row.origin_last)?,
        kind: Written::read(&row.kind)?,
        segment_first: row.segment_first.to_jiff(),
        rate: rate(row.rate)?,
        price_base: price_base(row.price_base)?,
    };
    let unit = Unit::read(&row.unit)?;
    let segment_last = row.segment_last.map(jiff_sqlx::Date::to_jiff);
    let (own, other) = (row.delivery_source, row.third_party_source);
    let (source, but) = if row.third_party_controls { (other, None) } else { (own, other) };
    let delivered = Delivered {
        line: row.line_id,
        first: bucket.origin.first().max(bucket.segment_first),
        last: segment_last.map_or(bucket.origin.last(), |last| last.min(bucket.origin.last())),
        run: row.run_id,
        source,
        but,
        unit: row.metric.as_deref().map(Metric::read).transpose()?.map_or(unit, Unit::of),
    };
    // What is billed again to somebody else stands on the document that it replaces, and on nothing of its own.
    let landed = if row.rebills.is_some() {
        Vec::new()
    } else if unit == Unit::Spot {
        spots(connection, named).await?
    } else {
        facts(connection, account, &delivered).await?
    };
    let terms = row
        .segment_last
        .zip(row.segment_revision)
        .map(|(last, revision)| days(row.segment_first, last).map(|days| Terms { days, revision }));
    let booked = row.booked_units.map(Quantity::of).transpose().context("the database holds no quantity")?;
    let cap = cap(&row.cap_kind, row.cap_percent, row.cap_budget, currency)?;
    let facts = BilledLine {
        account,
        order: OrderId::from_uuid(row.order_id),
        currency,
        number,
        document: row.document,
        bucket,
        quantity: row.quantity,
        unit: row.unit,
        gross: money(row.gross)?,
        rebills: row.rebills,
        commission_percent: Percent::of(row.commission_percent).context("the database holds no percent")?,
        commission: money(row.commission)?,
        net: money(row.net)?,
        tax: tax(connection, named, currency).await?,
        earlier: earlier(connection, (account, row.line_id, row.entry), currency).await?,
        terms: terms.transpose()?,
        cap: booked.map(|booked| CapOfLine { cap, booked }),
        landed,
    };
    Ok(Explained { line: LineId::from_uuid(row.line_id), run: row.run_id.map(RunId::from_uuid), facts })
}

/// How the line is taxed, as it was decided with its draft.
async fn tax(
    connection: &mut PgConnection,
    (account, invoice, number): Named,
    currency: Currency,
) -> Result<TaxOfLine, Failure> {
    let row = sqlx::query_file!("src/store/sql/tax_of_line.sql", account.uuid(), invoice.uuid(), number)
        .fetch_one(connection)
        .await?;
    let money = |amount| Money::of(currency, amount).context("the database holds parts of a minor unit");
    Ok(TaxOfLine {
        amount: money(row.tax)?,
        treatment: Treatment {
            category: Written::read(&row.tax_category)?,
            percent: Percent::of(row.tax_percent).context("the database holds no percent")?,
            reason: row.reason,
        },
        row: (money(row.row_base)?, money(row.row_tax)?),
        base: money(row.base)?,
        place: row.tax_place,
        share: row.share.zip(row.whole),
        tax_code: row.tax_code,
        tax_point: row.tax_point.to_jiff(),
        engine: row.tax_engine,
    })
}

/// The entries of the ledger of an order line before one of them.
async fn earlier(
    connection: &mut PgConnection,
    (account, line, entry): (AccountId, Uuid, i32),
    currency: Currency,
) -> Result<Vec<Earlier>, Failure> {
    let rows = sqlx::query!(
        // Notes are numbered far above runs: those that were there when the line was billed come before it too.
        "select * from billed_to_date
          where account_id = $1 and line_id = $2
            and (entry < $3 or entry >= 1000000000
                 and recorded_at < coalesce((select b.recorded_at from billed_to_date b
                                              where b.account_id = $1 and b.line_id = $2 and b.entry = $3), 'infinity'))
          order by entry",
        account.uuid(),
        line,
        entry
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let bucket = Bucket {
                origin: days(row.origin_first, row.origin_last)?,
                kind: Written::read(&row.kind)?,
                segment_first: row.segment_first.to_jiff(),
                rate: rate(row.rate)?,
                price_base: price_base(row.price_base)?,
            };
            Ok(Earlier {
                bucket,
                basis: Written::read(&row.basis)?,
                units: row.units,
                gross: Money::of(currency, row.gross).context("the database holds parts of a minor unit")?,
                invoice: row.invoice_id.map(InvoiceId::from_uuid),
            })
        })
        .collect()
}

async fn spots(
    connection: &mut PgConnection,
    (account, invoice, number): Named,
) -> Result<Vec<Landed>, Failure> {
    let rows = sqlx::query_file!("src/store/sql/landed_spots.sql", account.uuid(), invoice.uuid(), number)
        .fetch_all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Landed {
            batch: BatchId::from_uuid(row.batch_id),
            external_id: row.external_id,
            source: row.source,
            units: Decimal::from(row.spots),
            unit: Unit::Spot.text().to_owned(),
            airings: row.airings.into_iter().map(AiringId::from_uuid).collect(),
        })
        .collect())
}

async fn facts(
    connection: &mut PgConnection,
    account: AccountId,
    delivered: &Delivered,
) -> Result<Vec<Landed>, Failure> {
    let rows = sqlx::query_file!(
        "src/store/sql/landed_days.sql",
        account.uuid(),
        delivered.line,
        delivered.first.to_sqlx() as _,
        delivered.last.to_sqlx() as _,
        delivered.run,
        delivered.source.as_deref(),
        delivered.but.as_deref(),
        delivered.unit.text()
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Landed {
            batch: BatchId::from_uuid(row.batch_id),
            external_id: row.external_id,
            source: row.source,
            units: row.units,
            unit: delivered.unit.text().to_owned(),
            airings: Vec::new(),
        })
        .collect())
}
