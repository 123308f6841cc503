//! What is open on documents, and what becomes of it.

mod given_up;
mod received;

pub use given_up::{write_off, write_offs};
pub use received::{paid_ahead, receipt, receipts, refunds, taken};

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, ActivityId, EntityId, InvoiceId};
use invoicing_domain::{
    billing_run::Act,
    ledger,
    period::Posting,
    receivable::{Activity, Credit, Moved, OpenItem, Source},
    resource::ResourceRefusal,
};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use money::{Currency, Money};
use refusal::Refusal;
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    document::Named,
    written::{Written, currency, month_day},
};

/// Which documents to look at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    pub account: Option<AccountId>,
    /// Only this one, whatever is open on it; else only those with something open.
    pub document: Option<InvoiceId>,
    /// None: as everything stands now.
    pub as_of: Option<Date>,
    pub entity: Option<EntityId>,
    pub currency: Option<Currency>,
    /// Only those after this one.
    pub after: Option<(Date, Uuid)>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    /// At most this many; `None`: all.
    pub limit: Option<i64>,
}

/// Which activities of a kind to look at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Listed<'a> {
    pub account: Option<AccountId>,
    /// Only this one.
    pub id: Option<ActivityId>,
    /// Only those after this one of that account.
    pub after: Option<(Uuid, Uuid)>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    /// At most this many; `None`: all.
    pub limit: Option<i64>,
}

/// Documents with what is open on them, by due date.
pub async fn documents(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<OpenItem>, Failure> {
    let rows = sqlx::query_file!(
        "src/store/sql/open_documents.sql",
        which.account.map(AccountId::uuid),
        which.document.map(InvoiceId::uuid),
        which.as_of.map(ToSqlx::to_sqlx) as _,
        which.entity.map(EntityId::uuid),
        which.currency.map(|currency| currency.code()),
        which.after.map(|(due, _)| due.to_sqlx()) as _,
        which.after.map(|(_, document)| document),
        which.scope,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency = currency(&row.currency)?;
            Ok(OpenItem {
                account: AccountId::from_uuid(row.account_id),
                entity: EntityId::from_uuid(row.entity_id),
                document: InvoiceId::from_uuid(row.invoice_id),
                kind: Written::read(&row.kind)?,
                number: row.number,
                issued: row.issue_date.to_jiff(),
                due: row.due_date.to_jiff(),
                total: money(currency, row.total)?,
                open: money(currency, row.open)?,
                disputed: money(currency, row.disputed)?,
                dispute: row.dispute,
            })
        })
        .collect()
}

/// One issued document, or that it does not exist for this caller.
pub async fn document(
    connection: &mut PgConnection,
    (account, invoice): Named,
    as_of: Option<Date>,
    scope: Option<&Value>,
) -> Result<OpenItem, Failure> {
    let which = Which { account: Some(account), document: Some(invoice), as_of, scope, ..Which::default() };
    let missing = || missing(account, "invoices", invoice);
    Ok(documents(connection, which).await?.pop().ok_or_else(missing)?)
}

/// What is open on a document; below zero on a credit note that is not used up.
pub async fn open_on(connection: &mut PgConnection, named: Named) -> Result<Money, Failure> {
    Ok(document(connection, named, None, None).await?.open)
}

