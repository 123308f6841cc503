//! An amount that is rounded as a whole, in parts that are each their own exact amount, rounded one way or the other.

use std::cmp::Reverse;

use money::{Exact, Money, MoneyError, Remainder};
use rust_decimal::{Decimal, RoundingStrategy};

/// The amount `whole` in parts: each its exact amount rounded down, and one minor unit more for those with the largest
/// remainders, until they sum to the whole. Parts may be negative; a part that is nothing stays nothing.
///
/// The exact amounts sum to the whole but for less than a minor unit a part; of equal remainders, `remainder` decides.
pub(crate) fn apportion(
    whole: Money,
    exact: &[Exact],
    remainder: Remainder,
) -> Result<Vec<Money>, MoneyError> {
    let currency = whole.currency();
    let unit = Decimal::new(1, currency.minor_units());
    let floors: Vec<Decimal> = exact
        .iter()
        .map(|part| {
            part.amount().round_dp_with_strategy(currency.minor_units(), RoundingStrategy::ToNegativeInfinity)
        })
        .collect();
    let money = |amount| Money::of(currency, amount).map_err(|_| MoneyError::Overflow);
    let mut parts = floors.iter().map(|floor| money(*floor)).collect::<Result<Vec<_>, _>>()?;
    let odd = whole.minus(Money::sum(currency, parts.iter().copied())?)?;
    let mut takers = by_rest(exact, &floors, remainder);
    // Rounding half to even may leave the whole below the parts; then those with the smallest remainders give one.
    let step = if odd.is_negative() {
        takers.reverse();
        money(-unit)?
    } else {
        money(unit)?
    };
    // The mantissa of an amount of money counts minor units.
    let steps = usize::try_from(odd.amount().mantissa().abs()).map_err(|_| MoneyError::Overflow)?;
    for part in takers.iter().cycle().take(steps) {
        parts[*part] = parts[*part].plus(step)?;
    }
    Ok(parts)
}

/// The parts that are not nothing, in the order in which they take an odd unit.
fn by_rest(exact: &[Exact], floors: &[Decimal], remainder: Remainder) -> Vec<usize> {
    let mut parts: Vec<usize> = (0..exact.len()).filter(|part| !exact[*part].amount().is_zero()).collect();
    match remainder {
        Remainder::First => {}
        Remainder::Last => parts.reverse(),
    }
    // The sort is stable: of equal rests, the order above decides.
    parts.sort_by_key(|part| Reverse(exact[*part].amount() - floors[*part]));
    parts
}
