//! The etag of a row that people change.

use std::fmt;
use std::num::TryFromIntError;
use std::str::FromStr;

/// How often a row was changed, counted from 1; the etag of AIP-154, written `r12`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(u64);

/// The text is not a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not an etag of this API: r and the number of the revision, such as r12")]
pub struct ParseRevisionError;

impl Revision {
    /// The revision of a new row.
    pub const FIRST: Self = Self(1);

    /// The revision of this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The revision after this one; `None` past the last number.
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }
}

/// From the database's `bigint`.
impl TryFrom<i64> for Revision {
    type Error = TryFromIntError;

    fn try_from(number: i64) -> Result<Self, TryFromIntError> {
        u64::try_from(number).map(Self)
    }
}

/// To the database's `bigint`.
impl TryFrom<Revision> for i64 {
    type Error = TryFromIntError;

    fn try_from(revision: Revision) -> Result<Self, TryFromIntError> {
        Self::try_from(revision.0)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}

impl FromStr for Revision {
    type Err = ParseRevisionError;

    fn from_str(text: &str) -> Result<Self, ParseRevisionError> {
        let revision = text.strip_prefix('r').and_then(|number| number.parse().ok()).map(Self);
        // `u64` also reads `+1` and `01`; an etag has one spelling.
        revision.filter(|revision| revision.to_string() == text).ok_or(ParseRevisionError)
    }
}
