use std::collections::{BTreeMap, BTreeSet};

use calendar::{Days, FiscalCalendar};
use ids::ProductId;
use money::{Remainder, Rounding};
use rust_decimal::Decimal;

use super::line_terms::Priced;
use super::{Guidelines, Line, LineTerms, Order, OrderRefusal, discount};
use crate::account::PurchaseOrderRule;
use crate::pricing::PricingModel;

const MOST_LINES: usize = 5_000;
/// Ten years, with their leap days.
const LONGEST_FLIGHT_DAYS: u64 = 3_653;
/// Of an order, before the point. A billion orders of it are summed without an overflow in any currency.
const MOST_DIGITS: u32 = 15;

/// What an order is looked at with. What the caller may not see is absent.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub account: Option<&'a AccountFacts>,
    pub entity: Option<&'a EntityFacts>,
    pub products: &'a BTreeMap<ProductId, PricingModel>,
    /// Those that nobody may sell, or not yet.
    pub not_live: &'a BTreeSet<ProductId>,
    pub guidelines: Guidelines<'a>,
    /// Somebody has looked at the order and takes it as it is.
    pub is_approved: bool,
}

/// What the bill-to party fills in.
#[derive(Clone, Debug)]
pub struct AccountFacts {
    /// Net days.
    pub payment_terms_days: u16,
    pub territory: String,
    pub purchase_orders: PurchaseOrderRule,
}

/// How the entity makes amounts.
#[derive(Clone, Copy, Debug)]
pub struct EntityFacts {
    pub rounding: Rounding,
    pub remainder: Remainder,
    /// What FISCAL is.
    pub fiscal: FiscalCalendar,
}

/// What a valid order comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// Net days.
    pub payment_terms_days: u16,
    pub territory: String,
    /// One for each line, in the order of the lines.
    pub lines: Vec<LineTerms>,
}

/// Books the order, or says the first thing that is wrong with it.
pub(super) fn check(
    order: &Order,
    account: &AccountFacts,
    entity: EntityFacts,
    products: &BTreeMap<ProductId, PricingModel>,
) -> Result<Booking, OrderRefusal> {
    if order.lines.is_empty() || order.lines.len() > MOST_LINES {
        return Err(OrderRefusal::LineCount { count: order.lines.len() });
    }
    let mut numbers = BTreeSet::new();
    if let Some(line) = order.lines.iter().find(|line| !numbers.insert(&line.number)) {
        return Err(OrderRefusal::LineNumberRepeated { line: line.number.clone() });
    }
    check_flight("the order", order.flight)?;
    let priced: Vec<Priced<'_>> =
        order.lines.iter().map(|line| priced(order, line, products, entity)).collect::<Result<_, _>>()?;
    let lines = discount::share(order, &priced, entity.remainder)?.into_iter().zip(priced);
    let lines: Vec<LineTerms> =
        lines.map(|(share, priced)| priced.terms(order, share, entity)).collect::<Result<_, _>>()?;
    check_total(order, &lines)?;
    Ok(Booking {
        payment_terms_days: order.payment_terms_days.unwrap_or(account.payment_terms_days),
        territory: order.territory.clone().unwrap_or_else(|| account.territory.clone()),
        lines,
    })
}

fn priced<'a>(
    order: &Order,
    line: &'a Line,
    products: &BTreeMap<ProductId, PricingModel>,
    entity: EntityFacts,
) -> Result<Priced<'a>, OrderRefusal> {
    check_flight(&format!("line {}", line.number), line.flight)?;
    let model = products.get(&line.product).ok_or_else(|| OrderRefusal::UnknownProduct {
        line: line.number.clone(),
        product: format!("adProducts/{}", line.product),
    })?;
    Priced::of(order, line, *model, entity)
}

fn check_total(order: &Order, lines: &[LineTerms]) -> Result<(), OrderRefusal> {
    let mut total = Decimal::ZERO;
    for (line, terms) in order.lines.iter().zip(lines) {
        // The bound on each, and the number of lines, keep the sum exact.
        total += terms.amount.amount();
        check_size(line, "the amount of the order up to it", total)?;
    }
    Ok(())
}

pub(super) fn check_size(line: &Line, term: &'static str, amount: Decimal) -> Result<(), OrderRefusal> {
    if amount >= Decimal::from(10_u64.pow(MOST_DIGITS)) {
        return Err(OrderRefusal::AmountTooLarge { line: line.number.clone(), term });
    }
    Ok(())
}

fn check_flight(of: &str, flight: Days) -> Result<(), OrderRefusal> {
    if flight.count() > LONGEST_FLIGHT_DAYS {
        return Err(OrderRefusal::FlightTooLong { of: of.to_owned(), flight });
    }
    Ok(())
}

pub(super) fn check_opening_balances(
    order: &Order,
    line: &Line,
    fiscal: FiscalCalendar,
) -> Result<(), OrderRefusal> {
    let mut seen = BTreeSet::new();
    for balance in &line.opening_balances {
        let expected = order.billing(fiscal).period_of(balance.origin.first());
        if balance.origin != expected || !seen.insert(expected) {
            let period = balance.origin;
            return Err(OrderRefusal::OpeningBalancePeriod { line: line.number.clone(), period, expected });
        }
    }
    Ok(())
}
