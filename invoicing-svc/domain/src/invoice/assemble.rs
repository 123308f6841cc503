use std::collections::BTreeMap;

use calendar::{Days, Month};
use ids::{AccountId, EntityId, InvoiceId, LineId, OrderId, RunId};
use money::{Currency, Exact, Money, MoneyError, Percent, Remainder, Rounding};
use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::{DocumentKind, Draft, DraftLine, LineTax, Untaxed, text};
use crate::account::SettledBy;
use crate::order::BillingTerms;
use crate::rating::{LineKind, RatedItem, RatedLine, apportion};
use crate::tax::{Place, Places, TaxBase, Treatment};

/// The order that is billed, with the settings of the entity that bills it.
#[derive(Clone, Copy, Debug)]
pub struct OrderFacts {
    pub account: AccountId,
    pub order: OrderId,
    pub entity: EntityId,
    pub currency: Currency,
    pub commission_percent: Percent,
    /// Net days.
    pub payment_terms_days: u16,
    pub settled_by: SettledBy,
    pub billing: BillingTerms,
    pub rounding: Rounding,
    pub remainder: Remainder,
}

/// The order line that is billed.
#[derive(Clone, Debug)]
pub struct LineFacts {
    pub line: LineId,
    /// Its number in the order.
    pub number: String,
    /// Its place in the order.
    pub ordinal: i32,
    /// The line's own text; may be empty.
    pub description: String,
    /// The product's invoice text.
    pub product_text: String,
    /// GL account of the product's revenue.
    pub gl_revenue: String,
    pub tax_code: String,
    pub flight: Days,
}

/// An order with what its lines come to.
#[derive(Clone, Debug)]
pub struct RatedOrder {
    pub facts: OrderFacts,
    pub lines: Vec<(LineFacts, RatedLine)>,
}

/// The draft of the orders that share a document, as they follow each other on it, without its tax; or none where there is
/// nothing to bill. Over-delivery
/// and free spots alone make no document; they stand on the next one that has an amount, because the ledger knows only
/// what was issued. What a [grouping key](super::grouping_key) holds together is the same in all of the orders.
pub fn assemble(
    run: RunId,
    key: &str,
    month: Month,
    orders: &[RatedOrder],
    places: Places<'_>,
) -> Result<Option<Untaxed>, MoneyError> {
    let lines = in_order(orders);
    let Some((order, _, _)) = lines.first() else { return Ok(None) };
    let gross = Money::sum(order.currency, lines.iter().map(|(_, _, item)| item.gross))?;
    // What one line bills and another takes back is told, though they come to nothing.
    let settles = lines.iter().any(|(_, _, item)| item.bucket.kind.settles() && !item.gross.is_zero());
    let Some(period) = span(&lines).filter(|_| settles || !gross.is_zero()) else {
        return Ok(None);
    };
    let net = gross.less_percent(order.commission_percent, order.rounding);
    let commission = gross.minus(net)?;
    Ok(Some(Untaxed::of(Draft {
        id: InvoiceId::of(run, order.account, key, order.currency.code(), "INVOICE"),
        run,
        entity: order.entity,
        account: order.account,
        order: order.order,
        kind: DocumentKind::Invoice,
        currency: order.currency,
        billing_month: month,
        period,
        payment_terms_days: order.payment_terms_days,
        settled_by: order.settled_by,
        spots: spots(&lines)?,
        commission_percent: order.commission_percent,
        gross,
        commission,
        net,
        tax: Money::zero(order.currency),
        total: net,
        tax_base: TaxBase::NetOfCommission,
        tax_engine: None,
        taxes: Vec::new(),
        lines: with_commission(commission, order, &in_places(&lines, places)?)?,
    })))
}

/// A line of the document: of which order and order line, and what it bills.
type Billed<'a> = (&'a OrderFacts, &'a LineFacts, &'a RatedItem);

/// Lines as on the document: by order and order line, then origin, kind, terms and price.
fn in_order(orders: &[RatedOrder]) -> Vec<Billed<'_>> {
    let mut lines: Vec<Billed<'_>> = Vec::new();
    for order in orders {
        let begin = lines.len();
        for (facts, rated) in &order.lines {
            lines.extend(rated.items.iter().map(|item| (&order.facts, facts, item)));
        }
        lines[begin..].sort_by_key(|(_, facts, item)| (facts.ordinal, facts.line, item.bucket));
    }
    lines
}

