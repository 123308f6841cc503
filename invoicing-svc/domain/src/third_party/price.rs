use calendar::Days;
use money::Money;
use rust_decimal::Decimal;

use super::{Case, Outcome};
use crate::rating::{Cell, LineToRate, Pricing, RatingError, rate};

/// What a way out would bill now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Priced {
    pub outcome: Outcome,
    /// Units of the period that would bill.
    pub units: Decimal,
    /// What the run would bill of the period, beyond what is billed of it already; below zero where that would be taken back.
    pub amount: Money,
    /// Units that are still to be delivered: of [`Outcome::Makegood`] only.
    pub owed: Decimal,
}

/// Prices the ways out of a case. `line` is the line as it would bill in any event.
pub fn price(line: &LineToRate, case: &Case) -> Result<Vec<Priced>, RatingError> {
    let Pricing::Metered(_) = &line.pricing else { return Ok(Vec::new()) };
    let mut priced = Vec::new();
    for (outcome, cells) in &case.outcomes {
        let line = counted(line, case.period, cells);
        let mut amount = Money::zero(line.currency);
        let rated = rate(&line)?;
        let items = rated.items.iter().map(|item| (item.bucket.origin, item.gross));
        let held = rated.held.iter().map(|held| (held.origin, held.amount));
        for (_, more) in items.chain(held).filter(|(origin, _)| *origin == case.period) {
            amount = amount.plus(more)?;
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

/// The line as it would bill by the own count of every period with a case.
pub fn by_own_count(line: &LineToRate, cases: &[Case]) -> LineToRate {
    let own = cases
        .iter()
        .flat_map(|case| case.outcomes.iter().map(move |(outcome, cells)| (case, outcome, cells)));
    let own = own.filter(|(_, outcome, _)| **outcome == Outcome::Own);
    own.fold(line.clone(), |line, (case, _, cells)| counted(&line, case.period, cells))
}

/// The line where so much was counted in a period, and nothing of it is undecided.
fn counted(line: &LineToRate, period: Days, cells: &[Cell]) -> LineToRate {
    let mut line = line.clone();
    if let Pricing::Metered(metered) = &mut line.pricing {
        metered.cells.retain(|cell| !period.contains(cell.days.first()));
        metered.cells.extend_from_slice(cells);
        metered.undecided.retain(|undecided| *undecided != period);
    }
    line
}
