//! Invoices that replace another document, for another account or the same one: the orders on which they stand, and
//! recording them.

use anyhow::{Context, ensure};
use chassis::failure::Failure;
use ids::{AccountId, LineId, OrderId, SeriesId};
use invoicing_domain::note::Note;
use jiff::{Timestamp, civil::Date};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    document::Named,
    note::{Books, Taken, insert_taxes_and_postings, number},
    written::{Written, month_day},
};

/// A line of a document with the order line on which it stands when it is billed to another account.
#[derive(Clone, Copy, Debug)]
pub struct Moved {
    /// On the document.
    pub number: u32,
    pub from: (OrderId, LineId),
    pub to: (OrderId, LineId),
    /// The account and order line to which it was delivered, whoever has been billed for it since.
    pub delivered: (AccountId, LineId),
}

/// The order lines of a document, and those that stand for them when it is billed to `to`.
pub async fn moved(
    connection: &mut PgConnection,
    (account, invoice): Named,
    to: AccountId,
) -> Result<Vec<Moved>, Failure> {
    let rows = sqlx::query!(
        "select l.number, l.line_id, ol.order_id, ol.number as order_line,
                coalesce(o.delivered_account_id, o.account_id) as \"delivered_account_id!\",
                coalesce(o.delivered_order_id, o.order_id) as \"delivered_order_id!\"
           from invoice_line l
           join order_line ol using (account_id, line_id)
           join insertion_order o on (o.account_id, o.order_id) = (ol.account_id, ol.order_id)
          where l.account_id = $1 and l.invoice_id = $2
          order by l.number",
        account.uuid(),
        invoice.uuid()
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let from = OrderId::from_uuid(row.order_id);
            let parts = [account.to_string(), from.to_string(), to.to_string()];
            let made = OrderId::derived(&parts.each_ref().map(|part| part.as_bytes()));
            let delivered = OrderId::from_uuid(row.delivered_order_id);
            Ok(Moved {
                number: u32::try_from(row.number).context("the database holds no number of a line")?,
                from: (from, LineId::from_uuid(row.line_id)),
                to: (made, LineId::of(made, &row.order_line)),
                delivered: (
                    AccountId::from_uuid(row.delivered_account_id),
                    LineId::of(delivered, &row.order_line),
                ),
            })
        })
        .collect()
}

/// The account to which it was delivered what a document bills, where that is another one, or another order of it.
pub async fn delivered_to(
    connection: &mut PgConnection,
    (account, invoice): Named,
) -> Result<Option<AccountId>, Failure> {
    let found = sqlx::query_scalar!(
        "select o.delivered_account_id from invoice i join insertion_order o using (account_id, order_id)
          where i.account_id = $1 and i.invoice_id = $2",
        account.uuid(),
        invoice.uuid()
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.flatten().map(AccountId::from_uuid))
}

/// Locks the account of a document, and the one to which it was delivered what it bills, until the transaction ends: in the order of
/// their ids, as whoever else needs several does. Answers the latter, which is mostly the same.
pub async fn lock_accounts(
    connection: &mut PgConnection,
    (account, invoice): Named,
) -> Result<AccountId, Failure> {
    let locked = sqlx::query_scalar!(
        "select account_id from account
          where account_id = any(array(select o.delivered_account_id from invoice i join insertion_order o using (account_id, order_id)
                                        where i.account_id = $1 and i.invoice_id = $2) || $1::uuid)
          order by account_id for update",
        account.uuid(),
        invoice.uuid()
    )
    .fetch_all(connection)
    .await?;
    let other = locked.into_iter().map(AccountId::from_uuid).find(|locked| *locked != account);
    Ok(other.unwrap_or(account))
}

