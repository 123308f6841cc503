use money::Quantity;
use rust_decimal::{Decimal, RoundingStrategy};

use super::ThirdPartyTerms;
use crate::order::ToleranceBase;

/// What both counted, in units of the line's metric; not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    pub own: Decimal,
    /// `None`: the third party has said nothing, which is not the same as zero.
    pub controlling: Option<Decimal>,
}

impl Counts {
    /// By how many percent of the base the controlling count is lower: to be read, so rounded to two places, or to as many
    /// more as say on which side of the tolerance it is. `None` where the third party has said nothing, or there is nothing
    /// to be a percent of.
    pub fn percent_apart(self, base: ToleranceBase, tolerance_percent: Quantity) -> Option<Decimal> {
        let controlling = self.controlling?;
        let apart = (self.own - controlling).checked_mul(Decimal::ONE_HUNDRED)?;
        let percent = apart.checked_div(self.base(controlling, base))?;
        let tolerated = tolerance_percent.value();
        let rounded = |places| percent.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
        let places = (2..=28).find(|places| rounded(*places).cmp(&tolerated) == percent.cmp(&tolerated))?;
        let mut read = rounded(places);
        read.rescale(places);
        Some(read)
    }

    fn base(self, controlling: Decimal, base: ToleranceBase) -> Decimal {
        match base {
            ToleranceBase::Own => self.own,
            ToleranceBase::Controlling => controlling,
        }
    }
}

/// What two counts mean for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The controlling count bills.
    Within,
    /// The controlling count is lower by more than the tolerance.
    Beyond,
    /// The third party counted nothing where something was delivered: its tag did not work.
    TagFailure,
    /// The third party has not counted yet.
    NoCountYet,
    /// Within the tolerance, but what is owed in delivery was decided on these counts, and they are others now.
    Owed(Counts),
}

/// Compares the counts of a period, and of all periods up to it.
pub fn compare(period: Counts, to_date: Counts, terms: ThirdPartyTerms) -> Finding {
    let Some(controlling) = period.controlling else {
        return if period.own.is_zero() { Finding::Within } else { Finding::NoCountYet };
    };
    if controlling.is_zero() && !period.own.is_zero() {
        return Finding::TagFailure;
    }
    if is_beyond(period, terms) || is_beyond(to_date, terms) { Finding::Beyond } else { Finding::Within }
}

/// Strictly more than the tolerance, and the controlling count is the lower one. Not a quotient, which would be rounded:
/// (own − controlling) × 100 against tolerance × base.
fn is_beyond(counts: Counts, terms: ThirdPartyTerms) -> bool {
    let Some(controlling) = counts.controlling else { return false };
    let base = counts.base(controlling, terms.base);
    let apart = (counts.own - controlling) * Decimal::ONE_HUNDRED;
    // What has more digits than can be multiplied exactly is not within any tolerance.
    base.checked_mul(terms.tolerance_percent.value()).is_none_or(|allowed| apart > allowed)
}
