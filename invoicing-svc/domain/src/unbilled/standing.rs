//! Where a line stands: what it is worth, what of it is billed, due and held.

use std::collections::BTreeMap;

use calendar::Days;
use money::{Currency, Money, MoneyError};
use rust_decimal::Decimal;

use crate::order::Cap;
use crate::rating::{
    Basis, Held, LineKind, LineToRate, Pricing, RatedItem, RatedLine, RatingError, Unit, rate,
};
use crate::third_party::{Case, by_own_count};

/// Where a line stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// By billing period, in order.
    pub periods: BTreeMap<Days, Period>,
    /// What would take money back, and what waits for that.
    pub held: Vec<Held>,
    /// What waits for somebody to choose by whose count it bills.
    pub apart: Vec<Apart>,
    /// Delivered beyond the cap.
    pub free: Vec<Free>,
    /// What the line is worth, less billed, due and held: 0.
    pub unexplained: Money,
    /// Why it cannot be rated; what it is worth is then what was billed.
    pub refused: Option<RatingError>,
}

/// A billing period of a line. What it is worth within its cap is billed, due, held and apart together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// What was delivered at its price, whatever the cap.
    pub delivered: Money,
    /// What counts as billed before, by whatever system, with its corrections.
    pub billed: Money,
    /// Of it, what another system has billed.
    pub elsewhere: Money,
    /// Of it, what corrected a document.
    pub corrected: Money,
    /// Credited without counting: goodwill.
    pub goodwill: Money,
    /// What a run would bill.
    pub due: Money,
    /// What is held.
    pub held: Money,
    /// What the own count comes to beyond what bills in any event, where somebody has to choose between two counts.
    pub apart: Money,
    /// Of what it is worth, what a minimum adds.
    pub minimum: Money,
}

/// What two counts of a billing period are apart by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apart {
    /// The billing period.
    pub period: Days,
    /// Below zero where a cap leaves less to the period because the own count of another one uses it.
    pub amount: Money,
    /// Of the exception that it makes.
    pub reason: &'static str,
    pub message: String,
}

/// Units that are free by contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Free {
    /// The billing period.
    pub period: Days,
    pub units: Decimal,
    pub unit: Unit,
}

impl Period {
    fn nothing(currency: Currency) -> Self {
        let nothing = Money::zero(currency);
        Self {
            delivered: nothing,
            billed: nothing,
            elsewhere: nothing,
            corrected: nothing,
            goodwill: nothing,
            due: nothing,
            held: nothing,
            apart: nothing,
            minimum: nothing,
        }
    }

    /// What the period is worth within the cap.
    pub fn rated(&self) -> Result<Money, MoneyError> {
        self.billed.plus(self.due)?.plus(self.held)?.plus(self.apart)
    }
}

/// Where a line stands at the end of its month, or of the last month that was billed of it, whichever is later. `cases` are the
/// periods in which two counts of it are apart: they are worth what was counted by the publisher until somebody chooses.
pub fn standing(line: &LineToRate, cases: &[Case]) -> Result<Standing, MoneyError> {
    let billed_months = line.billed_before.iter().map(|billed| line.billing.month_of(billed.bucket.origin));
    let month = billed_months.fold(line.month, Ord::max);
    let line = &LineToRate { month, ..line.clone() };
    let mut standing = billed(line)?;
    match Ratings::of(line, cases) {
        Ok(ratings) => {
            standing.add(line, &ratings)?;
            standing.choose(line, cases);
        }
        Err(refused) => {
            standing.refused = Some(refused);
            for period in standing.periods.values_mut() {
                period.delivered = period.billed;
            }
        }
    }
    Ok(standing)
}

/// A line, rated in every way that says where it stands.
struct Ratings {
    /// As a run would bill it.
    now: RatedLine,
    /// The same by the own count.
    by_own: RatedLine,
    /// By the own count, as if nothing had been billed.
    anew: RatedLine,
    /// What was delivered at its price.
    delivered: RatedLine,
}

impl Ratings {
    fn of(line: &LineToRate, cases: &[Case]) -> Result<Self, RatingError> {
        let now = rate(line)?;
        let own = by_own_count(line, cases);
        let by_own = if cases.is_empty() { now.clone() } else { rate(&own)? };
        let anew = rate(&anew(&own))?;
        // A unit beyond the cap may have no price, which is then worth nothing more.
        let delivered = rate(&uncapped(&own)).or_else(|_| rate(&without_minimum(&own)))?;
        Ok(Self { now, by_own, anew, delivered })
    }
}

/// The line as if nothing had been billed of it but by another system, whose units are paid for.
fn anew(line: &LineToRate) -> LineToRate {
    let mut line = line.clone();
    line.billed_before.retain(|billed| billed.basis == Basis::Opening);
    line
}

/// The line anew, without what its minimum adds.
fn without_minimum(line: &LineToRate) -> LineToRate {
    let mut line = anew(line);
    if let Pricing::Metered(metered) = &mut line.pricing {
        metered.minimum = None;
    }
    line
}

