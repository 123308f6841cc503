//! What is not billed although it is due: what would take money back, and what waits for that.

use std::fmt;

use calendar::Days;
use money::Money;

/// The difference of an origin period that waits for a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The billing period.
    pub origin: Days,
    /// Rated to date less billed. Negative, unless a cap that is used up by what should be taken back keeps it waiting.
    pub amount: Money,
    /// What made the difference.
    pub cause: HeldCause,
}

/// What made a difference that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldCause {
    /// Fewer spots aired than were billed.
    FewerSpots,
    /// Others than those that were billed are within the cap.
    Cap,
    /// The same spots at a lower price.
    LowerPrice,
    /// More was billed than the schedule has for the period.
    Schedule,
}

impl fmt::Display for HeldCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FewerSpots => "fewer spots aired than were billed",
            Self::Cap => "other spots than those billed are within the cap",
            Self::LowerPrice => "the price is lower than what was billed",
            Self::Schedule => "more was billed than the schedule has for the period",
        })
    }
}