/// From the first day of an origin period to the last.
fn span(lines: &[Billed<'_>]) -> Option<Days> {
    let origins = || lines.iter().map(|(_, _, item)| item.bucket.origin);
    Days::new(origins().map(Days::first).min()?, origins().map(Days::last).max()?).ok()
}

fn spots(lines: &[Billed<'_>]) -> Result<i64, MoneyError> {
    let billed = lines.iter().filter(|(_, _, item)| match item.bucket.kind {
        LineKind::Spots | LineKind::Makegood => true,
        LineKind::SchedulePart
        | LineKind::Delivery
        | LineKind::TierFee
        | LineKind::Expenses
        | LineKind::Minimum
        | LineKind::TrueUp
        | LineKind::Rebate
        | LineKind::AdCredit
        | LineKind::OverDelivery => false,
    });
    let count = |(_, _, item): &Billed<'_>| item.quantity.to_i64();
    billed.map(count).try_fold(0_i64, |sum, count| sum.checked_add(count?)).ok_or(MoneyError::Overflow)
}

/// A line of the document in one place.
struct InPlace<'a> {
    order: &'a OrderFacts,
    facts: &'a LineFacts,
    item: RatedItem,
    place: Place,
}

/// The lines, each once for every place in which it is taxed.
fn in_places<'a>(lines: &[Billed<'a>], places: Places<'_>) -> Result<Vec<InPlace<'a>>, MoneyError> {
    let mut entries: BTreeMap<LineId, u32> = BTreeMap::new();
    for (_, facts, item) in lines {
        let last = entries.entry(facts.line).or_insert(item.entry);
        *last = item.entry.max(*last);
    }
    let mut placed = Vec::with_capacity(lines.len());
    for (order, facts, item) in lines {
        let next = entries.entry(facts.line).or_insert(item.entry);
        let parts = places.parts((facts.line, service(facts, item).last()), item, order.remainder, next)?;
        placed.extend(parts.into_iter().map(|(place, item)| InPlace { order, facts, item, place }));
    }
    Ok(placed)
}

/// The lines with their parts of the commission: each its percent of the line, by largest remainder.
fn with_commission(
    commission: Money,
    order: &OrderFacts,
    lines: &[InPlace<'_>],
) -> Result<Vec<DraftLine>, MoneyError> {
    let exact: Result<Vec<Exact>, _> =
        lines.iter().map(|line| percent_of(line.item.gross, order.commission_percent)).collect();
    let commissions = apportion(commission, &exact?, order.remainder)?;
    lines.iter().zip(commissions).map(|(in_place, commission)| line(in_place, commission)).collect()
}

/// The days on which it was delivered. A part of a fee lists no spots, and neither does a price that is taken back.
fn service(facts: &LineFacts, item: &RatedItem) -> Days {
    let origin = item.bucket.origin;
    item.delivered.or_else(|| origin.intersect(facts.flight)).unwrap_or(origin)
}

fn line(
    InPlace { order, facts, item, place }: &InPlace<'_>,
    commission: Money,
) -> Result<DraftLine, MoneyError> {
    let (service, note) =
        (service(facts, item), text::note(item, order.billing.month_of(item.bucket.origin)));
    let Treatment { category, percent, reason: _ } = Treatment::outside_scope();
    Ok(DraftLine {
        order: order.order,
        line: facts.line,
        item: RatedItem { note, ..item.clone() },
        description: text::description(facts),
        commission,
        net: item.gross.minus(commission)?,
        gl_revenue: facts.gl_revenue.clone(),
        tax_code: facts.tax_code.clone(),
        tax: LineTax { place: place.clone(), category, percent, amount: Money::zero(order.currency) },
        service,
        tax_point: service.last(),
    })
}

/// So many percent of an amount, exactly.
pub(crate) fn percent_of(amount: Money, percent: Percent) -> Result<Exact, MoneyError> {
    let (amount, currency, percent) = (amount.amount(), amount.currency(), percent.value());
    let hundredths = amount.mantissa().checked_mul(percent.mantissa()).ok_or(MoneyError::Overflow)?;
    let scale = amount.scale() + percent.scale() + 2;
    let exact = Decimal::try_from_i128_with_scale(hundredths, scale).map_err(|_| MoneyError::Overflow)?;
    Ok(Exact::of(currency, exact))
}
