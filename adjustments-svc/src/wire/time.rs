//! Moments and days.

use billing_proto::google::r#type as google;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use refusal::Violations;

/// The moment as a message.
pub fn message(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}

/// The day as a message.
pub fn day(day: Date) -> google::Date {
    google::Date { year: day.year().into(), month: day.month().into(), day: day.day().into() }
}

/// A moment that must be given, in whole microseconds.
pub fn moment(v: &mut Violations, field: &str, value: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
    let Some(value) = value else {
        v.add(field, "must be given");
        return None;
    };
    let at = Timestamp::new(value.seconds, value.nanos).ok();
    let at = at.and_then(|at| Timestamp::from_microsecond(at.as_microsecond()).ok());
    v.take(field, at.ok_or("is no moment between the years 1 and 9999"))
}

/// The first moment of a day that must be given, in UTC.
pub fn midnight(v: &mut Violations, field: &str, value: Option<&google::Date>) -> Option<(Date, Timestamp)> {
    let Some(value) = value else {
        v.add(field, "must be given");
        return None;
    };
    let year = i16::try_from(value.year).ok();
    let month_day = i8::try_from(value.month).ok().zip(i8::try_from(value.day).ok());
    let day = year.zip(month_day).and_then(|(year, (month, day))| Date::new(year, month, day).ok());
    let at = day.and_then(|day| Some((day, day.to_zoned(TimeZone::UTC).ok()?.timestamp())));
    v.take(field, at.ok_or("is no day of the calendar"))
}