fn uncapped(line: &LineToRate) -> LineToRate {
    let mut line = without_minimum(line);
    match &mut line.pricing {
        Pricing::FlatFee { .. } | Pricing::Subscription(_) => {}
        // Nothing is delivered for it: all of it is what an agreement adds or takes away.
        Pricing::Settled(settled) => settled.worth = Money::zero(line.currency),
        Pricing::PerSpot { cap, .. } => *cap = Cap::Uncapped,
        Pricing::Metered(metered) => metered.cap = Cap::Uncapped,
    }
    line
}

/// The period as the terms are today, whatever it was called when it was billed.
pub(super) fn period_of(line: &LineToRate, origin: Days) -> Days {
    line.billing.period_of(origin.first())
}

fn billed(line: &LineToRate) -> Result<Standing, MoneyError> {
    let mut standing = Standing {
        periods: BTreeMap::new(),
        held: Vec::new(),
        apart: Vec::new(),
        free: Vec::new(),
        unexplained: Money::zero(line.currency),
        refused: None,
    };
    for billed in &line.billed_before {
        let period = standing.period(line, billed.bucket.origin);
        let to = |sum: &mut Money| sum.plus(billed.gross).map(|more| *sum = more);
        match billed.basis {
            Basis::Rated => to(&mut period.billed)?,
            Basis::Correction => {
                to(&mut period.billed)?;
                to(&mut period.corrected)?;
            }
            Basis::Opening => {
                to(&mut period.billed)?;
                to(&mut period.elsewhere)?;
            }
            Basis::Commercial | Basis::Tax | Basis::Makegood | Basis::WriteOff | Basis::Rebill => {
                to(&mut period.goodwill)?
            }
        }
    }
    Ok(standing)
}

/// Every amount of a rated line with its origin.
fn amounts(rated: &RatedLine) -> impl Iterator<Item = (Days, Money)> {
    let items = rated.items.iter().map(|item| (item.bucket.origin, item.gross));
    items.chain(rated.held.iter().map(|held| (held.origin, held.amount)))
}

impl Standing {
    fn period(&mut self, line: &LineToRate, origin: Days) -> &mut Period {
        self.periods.entry(period_of(line, origin)).or_insert(Period::nothing(line.currency))
    }

    fn add(&mut self, line: &LineToRate, ratings: &Ratings) -> Result<(), MoneyError> {
        let Ratings { now, by_own, anew, delivered } = ratings;
        for item in &now.items {
            let period = self.period(line, item.bucket.origin);
            period.due = period.due.plus(item.gross)?;
        }
        for held in &now.held {
            let period = self.period(line, held.origin);
            period.held = period.held.plus(held.amount)?;
        }
        for (origin, amount) in amounts(by_own) {
            let period = self.period(line, origin);
            period.apart = period.apart.plus(amount)?;
        }
        for (origin, amount) in amounts(now) {
            let period = self.period(line, origin);
            period.apart = period.apart.minus(amount)?;
        }
        for (origin, amount) in amounts(delivered) {
            let period = self.period(line, origin);
            period.delivered = period.delivered.plus(amount)?;
        }
        for item in anew.items.iter().filter(|item| item.bucket.kind == LineKind::Minimum) {
            let period = self.period(line, item.bucket.origin);
            period.minimum = period.minimum.plus(item.gross)?;
        }
        let mut worth = Money::sum(line.currency, amounts(anew).map(|(_, amount)| amount))?;
        let mut explained = Money::zero(line.currency);
        for period in self.periods.values_mut() {
            period.delivered = period.delivered.plus(period.elsewhere)?;
            worth = worth.plus(period.elsewhere)?;
            explained = explained.plus(period.rated()?)?;
        }
        self.unexplained = worth.minus(explained)?;
        self.free = free(line, anew);
        self.held = now.held.clone();
        Ok(())
    }

    /// Says of each period with a case what waits there, and the same of any other whose cap it uses.
    fn choose(&mut self, line: &LineToRate, cases: &[Case]) {
        for case in cases {
            self.period(line, case.period);
        }
        let case_of = |period: Days| cases.iter().find(|case| period_of(line, case.period) == period);
        let apart = self.periods.iter().filter_map(|(period, amounts)| {
            let uses = || cases.first().filter(|_| !amounts.apart.is_zero());
            let case = case_of(*period).or_else(uses)?;
            let (reason, _) = case.reason();
            Some(Apart { period: *period, amount: amounts.apart, reason, message: case.to_string() })
        });
        self.apart = apart.collect();
    }
}

/// What was delivered beyond the cap.
fn free(line: &LineToRate, anew: &RatedLine) -> Vec<Free> {
    let over = anew.items.iter().filter(|item| item.bucket.is_beyond_cap());
    let free = |item: &RatedItem| Free {
        period: period_of(line, item.bucket.origin),
        units: item.quantity,
        unit: item.unit,
    };
    over.map(free).collect()
}
