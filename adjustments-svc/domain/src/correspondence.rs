//! What is written back and forth about something.

use crate::act::Act;

/// What somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its place, counted from one.
    pub ordinal: i32,
    pub is_from_customer: bool,
    pub words: String,
    pub written: Act,
}
