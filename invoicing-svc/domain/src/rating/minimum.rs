//! At least the minimum: what a window falls short of is due with its last period.
//!
//! A window that is over is netted as a whole, so that what comes late and the smaller top-up stand on one document. Where it comes
//! to less than was billed, only its periods that are worth less themselves wait. The windows of a line that ended early
//! are over with its last period: what was promised over its life is due then, and no minimum of the periods and terms
//! that would have begun later.

use calendar::Days;
use jiff::civil::Date;
use money::{MoneyError, Rate};
use rust_decimal::{Decimal, RoundingStrategy};

use super::{
    Bucket, LineKind, LineToRate, RatingError, Terms,
    opening::Openings,
    settle::Stays,
    tally::Tally,
    window::{Over, Periods},
};
use crate::pricing::Minimum;

/// The minimum of a line, with its windows that are over.
pub(super) struct Minimums<'a> {
    periods: &'a Periods<'a>,
    minimum: Option<Minimum>,
    over: Vec<Over>,
    terms: &'a [Terms],
}

impl<'a> Minimums<'a> {
    pub(super) fn of(
        periods: &'a Periods<'_>,
        minimum: Option<Minimum>,
        terms: &'a [Terms],
    ) -> Result<Self, RatingError> {
        let over = match minimum {
            Some(minimum) => periods.over(minimum.window)?,
            None => Vec::new(),
        };
        Ok(Self { periods, minimum, over, terms })
    }

    /// The period with which a period is netted: the last of its window, once that is over.
    pub(super) fn netted_with(&self, origin: Days) -> Days {
        let key = self.key(origin);
        self.over.iter().find(|over| Some(over.key) == key).map_or(origin, |over| over.last)
    }

    fn key(&self, origin: Days) -> Option<Date> {
        self.periods.key(self.minimum?.window, origin).ok()
    }

    /// Adds what the windows fall short of.
    pub(super) fn add(
        &self,
        tally: &mut Tally,
        stays: &Stays<'_>,
        openings: &Openings,
        line: &LineToRate,
    ) -> Result<(), RatingError> {
        let Some(minimum) = self.minimum else { return Ok(()) };
        let least = minimum.amount.amount().checked_mul(self.periods.times(minimum.window));
        let least = least.ok_or(MoneyError::Overflow)?;
        for over in self.over.iter().filter(|over| !stays.has(over.last)) {
            let of_window = |origin| self.key(origin) == Some(over.key);
            let kept = stays.kept().filter(|(bucket, _)| bucket.kind != LineKind::Minimum);
            let rated = tally.clone().with(kept)?.only(|bucket| of_window(bucket.origin));
            let opened = openings.iter().filter(|opening| of_window(opening.origin));
            let opened = opened.fold(Decimal::ZERO, |sum, opening| sum + opening.gross.amount());
            let short = least - rated.worth(line.currency)?.amount() - opened;
            if short > Decimal::ZERO {
                tally.add(self.bucket(over.last, short)?, Decimal::ONE)?;
            }
        }
        Ok(())
    }

    /// One unit at the shortfall.
    fn bucket(&self, last: Days, short: Decimal) -> Result<Bucket, RatingError> {
        let short = short.round_dp_with_strategy(12, RoundingStrategy::MidpointAwayFromZero);
        let rate = Rate::of(short).map_err(|_| MoneyError::Overflow)?;
        let of_period = self.terms.iter().filter(|terms| terms.days.intersect(last).is_some());
        let segment_first = of_period.map(|terms| terms.days.first()).min().unwrap_or(last.first());
        Ok(Bucket { origin: last, kind: LineKind::Minimum, segment_first, rate, price_base: 1 })
    }
}
