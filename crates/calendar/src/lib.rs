#![doc = include_str!("../README.md")]

mod billing_calendar;
mod billing_cycle;
mod business_days;
mod days;
mod entity_zone;
mod fiscal_calendar;
mod month;

pub use billing_calendar::BillingCalendar;
pub use billing_cycle::BillingCycle;
pub use business_days::Holidays;
pub use days::{Days, LastBeforeFirst};
pub use entity_zone::{EntityZone, ParseZoneError};
pub use fiscal_calendar::{
    FiscalCalendar, FiscalMonths, FiscalWeeks, NoMonthOfYear, WeekPattern, YearEnd, YearName,
};
pub use month::{LastMonthBeforeFirst, Month, ParseMonthError};
