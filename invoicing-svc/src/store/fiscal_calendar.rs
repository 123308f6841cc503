//! Fiscal calendars as the database keeps them, beside their entities.

use anyhow::Context;
use calendar::{FiscalCalendar, FiscalMonths, FiscalWeeks, WeekPattern};
use chassis::failure::Failure;
use jiff::civil::Weekday;
use serde_json::{Value, json};

use super::written::Written;

/// The calendar as JSON.
pub fn written(calendar: FiscalCalendar) -> Value {
    let (last_month, year_name) = (calendar.last_month(), calendar.year_name().text());
    match calendar.months() {
        FiscalMonths::Calendar => {
            json!({ "months": "CALENDAR_MONTH", "last_month": last_month, "year_name": year_name })
        }
        FiscalMonths::Broadcast => {
            json!({ "months": "BROADCAST_MONTH", "last_month": last_month, "year_name": year_name })
        }
        FiscalMonths::Weeks(weeks) => json!({
            "months": weeks.pattern().text(),
            "last_month": last_month,
            "year_name": year_name,
            // ISO 8601: Monday is 1.
            "week_last_day": weeks.last_day().to_monday_one_offset(),
            "year_end": weeks.year_end().text(),
            "long_month": weeks.long_month(),
        }),
    }
}

/// A calendar that the database holds.
pub fn read(json: &Value) -> Result<FiscalCalendar, Failure> {
    let months = match text(json, "months")? {
        "CALENDAR_MONTH" => FiscalMonths::Calendar,
        "BROADCAST_MONTH" => FiscalMonths::Broadcast,
        pattern => {
            let last_day = Weekday::from_monday_one_offset(number(json, "week_last_day")?);
            let weeks = FiscalWeeks::new(
                WeekPattern::read(pattern)?,
                last_day.context("the database holds no weekday")?,
                Written::read(text(json, "year_end")?)?,
                number(json, "long_month")?,
            );
            FiscalMonths::Weeks(weeks.context("the database holds no month of a year")?)
        }
    };
    let year_name = Written::read(text(json, "year_name")?)?;
    Ok(FiscalCalendar::new(months, number(json, "last_month")?, year_name)
        .context("the database holds no month of a year")?)
}

fn text<'a>(json: &'a Value, key: &str) -> Result<&'a str, Failure> {
    let found = json.get(key).and_then(Value::as_str);
    Ok(found.with_context(|| format!("the database holds a fiscal calendar without {key}"))?)
}

fn number(json: &Value, key: &str) -> Result<i8, Failure> {
    let found = json.get(key).and_then(Value::as_i64).and_then(|number| i8::try_from(number).ok());
    Ok(found.with_context(|| format!("the database holds a fiscal calendar without {key}"))?)
}
