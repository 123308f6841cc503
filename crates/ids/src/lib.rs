#![doc = include_str!("../README.md")]

mod id;
mod registry;
mod revision;

pub use id::{Id, Kind, ParseIdError};
pub use registry::*;
pub use revision::{ParseRevisionError, Revision};
