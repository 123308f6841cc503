#![doc = include_str!("../README.md")]

mod configuration;
mod invoicing;
mod report;
mod rpc;
mod start;
mod store;
mod wire;
mod work;

pub use chassis::database::Passwords;
pub use configuration::{Configuration, Notifications};
pub use start::{StartError, migrate, start};
