#![doc = include_str!("../README.md")]

mod bell;
pub mod feed;
pub mod inbox;
pub mod once;
pub mod say;
pub mod sequencer;

pub use feed::Feed;
pub use once::{Begun, Once};
pub use say::{Fact, Voice, say};
pub use sequencer::Sequencer;

/// The tables, as every service's first migration makes them.
pub const TABLES: &str = include_str!("../sql/outbox.sql");
