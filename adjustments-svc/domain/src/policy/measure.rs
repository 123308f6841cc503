//! What limits are compared with. Splitting an amount does not help: sums over the last 30 days count too.

use money::{Currency, Exact, Money, MoneyError, Rate, Rounding};
use rust_decimal::Decimal;

use super::PolicyRefusal;
use crate::spelled::spelled;

/// What was asked for in the last 30 days and not refused, without a sign, without the one that is measured now; in the
/// functional currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct History {
    pub account: Money,
    /// Of the same account and cause.
    pub account_and_cause: Money,
    pub maker: Money,
}

impl History {
    /// Nothing before.
    pub fn none(functional: Currency) -> Self {
        let zero = Money::zero(functional);
        Self { account: zero, account_and_cause: zero, maker: zero }
    }
}

spelled! {
    /// Which of the amounts is the largest, and so decides.
    pub enum Largest {
        This "THIS",
        Account "ACCOUNT_30_DAYS",
        AccountAndCause "ACCOUNT_AND_CAUSE_30_DAYS",
        Maker "MAKER_30_DAYS",
        /// None of them: they are measured at a rate that somebody has said, which would be theirs to choose.
        SaidRate "SAID_RATE",
        /// None of them: a part of it is in another currency, and there is no rate to measure that by.
        NoRate "NO_RATE",
    }
}

/// The measure of a subject: each of the amounts, in the functional currency, and the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    pub this: Money,
    /// With this one, as the two that follow.
    pub account: Money,
    pub account_and_cause: Money,
    pub maker: Money,
    pub largest: Largest,
}

impl Measure {
    /// What limits are compared with.
    pub fn amount(&self) -> Money {
        match self.largest {
            Largest::This => self.this,
            Largest::Account => self.account,
            Largest::AccountAndCause => self.account_and_cause,
            Largest::Maker => self.maker,
            Largest::SaidRate | Largest::NoRate => beyond_limits(self.this.currency()),
        }
    }

    /// What limits are compared with, as people read it.
    pub fn in_words(&self) -> String {
        match self.largest {
            Largest::This | Largest::Account | Largest::AccountAndCause | Largest::Maker => {
                let amount = self.amount();
                format!("{} {amount}", amount.currency())
            }
            Largest::SaidRate | Largest::NoRate => "more than every limit".to_owned(),
        }
    }

    /// The same amounts at a rate that somebody has said: sums count them, and limits do not.
    pub fn at_a_said_rate(self) -> Self {
        Self { largest: Largest::SaidRate, ..self }
    }

    /// The same amounts, beside which there is more that nobody can measure: limits do not count them.
    pub fn without_a_rate(self) -> Self {
        Self { largest: Largest::NoRate, ..self }
    }
}

/// Measures an amount together with what came before it.
pub fn measure(this: Money, history: History) -> Result<Measure, MoneyError> {
    let this = absolute(this);
    let account = this.plus(absolute(history.account))?;
    let account_and_cause = this.plus(absolute(history.account_and_cause))?;
    let maker = this.plus(absolute(history.maker))?;
    let mut largest = (this, Largest::This);
    for (amount, name) in
        [(account, Largest::Account), (account_and_cause, Largest::AccountAndCause), (maker, Largest::Maker)]
    {
        if amount.compare(largest.0)?.is_gt() {
            largest = (amount, name);
        }
    }
    Ok(Measure { this, account, account_and_cause, maker, largest: largest.1 })
}

/// The amount in the functional currency, at a rate that says what one unit of the amount's currency is worth.
pub fn in_functional(
    amount: Money,
    functional: Currency,
    rate: Option<Rate>,
) -> Result<Money, PolicyRefusal> {
    if amount.currency() == functional {
        return Ok(amount);
    }
    let missing = || PolicyRefusal::RateMissing {
        currency: amount.currency().code().to_owned(),
        functional: functional.code().to_owned(),
    };
    let rate = rate.filter(|rate| !rate.value().is_zero()).ok_or_else(missing)?;
    let product = amount.amount().checked_mul(rate.value()).ok_or_else(missing)?;
    Exact::of(functional, product).round(Rounding::HalfAwayFromZero).map_err(|_| missing())
}

/// What counts for an amount that cannot be compared with limits, for want of a rate that nobody chooses: more than every limit,
/// so that the strictest rows ask.
pub fn beyond_limits(functional: Currency) -> Money {
    const BEYOND: i128 = 100_000_000_000_000_000_000;
    Money::of(functional, Decimal::from_i128_with_scale(BEYOND, 0)).expect("whole units are an amount")
}

/// The amount as limits count it, without a sign.
pub fn minor_units(amount: Money) -> u128 {
    // A `Money` shows exactly the decimals of its currency, so its mantissa counts minor units.
    amount.amount().mantissa().unsigned_abs()
}

/// So many minor units as people write them, `GBP 10000.00`.
pub fn in_words(currency: Currency, minor_units: u128) -> String {
    let units = i128::try_from(minor_units).ok();
    let amount =
        units.and_then(|units| Decimal::try_from_i128_with_scale(units, currency.minor_units()).ok());
    match amount {
        Some(amount) => format!("{currency} {amount}"),
        None => format!("{minor_units} minor units of {currency}"),
    }
}

/// A part of a whole in hundredths of a percent, rounded down: a limit that is not reached is not passed. Of nothing,
/// everything is the whole.
pub fn basis_points(part: Money, whole: Money) -> u128 {
    const WHOLE: u128 = 10_000;
    let scaled = minor_units(part).saturating_mul(WHOLE);
    scaled.checked_div(minor_units(whole)).unwrap_or(WHOLE)
}

fn absolute(amount: Money) -> Money {
    if amount.is_negative() { amount.negate() } else { amount }
}
