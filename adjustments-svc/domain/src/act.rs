//! Who did something, and when.

use jiff::Timestamp;

/// An act of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// The account that acted, as the signed caller names it.
    pub by: String,
    pub at: Timestamp,
}
