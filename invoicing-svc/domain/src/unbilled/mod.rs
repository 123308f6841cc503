//! What is worth money to date and is not billed, and why.
//!
//! The law: what a line is worth to date less what was billed of it is the sum of its reasons. What it is worth is rated
//! anew, as if nothing had been billed here, so that the law is a check and no definition; what does not agree shows as
//! unexplained.

mod balance;
mod months;
mod reason;
mod standing;
#[cfg(test)]
mod tests;

pub use balance::Balance;
pub use months::Months;
pub use reason::{Block, Counting, Drafted, OpenRun, Reason, Waiting, Why, reasons};
pub use standing::{Apart, Free, Period, Standing, standing};
