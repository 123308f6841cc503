use std::fmt;
use std::str::FromStr;

/// Where something is taxed: an ISO 3166-1 country, `DE`, or a part of one, `US-NY`, `US-NY-NYC`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(String);

/// The text names no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a country of two capital letters, or a part of one such as US-NY: at most 16 of A–Z, 0–9 and -"
)]
pub struct ParsePlaceError;

impl Place {
    /// The country that it is, or lies in.
    pub fn country(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `other`, or lies in it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.strip_prefix(&other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }
}

impl FromStr for Place {
    type Err = ParsePlaceError;

    fn from_str(text: &str) -> Result<Self, ParsePlaceError> {
        let mut parts = text.split('-');
        let country = parts.next().filter(|country| country.len() == 2);
        let country = country.is_some_and(|country| country.bytes().all(|byte| byte.is_ascii_uppercase()));
        let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let rest = parts.all(|part| !part.is_empty() && part.bytes().all(allowed));
        if country && rest && text.len() <= 16 { Ok(Self(text.to_owned())) } else { Err(ParsePlaceError) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
