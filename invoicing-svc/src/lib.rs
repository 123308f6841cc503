#![doc = include_str!("../README.md")]

mod configuration;
mod report;
mod rpc;
mod start;
mod store;
mod wire;
mod work;

pub use configuration::{Configuration, Passwords};
pub use start::{StartError, migrate, start};
