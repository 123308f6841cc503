//! What the suite is judged by: arithmetic of its own, on integers, that shares no code with it.

mod amount;
mod line;

pub use amount::Amount;
pub use line::{Aired, Limit, worth};
