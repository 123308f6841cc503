//! Every violation of a message is told at once: a caller who mends one field per call gives up before the last.

use std::fmt::Display;

use crate::Refusal;

/// How many violations the message of a refusal spells out; all of them are in [`Refusal::violations`].
const SPELLED_OUT: usize = 3;

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldViolation {
    /// The path of the field from the message, in proto names: `order.lines[3].rate`. Empty: the message as a whole.
    pub field: String,
    /// What is wrong with it, as the rest of a sentence about the field.
    pub description: String,
}

/// Collects what is wrong with a message while it is parsed.
#[derive(Debug, Default)]
pub struct Violations {
    prefix: String,
    found: Vec<FieldViolation>,
}

impl Violations {
    /// Nothing is wrong yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes that a field is wrong. `field` is relative to the surrounding [`within`](Self::within), and empty for all of that.
    pub fn add(&mut self, field: &str, description: impl Display) {
        self.found.push(FieldViolation { field: self.path(field), description: description.to_string() });
    }

    /// The parsed value, or `None` and a violation.
    pub fn take<T, E: Display>(&mut self, field: &str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|error| self.add(field, error)).ok()
    }

    /// Parses a part of the message, whose fields are named from `field` on.
    pub fn within<T>(&mut self, field: &str, parse: impl FnOnce(&mut Self) -> T) -> T {
        let inner = self.path(field);
        let outer = std::mem::replace(&mut self.prefix, inner);
        let parsed = parse(self);
        self.prefix = outer;
        parsed
    }

    /// Refuses the message if anything was wrong with it.
    pub fn check(self) -> Result<(), Refusal> {
        if self.found.is_empty() { Ok(()) } else { Err(self.refusal()) }
    }

    /// The refusal, for a parser that holds a `None` from [`take`](Self::take) and so knows that something was wrong.
    pub fn refusal(self) -> Refusal {
        Refusal::malformed(self.found)
    }

    fn path(&self, field: &str) -> String {
        match (self.prefix.as_str(), field) {
            ("", field) => field.to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, field) => format!("{prefix}.{field}"),
        }
    }
}

/// The first violations as one sentence, and how many more there are.
pub(crate) fn in_words(violations: &[FieldViolation]) -> String {
    let spell = |v: &FieldViolation| match v.field.as_str() {
        "" => v.description.clone(),
        field => format!("{field}: {}", v.description),
    };
    let spelled: Vec<String> = violations.iter().take(SPELLED_OUT).map(spell).collect();
    match violations.len().saturating_sub(SPELLED_OUT) {
        0 => spelled.join("; "),
        more => format!("{}; and {more} more", spelled.join("; ")),
    }
}
