//! The tests of the house as a whole, one binary.
//!
//! An oracle does not share the code that it judges: nothing here uses the suite's arithmetic, and all that runs is
//! reached as its clients reach it.

mod adjusting;
mod adversity;
mod approvals;
mod catalogue;
mod contract;
mod oracle;
mod repository;
mod scenarios;
mod simulation;
mod suite;
mod tidy;
