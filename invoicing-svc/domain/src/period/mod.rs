//! The accounting periods of an entity. Closing goes forward: no period is more closed than one before it, so there is
//! always one next open period, and what comes late goes there.

mod change;
mod posting;
#[cfg(test)]
mod tests;

pub use change::{Closing, close, lock, reopen, soft_close};
pub use posting::{Posting, posting, posting_of_correction};

use std::collections::BTreeMap;

use calendar::{FiscalCalendar, Month};
use jiff::Timestamp;

/// What may be posted to a period; the later, the less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PeriodState {
    /// Everything.
    Open,
    /// Approved corrections only.
    SoftClosed,
    /// Nothing, until a second person opens it again.
    Closed,
    /// Nothing, for good.
    Locked,
}

/// A change of a period's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub state: PeriodState,
    pub by: String,
    pub at: Timestamp,
    /// Never empty where a period was opened again.
    pub reason: String,
}

/// The periods of an entity of which something was said, each with all its changes, the first one first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Books {
    pub fiscal: FiscalCalendar,
    pub changes: BTreeMap<Month, Vec<Change>>,
}

impl Books {
    /// The state of a period. One of which nothing was said is as closed as the next of which something was has ever
    /// been: who closes a month closes the time before it, and who opens it again opens that month only.
    pub fn state(&self, month: Month) -> PeriodState {
        let said = self.changes.range(month..).next().and_then(|(said, changes)| {
            let mut states = changes.iter().map(|change| change.state);
            if *said == month { states.next_back() } else { states.max() }
        });
        said.unwrap_or(PeriodState::Open)
    }

    /// Every change of a period, the first one first.
    pub fn changes(&self, month: Month) -> &[Change] {
        self.changes.get(&month).map_or(&[], Vec::as_slice)
    }

    /// The nearest period before this one that is less closed.
    fn less_closed_before(&self, month: Month, than: PeriodState) -> Option<(Month, PeriodState)> {
        let before = self.changes.range(..month).rev().map(|(month, _)| (*month, self.state(*month)));
        before.into_iter().find(|(_, state)| *state < than)
    }

    /// The nearest period after this one that is closed in some way.
    fn closed_after(&self, month: Month) -> Option<(Month, PeriodState)> {
        let after = self.changes.range(month.next()..).map(|(month, _)| (*month, self.state(*month)));
        after.into_iter().find(|(_, state)| *state > PeriodState::Open)
    }
}

impl PeriodState {
    /// The name that contract and database write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::SoftClosed => "SOFT_CLOSED",
            Self::Closed => "CLOSED",
            Self::Locked => "LOCKED",
        }
    }
}

refusal::refusals! {
    /// Why a period does not change its state.
    pub enum PeriodRefusal {
        /// A platform cannot answer for an approval.
        Forbidden "PERSON_REQUIRED" PersonRequired { month: String } =>
            "{month} has to be opened again by a person, not by a platform's key",
        /// The act does not fit the state.
        StateForbids "PERIOD_STATE" WrongState { month: String, state: String, needed: String } =>
            "{month} is {state}; this needs {needed}",
        /// Nobody opens again what they closed.
        Forbidden "SAME_PERSON" SamePerson { month: String, person: String } =>
            "{month} was closed by {person}, who therefore cannot open it again; ask a second person",
        /// What is not over cannot be complete.
        StateForbids "PERIOD_NOT_ENDED" NotEnded { month: String, last: String, today: String } =>
            "{month} ends on {last}, and today is {today} in the entity's time zone; close it when its last day is over",
        /// Earlier months close first, later ones open again first.
        StateForbids "PERIOD_ORDER" OutOfOrder { month: String, other: String, state: String } =>
            "{other} is {state}; earlier periods close before {month}, and later ones open again before it",
        /// Its documents would be split between two periods.
        StateForbids "PERIOD_ISSUING" Issuing { month: String, run: String } =>
            "{run} is issuing documents dated in {month}; close it once the run is issued",
    }
}
