//! What must be billed at least cannot be more than what may be billed at most, over any days of a line.

use calendar::Days;
use jiff::civil::Date;
use money::Money;
use rust_decimal::Decimal;

use super::line_terms::too_large;
use super::{BillingTerms, Cap, Line, LineTerms, OrderRefusal, OrderReview, schedule};
use crate::pricing::{PricingModel, Window};

/// Compares a minimum with a budget over the windows of whichever has the longer ones, in which the other has several.
pub(super) fn check(line: &Line, cap: Cap, billing: BillingTerms) -> Result<(), OrderRefusal> {
    let (Some(minimum), Cap::Budget(budget)) = (line.usage.minimum, cap) else { return Ok(()) };
    let windows = Windows::of(line, billing);
    let both = [minimum.window, line.cap_window];
    let longer = both.into_iter().max_by_key(|window| length(*window)).unwrap_or(Window::Life);
    let carries = both.contains(&Window::PeriodWithCarry);
    let mut before = 0;
    for days in windows.each(longer, &windows.periods) {
        let end = before + days.len();
        // What carries over counts to date.
        let days = &windows.periods[if carries { 0 } else { before }..end];
        let least = windows.sum(line, (minimum.amount, minimum.window), days)?;
        let most = windows.sum(line, (budget, line.cap_window), days)?;
        if least.amount > most.amount {
            return Err(OrderRefusal::MinimumAboveMaximum {
                line: line.number.clone(),
                days: span(days, line.runs()),
                minimum: least.to_string(),
                maximum: most.to_string(),
            });
        }
        before = end;
    }
    Ok(())
}

/// A minimum above what a line can bill: all its booked units at their one price. Units without a cap may come to any amount, and
/// expenses come on top of hours.
pub(super) fn look(line: &Line, terms: &LineTerms, billing: BillingTerms) -> Option<OrderReview> {
    let minimum = line.usage.minimum?;
    let has_one_price = terms.worth.is_some() && terms.segments.len() == 1 && line.cancelled_on.is_none();
    let is_capped = terms.cap == Cap::LesserOfBookedAndDelivered;
    if !has_one_price || !is_capped || terms.pricing_model == PricingModel::TimeAndMaterials {
        return None;
    }
    let windows = Windows::of(line, billing);
    let least = windows.sum(line, (minimum.amount, minimum.window), &windows.periods).ok()?;
    (least.amount > terms.amount.amount()).then(|| OrderReview::MinimumAboveBooked {
        line: line.number.clone(),
        minimum: least.to_string(),
        booked: terms.amount,
    })
}

/// How windows lie within each other.
fn length(window: Window) -> u8 {
    match window {
        Window::Period | Window::PeriodWithCarry => 0,
        Window::Term => 1,
        Window::Life => 2,
    }
}

fn span(periods: &[Days], runs: Days) -> Days {
    let ends = periods.first().zip(periods.last());
    let span = ends.and_then(|(first, last)| Days::new(first.first(), last.last()).ok());
    span.and_then(|span| span.intersect(runs)).unwrap_or(runs)
}

/// The billing periods of the days that bill, and the terms in which they lie: a minimum ends with a line that is cancelled.
struct Windows {
    runs: Days,
    /// In order.
    periods: Vec<Days>,
    /// In order; one where the line has no length of a term.
    terms: Vec<Days>,
}

impl Windows {
    fn of(line: &Line, billing: BillingTerms) -> Self {
        let terms = schedule::terms(line).into_iter().map(|(cut, _)| cut).collect();
        let runs = line.runs();
        Self { runs, periods: schedule::periods(runs, billing), terms }
    }

    /// The periods of each window.
    fn each<'a>(&'a self, window: Window, periods: &'a [Days]) -> impl Iterator<Item = &'a [Days]> {
        periods.chunk_by(move |one, next| self.key(window, *one) == self.key(window, *next))
    }

    /// What names the window of a period, which belongs to the term of its first day that bills.
    fn key(&self, window: Window, period: Days) -> Date {
        let day = period.first().max(self.runs.first());
        match window {
            Window::Life => self.runs.first(),
            Window::Period | Window::PeriodWithCarry => day,
            Window::Term => {
                self.terms.iter().find(|term| term.contains(day)).map_or(day, |term| term.first())
            }
        }
    }

    /// What an amount for each window comes to over some periods.
    fn sum(
        &self,
        line: &Line,
        (amount, window): (Money, Window),
        periods: &[Days],
    ) -> Result<Sum, OrderRefusal> {
        let times = self.each(window, periods).count();
        let sum = amount.amount().checked_mul(Decimal::from(times)).ok_or_else(|| too_large(line))?;
        Ok(Sum { amount: sum, each: amount, times })
    }
}

/// An amount so many times.
struct Sum {
    amount: Decimal,
    each: Money,
    times: usize,
}

impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.times {
            1 => write!(f, "{}", self.each),
            times => write!(f, "{} ({times} × {})", self.amount, self.each),
        }
    }
}
