//! When an order is billed.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::{BillingCalendar, Days};

/// When an order is billed, as printed on American broadcast contracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BillingCycle {
    /// At the end of each month of the order's calendar (EOM).
    EndOfMonth,
    /// At the end of each month, the last time at the end of the contract (EOM/EOC).
    EndOfMonthOrContract,
    /// Each week of the calendar, whatever the month: Monday to Sunday, unless the calendar is made of other weeks.
    Weekly,
}

impl BillingCycle {
    /// The billing period in which a day bills. `contract_last` is the last day of the contract.
    ///
    /// What airs after the end of a contract that has been billed at its end bills with the rest of that month.
    pub fn period_of(self, calendar: BillingCalendar, contract_last: Date, day: Date) -> Days {
        let month = calendar.days_of(calendar.month_of(day));
        let period = match self {
            Self::EndOfMonth => Ok(month),
            Self::EndOfMonthOrContract if day <= contract_last => {
                Days::new(month.first(), month.last().min(contract_last))
            }
            Self::EndOfMonthOrContract => {
                Days::new(month.first().max(contract_last.saturating_add(1.day())), month.last())
            }
            Self::Weekly => Ok(calendar.week_of(day)),
        };
        period.expect("the day itself is in the period")
    }
}
