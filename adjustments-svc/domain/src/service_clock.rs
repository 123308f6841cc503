//! The clock of what somebody waits for. It runs on business days and stands still while the customer is asked; when it has
//! run out, somebody higher up is told. It ends nothing by itself.

use calendar::Holidays;
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use crate::directory::Directory;

/// Until when something is to be done, and who was told that it was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceClock {
    pub due: Timestamp,
    pub escalation: Option<Escalation>,
}

/// Somebody was told that it is late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escalation {
    pub at: Timestamp,
    /// The owner's manager; `None` where there is no owner, or the directory knows nobody above.
    pub to: Option<String>,
}

impl ServiceClock {
    /// So many business days from now. Past the year 9999 nothing is late.
    pub fn start(now: Timestamp, business_days: u32, holidays: &Holidays) -> Self {
        let due = after(now, business_days, holidays).unwrap_or(Timestamp::MAX);
        Self { due, escalation: None }
    }

    /// Goes on after it stood still: due as many business days later as it did.
    #[must_use]
    pub fn resume(&self, since: Timestamp, now: Timestamp, holidays: &Holidays) -> Self {
        let stood_still = business_days(day(since), day(now), holidays);
        let due = after(self.due, stood_still, holidays).unwrap_or(Timestamp::MAX);
        // What is in time again can be late again.
        Self { due, escalation: self.escalation.clone().filter(|_| due <= now) }
    }

    /// The clock that has told the owner's manager; `None` while it is in time, and when it has told already.
    pub fn escalate(&self, owner: Option<&str>, directory: &Directory, now: Timestamp) -> Option<Self> {
        if now < self.due || self.escalation.is_some() {
            return None;
        }
        let to = owner.and_then(|owner| directory.manager(owner)).map(str::to_owned);
        Some(Self { escalation: Some(Escalation { at: now, to }), ..self.clone() })
    }
}

/// So many business days after a time, at the same time of day in UTC. `None` past the year 9999.
pub fn after(at: Timestamp, business_days: u32, holidays: &Holidays) -> Option<Timestamp> {
    let now = at.to_zoned(TimeZone::UTC);
    let day = holidays.add_business_days(now.date(), business_days)?;
    Some(day.to_datetime(now.time()).to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The business days after the first day up to and with the last.
fn business_days(first: Date, last: Date, holidays: &Holidays) -> u32 {
    let days = first.series(1.day()).skip(1).take_while(|day| *day <= last);
    let count = days.filter(|day| holidays.is_business_day(*day)).count();
    u32::try_from(count).expect("the calendar has fewer than 2^32 days")
}

fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests;
