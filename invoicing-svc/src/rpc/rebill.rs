//! Billing to another what a document billed: its credit note and the new invoice, in the transaction of the call; a preview
//! does the same and takes everything back.

use std::collections::BTreeMap;

use anyhow::{Context, anyhow};
use billing_proto::billing::invoicing::v1 as pb;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
};
use ids::{AccountId, InvoiceId};
use invoicing_domain::{
    account::{Account, SettledBy},
    billing_entity::BillingEntity,
    invoice::DocumentKind,
    ledger::note_postings,
    note::{self as domain, Note, NoteRefusal, OriginalLine, Settings},
    period::posting_of_correction,
    rating::LineKind,
    resource::ResourceRefusal,
    tax::{Place, Taxable, Treatment},
};
use jiff::civil::Date;
use refusal::Violations;
use rust_decimal::prelude::ToPrimitive;
use sqlx::PgConnection;
use uuid::Uuid;

use super::issue_note::{self, Made, Order, Saying, Subject};
use crate::{
    store::{
        self,
        document::Named,
        note::{BilledAs, Books, Corrected, Taken},
        rebill::{Moved, Rebill},
    },
    wire::{name, note as wire},
    work::{TaxEngines, Taxing, rendering},
};

/// A rebill that is asked for.
pub(super) struct Asked<'a> {
    /// The credit note.
    pub(super) order: Order<'a>,
    pub(super) rebill: Option<&'a pb::Rebill>,
}

/// A rebill that is done: its credit note, and its invoice.
pub(super) struct Done {
    pub(super) credit: Made,
    pub(super) invoice: Named,
}

/// Makes both documents. Both accounts are locked until the transaction ends.
pub(super) async fn rebill(
    connection: &mut PgConnection,
    call: &Call,
    asked: &Asked<'_>,
    engines: &TaxEngines,
) -> Result<Done, Failure> {
    lock(connection, asked).await?;
    let subject = issue_note::subject(connection, call, &asked.order).await?;
    let said = wire::parse_rebill(asked.rebill, &subject.corrected.original)?;
    let to = buyer(connection, call, (&subject, &said)).await?;
    let date = issue_note::issue_date(&subject, said.note.issue_date, call)?;
    let (replaces, entity, corrected) = (subject.corrects, subject.entity.clone(), subject.corrected.clone());
    let named = (to.id, id(replaces.1, to.id, call, asked.order.request_id));
    // Before that of the credit note, always: whoever makes another rebill takes them in the same order.
    let taken = issue_note::number(connection, &entity, DocumentKind::Invoice, date).await?;
    store::number_series::record_year(connection, taken.series, taken.year).await?;
    let of_credit = issue_note::number(connection, &entity, DocumentKind::CreditNote, date).await?;
    let note = issue_note::decide(connection, &subject, &said.note.asked).await?;
    // What is to be made good is billed to the other account, too.
    let owed = BTreeMap::new();
    let saying = Saying {
        reason: &said.note.reason,
        keep_due_date: false,
        taken: &of_credit,
        rebill: Some(BilledAs { named, number: &taken.number }),
        spots: &[],
        owed: &owed,
    };
    let credit = issue_note::record(connection, call, (&asked.order, subject), (&note, saying)).await?;
    let moved = moved(connection, replaces, (to.id, &note)).await?;
    let settings = Settings { rounding: entity.rounding, remainder: entity.remainder };
    let of = (named, &corrected, &note, &moved[..]);
    let taxed = taxed(connection, &entity, of, engines).await?;
    let billed = domain::rebill(&note, taxed, corrected.original.tax_base, settings);
    let billed = billed.map_err(NoteRefusal::from).or_refuse()?;
    let bill = Bill { to: &to, named, replaces, taken: &taken, note: &billed, moved: &moved };
    record(connection, call, &bill, (&entity, &corrected, &said)).await?;
    Ok(Done { credit, invoice: named })
}

/// Locks all accounts at once, as whoever else needs several does.
async fn lock(connection: &mut PgConnection, asked: &Asked<'_>) -> Result<(), Failure> {
    let mut v = Violations::new();
    let from = name::invoice(&mut v, "invoice", asked.order.invoice);
    let to = asked.rebill.and_then(|rebill| name::account(&mut v, "rebill.account", &rebill.account));
    let mut accounts: Vec<AccountId> = from.map(|(account, _)| account).into_iter().chain(to).collect();
    if let Some(from) = from {
        accounts.extend(store::rebill::delivered_to(connection, from).await?);
    }
    let accounts: Vec<Uuid> = accounts.into_iter().map(AccountId::uuid).collect();
    store::account::lock_all(connection, &accounts).await
}

/// Whom the new invoice bills, where the caller may bill them in the entity's name.
async fn buyer(
    connection: &mut PgConnection,
    call: &Call,
    (subject, said): (&Subject, &wire::Rebill),
) -> Result<Account, Failure> {
    let to = store::account::get(connection, said.account, call.scope.json().as_ref()).await?;
    let entity = Some(subject.entity.id.uuid());
    if !call.scope.covers(entity, Some(&to.territory), Some(to.id.uuid())) {
        return Err(ResourceRefusal::NotFound { name: name::account_name(to.id) }).or_refuse();
    }
    let number = said.purchase_order.as_str();
    let rule = &to.purchase_orders;
    let keeps = number.is_empty() && to.id == subject.corrects.0;
    let is_missing = number.is_empty() && rule.is_required;
    if !keeps && (is_missing || (!number.is_empty() && !rule.fits(number))) {
        let format = match rule.format.as_str() {
            "" => String::new(),
            format => format!(" written as {format}"),
        };
        return Err(NoteRefusal::RebillPurchaseOrder { account: to.code, format }).or_refuse();
    }
    Ok(to)
}

