//! Whether a line is booked for what its rate and units come to.

use money::{Money, Rate};
use rust_decimal::Decimal;

use super::amend::changed;
use super::sync::KnownLine;
use super::{Cap, Line, LineTerms, OrderReview};
use crate::pricing::PricingModel;

/// What the amount of a line follows from, where it follows.
const FACTORS: [&str; 4] = ["booked_units", "package_units", "quantities", "rate"];

/// The amount that a line says, where it is another than its rate and units come to.
///
/// Not looked at again while neither changes, nor where the line has several prices or ends early: those come to what
/// nobody can say by rate and units alone.
pub(super) fn look(known: Option<&KnownLine>, line: &Line, terms: &LineTerms) -> Option<OrderReview> {
    let (amount, worth) = (line.amount?, terms.worth?);
    let has_one_price = terms.segments.len() == 1 && line.cancelled_on.is_none();
    let is_limit = line.cap == Some(Cap::Budget(amount))
        || line.usage.minimum.is_some_and(|minimum| minimum.amount == amount);
    if !has_one_price || is_limit || !is_said_anew(known, terms) || is_near(line, terms, (amount, worth)) {
        return None;
    }
    Some(OrderReview::AmountDoesNotAddUp { line: line.number.clone(), amount, worth })
}

fn is_said_anew(known: Option<&KnownLine>, terms: &LineTerms) -> bool {
    known.is_none_or(|known| {
        known.list_amount != terms.list_amount
            || changed(known, terms).iter().any(|term| FACTORS.contains(&term.as_str()))
    })
}

/// However the other system rounds. An amount of time and materials may have room for expenses.
fn is_near(line: &Line, terms: &LineTerms, (amount, worth): (Money, Money)) -> bool {
    let more = amount.amount() - worth.amount();
    let has_room = terms.pricing_model == PricingModel::TimeAndMaterials && more.is_sign_positive();
    let slack = line.rate.and_then(|rate| slack(rate, terms.pricing_model, worth));
    has_room || slack.is_some_and(|slack| more.abs() <= slack)
}

/// By how much rounding may set an amount apart from its rate and units: half of the last decimal that the rate is
/// written with, at least cents, on all units; the price of a unit; a minor unit.
fn slack(rate: Rate, model: PricingModel, worth: Money) -> Option<Decimal> {
    let minor_unit = Decimal::new(1, worth.currency().minor_units());
    let rate = rate.value();
    if rate.is_zero() {
        return Some(minor_unit);
    }
    let half = Decimal::new(5, rate.scale().max(2) + 1);
    let of_rate = worth.amount().checked_mul(half)?.checked_div(rate)?;
    let of_unit = rate.checked_div(Decimal::from(model.price_base()))?;
    Some(of_rate.max(of_unit).max(minor_unit))
}
