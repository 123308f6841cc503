//! Credit and debit notes: what they correct, and recording them beside it.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use chassis::failure::Failure;
use ids::{AccountId, EntityId, InvoiceId, LineId, RunId, SeriesId};
use invoicing_domain::{
    account::SettledBy,
    invoice::{DocumentKind, LineTax, TaxRow},
    ledger,
    note::{Ledgers, Note, NoteLine, Noted, Original, OriginalLine, TakenBack},
    number_series::SeriesYear,
    period::Posting,
    rating::{Billed, Bucket},
    tax::{Place, Treatment},
};
use jiff::{Timestamp, civil::Date};
use jiff_sqlx::ToSqlx;
use money::{Currency, Money, Percent};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    document::Named,
    rating_input::{days, price_base, rate},
    written::{Written, currency, month_day},
};

/// An issued document that a note corrects.
#[derive(Clone, Debug)]
pub struct Corrected {
    pub entity: EntityId,
    pub kind: DocumentKind,
    pub number: String,
    /// It corrects nothing but tax.
    pub retaxes: bool,
    pub issue_date: Date,
    pub due_date: Date,
    pub payment_terms_days: u16,
    pub settled_by: SettledBy,
    /// Its total less what was put on it. Of a credit note, which nothing is put on, it says nothing.
    pub open: Money,
    pub original: Original,
}

/// Loads an issued document with what notes of a kind took of it; `None` where there is no such document for this caller. The
/// account is locked.
pub async fn corrected(
    connection: &mut PgConnection,
    named: Named,
    kind: DocumentKind,
    scope: Option<&Value>,
) -> Result<Option<Corrected>, Failure> {
    let (account, invoice) = named;
    let head = sqlx::query!(
        "select i.entity_id, i.kind, i.number, i.currency, i.commission_percent, i.tax_base, i.issue_date, i.due_date,
                i.payment_terms_days, i.settled_by, coalesce(i.basis = 'TAX' and i.gross = 0, false) as \"retaxes!\",
                i.total - (select coalesce(sum(a.amount), 0) from receivable_activity a
                            where a.account_id = i.account_id and a.invoice_id = i.invoice_id) as \"open!\"
           from invoice i join insertion_order o using (account_id, order_id)
          where i.account_id = $1 and i.invoice_id = $2 and in_scope($3::jsonb, i.entity_id, o.territory, i.account_id)",
        account.uuid(),
        invoice.uuid(),
        scope
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(head) = head else { return Ok(None) };
    let currency = currency(&head.currency)?;
    Ok(Some(Corrected {
        entity: EntityId::from_uuid(head.entity_id),
        kind: Written::read(&head.kind)?,
        number: head.number,
        retaxes: head.retaxes,
        issue_date: head.issue_date.to_jiff(),
        due_date: head.due_date.to_jiff(),
        payment_terms_days: u16::try_from(head.payment_terms_days).context("the database holds no terms")?,
        settled_by: Written::read(&head.settled_by)?,
        open: money(currency, head.open)?,
        original: Original {
            currency,
            commission_percent: percent(head.commission_percent)?,
            tax_base: Written::read(&head.tax_base)?,
            taxes: taxes(connection, named, currency).await?,
            lines: lines(connection, named, kind, currency).await?,
        },
    }))
}

async fn taxes(
    connection: &mut PgConnection,
    (account, invoice): Named,
    currency: Currency,
) -> Result<Vec<TaxRow>, Failure> {
    let rows = sqlx::query!(
        // Lines whose tax was corrected are of a category that says why on the note that corrected it.
        "select t.category, t.percent, t.reason, t.base, t.tax from invoice_tax t join invoice i using (account_id, invoice_id)
          where account_id = $1 and (invoice_id = $2 or i.corrects_id = $2 and i.basis = 'TAX')
          order by i.corrects_id nulls first, i.issued_at desc, ordinal",
        account.uuid(),
        invoice.uuid()
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let (category, percent) = (Written::read(&row.category)?, percent(row.percent)?);
            let treatment = Treatment { category, percent, reason: row.reason };
            Ok(TaxRow { treatment, base: money(currency, row.base)?, tax: money(currency, row.tax)? })
        })
        .collect()
}

