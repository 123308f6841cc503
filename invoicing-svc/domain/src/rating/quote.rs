//! What a line would bill, month by month: the months of its flight are billed one after the other, each with what is
//! known by then, as runs do. Nothing is recorded.

use std::collections::BTreeSet;

use calendar::Month;
use ids::LineId;
use money::{Exact, Money, MoneyError};

use super::{
    Airing, Basis, Billed, Bucket, Cell, Held, LineKind, LineToRate, Pricing, RatedItem, RatedLine,
    RatingError, bucket::free, rate,
};
use crate::account::PurchaseOrderRule;
use crate::explanation::Node;
use crate::order::{
    AccountFacts, Decision, EntityFacts, Facts, Guidelines, Line, OpeningBalance, Order, OrderRefusal, sync,
};
use crate::pricing::PricingModel;

/// A line with all that will ever be delivered of it.
#[derive(Clone, Debug)]
pub struct Quote {
    /// Nothing is delivered or billed of it yet; its month is the first that is billed.
    pub line: LineToRate,
    /// In whatever order.
    pub usage: Vec<Reported>,
    /// The last month that is billed.
    pub last: Month,
}

/// A line that nobody ordered, and all that will ever be delivered of it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// With one line.
    pub order: Order,
    pub model: PricingModel,
    pub entity: EntityFacts,
    pub usage: Vec<Reported>,
}

impl Quote {
    /// Books the line, or says what is wrong with its terms.
    pub fn of(asked: Asked) -> Result<Self, OrderRefusal> {
        let Asked { order, model, entity, usage } = asked;
        let products = order.lines.iter().map(|line| (line.product, model)).collect();
        let account = AccountFacts {
            payment_terms_days: 0,
            territory: String::new(),
            purchase_orders: PurchaseOrderRule::default(),
        };
        let not_live = BTreeSet::new();
        let facts = Facts {
            account: Some(&account),
            entity: Some(&entity),
            products: &products,
            not_live: &not_live,
            guidelines: Guidelines::default(),
            // Whoever asks for a price takes the terms as they say them.
            is_approved: true,
        };
        let booked = match sync(None, &order, facts)? {
            Decision::Create(booking) | Decision::Amend(booking) => booking.lines,
            // Nothing is known before of what nobody ordered.
            Decision::Review(_) | Decision::Unchanged => Vec::new(),
        };
        let (Some(line), Some(terms)) = (order.lines.first(), booked.first()) else {
            return Err(OrderRefusal::LineCount { count: 0 });
        };
        let billing = order.billing(entity.fiscal);
        let month_of = |day| billing.month_of(billing.period_of(day));
        let line = LineToRate {
            line: LineId::of(order.id(), &line.number),
            currency: order.currency,
            rounding: entity.rounding,
            billing,
            month: month_of(line.flight.first()),
            pricing: Pricing::of(line, terms),
            billed_before: line.opening_balances.iter().map(|balance| opened(line, balance)).collect(),
            last_entry: 0,
        };
        let flown = month_of(order.flight.last());
        let last = usage.iter().map(|reported| reported.known).fold(flown, Month::max);
        Ok(Self { line, usage, last })
    }
}

/// What another system billed; of its position only the period counts.
fn opened(line: &Line, balance: &OpeningBalance) -> Billed {
    let (kind, segment_first) = (LineKind::Delivery, line.flight.first());
    let bucket = Bucket { origin: balance.origin, kind, segment_first, rate: free(), price_base: 1 };
    Billed { bucket, units: balance.units.value(), gross: balance.gross, basis: Basis::Opening }
}

/// What was delivered, and when it is heard of.
#[derive(Clone, Debug)]
pub struct Reported {
    /// The first month whose run knows it.
    pub known: Month,
    pub delivered: Delivered,
}

/// What was delivered.
#[derive(Clone, Debug)]
pub enum Delivered {
    Cell(Cell),
    Spot(Airing),
}

/// What the run of a month would bill.
#[derive(Clone, Debug)]
pub struct QuotedMonth {
    pub month: Month,
    /// The sum of the items.
    pub billed: Money,
    pub items: Vec<RatedItem>,
    pub held: Vec<Held>,
    /// How the amount comes to be.
    pub explanation: Node,
}

