//! What is left of the cap of a line. Ordinary spots count against it, makegoods do not.
//!
//! Percents of units are in whole units. The spot that crosses a budget bills the rest of it, those after it nothing.

use money::{Currency, Exact, MoneyError, Quantity, Rate};
use rust_decimal::Decimal;

use super::RatingError;
use crate::order::Cap;

/// What a cap leaves while spots are counted off against it in the order in which they aired.
#[derive(Clone, Copy, Debug)]
pub(super) enum Room {
    Units(Decimal),
    Money(Exact),
    Unlimited,
}

impl Room {
    /// The whole cap of a line with so many booked units.
    pub(super) fn of(cap: Cap, booked: Quantity, currency: Currency) -> Result<Self, MoneyError> {
        Ok(match cap {
            Cap::LesserOfBookedAndDelivered => Self::Units(booked.value()),
            Cap::Budget(budget) => Self::Money(Exact::of(currency, budget.amount())),
            Cap::Percent(percent) => {
                // Not a price, but the one product that is formed exactly.
                let percent = Rate::of(percent.value()).map_err(|_| MoneyError::Overflow)?;
                let hundredths = percent.times(booked, currency)?.amount();
                Self::Units(Decimal::from_i128_with_scale(hundredths.mantissa(), hundredths.scale() + 2))
            }
            Cap::Uncapped => Self::Unlimited,
        })
    }

    /// What is left after so many units and so much money; a cap that is overdrawn leaves nothing.
    pub(super) fn less(self, units: Decimal, worth: Exact) -> Result<Self, MoneyError> {
        Ok(match self {
            Self::Units(room) => Self::Units(room.saturating_sub(units)),
            Self::Money(room) => Self::Money(room.plus(Exact::of(worth.currency(), -worth.amount()))?),
            Self::Unlimited => Self::Unlimited,
        })
    }

    /// The price at which the next spot bills, or nothing if it is beyond the cap. Only a spot that bills needs a rate.
    pub(super) fn take(
        &mut self,
        rate: impl FnOnce() -> Result<Rate, RatingError>,
    ) -> Result<Option<Rate>, RatingError> {
        match self {
            Self::Units(room) if *room < Decimal::ONE => Ok(None),
            Self::Units(room) => {
                *room -= Decimal::ONE;
                rate().map(Some)
            }
            Self::Money(room) if room.amount() <= Decimal::ZERO => Ok(None),
            Self::Money(room) => {
                let rate = rate()?;
                let bills = rate.value().min(room.amount());
                *room = room.plus(Exact::of(room.currency(), -bills))?;
                Ok(Some(Rate::of(bills).map_err(|_| MoneyError::Overflow)?))
            }
            Self::Unlimited => rate().map(Some),
        }
    }
}
