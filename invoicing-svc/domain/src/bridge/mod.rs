//! From what was booked to what was collected, step by step: each step says what it comes to, and what is between it and
//! the next has a name. What has none is unexplained, and must be nothing.

mod add;
#[cfg(test)]
mod tests;

pub use add::{Booked, DocumentLine, Documents, LineOfBridge};

use std::collections::BTreeMap;

use money::{Currency, Money, MoneyError};

/// A step of the bridge, in order. All but the last three are gross.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What the order lines are booked for.
    Booked,
    /// What was delivered at its price.
    Delivered,
    /// Of it, what is within the caps: what the lines are worth.
    Capped,
    /// Without what is held.
    AfterHeld,
    /// Without what exceptions block.
    AfterBlocked,
    /// What documents say of these periods.
    Billed,
    /// Without what was credited.
    AfterCredits,
    /// What the ledger has as receivable, by these documents.
    Posted,
    /// What was paid of it.
    Collected,
}

/// What is between a step and the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// Booked and not delivered.
    NotDelivered,
    /// Delivered beyond what was booked.
    DeliveredBeyondBooked,
    /// Free by contract.
    OverCap,
    /// What minimums add.
    MinimumAdded,
    /// Held: would take money back, or waits for somebody to choose between two counts.
    Held,
    /// In drafts that wait for an exception, or kept out of them by one or by a hold.
    Blocked,
    /// In drafts.
    InDraft,
    /// Came after the inputs of an open run.
    StaleInput,
    /// Over, and not taken by a run.
    Due,
    /// The period is not over.
    NotYetDue,
    /// Billed by another system before the cut-over.
    BilledElsewhere,
    /// Corrections, which count as billed and are no lines of these documents.
    Corrected,
    /// Credited: corrections and goodwill.
    Credited,
    /// Delivered to another order, and billed here instead.
    Rebilled,
    /// On documents and notes that are not asked about.
    OtherDocuments,
    /// Of other periods, on the documents and notes that are asked about.
    OtherPeriods,
    /// The agencies' commission.
    Commission,
    Tax,
    /// Posted and not paid.
    Outstanding,
}

/// A step with what leads to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub level: Level,
    pub amount: Money,
    /// Those that are nothing as well.
    pub differences: Vec<(Difference, Money)>,
    /// The next step less this one and its differences: 0.
    pub unexplained: Money,
}

/// A bridge in one currency, while it is summed.
#[derive(Clone, Debug)]
pub struct Bridge {
    currency: Currency,
    levels: BTreeMap<Level, Money>,
    differences: BTreeMap<Difference, Money>,
}

impl Level {
    /// Every step in order.
    pub const ALL: [Self; 9] = [
        Self::Booked,
        Self::Delivered,
        Self::Capped,
        Self::AfterHeld,
        Self::AfterBlocked,
        Self::Billed,
        Self::AfterCredits,
        Self::Posted,
        Self::Collected,
    ];
}

impl Difference {
    /// Every difference, in order.
    pub const ALL: [Self; 19] = [
        Self::NotDelivered,
        Self::DeliveredBeyondBooked,
        Self::OverCap,
        Self::MinimumAdded,
        Self::Held,
        Self::Blocked,
        Self::InDraft,
        Self::StaleInput,
        Self::Due,
        Self::NotYetDue,
        Self::BilledElsewhere,
        Self::Corrected,
        Self::Credited,
        Self::Rebilled,
        Self::OtherDocuments,
        Self::OtherPeriods,
        Self::Commission,
        Self::Tax,
        Self::Outstanding,
    ];

    /// The step that it follows.
    pub fn after(self) -> Level {
        match self {
            Self::NotDelivered | Self::DeliveredBeyondBooked => Level::Booked,
            Self::OverCap | Self::MinimumAdded => Level::Delivered,
            Self::Held => Level::Capped,
            Self::Blocked => Level::AfterHeld,
            Self::InDraft
            | Self::StaleInput
            | Self::Due
            | Self::NotYetDue
            | Self::BilledElsewhere
            | Self::Corrected => Level::AfterBlocked,
            Self::Credited => Level::Billed,
            Self::Rebilled | Self::OtherDocuments | Self::OtherPeriods | Self::Commission | Self::Tax => {
                Level::AfterCredits
            }
            Self::Outstanding => Level::Posted,
        }
    }
}

impl Bridge {
    /// A bridge of nothing yet.
    pub fn new(currency: Currency) -> Self {
        Self { currency, levels: BTreeMap::new(), differences: BTreeMap::new() }
    }

    /// Its steps in order.
    pub fn steps(&self) -> Result<Vec<Step>, MoneyError> {
        let nothing = Money::zero(self.currency);
        let mut steps: Vec<Step> = Vec::with_capacity(Level::ALL.len());
        // Where the last step leads, if everything has a name.
        let mut expected = nothing;
        for level in Level::ALL {
            let amount = self.levels.get(&level).copied().unwrap_or(match level {
                // These are what is left of the step before.
                Level::AfterHeld | Level::AfterBlocked | Level::AfterCredits => expected,
                Level::Booked
                | Level::Delivered
                | Level::Capped
                | Level::Billed
                | Level::Posted
                | Level::Collected => nothing,
            });
            if let Some(last) = steps.last_mut() {
                last.unexplained = amount.minus(expected)?;
            }
            let of_step = Difference::ALL.into_iter().filter(|difference| difference.after() == level);
            let differences: Vec<_> = of_step
                .map(|difference| (difference, self.differences.get(&difference).copied().unwrap_or(nothing)))
                .collect();
            let sum = Money::sum(self.currency, differences.iter().map(|(_, amount)| *amount))?;
            expected = amount.plus(sum)?;
            steps.push(Step { level, amount, differences, unexplained: nothing });
        }
        Ok(steps)
    }

    fn level(&mut self, level: Level, amount: Money) -> Result<(), MoneyError> {
        let sum = self.levels.entry(level).or_insert(Money::zero(self.currency));
        sum.plus(amount).map(|more| *sum = more)
    }

    fn difference(&mut self, difference: Difference, amount: Money) -> Result<(), MoneyError> {
        let sum = self.differences.entry(difference).or_insert(Money::zero(self.currency));
        sum.plus(amount).map(|more| *sum = more)
    }
}
