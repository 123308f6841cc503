//! A case in words: both counts, how far they are apart, and why somebody has to decide.

use std::fmt;

use super::{Case, Counts, Finding};
use crate::order::ToleranceBase;

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        both(f, self.counts)?;
        self.apart(f, self.counts)?;
        if let Some(count) = self.to_date.controlling.filter(|_| self.to_date != self.counts) {
            write!(f, "; to date {} and {}", self.to_date.own.normalize(), count.normalize())?;
            self.apart(f, self.to_date)?;
        }
        f.write_str(match self.finding {
            Finding::Within | Finding::Beyond => "; the third party counted fewer, by more than is tolerated",
            Finding::TagFailure => "; the third party counted nothing at all: look at its tag",
            Finding::NoCountYet => "; the third party has not counted yet",
            Finding::Owed(then) => {
                f.write_str("; what is owed in delivery was decided on ")?;
                return both(f, then);
            }
        })
    }
}

fn both(f: &mut fmt::Formatter<'_>, counts: Counts) -> fmt::Result {
    write!(f, "own count {}, controlling count ", counts.own.normalize())?;
    match counts.controlling {
        Some(count) => write!(f, "{}", count.normalize()),
        None => f.write_str("nothing"),
    }
}

impl Case {
    /// The reason of the exception that it makes, and what frees it.
    pub fn reason(&self) -> (&'static str, &'static str) {
        match self.finding {
            Finding::Within | Finding::Beyond => ("THIRD_PARTY_CASE", "choose by what it bills"),
            Finding::Owed(_) => ("THIRD_PARTY_CASE", "choose again by what it bills"),
            Finding::TagFailure => {
                ("THIRD_PARTY_TAG_FAILURE", "have its tag mended, or choose by what it bills")
            }
            Finding::NoCountYet => {
                ("THIRD_PARTY_COUNT_MISSING", "wait for its count, or choose by what it bills")
            }
        }
    }

    fn apart(&self, f: &mut fmt::Formatter<'_>, counts: Counts) -> fmt::Result {
        let Some(percent) = counts.percent_apart(self.base, self.tolerance_percent) else { return Ok(()) };
        let of = match self.base {
            ToleranceBase::Own => "own",
            ToleranceBase::Controlling => "controlling",
        };
        write!(f, ", {percent} % of the {of} count apart")
    }
}
