//! What is held, as far as documents can take it back: by which of their lines, and who made the difference.

use std::collections::HashMap;

use anyhow::Context;
use calendar::Days;
use chassis::failure::Failure;
use ids::{AccountId, ExceptionId, InvoiceId, LineId, RunId};
use invoicing_domain::{
    billing_run::Act,
    note::{Share, Source},
    rating::{Bucket, Change},
};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use money::{Currency, Money, Rate};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    document::Named,
    note::number,
    rating_input::{days, price_base, rate},
    written::{Written, currency},
};

/// An order line, and the first day of an origin period.
pub type Place = (LineId, Date);

/// A share, as the database keeps it.
#[derive(Debug, Deserialize, Serialize)]
struct Kept {
    invoice: Uuid,
    line: u32,
    gross: String,
    changes: Vec<KeptChange>,
    spots: Vec<String>,
}

/// Units at a price, as the database keeps them.
#[derive(Debug, Deserialize, Serialize)]
struct KeptChange {
    kind: String,
    segment_first: Date,
    rate: String,
    price_base: u32,
    units: String,
}

/// What documents billed of order lines, by origin period, the latest document first.
pub async fn sources(
    connection: &mut PgConnection,
    account: AccountId,
    lines: &[LineId],
    currency: Currency,
) -> Result<HashMap<Place, Vec<Source>>, Failure> {
    let lines: Vec<Uuid> = lines.iter().map(|line| line.uuid()).collect();
    let rows = sqlx::query_file!("src/store/sql/lines_that_billed.sql", account.uuid(), &lines)
        .fetch_all(&mut *connection)
        .await?;
    let mut spots = spots(connection, account, &lines).await?;
    let mut sources: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let named = (row.invoice_id, row.number, row.rate.normalize());
        let bucket = Bucket {
            origin: days(row.origin_first, row.origin_last)?,
            kind: Written::read(&row.kind)?,
            segment_first: row.segment_first.to_jiff(),
            rate: rate(row.rate)?,
            price_base: price_base(row.price_base)?,
        };
        let place = (LineId::from_uuid(row.line_id), bucket.origin.first());
        sources.entry(place).or_default().push(Source {
            invoice: InvoiceId::from_uuid(row.invoice_id),
            number: u32::try_from(row.number).context("the database holds no number of a line")?,
            bucket,
            units: row.units,
            left: Money::of(currency, row.left).context("the database holds parts of a minor unit")?,
            spots: spots.remove(&named).into_iter().flatten().collect(),
        });
    }
    Ok(sources)
}

/// The spots that did not air after all, by document, line and rate.
async fn spots(
    connection: &mut PgConnection,
    account: AccountId,
    lines: &[Uuid],
) -> Result<HashMap<(Uuid, i32, Decimal), Vec<String>>, Failure> {
    let rows = sqlx::query_file!("src/store/sql/spots_that_did_not_air.sql", account.uuid(), lines)
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| ((row.invoice_id, row.number, row.rate.normalize()), row.spots)).collect())
}

/// Who changed what order lines are worth in a period since what it was billed by was rated, as their keys name them.
pub async fn makers(
    connection: &mut PgConnection,
    account: AccountId,
    held: &[(LineId, Days)],
) -> Result<HashMap<Place, Vec<String>>, Failure> {
    let lines: Vec<Uuid> = held.iter().map(|(line, _)| line.uuid()).collect();
    let first: Vec<_> = held.iter().map(|(_, origin)| origin.first().to_sqlx()).collect();
    let last: Vec<_> = held.iter().map(|(_, origin)| origin.last().to_sqlx()).collect();
    let rows = sqlx::query_file!(
        "src/store/sql/makers_of_held.sql",
        account.uuid(),
        &lines,
        &first as _,
        &last as _
    )
    .fetch_all(connection)
    .await?;
    let rows = rows.into_iter();
    Ok(rows.map(|row| ((LineId::from_uuid(row.line_id), row.first_day.to_jiff()), row.makers)).collect())
}