async fn lines(
    connection: &mut PgConnection,
    (account, invoice): Named,
    kind: DocumentKind,
    currency: Currency,
) -> Result<Vec<OriginalLine>, Failure> {
    let rows =
        sqlx::query_file!("src/store/sql/noted_lines.sql", account.uuid(), invoice.uuid(), kind.text())
            .fetch_all(connection)
            .await?;
    rows.into_iter()
        .map(|row| {
            let tax = LineTax {
                place: row.tax_place.parse::<Place>().context("the database holds no place")?,
                category: Written::read(&row.tax_category)?,
                percent: percent(row.tax_percent)?,
                amount: money(currency, row.tax)?,
            };
            let noted = Noted {
                gross: money(currency, row.noted_gross)?,
                net: money(currency, row.noted_net)?,
                tax: money(currency, row.noted_tax)?,
            };
            Ok(OriginalLine {
                number: u32::try_from(row.number).context("the database holds no number of a line")?,
                line: LineId::from_uuid(row.line_id),
                bucket: Bucket {
                    origin: days(row.origin_first, row.origin_last)?,
                    kind: Written::read(&row.kind)?,
                    segment_first: row.segment_first.to_jiff(),
                    rate: rate(row.rate)?,
                    price_base: price_base(row.price_base)?,
                },
                quantity: row.quantity,
                unit: Written::read(&row.unit)?,
                gross: money(currency, row.gross)?,
                net: money(currency, row.net)?,
                tax,
                tax_code: row.tax_code,
                tax_point: row.tax_point.to_jiff(),
                gl_revenue: row.gl_revenue,
                noted,
            })
        })
        .collect()
}

/// What runs took back, by lines below zero, of the periods that an issued document bills.
pub async fn taken_back(
    connection: &mut PgConnection,
    (account, invoice): Named,
    currency: Currency,
) -> Result<Vec<TakenBack>, Failure> {
    let rows = sqlx::query_file!("src/store/sql/taken_back_since.sql", account.uuid(), invoice.uuid())
        .fetch_all(connection)
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(TakenBack {
                line: LineId::from_uuid(row.line_id),
                origin: row.origin_first.to_jiff(),
                stands: money(currency, row.stands)?,
                by: row.taken_by,
            })
        })
        .collect()
}

/// What counts as billed of order lines, so that corrections can be made on it.
pub async fn ledgers(
    connection: &mut PgConnection,
    account: AccountId,
    lines: &[LineId],
    currency: Currency,
) -> Result<Ledgers, Failure> {
    let lines: Vec<Uuid> = lines.iter().map(|line| line.uuid()).collect();
    let rows = sqlx::query!(
        "select line_id, basis, kind, origin_first, origin_last, segment_first, rate, price_base, units, gross
           from billed_to_date where account_id = $1 and line_id = any($2) and basis in ('RATED', 'CORRECTION')
          order by line_id, entry",
        account.uuid(),
        &lines
    )
    .fetch_all(connection)
    .await?;
    let mut ledgers: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows {
        ledgers.entry(LineId::from_uuid(row.line_id)).or_default().push(Billed {
            bucket: Bucket {
                origin: days(row.origin_first, row.origin_last)?,
                kind: Written::read(&row.kind)?,
                segment_first: row.segment_first.to_jiff(),
                rate: rate(row.rate)?,
                price_base: price_base(row.price_base)?,
            },
            units: row.units,
            gross: money(currency, row.gross)?,
            basis: Written::read(&row.basis)?,
        });
    }
    Ok(ledgers)
}

