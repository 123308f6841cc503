use std::collections::BTreeMap;

use calendar::Days;
use money::Quantity;
use rust_decimal::Decimal;

use super::{Counts, Finding, Outcome, ThirdPartyTerms, compare};
use crate::order::ToleranceBase;
use crate::rating::Cell;

/// What both counted of a line by billing period, up to the month that is run.
#[derive(Clone, Debug, Default)]
pub struct Delivered {
    pub own: BTreeMap<Days, Vec<Cell>>,
    /// A period of which the third party has said nothing is absent.
    pub controlling: BTreeMap<Days, Vec<Cell>>,
}

/// What bills, and what somebody has to decide.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// Of a period with a case: what bills in any event.
    pub cells: Vec<Cell>,
    pub cases: Vec<Case>,
}

/// A billing period in which the counts are apart.
#[derive(Clone, Debug)]
pub struct Case {
    pub period: Days,
    /// Never [`Finding::Within`].
    pub finding: Finding,
    pub counts: Counts,
    pub to_date: Counts,
    /// Of which count the tolerance is a percent.
    pub base: ToleranceBase,
    /// So far the counts may be apart.
    pub tolerance_percent: Quantity,
    /// The ways out, and what would bill of the period by each.
    pub outcomes: Vec<(Outcome, Vec<Cell>)>,
}

/// What somebody has chosen of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    pub outcome: Outcome,
    /// What was counted of the period then. Absent where that was not kept: it stands whatever was counted since.
    pub counts: Option<Counts>,
}

/// What somebody has decided on a period.
#[derive(Clone, Debug, Default)]
pub struct Decided {
    /// What they chose, the latest last.
    pub made: Vec<Decision>,
    /// The counts for which they chose that what is missing is made good, while it is owed.
    pub owed: Option<Counts>,
}

/// Decides by which count each period bills. A period that counts as it did when somebody decided on it is apart no more, and says
/// nothing of those after it. One of which delivery is owed for other counts is a case until somebody decides again, however close
/// the counts are now.
pub fn settle(delivered: &Delivered, terms: ThirdPartyTerms, decided: &BTreeMap<Days, Decided>) -> Settled {
    let mut settled = Settled::default();
    let mut to_date = Counts { own: Decimal::ZERO, controlling: None };
    let periods: std::collections::BTreeSet<Days> =
        delivered.own.keys().chain(delivered.controlling.keys()).copied().collect();
    for period in periods {
        let of = Period::of(delivered, period);
        let counts = of.counts();
        let stands = |decision: &&Decision| decision.counts.is_none_or(|then| then == counts);
        let known = decided.get(&period);
        if let Some(decision) = known.and_then(|known| known.made.iter().rev().find(stands)) {
            settled.cells.extend(of.by(decision.outcome));
            continue;
        }
        to_date = plus(to_date, counts);
        let owed = known.and_then(|known| known.owed).filter(|then| *then != counts);
        let found = compare(counts, to_date, terms);
        let finding = owed.filter(|_| found == Finding::Within).map_or(found, Finding::Owed);
        match finding {
            Finding::Within => settled.cells.extend(of.by(Outcome::Controlling)),
            Finding::NoCountYet if terms.bills_own(period) => {
                settled.cells.extend(of.by(Outcome::Own));
            }
            Finding::NoCountYet | Finding::TagFailure | Finding::Beyond | Finding::Owed(_) => {
                settled.cells.extend(of.by(Outcome::Controlling));
                let ways = ways_out(finding, counts).iter();
                let outcomes = ways.map(|outcome| (*outcome, of.by(*outcome))).collect();
                let ThirdPartyTerms { base, tolerance_percent, .. } = terms;
                let apart = Case { period, finding, counts, to_date, base, tolerance_percent, outcomes };
                settled.cases.push(apart);
            }
        }
    }
    settled
}

/// A count that is missing or broken cannot be the measure of anything, and what nobody is short of is not made good.
fn ways_out(finding: Finding, counts: Counts) -> &'static [Outcome] {
    const ALL: &[Outcome] =
        &[Outcome::Controlling, Outcome::ControllingPlusTen, Outcome::Own, Outcome::Makegood];
    match finding {
        Finding::Beyond => ALL,
        Finding::Owed(_) if counts.controlling.is_some_and(|controlling| controlling < counts.own) => ALL,
        Finding::Owed(_) => &[Outcome::Controlling, Outcome::Own],
        Finding::TagFailure => &[Outcome::Controlling, Outcome::Own, Outcome::Makegood],
        Finding::NoCountYet => &[Outcome::Own],
        Finding::Within => &[],
    }
}

fn plus(to_date: Counts, counts: Counts) -> Counts {
    // A period that was not counted yet is no difference.
    let Some(controlling) = counts.controlling else { return to_date };
    let before = to_date.controlling.map_or(Decimal::ZERO, |before| before);
    Counts { own: to_date.own + counts.own, controlling: Some(before + controlling) }
}

/// What both counted of one period.
struct Period<'a> {
    own: &'a [Cell],
    controlling: Option<&'a [Cell]>,
}

impl<'a> Period<'a> {
    fn of(delivered: &'a Delivered, period: Days) -> Self {
        let own = delivered.own.get(&period).map_or(&[][..], Vec::as_slice);
        Self { own, controlling: delivered.controlling.get(&period).map(Vec::as_slice) }
    }

    fn counts(&self) -> Counts {
        Counts { own: units(self.own), controlling: self.controlling.map(units) }
    }

    /// What bills by an outcome.
    fn by(&self, outcome: Outcome) -> Vec<Cell> {
        let controlling = self.controlling.map_or(&[][..], |cells| cells);
        match outcome {
            Outcome::Controlling | Outcome::Makegood => controlling.to_vec(),
            Outcome::Own => self.own.to_vec(),
            Outcome::ControllingPlusTen => {
                let more: Vec<Cell> = controlling.iter().map(|cell| a_tenth_more(*cell)).collect();
                if units(&more) > units(self.own) { self.own.to_vec() } else { more }
            }
        }
    }
}

fn units(cells: &[Cell]) -> Decimal {
    cells.iter().map(|cell| cell.units).sum()
}

/// Of whole units only: nobody bills a part of an impression.
fn a_tenth_more(cell: Cell) -> Cell {
    let more = |amount: Decimal| (amount * Decimal::new(11, 1)).trunc_with_scale(amount.scale());
    Cell { units: more(cell.units), spend: more(cell.spend), ..cell }
}