/// Bills each month in turn.
pub fn quote(quote: Quote) -> Result<Vec<QuotedMonth>, RatingError> {
    let Quote { mut line, mut usage, last } = quote;
    let mut months = Vec::new();
    while line.month <= last {
        let known = |reported: &Reported| reported.known <= line.month;
        let (heard, later): (Vec<_>, Vec<_>) = usage.into_iter().partition(known);
        usage = later;
        hear(&mut line.pricing, heard);
        let rated = rate(&line)?;
        enter(&mut line, &rated);
        months.push(quoted(&line, rated)?);
        line.month = line.month.next();
    }
    Ok(months)
}

fn hear(pricing: &mut Pricing, reported: Vec<Reported>) {
    for reported in reported {
        match (reported.delivered, &mut *pricing) {
            (Delivered::Cell(cell), Pricing::Metered(metered)) => metered.cells.push(cell),
            (Delivered::Spot(airing), Pricing::PerSpot { airings, .. }) => airings.push(airing),
            // Nothing is counted of fees and subscriptions, and who counts spots counts nothing else.
            (Delivered::Cell(_) | Delivered::Spot(_), _) => {}
        }
    }
}

/// Issues what was rated, so that the next month bills only what is more.
fn enter(line: &mut LineToRate, rated: &RatedLine) {
    for item in &rated.items {
        let RatedItem { bucket, quantity, gross, entry, .. } = item;
        let (bucket, units, gross, basis) = (*bucket, *quantity, *gross, Basis::Rated);
        line.billed_before.push(Billed { bucket, units, gross, basis });
        line.last_entry = *entry;
    }
    if let Pricing::PerSpot { airings, .. } = &mut line.pricing {
        for item in &rated.items {
            for airing in
                airings.iter_mut().filter(|airing| item.airings.contains(&(airing.id, airing.version)))
            {
                airing.billed_as = Some(item.bucket);
            }
        }
    }
}

fn quoted(line: &LineToRate, rated: RatedLine) -> Result<QuotedMonth, MoneyError> {
    let billed = Money::sum(line.currency, rated.items.iter().map(|item| item.gross))?;
    let explanation = explanation(line, billed, &rated)?;
    Ok(QuotedMonth { month: line.month, billed, items: rated.items, held: rated.held, explanation })
}

/// Quantity × price of each position, and what rounding the line once makes of their sum.
fn explanation(line: &LineToRate, billed: Money, rated: &RatedLine) -> Result<Node, MoneyError> {
    let mut parts = Vec::with_capacity(rated.items.len() + 1);
    let mut rest = Exact::of(line.currency, billed.amount());
    for item in &rated.items {
        let exact = item.bucket.worth(item.quantity, line.currency)?;
        rest = rest.plus(Exact::of(line.currency, -exact.amount()))?;
        let node = Node::exact(label(item.bucket), exact);
        parts.push(
            node.counted(item.quantity, item.unit.name()).priced(item.bucket.rate, item.bucket.price_base),
        );
    }
    if !rest.amount().is_zero() {
        parts.push(Node::exact("Rounding: the line is rounded once, over its life", rest));
    }
    let held = rated
        .held
        .iter()
        .map(|held| Node::money(format!("Held of {}: {}", held.origin, held.cause), held.amount));
    let openings = line.billed_before.iter().filter(|billed| billed.basis == Basis::Opening);
    let of_month = openings.filter(|billed| line.billing.month_of(billed.bucket.origin) == line.month);
    let opened = of_month.map(|billed| {
        Node::money(format!("Billed by another system for {}", billed.bucket.origin), billed.gross)
    });
    Ok(Node::money(format!("Billed with {}", line.month), billed)
        .of(parts)
        .resting_on(held)
        .resting_on(opened))
}

fn label(bucket: Bucket) -> String {
    let what = match bucket.kind {
        LineKind::SchedulePart => "Scheduled for",
        LineKind::Spots => "Spots of",
        LineKind::Makegood => "Makegoods of",
        LineKind::Delivery => "Delivered in",
        LineKind::TierFee => "Fees of the tiers reached in",
        LineKind::Expenses if bucket.is_beyond_cap() => "Expenses beyond the cap and free, of",
        LineKind::Expenses => "Expenses of",
        LineKind::Minimum => "What the minimum is above what was rated, due with",
        LineKind::TrueUp => "Up to the minimum of the agreement for",
        LineKind::Rebate => "Rebate for",
        LineKind::AdCredit => "Ad credit in",
        LineKind::OverDelivery => "Beyond the cap and free, in",
    };
    format!("{what} {}", bucket.origin)
}
