//! Why a line of a document says what it says: a tree that adds up.
//!
//! It is told from what was billed, never rated again. Every amount is exactly the sum of the amounts of its parts, so
//! that who reads the tree can check each step with paper and pencil; what an amount rests on besides stands beside it
//! as grounds, and is in no sum.

mod billed_line;
mod explain;
mod node;
mod taxed;
#[cfg(test)]
mod tests;

pub use billed_line::{BilledLine, CapOfLine, Earlier, Landed, TaxOfLine, Terms};
pub use explain::explain;
pub use node::{Counted, Node, Subject};
