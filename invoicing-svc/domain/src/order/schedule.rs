use std::num::NonZeroU32;

use calendar::Days;
use jiff::ToSpan;
use money::{Money, Remainder};

use super::{BillingTerms, Schedule};

/// One part of a fee: made once, from then on only summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The billing period that bills it.
    pub period: Days,
    pub amount: Money,
}

/// The parts of a fee over its flight; they sum to the fee.
pub(super) fn parts(
    fee: Money,
    flight: Days,
    billing: BillingTerms,
    schedule: Schedule,
    remainder: Remainder,
) -> Vec<Part> {
    match schedule {
        Schedule::OnDelivery => vec![Part { period: billing.period_of(flight.last()), amount: fee }],
        Schedule::EvenSplit => {
            let periods = periods(flight, billing);
            let count = u32::try_from(periods.len()).ok().and_then(NonZeroU32::new);
            let amounts =
                fee.split_evenly(count.expect("a flight has a period, and at most one a day"), remainder);
            periods.into_iter().zip(amounts).map(|(period, amount)| Part { period, amount }).collect()
        }
    }
}

/// The billing periods that a flight touches, in order.
fn periods(flight: Days, billing: BillingTerms) -> Vec<Days> {
    let first = billing.period_of(flight.first());
    let later = |period: &Days| {
        let next = period.last().checked_add(1.day()).ok()?;
        (next <= flight.last()).then(|| billing.period_of(next))
    };
    std::iter::successors(Some(first), later).collect()
}
