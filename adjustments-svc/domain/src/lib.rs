#![doc = include_str!("../README.md")]

pub mod act;
pub mod adjustment;
pub mod approval;
pub mod content_digest;
pub mod directory;
pub mod policy;
pub mod role;
mod spelled;
pub mod subject;