/// A run whose drafts of these order lines can be neither seen nor made again now: its id, its state, and the line.
pub async fn being_billed(
    connection: &mut PgConnection,
    account: AccountId,
    lines: &[LineId],
) -> Result<Option<(RunId, String, LineId)>, Failure> {
    let lines: Vec<Uuid> = lines.iter().map(|line| line.uuid()).collect();
    let row = sqlx::query_file!("src/store/sql/run_of_lines.sql", account.uuid(), &lines)
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| (RunId::from_uuid(row.run_id), row.state, LineId::from_uuid(row.line_id))))
}

/// The runs out of these that have a draft of one of these order lines, or hold something of it.
pub async fn with_drafts(
    connection: &mut PgConnection,
    account: AccountId,
    runs: &[RunId],
    lines: &[LineId],
) -> Result<Vec<RunId>, Failure> {
    let runs: Vec<Uuid> = runs.iter().map(|run| run.uuid()).collect();
    let lines: Vec<Uuid> = lines.iter().map(|line| line.uuid()).collect();
    let found = sqlx::query_scalar!(
        "select d.run_id as \"run_id!\" from draft d join draft_line l using (account_id, invoice_id)
          where d.account_id = $1 and d.run_id = any($2) and l.line_id = any($3)
          union
         select e.run_id from billing_exception e
          where e.account_id = $1 and e.run_id = any($2) and e.line_id = any($3) and e.reason = 'NEGATIVE_DELTA' and e.state = 'OPEN'
          order by 1",
        account.uuid(),
        &runs,
        &lines
    );
    Ok(found.fetch_all(connection).await?.into_iter().map(RunId::from_uuid).collect())
}

/// A number of a series that was taken, and the date that goes with it.
#[derive(Clone, Debug)]
pub struct Taken {
    pub series: SeriesId,
    pub year: SeriesYear,
    pub sequence: i64,
    pub number: String,
    pub date: Date,
}

/// What a document posts, and where.
#[derive(Clone, Copy, Debug)]
pub struct Books<'a> {
    pub entity: EntityId,
    pub posting: Posting,
    pub postings: &'a [ledger::Posting],
}

/// The invoice of a rebill, as its credit note names it.
#[derive(Clone, Copy, Debug)]
pub struct BilledAs<'a> {
    pub named: Named,
    pub number: &'a str,
}

/// A note with its number and dates.
#[derive(Clone, Debug)]
pub struct Issued<'a> {
    pub named: Named,
    pub corrects: InvoiceId,
    pub note: &'a Note,
    pub books: Books<'a>,
    pub reason: &'a str,
    pub digest: [u8; 32],
    pub taken: &'a Taken,
    pub due_date: Date,
    pub rebill: Option<BilledAs<'a>>,
    pub by: &'a str,
    pub at: Timestamp,
    pub template_version: i32,
}

/// Records a note beside what it corrects: parties, order and texts are those of the corrected document.
pub async fn record(connection: &mut PgConnection, issued: &Issued<'_>) -> Result<(), Failure> {
    let Issued { named: (account, invoice), note, taken, .. } = issued;
    let made = sqlx::query_file!(
        "src/store/sql/insert_note.sql",
        account.uuid(),
        issued.corrects.uuid(),
        invoice.uuid(),
        note.kind.text(),
        note.basis.text(),
        issued.reason,
        note.gross.amount(),
        note.commission.amount(),
        note.net.amount(),
        note.tax.amount(),
        note.total.amount(),
        issued.digest.as_slice(),
        taken.series.uuid(),
        i32::from(taken.year.year),
        taken.sequence,
        taken.number,
        taken.date.to_sqlx() as _,
        issued.due_date.to_sqlx() as _,
        month_day(issued.books.posting.month).to_sqlx() as _,
        issued.by,
        issued.at.to_sqlx() as _,
        issued.template_version,
        &note.lines.iter().map(|line| number(line.corrects)).collect::<Result<Vec<_>, _>>()?,
        issued.rebill.map(|rebill| rebill.named.0.uuid()),
        issued.rebill.map(|rebill| rebill.named.1.uuid()),
        issued.rebill.map(|rebill| rebill.number)
    )
    .execute(&mut *connection)
    .await?;
    ensure_one(made.rows_affected())?;
    insert_lines(connection, issued).await?;
    insert_taxes_and_postings(connection, issued.named, note, (issued.books, issued.at)).await
}

