//! Days, periods and months.

use billing_proto::{billing::invoicing::v1 as pb, google::r#type as google};
use calendar::{Days, Month};
use jiff::{Timestamp, civil};
use refusal::Violations;

/// A day that must be given.
pub fn day(v: &mut Violations, field: &str, value: Option<&google::Date>) -> Option<civil::Date> {
    let Some(value) = value else {
        v.add(field, "must be given");
        return None;
    };
    v.take(field, parse_day(value))
}

/// A day that may be absent. The outer `None` is a violation.
pub fn optional_day(
    v: &mut Violations,
    field: &str,
    value: Option<&google::Date>,
) -> Option<Option<civil::Date>> {
    value.map_or(Some(None), |value| v.take(field, parse_day(value)).map(Some))
}

fn parse_day(value: &google::Date) -> Result<civil::Date, String> {
    let no_day = || {
        format!("is no day of the calendar: year {}, month {}, day {}", value.year, value.month, value.day)
    };
    let year = i16::try_from(value.year).map_err(|_| no_day())?;
    let (month, day) = i8::try_from(value.month).ok().zip(i8::try_from(value.day).ok()).ok_or_else(no_day)?;
    let date = civil::Date::new(year, month, day).map_err(|_| no_day())?;
    if (1900..=2999).contains(&year) { Ok(date) } else { Err(no_day()) }
}

/// A run of days that must be given.
pub fn days(v: &mut Violations, field: &str, value: Option<&pb::Days>) -> Option<Days> {
    let Some(value) = value else {
        v.add(field, "must be given");
        return None;
    };
    v.within(field, |v| {
        let (first, last) = (day(v, "first", value.first.as_ref()), day(v, "last", value.last.as_ref()));
        let days = Days::new(first?, last?);
        v.take("last", days)
    })
}

/// A month `2020-01`.
pub fn month(v: &mut Violations, field: &str, value: &str) -> Option<Month> {
    v.take(field, value.parse::<Month>())
}

/// Months from a first to a last, as far as they are given, have to be in order.
pub fn in_order(v: &mut Violations, first: Option<Month>, last: Option<Month>) {
    if let Some((first, last)) = first.zip(last) {
        v.take("last_month", last.not_before(first));
    }
}

/// The day as a message.
pub fn day_message(day: civil::Date) -> google::Date {
    google::Date { year: i32::from(day.year()), month: i32::from(day.month()), day: i32::from(day.day()) }
}

/// The run of days as a message.
pub fn days_message(days: Days) -> pb::Days {
    pb::Days { first: Some(day_message(days.first())), last: Some(day_message(days.last())) }
}

/// The time of a day, `HH:MM`.
pub fn time_of_day(time: civil::Time) -> String {
    time.strftime("%H:%M").to_string()
}

/// A point in time as a message.
pub fn time_message(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}