/// What an account has as credit in an entity and currency, and what stands against it.
pub async fn credit(
    connection: &mut PgConnection,
    account: AccountId,
    (entity, currency): (EntityId, Currency),
) -> Result<Credit, Failure> {
    let which =
        Which { account: Some(account), entity: Some(entity), currency: Some(currency), ..Which::default() };
    let documents = documents(connection, which).await?;
    let sum = |amounts: &mut dyn Iterator<Item = Money>| Money::sum(currency, amounts);
    let owed = sum(&mut documents.iter().map(|item| item.open).filter(|open| open.is_positive()));
    let notes = sum(&mut documents.iter().map(|item| item.open.negate()).filter(|open| open.is_positive()));
    let sums = sqlx::query!(
        "select coalesce(sum(case kind when 'RECEIPT' then amount else -amount end)
                   filter (where kind = 'RECEIPT' or receipt_id is not null), 0) as \"unapplied!\",
                coalesce(sum(case kind when 'WRITE_OFF' then amount else -amount end)
                   filter (where kind in ('WRITE_OFF', 'RECOVERY')), 0) as \"lost!\"
           from receivable_activity
          where account_id = $1 and entity_id = $2 and currency = $3",
        account.uuid(),
        entity.uuid(),
        currency.code()
    )
    .fetch_one(connection)
    .await?;
    let (cash, lost) = (money(currency, sums.unapplied)?, money(currency, sums.lost)?);
    let credit = notes.and_then(|notes| notes.plus(cash)).context("a credit too large to be told")?;
    let owed = owed.and_then(|owed| owed.plus(lost)).context("a debt too large to be told")?;
    Ok(Credit { credit, owed })
}