/// Counts corrections of a document that was billed to somebody else where it was delivered, so that runs do not make them
/// again; what was credited there by the rebill is as much less.
pub async fn count_where_delivered(
    connection: &mut PgConnection,
    (account, note): Named,
    (to, lines): (AccountId, &[(LineId, LineId)]),
) -> Result<(), Failure> {
    let (billed, delivered): (Vec<Uuid>, Vec<Uuid>) =
        lines.iter().map(|(billed, delivered)| (billed.uuid(), delivered.uuid())).unzip();
    sqlx::query_file!(
        "src/store/sql/count_where_delivered.sql",
        account.uuid(),
        note.uuid(),
        to.uuid(),
        &billed,
        &delivered
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The invoice of a rebill with its number and dates.
#[derive(Clone, Copy, Debug)]
pub struct Rebill<'a> {
    pub named: Named,
    /// What it replaces.
    pub replaces: Named,
    pub replaces_number: &'a str,
    pub note: &'a Note,
    /// The lines that it bills, in their order.
    pub moved: &'a [Moved],
    pub taken: &'a Taken,
    pub due_date: Date,
    pub books: Books<'a>,
    pub reason: &'a str,
    /// The customer's number; empty: that of the document where the account stays the same.
    pub purchase_order: &'a str,
    /// Spots billed.
    pub spots: i64,
    pub tax_engine: Option<&'a str>,
    pub digest: [u8; 32],
    pub by: &'a str,
    pub at: Timestamp,
    pub template_version: i32,
}

/// Records the invoice: first the orders that it stands on.
pub async fn record(connection: &mut PgConnection, rebill: &Rebill<'_>) -> Result<(), Failure> {
    let orders = orders(rebill.moved);
    insert_orders(connection, rebill, &orders).await?;
    let made = insert_head(connection, rebill, &orders).await?;
    ensure_one(made)?;
    insert_lines(connection, rebill).await?;
    insert_taxes_and_postings(connection, rebill.named, rebill.note, (rebill.books, rebill.at)).await
}

fn ensure_one(made: u64) -> Result<(), anyhow::Error> {
    ensure!(made == 1, "the invoice of a rebill was recorded {made} times");
    Ok(())
}

/// Each order with the one that stands for it, in the order of the lines.
fn orders(moved: &[Moved]) -> (Vec<Uuid>, Vec<Uuid>) {
    let mut orders: Vec<(Uuid, Uuid)> = Vec::new();
    for Moved { from, to, .. } in moved {
        let order = (from.0.uuid(), to.0.uuid());
        if !orders.contains(&order) {
            orders.push(order);
        }
    }
    orders.into_iter().unzip()
}

async fn insert_orders(
    connection: &mut PgConnection,
    rebill: &Rebill<'_>,
    (of, made): &(Vec<Uuid>, Vec<Uuid>),
) -> Result<(), Failure> {
    let (from, to) = (rebill.replaces.0.uuid(), rebill.named.0.uuid());
    sqlx::query_file!(
        "src/store/sql/insert_rebilled_orders.sql",
        from,
        to,
        of,
        made,
        rebill.at.to_sqlx() as _,
        rebill.by
    )
    .execute(&mut *connection)
    .await?;
    let mut moved: Vec<&Moved> = rebill.moved.iter().collect();
    // Several lines of a document may bill one order line.
    moved.sort_by_key(|moved| moved.from.1);
    moved.dedup_by_key(|moved| moved.from.1);
    let of: Vec<_> = moved.iter().map(|moved| moved.from.1.uuid()).collect();
    let orders: Vec<_> = moved.iter().map(|moved| moved.to.0.uuid()).collect();
    let lines: Vec<_> = moved.iter().map(|moved| moved.to.1.uuid()).collect();
    sqlx::query_file!("src/store/sql/insert_rebilled_order_lines.sql", from, to, &of, &orders, &lines)
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_head(
    connection: &mut PgConnection,
    rebill: &Rebill<'_>,
    (of, made): &(Vec<Uuid>, Vec<Uuid>),
) -> Result<u64, Failure> {
    let Rebill { named, replaces, note, taken, .. } = rebill;
    let numbers: Vec<i32> = note.lines.iter().map(|line| number(line.corrects)).collect::<Result<_, _>>()?;
    let done = sqlx::query_file!(
        "src/store/sql/insert_rebill.sql",
        replaces.0.uuid(),
        replaces.1.uuid(),
        named.0.uuid(),
        named.1.uuid(),
        rebill.replaces_number,
        rebill.reason,
        note.gross.amount(),
        note.commission.amount(),
        note.net.amount(),
        note.tax.amount(),
        note.total.amount(),
        rebill.digest.as_slice(),
        SeriesId::uuid(taken.series),
        i32::from(taken.year.year),
        taken.sequence,
        taken.number,
        Date::to_sqlx(taken.date) as _,
        month_day(rebill.books.posting.month).to_sqlx() as _,
        rebill.by,
        rebill.at.to_sqlx() as _,
        rebill.template_version,
        &numbers,
        of,
        made,
        rebill.purchase_order,
        named.0 == replaces.0,
        rebill.spots,
        rebill.tax_engine,
        Date::to_sqlx(rebill.due_date) as _
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

async fn insert_lines(connection: &mut PgConnection, rebill: &Rebill<'_>) -> Result<(), Failure> {
    let Rebill { named, replaces, note, .. } = rebill;
    macro_rules! column {
        (|$line:ident| $value:expr) => {
            note.lines.iter().map(|$line| $value).collect::<Vec<_>>()
        };
    }
    let numbers: Vec<i32> = note.lines.iter().map(|line| number(line.corrects)).collect::<Result<_, _>>()?;
    let bases: Vec<i32> =
        note.lines.iter().map(|line| number(line.bucket.price_base)).collect::<Result<_, _>>()?;
    let lines: Vec<Uuid> = rebill.moved.iter().map(|moved| moved.to.1.uuid()).collect();
    sqlx::query_file!(
        "src/store/sql/insert_rebilled_lines.sql",
        replaces.0.uuid(),
        replaces.1.uuid(),
        named.0.uuid(),
        named.1.uuid(),
        month_day(rebill.books.posting.month).to_sqlx() as _,
        &numbers,
        &lines,
        &column!(|line| line.quantity),
        &column!(|line| line.unit.text()) as _,
        &column!(|line| line.bucket.rate.value()),
        &bases,
        &column!(|line| line.gross.amount()),
        &column!(|line| line.commission.amount()),
        &column!(|line| line.net.amount()),
        &column!(|line| line.tax.place.as_str()) as _,
        &column!(|line| line.tax.category.text()) as _,
        &column!(|line| line.tax.percent.value()),
        &column!(|line| line.tax.amount.amount()),
        rebill.at.to_sqlx() as _,
        named.0 == replaces.0 && rebill.purchase_order.is_empty()
    )
    .execute(connection)
    .await?;
    Ok(())
}
