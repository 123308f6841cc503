#![doc = include_str!("../README.md")]

mod configuration;
mod invoicing;
mod rpc;
mod start;
mod store;
mod wire;
mod work;

pub use chassis::database::Passwords;
pub use configuration::Configuration;
pub use start::{StartError, migrate, start};
