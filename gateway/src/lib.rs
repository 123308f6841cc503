#![doc = include_str!("../README.md")]

pub mod access;
mod configuration;
mod door;
mod forward;
mod health;
mod limits;
mod measure;
mod open_api;
mod serve;
mod sign_in;
mod start;
mod transcode;

pub use chassis::database::Passwords;
pub use configuration::{Configuration, DEFAULTS};
pub use limits::LimitSettings;
pub use start::{Running, StartError, connect, migrate, start};
