//! What is taken off a price: of a line, and of an order for all of its lines by what they are booked for.

use money::{Money, Percent, Rate, Remainder, Rounding};
use rust_decimal::{Decimal, RoundingStrategy};

use super::line_terms::{Priced, beyond, too_large};
use super::{Line, Order, OrderRefusal, Price, fit};
use crate::pricing::{PricingModel, Tiers};

/// The decimals that a price may have.
const PRICE_DECIMALS: u32 = 12;

/// What is taken off the price of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discount {
    Percent(Percent),
    /// Of the whole line.
    Amount(Money),
}

/// What the line is booked for after its own discount.
pub(super) fn own(line: &Line, list: Money, rounding: Rounding) -> Result<Money, OrderRefusal> {
    let Some(discount) = line.discount else { return Ok(list) };
    let left = discount.off(list, rounding).map_err(beyond(line))?;
    if left.is_negative() {
        return Err(OrderRefusal::DiscountAboveAmount {
            of: format!("line {}", line.number),
            amount: list.to_string(),
        });
    }
    Ok(left)
}

/// Each line's share of the order's discount, by largest remainder over what the lines are booked for.
pub(super) fn share(
    order: &Order,
    lines: &[Priced<'_>],
    remainder: Remainder,
) -> Result<Vec<Money>, OrderRefusal> {
    let nothing = Money::zero(order.currency);
    let Some(discount) = order.discount.filter(|discount| !discount.is_zero()) else {
        return Ok(vec![nothing; lines.len()]);
    };
    let booked: Vec<Decimal> = lines.iter().map(|line| line.own_amount.amount()).collect();
    let above = |amount: Decimal| OrderRefusal::DiscountAboveAmount {
        of: "the order".to_owned(),
        amount: amount.to_string(),
    };
    let total = booked.iter().try_fold(Decimal::ZERO, |sum, amount| sum.checked_add(*amount));
    let total =
        total.filter(|total| *total >= discount.amount()).ok_or_else(|| above(booked.iter().sum()))?;
    discount.allocate(&booked, remainder).map_err(|_| above(total))
}

/// The price that brings the line from its list amount to what it is booked for. A percent stays to be taken off
/// exactly; an amount goes into the rate, to its last decimal.
pub(super) fn price(
    line: &Line,
    (model, tiers): (PricingModel, Option<Tiers>),
    (list, amount): (Money, Money),
    share: Money,
) -> Result<Price, OrderRefusal> {
    let as_listed = |discount| Price { rate: line.rate, tiers: tiers.clone(), discount };
    if model == PricingModel::FlatFee {
        return Ok(as_listed(None));
    }
    match line.discount {
        None if share.is_zero() => return Ok(as_listed(None)),
        Some(Discount::Percent(percent)) if share.is_zero() => return Ok(as_listed(Some(percent))),
        None | Some(Discount::Percent(_) | Discount::Amount(_)) => {}
    }
    if amount == list {
        return Ok(as_listed(None));
    }
    let rate = line.rate.filter(|_| tiers.is_none() && model != PricingModel::PerSpot);
    let rate = rate.ok_or_else(|| fit::does_not_fit(line, "discount_amount", model))?;
    // A quotient of more digits than a price has is rounded to the last of them: below any minor unit of the line.
    let net = rate.value().checked_mul(amount.amount()).and_then(|net| net.checked_div(list.amount()));
    let net =
        net.map(|net| net.round_dp_with_strategy(PRICE_DECIMALS, RoundingStrategy::MidpointAwayFromZero));
    let net = net.and_then(|net| Rate::of(net).ok()).ok_or_else(|| too_large(line))?;
    Ok(Price { rate: Some(net), tiers: None, discount: None })
}
