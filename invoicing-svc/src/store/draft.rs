//! Drafts, with their lines, tax, spots and postings: recorded in bulk, one statement per table. The lines, which are many and
//! wide, are copied.

use std::collections::BTreeMap;

use std::collections::HashSet;

use anyhow::{Context, anyhow};
use chassis::failure::Failure;
use ids::{AccountId, InvoiceId, OrderId, RunId};
use invoicing_domain::{
    account::SettledBy,
    invoice::{DocumentKind, Draft, DraftLine, digest},
    ledger::Posting,
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use money::Money;
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::{Written, currency, month_day};

/// A draft and what issuing it will post.
#[derive(Clone, Debug)]
pub struct Blueprint {
    pub draft: Draft,
    pub postings: Vec<Posting>,
    /// The customer's number that each of its orders goes on.
    pub purchase_orders: BTreeMap<OrderId, Option<String>>,
    /// An open BLOCK exception stands in its way.
    pub waiting: bool,
}

impl Blueprint {
    /// The number that all of it goes on.
    fn purchase_order(&self) -> Option<&str> {
        let mut numbers = self.purchase_orders.values().map(Option::as_deref);
        let first = numbers.next().flatten();
        first.filter(|_| numbers.all(|number| number == first))
    }

    /// The number of a line, where the document has none of its own.
    fn purchase_order_of(&self, line: &DraftLine) -> Option<&str> {
        let of_order = self.purchase_orders.get(&line.order).and_then(Option::as_deref);
        of_order.filter(|_| self.purchase_order().is_none())
    }
}

/// Collects one column after the other of what a bulk insert takes.
macro_rules! columns {
    ($items:expr, |$item:ident| $($column:ident = $value:expr),* $(,)?) => {
        $( let $column: Vec<_> = $items.iter().map(|$item| $value).collect(); )*
    };
}

/// Records drafts that are rated now, from inputs of which `seen` had come for certain.
pub async fn insert(
    connection: &mut PgConnection,
    blueprints: &[Blueprint],
    seen: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    insert_heads(connection, blueprints, seen, now).await?;
    insert_lines(connection, &numbered(blueprints)).await?;
    insert_taxes(connection, blueprints).await?;
    insert_spots(connection, blueprints).await?;
    insert_postings(connection, blueprints).await
}

async fn insert_heads(
    connection: &mut PgConnection,
    blueprints: &[Blueprint],
    seen: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    columns!(
        blueprints,
        |b| account = b.draft.account.uuid(),
        invoice = b.draft.id.uuid(),
        run = b.draft.run.uuid(),
        order = b.draft.order.uuid(),
        entity = b.draft.entity.uuid(),
        kind = b.draft.kind.text(),
        currency = b.draft.currency.code(),
        month = month_day(b.draft.billing_month).to_sqlx(),
        first = b.draft.period.first().to_sqlx(),
        last = b.draft.period.last().to_sqlx(),
        terms = i32::from(b.draft.payment_terms_days),
        spots = b.draft.spots,
        percent = b.draft.commission_percent.value(),
        gross = b.draft.gross.amount(),
        commission = b.draft.commission.amount(),
        net = b.draft.net.amount(),
        tax = b.draft.tax.amount(),
        total = b.draft.total.amount(),
        digest = digest(&b.draft).to_vec(),
        purchase_order = b.purchase_order(),
        waiting = b.waiting,
        tax_base = b.draft.tax_base.text(),
        tax_engine = b.draft.tax_engine.as_deref(),
        settled_by = b.draft.settled_by.text(),
    );
    let orders: Result<Vec<i32>, _> =
        blueprints.iter().map(|b| i32::try_from(b.draft.orders().len())).collect();
    let orders = orders.context("a draft of more orders than there are numbers")?;
    sqlx::query_file!(
        "src/store/sql/insert_drafts.sql",
        &account,
        &invoice,
        &run,
        &order,
        &entity,
        &kind as _,
        &currency as _,
        &month as _,
        &first as _,
        &last as _,
        &terms,
        &spots,
        &percent,
        &gross,
        &commission,
        &net,
        &tax,
        &total,
        &digest,
        &purchase_order as _,
        &waiting,
        &tax_base as _,
        &orders,
        &tax_engine as _,
        now.to_sqlx() as _,
        seen,
        &settled_by as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A line with its number on the document.
struct Numbered<'a> {
    blueprint: &'a Blueprint,
    draft: &'a Draft,
    number: i32,
    line: &'a DraftLine,
}

fn numbered(blueprints: &[Blueprint]) -> Vec<Numbered<'_>> {
    blueprints
        .iter()
        .flat_map(|blueprint| {
            let draft = &blueprint.draft;
            (1..).zip(&draft.lines).map(move |(number, line)| Numbered { blueprint, draft, number, line })
        })
        .collect()
}

async fn insert_lines(connection: &mut PgConnection, lines: &[Numbered<'_>]) -> Result<(), Failure> {
    let number = |number: u32| i32::try_from(number).context("more than there are numbers");
    let (rows, statement) = crate::copy_rows!(
        "draft_line",
        lines,
        |n| account_id = n.draft.account.uuid(),
        invoice_id = n.draft.id.uuid(),
        number = n.number,
        line_id = n.line.line.uuid(),
        entry = number(n.line.item.entry)?,
        kind = n.line.item.bucket.kind.text(),
        description = n.line.description.as_str(),
        note = n.line.item.note.as_str(),
        origin_first = n.line.item.bucket.origin.first().to_sqlx(),
        origin_last = n.line.item.bucket.origin.last().to_sqlx(),
        late = n.line.item.late,
        segment_first = n.line.item.bucket.segment_first.to_sqlx(),
        quantity = n.line.item.quantity,
        unit = n.line.item.unit.text(),
        rate = n.line.item.bucket.rate.value(),
        price_base = number(n.line.item.bucket.price_base)?,
        gross = n.line.item.gross.amount(),
        commission = n.line.commission.amount(),
        net = n.line.net.amount(),
        gl_revenue = n.line.gl_revenue.as_str(),
        tax_code = n.line.tax_code.as_str(),
        service_first = n.line.service.first().to_sqlx(),
        service_last = n.line.service.last().to_sqlx(),
        billing_month = month_day(n.draft.billing_month).to_sqlx(),
        tax_point = n.line.tax_point.to_sqlx(),
        tax_place = n.line.tax.place.as_str(),
        tax_category = n.line.tax.category.text(),
        tax_percent = n.line.tax.percent.value(),
        tax = n.line.tax.amount.amount(),
        purchase_order = n.blueprint.purchase_order_of(n.line),
    );
    rows.write(connection, statement).await
}

async fn insert_taxes(connection: &mut PgConnection, blueprints: &[Blueprint]) -> Result<(), Failure> {
    let rows: Vec<_> = blueprints
        .iter()
        .flat_map(|b| (1_i32..).zip(&b.draft.taxes).map(move |(ordinal, row)| (b, ordinal, row)))
        .collect();
    columns!(
        rows,
        |row| account = row.0.draft.account.uuid(),
        invoice = row.0.draft.id.uuid(),
        ordinal = row.1,
        category = row.2.treatment.category.text(),
        percent = row.2.treatment.percent.value(),
        reason = row.2.treatment.reason.as_str(),
        base = row.2.base.amount(),
        tax = row.2.tax.amount(),
    );
    sqlx::query!(
        "insert into draft_tax (account_id, invoice_id, ordinal, category, percent, reason, base, tax)
         select * from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::numeric[], $6::text[], $7::numeric[], $8::numeric[])",
        &account,
        &invoice,
        &ordinal,
        &category as _,
        &percent,
        &reason as _,
        &base,
        &tax
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_spots(connection: &mut PgConnection, blueprints: &[Blueprint]) -> Result<(), Failure> {
    let lines = numbered(blueprints);
    let spots: Vec<_> = lines
        .iter()
        .flat_map(|n| (1_i32..).zip(&n.line.item.airings).map(move |(ordinal, spot)| (n, ordinal, spot)))
        .collect();
    columns!(
        spots,
        |spot| account = spot.0.draft.account.uuid(),
        invoice = spot.0.draft.id.uuid(),
        number = spot.0.number,
        ordinal = spot.1,
        airing = spot.2.0.uuid(),
    );
    let version: Result<Vec<i32>, _> =
        spots.iter().map(|(_, _, (_, version))| i32::try_from(*version)).collect();
    let version = version.context("a spot has more versions than there are numbers")?;
    sqlx::query!(
        "insert into draft_spot (account_id, invoice_id, number, ordinal, airing_id, version)
         select * from unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[], $5::uuid[], $6::int[])",
        &account,
        &invoice,
        &number,
        &ordinal,
        &airing,
        &version
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_postings(connection: &mut PgConnection, blueprints: &[Blueprint]) -> Result<(), Failure> {
    let postings: Vec<_> = blueprints
        .iter()
        .flat_map(|b| (1_i32..).zip(&b.postings).map(move |(ordinal, posting)| (b, ordinal, posting)))
        .collect();
    columns!(
        postings,
        |posting| account = posting.0.draft.account.uuid(),
        invoice = posting.0.draft.id.uuid(),
        ordinal = posting.1,
        ledger_account = posting.2.account.text(),
        gl_code = posting.2.gl_code.as_str(),
        debit = posting.2.debit.amount(),
        credit = posting.2.credit.amount(),
    );
    sqlx::query!(
        "insert into draft_posting (account_id, invoice_id, ordinal, ledger_account, gl_code, debit, credit)
         select * from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::numeric[], $7::numeric[])",
        &account,
        &invoice,
        &ordinal,
        &ledger_account as _,
        &gl_code as _,
        &debit,
        &credit
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A draft's account, its name, and what is signed of it: as the database writes them.
const SIGNED: usize = 16 + 16 + 32;

/// What is signed of the drafts of a run that wait for nothing, in the order of their names.
pub async fn digests(connection: &mut PgConnection, run: RunId) -> Result<Vec<[u8; 32]>, Failure> {
    // One value and not a row for each: there may be many, and each is short. They are sorted here, where names are bytes.
    let found = sqlx::query!(
        "select string_agg(uuid_send(d.account_id) || uuid_send(d.invoice_id) || signed_digest(d.digest, w), '') as signed,
                count(*) as \"drafts!\"
           from draft d left join draft_edit w using (account_id, invoice_id)
          where d.run_id = $1 and not d.waiting",
        run.uuid()
    )
    .fetch_one(connection)
    .await?;
    let mut signed = found.signed.unwrap_or_else(Vec::new);
    let (signed, rest) = signed.as_chunks_mut::<SIGNED>();
    if !rest.is_empty() || i64::try_from(signed.len()) != Ok(found.drafts) {
        return Err(anyhow!("the database holds drafts without a digest of 32 bytes").into());
    }
    signed.sort_unstable();
    let digests = signed.iter().filter_map(|draft| draft.last_chunk::<32>().copied());
    Ok(digests.collect())
}

/// What the drafts that a run has of these accounts come to, net of commission: one sum for each account and currency.
pub async fn sums(
    connection: &mut PgConnection,
    run: RunId,
    accounts: &[AccountId],
) -> Result<Vec<(AccountId, Money)>, Failure> {
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    let rows = sqlx::query!(
        "select account_id, currency, sum(net) as \"net!\" from draft
          where run_id = $1 and account_id = any($2) group by account_id, currency",
        run.uuid(),
        &accounts
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let net = Money::of(currency(&row.currency)?, row.net);
            let net = net.context("the database holds parts of a minor unit")?;
            Ok((AccountId::from_uuid(row.account_id), net))
        })
        .collect()
}

/// Drops the drafts and exceptions of a run.
pub async fn delete(connection: &mut PgConnection, run: RunId) -> Result<(), Failure> {
    let accounts = sqlx::query_scalar!(
        "select unnest(accounts) as \"account!\" from billing_run_shard where run_id = $1",
        run.uuid()
    )
    .fetch_all(&mut *connection)
    .await?;
    delete_of(connection, run, &accounts).await?;
    sqlx::query!("delete from billing_exception where run_id = $1", run.uuid()).execute(connection).await?;
    Ok(())
}

/// Drops the drafts that a run has of these accounts.
pub async fn delete_of(connection: &mut PgConnection, run: RunId, accounts: &[Uuid]) -> Result<(), Failure> {
    sqlx::query_file!("src/store/sql/delete_drafts_of_run.sql", run.uuid(), accounts)
        .execute(connection)
        .await?;
    Ok(())
}

/// A draft that is to be issued.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    pub account: Uuid,
    pub invoice: Uuid,
    pub kind: DocumentKind,
    pub payment_terms_days: u16,
    pub settled_by: SettledBy,
    pub total: Money,
}

/// Lets drafts of these accounts wait.
pub async fn wait(
    connection: &mut PgConnection,
    run: RunId,
    accounts: &[Uuid],
    invoices: &[Uuid],
) -> Result<(), Failure> {
    sqlx::query!(
        "update draft set waiting = true where run_id = $1 and account_id = any($2) and invoice_id = any($3)",
        run.uuid(),
        accounts,
        invoices
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets a draft go on if no open BLOCK stands in its way any more.
pub async fn free(
    connection: &mut PgConnection,
    run: RunId,
    draft: (AccountId, InvoiceId),
) -> Result<(), Failure> {
    let freed = sqlx::query!(
        "update draft set waiting = false, since = 1 + coalesce((select max(review) from run_review r where r.run_id = $1), 0)
          where account_id = $2 and invoice_id = $3 and waiting
            and not exists (select from billing_exception e
                             where e.run_id = $1 and e.invoice_id = $3 and e.state = 'OPEN' and e.severity = 'BLOCK')",
        run.uuid(),
        draft.0.uuid(),
        draft.1.uuid()
    )
    .execute(&mut *connection)
    .await?;
    if freed.rows_affected() > 0 {
        super::review::forget(connection, (&[draft.0.uuid()], &[draft.1.uuid()])).await?;
    }
    Ok(())
}

/// The run of a draft, or `None` where there is no such draft (any more).
pub async fn run_of(
    connection: &mut PgConnection,
    (account, invoice): (AccountId, InvoiceId),
) -> Result<Option<RunId>, Failure> {
    let found = sqlx::query_scalar!(
        "select run_id from draft where account_id = $1 and invoice_id = $2",
        account.uuid(),
        invoice.uuid()
    );
    Ok(found.fetch_optional(connection).await?.map(RunId::from_uuid))
}

/// The accounts and names of the drafts of a run that still wait.
pub async fn waiting(connection: &mut PgConnection, run: RunId) -> Result<Vec<(Uuid, Uuid)>, Failure> {
    let rows = sqlx::query!(
        "select account_id, invoice_id from draft where run_id = $1 and waiting order by account_id, invoice_id",
        run.uuid()
    );
    Ok(rows.fetch_all(connection).await?.into_iter().map(|row| (row.account_id, row.invoice_id)).collect())
}

/// The drafts that a run has of these accounts and that wait.
pub async fn waiting_of(
    connection: &mut PgConnection,
    run: RunId,
    accounts: &[AccountId],
) -> Result<HashSet<InvoiceId>, Failure> {
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    let found = sqlx::query_scalar!(
        "select invoice_id from draft where run_id = $1 and account_id = any($2) and waiting",
        run.uuid(),
        &accounts
    );
    Ok(found.fetch_all(connection).await?.into_iter().map(InvoiceId::from_uuid).collect())
}

/// The next drafts of a run that wait for nothing, by account and order: the numbers follow from what is billed, not from when it was rated.
pub async fn next(connection: &mut PgConnection, run: RunId, limit: i64) -> Result<Vec<Waiting>, Failure> {
    let rows = sqlx::query!(
        "select account_id, invoice_id, kind, currency, payment_terms_days, settled_by, total from draft
          where run_id = $1 and not waiting order by account_id, order_id, invoice_id limit $2",
        run.uuid(),
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let total = Money::of(currency(&row.currency)?, row.total);
            Ok(Waiting {
                account: row.account_id,
                invoice: row.invoice_id,
                kind: Written::read(&row.kind)?,
                payment_terms_days: u16::try_from(row.payment_terms_days)
                    .context("the database holds no terms")?,
                settled_by: Written::read(&row.settled_by)?,
                total: total.context("the database holds parts of a minor unit")?,
            })
        })
        .collect()
}
