#![doc = include_str!("../README.md")]

mod declare;
mod violations;

use std::fmt;

pub use violations::{FieldViolation, Violations};

/// What kind of no a refusal is. The nine classes map to gRPC codes in `chassis`, and nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The message itself is wrong, whatever the state: INVALID_ARGUMENT.
    Malformed,
    /// Nobody known is asking: UNAUTHENTICATED.
    Unauthenticated,
    /// The caller is known and may not: PERMISSION_DENIED.
    Forbidden,
    /// It does not exist, or not for this caller: NOT_FOUND.
    Missing,
    /// It exists already: ALREADY_EXISTS.
    Exists,
    /// The message is right, the state does not allow it: FAILED_PRECONDITION.
    StateForbids,
    /// Somebody else was faster; load again and decide anew: ABORTED.
    Stale,
    /// A limit is reached; less, or later: RESOURCE_EXHAUSTED.
    Exhausted,
    /// Not now; the same call again may succeed: UNAVAILABLE.
    Unavailable,
}

/// A no that the caller can act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The class, which becomes the gRPC code.
    pub class: Class,
    /// The stable reason, UPPER_SNAKE_CASE, as documented in `docs/REASONS.md`.
    pub reason: &'static str,
    /// What is wrong and what to do about it, for people.
    pub message: String,
    /// The facts of the message once more, for machines.
    pub metadata: Vec<(&'static str, String)>,
    /// The fields that are wrong; empty unless the class is [`Class::Malformed`].
    pub violations: Vec<FieldViolation>,
}

impl Refusal {
    /// A refusal without metadata.
    pub fn new(class: Class, reason: &'static str, message: impl Into<String>) -> Self {
        Self { class, reason, message: message.into(), metadata: Vec::new(), violations: Vec::new() }
    }

    /// The same refusal with one more fact for machines.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.metadata.push((key, value.to_string()));
        self
    }

    /// The refusal of a message whose fields are wrong: reason `MALFORMED`.
    pub fn malformed(violations: Vec<FieldViolation>) -> Self {
        let message = violations::in_words(&violations);
        Self { violations, ..Self::new(Class::Malformed, "MALFORMED", message) }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}
