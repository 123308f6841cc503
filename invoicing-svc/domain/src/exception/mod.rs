//! What a person should see before a draft becomes a document: pre-bill checks, and how what they find is settled.
//!
//! A draft with an open BLOCK waits, and everything else goes on. Nothing is settled in silence: either the data were
//! mended, or somebody says why it goes on as it is.

mod check;
mod finding;
mod purchase_order;
mod settle;
#[cfg(test)]
mod tests;

pub use check::{AccountFacts, DraftFacts, LineState, Recent, check, check_order};
pub use finding::{Finding, Severities, Severity, severity};
pub use purchase_order::{Chosen, choose};
pub use settle::{
    Exception, ExceptionRefusal, Settlement, State, assign, choose_outcome, due_on, override_block,
};
