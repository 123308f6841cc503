use money::Money;
use rust_decimal::Decimal;

use super::{Case, Outcome};
use crate::rating::{LineToRate, Pricing, RatingError, rate};

/// What a way out would bill now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Priced {
    pub outcome: Outcome,
    /// Units of the period that would bill.
    pub units: Decimal,
    /// What the run would bill of the period.
    pub amount: Money,
    /// Units that are still to be delivered: of [`Outcome::Makegood`] only.
    pub owed: Decimal,
}

/// Prices the ways out of a case. `line` is the line as it would bill in any event.
pub fn price(line: &LineToRate, case: &Case) -> Result<Vec<Priced>, RatingError> {
    let mut line = line.clone();
    let Pricing::Metered(metered) = &line.pricing else { return Ok(Vec::new()) };
    let others: Vec<_> =
        metered.cells.iter().filter(|cell| !case.period.contains(cell.days.first())).copied().collect();
    let mut priced = Vec::new();
    for (outcome, cells) in &case.outcomes {
        if let Pricing::Metered(metered) = &mut line.pricing {
            metered.cells = others.iter().chain(cells).copied().collect();
        }
        let mut amount = Money::zero(line.currency);
        for item in rate(&line)?.items.iter().filter(|item| item.bucket.origin == case.period) {
            amount = amount.plus(item.gross)?;
        }
        let units: Decimal = cells.iter().map(|cell| cell.units).sum();
        let owed = match outcome {
            Outcome::Makegood => case.counts.own - units,
            Outcome::Controlling | Outcome::ControllingPlusTen | Outcome::Own => Decimal::ZERO,
        };
        priced.push(Priced { outcome: *outcome, units, amount, owed });
    }
    Ok(priced)
}
