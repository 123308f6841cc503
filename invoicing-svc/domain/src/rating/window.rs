//! Over which periods caps, tiers and minimums count.

use calendar::Days;
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{LineToRate, RatingError};
use crate::pricing::Window;

/// The billing periods of a line's flight, as windows see them.
pub(super) struct Periods<'a> {
    line: &'a LineToRate,
    flight: Days,
    term_months: Option<u32>,
    /// In order; at least one.
    periods: Vec<Days>,
}

/// A window that is over: its first day, and the last of its periods.
#[derive(Clone, Copy, Debug)]
pub(super) struct Over {
    pub(super) key: Date,
    pub(super) last: Days,
}

impl<'a> Periods<'a> {
    pub(super) fn of(line: &'a LineToRate, flight: Days, term_months: Option<u32>) -> Self {
        let first = line.origin_of(flight.first());
        let later = |period: &Days| {
            let next = period.last().checked_add(1.day()).ok()?;
            (next <= flight.last()).then(|| line.origin_of(next))
        };
        let periods = std::iter::successors(Some(first), later).collect();
        Self { line, flight, term_months, periods }
    }

    /// What names the window of a period.
    pub(super) fn key(&self, window: Window, origin: Days) -> Result<Date, RatingError> {
        match window {
            Window::Life | Window::PeriodWithCarry => Ok(Date::MIN),
            Window::Period => Ok(origin.first()),
            Window::Term => self.term_of(origin.first().max(self.flight.first())),
        }
    }

    /// The first day of the term of a day. A period belongs to the term of its first day within the flight.
    fn term_of(&self, day: Date) -> Result<Date, RatingError> {
        let months = self.term_months.filter(|months| *months > 0);
        let months = i64::from(months.ok_or(RatingError::TermsIncomplete { what: "the months of a term" })?);
        let first = self.flight.first();
        let starts = (0_i64..).map_while(|term| {
            let months = term.checked_mul(months).filter(|months| *months < 12_000)?;
            first.checked_add(months.months()).ok()
        });
        Ok(starts.take_while(|start| *start <= day).last().unwrap_or(first))
    }

    /// How many times an amount per window is allowed: as many as periods have begun where it carries over.
    pub(super) fn times(&self, window: Window) -> Decimal {
        match window {
            Window::Life | Window::Term | Window::Period => Decimal::ONE,
            Window::PeriodWithCarry => Decimal::from(self.taken().count()),
        }
    }

    /// The periods that the run takes.
    fn taken(&self) -> impl Iterator<Item = Days> {
        self.periods.iter().copied().filter(|period| self.line.takes(*period))
    }

    /// The windows all of whose periods the run takes.
    pub(super) fn over(&self, window: Window) -> Result<Vec<Over>, RatingError> {
        let mut over: Vec<Over> = Vec::new();
        for period in &self.periods {
            let key = self.key(window, *period)?;
            match over.last_mut().filter(|last| last.key == key) {
                Some(same) => same.last = *period,
                None => over.push(Over { key, last: *period }),
            }
        }
        if window == Window::PeriodWithCarry {
            // To date against to date: every period closes what went before.
            return Ok(self.taken().last().map(|last| Over { key: Date::MIN, last }).into_iter().collect());
        }
        over.retain(|over| self.line.takes(over.last));
        Ok(over)
    }
}
