use jiff::{ToSpan, civil::Date};

/// The last day to pay (BT-9): so many days after the issue date; at the end of time, the last day that there is.
pub fn due_date(issue_date: Date, payment_terms_days: u16) -> Date {
    issue_date.saturating_add(i32::from(payment_terms_days).days())
}