/// From now on so much of a document is disputed.
pub async fn dispute(
    connection: &mut PgConnection,
    (account, invoice): Named,
    (amount, dispute): (Money, &str),
    (day, act): (Date, &Act),
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into disputed_part (account_id, invoice_id, ordinal, day, amount, dispute, set_by, set_at)
         select $1, $2, 1 + coalesce(max(ordinal), 0), $3, $4, $5, $6, $7
           from disputed_part where account_id = $1 and invoice_id = $2",
        account.uuid(),
        invoice.uuid(),
        day.to_sqlx() as _,
        amount.amount(),
        dispute,
        act.by,
        act.at.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records what somebody did to the receivables of accounts, one statement for all of it.
pub async fn record(
    connection: &mut PgConnection,
    activities: &[(AccountId, Activity)],
) -> Result<(), Failure> {
    macro_rules! column {
        (|$activity:ident| $value:expr) => {
            activities.iter().map(|(_, $activity)| $value).collect::<Vec<_>>()
        };
    }
    let accounts: Vec<Uuid> = activities.iter().map(|(account, _)| account.uuid()).collect();
    sqlx::query!(
        "insert into receivable_activity (account_id, activity_id, entity_id, kind, currency, day, amount, receipt_id, credit_id,
           invoice_id, write_off_id, method, reference, reason, approval, recorded_by, recorded_at, reverses_id)
         select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::date[], $7::numeric[], $8::uuid[],
           $9::uuid[], $10::uuid[], $11::uuid[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::timestamptz[], $18::uuid[])",
        &accounts,
        &column!(|a| a.id.uuid()),
        &column!(|a| a.entity.uuid()),
        &column!(|a| a.moved.name()) as _,
        &column!(|a| a.amount.currency().code()) as _,
        &column!(|a| a.day.to_sqlx()) as _,
        &column!(|a| a.amount.amount()),
        &column!(|a| Names::of(&a.moved).receipt.map(ActivityId::uuid)) as _,
        &column!(|a| Names::of(&a.moved).credit.map(InvoiceId::uuid)) as _,
        &column!(|a| Names::of(&a.moved).invoice.map(InvoiceId::uuid)) as _,
        &column!(|a| Names::of(&a.moved).write_off.map(ActivityId::uuid)) as _,
        &column!(|a| Names::of(&a.moved).method) as _,
        &column!(|a| a.reference.as_str()) as _,
        &column!(|a| a.reason.as_str()) as _,
        &column!(|a| a.approval.as_deref()) as _,
        &column!(|a| a.act.by.as_str()) as _,
        &column!(|a| a.act.at.to_sqlx()) as _,
        &column!(|a| a.reverses.map(ActivityId::uuid)) as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// An activity with what it does to the books.
#[derive(Clone, Debug)]
pub struct Posted {
    pub account: AccountId,
    pub activity: Activity,
    pub postings: Vec<ledger::Posting>,
    /// Where it is posted.
    pub on: Posting,
}

/// Records the postings of activities that are recorded.
pub async fn post(connection: &mut PgConnection, posted: &[Posted]) -> Result<(), Failure> {
    let rows: Vec<_> =
        posted.iter().flat_map(|of| of.postings.iter().map(move |posting| (of, posting))).collect();
    macro_rules! column {
        (|$of:ident, $posting:ident| $value:expr) => {
            rows.iter().map(|($of, $posting)| $value).collect::<Vec<_>>()
        };
    }
    sqlx::query!(
        "insert into ledger_entry (account_id, entry_id, entity_id, invoice_id, activity_id, ledger_account, gl_code, posting_date,
           accounting_month, currency, debit, credit, recorded_at)
         select p.account_id, gen_random_uuid(), p.entity_id, p.invoice_id, p.activity_id, p.ledger_account, p.gl_code,
           p.posting_date, p.accounting_month, p.currency, p.debit, p.credit, p.recorded_at
           from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::date[], $8::date[],
             $9::text[], $10::numeric[], $11::numeric[], $12::timestamptz[])
             as p(account_id, entity_id, invoice_id, activity_id, ledger_account, gl_code, posting_date, accounting_month,
               currency, debit, credit, recorded_at)",
        &column!(|of, _posting| of.account.uuid()),
        &column!(|of, _posting| of.activity.entity.uuid()),
        &column!(|of, _posting| Names::of(&of.activity.moved).invoice.map(InvoiceId::uuid)) as _,
        &column!(|of, _posting| of.activity.id.uuid()),
        &column!(|_of, posting| posting.account.text()) as _,
        &column!(|_of, posting| posting.gl_code.as_str()) as _,
        &column!(|of, _posting| of.on.date.to_sqlx()) as _,
        &column!(|of, _posting| month_day(of.on.month).to_sqlx()) as _,
        &column!(|of, _posting| of.activity.amount.currency().code()) as _,
        &column!(|_of, posting| posting.debit.amount()),
        &column!(|_of, posting| posting.credit.amount()),
        &column!(|of, _posting| of.activity.act.at.to_sqlx()) as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What an activity names, column by column.
#[derive(Clone, Copy, Default)]
struct Names<'a> {
    receipt: Option<ActivityId>,
    credit: Option<InvoiceId>,
    invoice: Option<InvoiceId>,
    write_off: Option<ActivityId>,
    method: &'a str,
}

impl<'a> Names<'a> {
    fn of(moved: &'a Moved) -> Self {
        let none = Self::default();
        match moved {
            Moved::Receipt { method } => Self { method, ..none },
            Moved::Allocation { receipt, document } => {
                Self { receipt: Some(*receipt), invoice: Some(*document), ..none }
            }
            Moved::Credit { credit, document } => {
                Self { credit: Some(*credit), invoice: Some(*document), ..none }
            }
            Moved::Refund(Source::Receipt(receipt)) => Self { receipt: Some(*receipt), ..none },
            Moved::Refund(Source::Credit(credit)) => Self { credit: Some(*credit), ..none },
            Moved::WriteOff { document } => Self { invoice: Some(*document), ..none },
            Moved::TaxRelief { write_off } => Self { write_off: Some(*write_off), ..none },
            Moved::Recovery { receipt, write_off, tax: _ } => {
                Self { receipt: Some(*receipt), write_off: Some(*write_off), ..none }
            }
        }
    }
}

fn missing(account: AccountId, collection: &str, id: impl ToString) -> Refusal {
    let name = format!("accounts/{account}/{collection}/{}", id.to_string());
    ResourceRefusal::NotFound { name }.into()
}

fn money(currency: Currency, amount: Decimal) -> Result<Money, Failure> {
    Ok(Money::of(currency, amount).context("the database holds parts of a minor unit")?)
}