/// The same whenever the same request comes again.
fn id(replaces: InvoiceId, to: AccountId, call: &Call, request_id: &str) -> InvoiceId {
    let (replaces, to) = (replaces.to_string(), to.to_string());
    let parts = [replaces.as_str(), &to, &call.caller.person, call.method, request_id];
    InvoiceId::derived(&parts.map(str::as_bytes))
}

/// The order lines of what the credit note takes, line by line.
async fn moved(
    connection: &mut PgConnection,
    replaces: Named,
    (to, note): (AccountId, &Note),
) -> Result<Vec<Moved>, Failure> {
    let moved = store::rebill::moved(connection, replaces, to).await?;
    let of = |number| moved.iter().find(|moved| moved.number == number).copied();
    note.lines
        .iter()
        .map(|line| Ok(of(line.corrects).context("a line of a document without an order line")?))
        .collect()
}

/// Where and how the lines are taxed when they are billed to another: at the tax point of what was billed, in the place
/// where they were seen, or else in that of the buyer.
async fn taxed(
    connection: &mut PgConnection,
    entity: &BillingEntity,
    (named, corrected, note, moved): (Named, &Corrected, &Note, &[Moved]),
    engines: &TaxEngines,
) -> Result<Vec<(Place, Treatment)>, Failure> {
    let mut accounts = vec![named.0];
    accounts.extend(moved.iter().map(|moved| moved.delivered.0));
    accounts.dedup();
    let inputs = store::tax::inputs(connection, &accounts).await?;
    let taxing = Taxing::of(entity, &inputs)?;
    let buyer = taxing.buyer(named.0)?;
    let places = buyer.places();
    let mut lines: Vec<(Place, &OriginalLine)> = Vec::with_capacity(note.lines.len());
    for (line, moved) in note.lines.iter().zip(moved) {
        let original = corrected.original.lines.iter().find(|of| of.number == line.corrects);
        let original = original.context("a line that was not asked for")?;
        let place = match places.knows(moved.delivered.1, original.tax_point) {
            true => original.tax.place.clone(),
            false => places.otherwise.clone(),
        };
        lines.push((place, original));
    }
    let taxables: Vec<Taxable<'_>> = lines
        .iter()
        .zip(&note.lines)
        .map(|((place, original), line)| Taxable {
            tax_code: &original.tax_code,
            place,
            base: corrected.original.tax_base.of(line.net, line.gross),
            tax_point: original.tax_point,
        })
        .collect();
    let of = (named.1, named.0, note.currency);
    let treatments = buyer.treatments(of, &taxables, engines).await?;
    Ok(lines.into_iter().map(|(place, _)| place).zip(treatments).collect())
}

/// The invoice to be.
struct Bill<'a> {
    to: &'a Account,
    named: Named,
    replaces: Named,
    taken: &'a Taken,
    note: &'a Note,
    moved: &'a [Moved],
}

async fn record(
    connection: &mut PgConnection,
    call: &Call,
    bill: &Bill<'_>,
    (entity, corrected, said): (&BillingEntity, &Corrected, &wire::Rebill),
) -> Result<(), Failure> {
    let Bill { to, named, replaces, taken, note, moved } = bill;
    let due = due(to, corrected, taken);
    let postings = note_postings(note, &entity.gl_codes).context("a rebill cannot be posted")?;
    let books = store::accounting_period::books(connection, entity).await?;
    let posting = posting_of_correction(&books, taken.date);
    let rebill = Rebill {
        named: *named,
        replaces: *replaces,
        replaces_number: &corrected.number,
        note,
        moved,
        taken,
        due_date: due,
        books: Books { entity: entity.id, posting, postings: &postings },
        reason: &said.note.reason,
        purchase_order: &said.purchase_order,
        spots: spots(note)?,
        tax_engine: entity.tax_engine.as_deref(),
        digest: domain::digest(replaces.1, Some(named.0), note),
        by: &call.caller.person,
        at: call.at,
        template_version: rendering::TEMPLATE_VERSION,
    };
    store::rebill::record(connection, &rebill).await?;
    let bill = (to.settled_by, issue_note::wallet_bill(*named, note, (*taken, due)));
    issue_note::pay_from_wallet(connection, call, (entity, &books), (bill, taken.date)).await
}

/// It ages from the old due date; who does not settle by terms owes it on the day of issue at the latest.
fn due(to: &Account, corrected: &Corrected, taken: &Taken) -> Date {
    match to.settled_by {
        SettledBy::Terms => corrected.due_date,
        SettledBy::Card | SettledBy::SellerBalance | SettledBy::Wallet => corrected.due_date.min(taken.date),
    }
}

/// Spots that are billed, makegoods too, without over-delivery.
fn spots(note: &Note) -> Result<i64, Failure> {
    let counted = note.lines.iter().filter(|line| line.unit == invoicing_domain::rating::Unit::Spot);
    let billed = counted.filter(|line| line.bucket.kind != LineKind::OverDelivery);
    let sum: i64 = billed
        .map(|line| line.quantity.to_i64().ok_or_else(|| anyhow!("spots that cannot be counted")))
        .sum::<Result<_, _>>()?;
    Ok(sum)
}
