//! The command `makegood`: the whole suite in one process on a PostgreSQL of its own, and a client of its public door.
//!
//! The law: everything but `suite` goes through the public door with a token, as any client would.

pub mod cli;
pub mod client;
pub mod demo;
pub mod endpoints;
mod entity;
pub mod import;
pub mod keys;
mod progress;
pub mod run;
mod secret_file;
pub mod suite;
mod up;

/// What a command answers when it could do its work; what it could not do is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All is as it should be: exit code 0.
    Done,
    /// The work was done, and its answer is no: exit code 1.
    No,
}
