//! The time zone of a billing entity: what is "today" there decides periods, issue dates and number series.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// A time zone of the IANA database, written `America/New_York`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityZone {
    name: String,
    zone: TimeZone,
}

/// The text names no time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a time zone of the IANA database, such as America/New_York")]
pub struct ParseZoneError;

impl EntityZone {
    /// The day that it is there at that time.
    pub fn day_of(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }
}

impl FromStr for EntityZone {
    type Err = ParseZoneError;

    fn from_str(name: &str) -> Result<Self, ParseZoneError> {
        // The built-in database and not the machine's: replicas on two machines must agree on the day.
        let zone = TimeZoneDatabase::bundled().get(name).map_err(|_| ParseZoneError)?;
        // The database ignores case; a zone has one spelling.
        if zone.iana_name() != Some(name) {
            return Err(ParseZoneError);
        }
        Ok(Self { name: name.to_owned(), zone })
    }
}

impl fmt::Display for EntityZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
