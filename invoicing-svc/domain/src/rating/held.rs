//! What is not billed although it is due: what would take money back, and what waits for that.

use std::fmt;

use calendar::Days;
use money::Money;
use rust_decimal::Decimal;

use super::Bucket;

/// The difference of an origin period that waits for a correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The billing period.
    pub origin: Days,
    /// Rated to date less billed. Negative, unless a cap or a tier that is used up by what should be taken back keeps
    /// it waiting.
    pub amount: Money,
    /// What made the difference.
    pub cause: HeldCause,
    /// What the difference is made of: units back at the old price, units at the new one. Never empty.
    pub changes: Vec<Change>,
}

impl Held {
    /// Why it waits, as the rest of a sentence.
    pub fn why(&self) -> String {
        if self.amount.is_positive() {
            "what was billed too much of the line uses the cap, the tier or the minimum that this needs; once that is corrected, this bills".to_owned()
        } else {
            self.cause.to_string()
        }
    }
}

/// So many units more, or fewer, at a position of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub bucket: Bucket,
    /// Negative where they are taken back.
    pub units: Decimal,
}

/// What made a difference that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldCause {
    /// Less was delivered than was billed.
    Restatement,
    /// The same at a lower price.
    Amendment,
    /// What was billed lies after the day on which the line ended.
    Cancellation,
    /// Other units than those that were billed are within the cap.
    Cap,
    /// The same units are in other tiers.
    Tiers,
    /// More was billed than the schedule has for the period.
    Schedule,
    /// The minimum is lower than what was billed for it.
    Minimum,
    /// Less is owed than makegoods billed.
    Makegood,
    /// An agreement owes it, and no document has room for it.
    Agreement,
}

impl HeldCause {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Restatement => "RESTATEMENT",
            Self::Amendment => "AMENDMENT",
            Self::Cancellation => "CANCELLATION",
            Self::Cap => "CAP",
            Self::Tiers => "TIERS",
            Self::Schedule => "SCHEDULE",
            Self::Minimum => "MINIMUM",
            Self::Makegood => "MAKEGOOD",
            Self::Agreement => "AGREEMENT",
        }
    }
}

/// As the rest of a sentence about what is held.
impl fmt::Display for HeldCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Restatement => "less was delivered than was billed",
            Self::Amendment => "the price is lower than what was billed",
            Self::Cancellation => "the line ended before what was billed",
            Self::Cap => "other units than those billed are within the cap",
            Self::Tiers => "the units are in other tiers than when they were billed",
            Self::Schedule => "more was billed than the schedule has for the period",
            Self::Minimum => "the minimum is lower than what was billed for it",
            Self::Makegood => "less is owed than makegoods billed",
            Self::Agreement => "an agreement owes it, and no draft of the account has room for it",
        })
    }
}
