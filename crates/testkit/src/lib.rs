#![doc = include_str!("../README.md")]

mod database;
mod port;
mod server;

pub use database::TestDatabase;
pub use port::free_port;
pub use server::{SharedServer, URL_VARIABLE, server_url};