/// Shares as the database keeps them.
pub(super) fn kept(shares: &[Share]) -> Result<Value, Failure> {
    let change = |change: &Change| KeptChange {
        kind: change.bucket.kind.text().to_owned(),
        segment_first: change.bucket.segment_first,
        rate: change.bucket.rate.value().to_string(),
        price_base: change.bucket.price_base,
        units: change.units.to_string(),
    };
    let kept = |share: &Share| Kept {
        invoice: share.invoice.uuid(),
        line: share.number,
        gross: share.gross.to_string(),
        changes: share.changes.iter().map(change).collect(),
        spots: share.spots.clone(),
    };
    let kept: Vec<Kept> = shares.iter().map(kept).collect();
    Ok(serde_json::to_value(kept).context("a share cannot be written")?)
}

/// The shares that the database keeps of a difference.
fn shares(kept: Value, origin: Days, currency: Currency) -> Result<Vec<Share>, Failure> {
    let kept: Vec<Kept> =
        serde_json::from_value(kept).context("the database holds shares that cannot be read")?;
    let change = |change: KeptChange| {
        let bucket = Bucket {
            origin,
            kind: Written::read(&change.kind)?,
            segment_first: change.segment_first,
            rate: Rate::parse(&change.rate).context("the database holds a rate that cannot be")?,
            price_base: change.price_base,
        };
        let units = Decimal::from_str_exact(&change.units).context("the database holds no units")?;
        Ok::<_, Failure>(Change { bucket, units })
    };
    kept.into_iter()
        .map(|share| {
            let gross = Money::parse(currency, &share.gross);
            Ok(Share {
                invoice: InvoiceId::from_uuid(share.invoice),
                number: share.line,
                gross: gross.context("the database holds a share without its amount")?,
                changes: share.changes.into_iter().map(change).collect::<Result<_, _>>()?,
                spots: share.spots,
            })
        })
        .collect()
}

/// What runs hold that a document takes back, the latest run first.
pub async fn of_document(
    connection: &mut PgConnection,
    (account, invoice): Named,
) -> Result<Vec<Share>, Failure> {
    let rows = sqlx::query!(
        "select origin_first as \"origin_first!\", origin_last as \"origin_last!\", currency as \"currency!\", taken_back
           from billing_exception join billing_run using (run_id)
          where account_id = $1 and reason = 'NEGATIVE_DELTA' and billing_exception.state = 'OPEN' and not preview
            and taken_back @> jsonb_build_array(jsonb_build_object('invoice', $2::text))
          order by opened_at desc, exception_id",
        account.uuid(),
        invoice.uuid().to_string()
    )
    .fetch_all(connection)
    .await?;
    let mut all = Vec::new();
    for row in rows {
        let origin = days(row.origin_first, row.origin_last)?;
        let of = shares(row.taken_back, origin, currency(&row.currency)?)?;
        all.extend(of.into_iter().filter(|share| share.invoice == invoice));
    }
    Ok(all)
}

/// What a note took of lines of a document is held no more, by runs that are not rated again. Answers what has changed.
pub async fn settle(
    connection: &mut PgConnection,
    (account, invoice): Named,
    taken: &[(u32, Money)],
    (why, act): (&str, &Act),
) -> Result<Vec<(RunId, ExceptionId)>, Failure> {
    let numbers: Vec<i32> = taken.iter().map(|(line, _)| number(*line)).collect::<Result<_, _>>()?;
    let grosses: Vec<String> = taken.iter().map(|(_, gross)| gross.to_string()).collect();
    let settled = sqlx::query_file!(
        "src/store/sql/settle_held.sql",
        account.uuid(),
        invoice.uuid().to_string(),
        &numbers,
        &grosses,
        why,
        act.by,
        act.at.to_sqlx() as _
    )
    .fetch_all(connection)
    .await?;
    let settled = settled.into_iter();
    Ok(settled.map(|row| (RunId::from_uuid(row.run_id), ExceptionId::from_uuid(row.exception_id))).collect())
}
