//! What a line has to bill: rated to date less billed before, on a ledger of what was billed.
//!
//! The law that rating keeps, whatever arrives in whatever order and however often it runs: what was billed of a metered
//! line is its billed units at their prices, **summed exactly and rounded once** (INV-10). So the total of a line is
//! right to the cent however its delivery is sliced, and what is billed and what is held are together what the line is
//! worth: R(to date).
//!
//! What would take money back is not billed, unless [`rate_taking_back`] is asked. It is held, and the rest goes on in what it
//! leaves of the cap.

mod apportion;
mod booked;
mod bucket;
mod cap;
mod caps;
mod cell;
mod error;
mod excess;
mod expenses;
mod flat_fee;
mod held;
mod line_to_rate;
mod metered;
mod minimum;
mod opening;
mod per_spot;
mod places;
mod price;
mod quote;
mod rated_line;
mod settle;
mod settlement;
mod spot;
mod subscription;
mod tally;
#[cfg(test)]
mod tests;
mod tiers;
mod window;

pub(crate) use apportion::apportion;
pub use bucket::{Bucket, LineKind};
pub use cell::Cell;
pub use error::RatingError;
pub use excess::{Decided, Excess, excess};
pub use held::{Change, Held, HeldCause};
pub use line_to_rate::{Airing, AiringStatus, Basis, Billed, LineToRate, Makegood, Pricing, Segment};
pub use metered::{Expenses, Metered};
pub use price::{Price, Terms};
pub use quote::{Asked, Delivered, Quote, QuotedMonth, Reported, quote};
pub use rated_line::{RatedItem, RatedLine, Unit};
pub use settlement::Settlement;
pub use spot::terms_nearest;
pub use subscription::Subscription;

use settle::Negative;

/// Rates one line for the month of a run.
///
/// Only origin periods whose billing month is not after the run's are billed. The answer follows from the arguments
/// alone; the order in which airings, cells and entries are given does not matter.
pub fn rate(line: &LineToRate) -> Result<RatedLine, RatingError> {
    rate_with(line, Negative::Held)
}

/// Rates one line as [`rate`] does, and bills what would take money back instead of holding it. What names spots is held
/// all the same, because what becomes of a spot follows from the note that credits it; and so is what settles. A period that is
/// undecided stays as it was billed.
pub fn rate_taking_back(line: &LineToRate) -> Result<RatedLine, RatingError> {
    rate_with(line, Negative::Billed)
}

fn rate_with(line: &LineToRate, negative: Negative) -> Result<RatedLine, RatingError> {
    match &line.pricing {
        Pricing::FlatFee { parts } => flat_fee::rate(line, parts, negative),
        Pricing::Metered(metered) => metered::rate(line, metered, negative),
        Pricing::Subscription(subscription) => subscription::rate(line, subscription, negative),
        Pricing::Settled(settlement) => settlement::rate(line, settlement),
        Pricing::PerSpot { segments, cap, airings, decided } => {
            per_spot::rate(line, segments, *cap, (airings, decided))
        }
    }
}
