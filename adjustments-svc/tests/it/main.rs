//! The adjustments service as its callers see it, on real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod approval;
mod change;
mod delegation;
mod emergency;
mod measure;
mod person;
mod policy;
mod refund;
mod root_cause;
mod service;
mod side_by_side;
mod subscription;
