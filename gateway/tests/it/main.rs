//! The gateway on real PostgreSQL, before a service that answers as it is told: the gateway decides nothing, so what
//! stands behind it does not matter.

#![allow(clippy::unwrap_used)]

mod canned;
mod client;
mod house;

mod forwarding;
mod keys;
mod open_api;
mod requests;
mod streams;
mod web;