fn ensure_one(made: u64) -> Result<(), anyhow::Error> {
    ensure!(made == 1, "a note was recorded {made} times");
    Ok(())
}

/// Collects one column after the other of what a bulk insert takes.
macro_rules! columns {
    ($items:expr, |$item:ident| $($column:ident = $value:expr),* $(,)?) => {
        $( let $column: Vec<_> = $items.iter().map(|$item| $value).collect(); )*
    };
}

async fn insert_lines(connection: &mut PgConnection, issued: &Issued<'_>) -> Result<(), Failure> {
    let Issued { named: (account, invoice), note, .. } = issued;
    let is_credit = note.kind == DocumentKind::CreditNote;
    let change = |line: &NoteLine| if is_credit { line.gross.negate() } else { line.gross };
    columns!(
        note.lines,
        |line| quantity = line.quantity,
        unit = line.unit.text(),
        rate = line.bucket.rate.value(),
        gross = line.gross.amount(),
        commission = line.commission.amount(),
        net = line.net.amount(),
        tax = line.tax.amount.amount(),
        units = line.units,
        place = line.tax.place.as_str(),
        category = line.tax.category.text(),
        percent = line.tax.percent.value(),
        retaxes = line.retaxes,
        changed = change(line).amount(),
    );
    let corrects: Vec<i32> = note.lines.iter().map(|line| number(line.corrects)).collect::<Result<_, _>>()?;
    let bases: Vec<i32> =
        note.lines.iter().map(|line| number(line.bucket.price_base)).collect::<Result<_, _>>()?;
    sqlx::query_file!(
        "src/store/sql/insert_note_lines.sql",
        account.uuid(),
        issued.corrects.uuid(),
        invoice.uuid(),
        month_day(issued.books.posting.month).to_sqlx() as _,
        &corrects,
        &quantity,
        &unit as _,
        &rate,
        &bases,
        &gross,
        &commission,
        &net,
        &tax,
        note.basis.of_ledger().text(),
        &units,
        &changed,
        issued.at.to_sqlx() as _,
        &place as _,
        &category as _,
        &percent,
        &retaxes
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records the tax rows of a document and what it posts.
pub(super) async fn insert_taxes_and_postings(
    connection: &mut PgConnection,
    (account, invoice): Named,
    note: &Note,
    (Books { entity, posting: on, postings }, at): (Books<'_>, Timestamp),
) -> Result<(), Failure> {
    columns!(
        note.taxes,
        |row| category = row.treatment.category.text(),
        percent = row.treatment.percent.value(),
        reason = row.treatment.reason.as_str(),
        base = row.base.amount(),
        tax = row.tax.amount(),
    );
    columns!(
        postings,
        |posting| ledger_account = posting.account.text(),
        gl_code = posting.gl_code.as_str(),
        debit = posting.debit.amount(),
        credit = posting.credit.amount(),
    );
    sqlx::query_file!(
        "src/store/sql/insert_taxes_and_postings.sql",
        account.uuid(),
        invoice.uuid(),
        &category as _,
        &percent,
        &reason as _,
        &base,
        &tax,
        entity.uuid(),
        on.date.to_sqlx() as _,
        month_day(on.month).to_sqlx() as _,
        note.currency.code(),
        at.to_sqlx() as _,
        &ledger_account as _,
        &gl_code as _,
        &debit,
        &credit
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A number as the database holds it.
pub(super) fn number(number: u32) -> Result<i32, anyhow::Error> {
    i32::try_from(number).context("a line with a number beyond integer")
}

fn money(currency: Currency, amount: Decimal) -> Result<Money, Failure> {
    Ok(Money::of(currency, amount).context("the database holds parts of a minor unit")?)
}

fn percent(value: Decimal) -> Result<Percent, Failure> {
    Ok(Percent::of(value).context("the database holds no percent")?)
}
