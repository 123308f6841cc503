//! What a unit costs under the terms of a day.

use calendar::Days;
use jiff::civil::Date;
use money::{Percent, Rate};
use rust_decimal::{Decimal, RoundingStrategy};

use super::RatingError;
use crate::pricing::{Tier, Tiers};

/// The terms of a metered line or of a subscription from one day to another.
#[derive(Clone, Debug)]
pub struct Terms {
    pub days: Days,
    /// Before the discount; absent where nothing may be delivered at all.
    pub price: Option<Price>,
    pub discount: Percent,
}

/// One price, or prices by usage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Price {
    Rate(Rate),
    Tiers(Tiers),
}

/// A tier with its prices after the discount.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// The first unit is the one above it.
    pub(super) above: Decimal,
    /// The last unit; absent: without an end.
    pub(super) up_to: Option<Decimal>,
    pub(super) rate: Rate,
    pub(super) flat: Option<Rate>,
}

impl Terms {
    /// The one price, after the discount.
    pub(super) fn rate(&self) -> Result<Rate, RatingError> {
        match &self.price {
            Some(Price::Rate(rate)) => net(*rate, self.discount),
            Some(Price::Tiers(_)) | None => Err(RatingError::PriceMissing { days: self.days }),
        }
    }

    /// There is one price, and after the discount it is nothing.
    pub(super) fn is_free(&self) -> bool {
        self.rate().is_ok_and(|rate| rate.value().is_zero())
    }

    /// The tiers, after the discount, with bounds and flat amounts so many times.
    pub(super) fn steps(&self, times: Decimal) -> Result<Vec<Step>, RatingError> {
        let Some(Price::Tiers(tiers)) = &self.price else {
            return Err(RatingError::PriceMissing { days: self.days });
        };
        let mut above = Decimal::ZERO;
        let step = |tier: Tier| {
            let up_to = tier.up_to.map(|up_to| up_to.value().saturating_mul(times));
            let flat = tier.flat.map(|flat| Rate::of(flat.amount()).map_err(|_| too_large()));
            let flat = flat.transpose()?.map(|flat| net(flat, self.discount)).transpose()?;
            let step = Step { above, up_to, rate: net(tier.rate, self.discount)?, flat };
            above = up_to.unwrap_or(above);
            Ok(step)
        };
        tiers.iter().map(step).collect()
    }
}

/// The terms of a day.
pub(super) fn on(terms: &[Terms], day: Date) -> Option<&Terms> {
    terms.iter().find(|terms| terms.days.contains(day))
}

fn too_large() -> RatingError {
    money::MoneyError::Overflow.into()
}

/// A price less so many percent. Rates have twelve decimals; a price of more is rounded to them, once.
pub(super) fn net(rate: Rate, discount: Percent) -> Result<Rate, RatingError> {
    if discount.value().is_zero() {
        return Ok(rate);
    }
    let left = Decimal::ONE_HUNDRED - discount.value();
    share(rate, left, Decimal::ONE_HUNDRED)
}

/// So many parts of a price, of so many in all.
pub(super) fn share(rate: Rate, parts: Decimal, of: Decimal) -> Result<Rate, RatingError> {
    if parts == of {
        return Ok(rate);
    }
    let share = rate.value().checked_mul(parts).and_then(|price| price.checked_div(of));
    let share = share.map(|share| share.round_dp_with_strategy(12, RoundingStrategy::MidpointAwayFromZero));
    share.and_then(|share| Rate::of(share).ok()).ok_or_else(too_large)
}
