#![doc = include_str!("../README.md")]

pub mod act;
pub mod adjustment;
pub mod approval;
pub mod change;
pub mod content_digest;
pub mod correspondence;
pub mod customer_case;
pub mod directory;
pub mod dispute;
pub mod policy;
pub mod refund;
pub mod role;
pub mod root_cause;
pub mod service_clock;
mod spelled;
pub mod subject;
pub mod subscription;
