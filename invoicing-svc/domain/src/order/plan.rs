use std::fmt;

use calendar::Days;
use jiff::civil::Date;
use money::Rate;

/// A line's spots of one week, or of another run of at most seven days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanWeek {
    pub days: Days,
    pub weekdays: Weekdays,
    /// Spots in all.
    pub units: u32,
    /// Price per spot.
    pub rate: Rate,
}

/// Which weekdays carry spots: seven characters, Monday to Sunday. A digit is that many spots, `-` none, any other
/// character a day that may carry some of the flexible spots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weekdays([u8; 7]);

enum Carries {
    Spots(u32),
    Flexible,
}

impl Weekdays {
    /// Reads seven visible ASCII characters.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let weekdays: Option<[u8; 7]> = text.as_bytes().try_into().ok();
        weekdays
            .filter(|weekdays| weekdays.iter().all(u8::is_ascii_graphic))
            .map(Self)
            .ok_or("must be seven characters, Monday to Sunday, such as MTWTF-- or --2-1--")
    }

    fn on(self, day: Date) -> Carries {
        let monday_first = usize::try_from(day.weekday().to_monday_zero_offset()).expect("0 to 6");
        match self.0[monday_first] {
            b'-' => Carries::Spots(0),
            digit @ b'0'..=b'9' => Carries::Spots(u32::from(digit - b'0')),
            _ => Carries::Flexible,
        }
    }

    fn digits(self) -> u32 {
        self.0.iter().filter(|digit| digit.is_ascii_digit()).map(|digit| u32::from(digit - b'0')).sum()
    }
}

impl fmt::Display for Weekdays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|character| write!(f, "{}", char::from(*character)))
    }
}

impl PlanWeek {
    /// What keeps the week from being aired as it is written, as the rest of a sentence about it.
    pub(super) fn problem(&self, flight: Days) -> Option<&'static str> {
        if self.days.count() > 7 {
            return Some("has more than seven days");
        }
        if self.days.intersect(flight).is_none() {
            return Some("lies outside the flight of the line");
        }
        if self.fixed().map(|(_, spots)| spots).sum::<u32>() < self.weekdays.digits() {
            return Some("has spots on a weekday that is not one of its days");
        }
        match self.units.checked_sub(self.weekdays.digits()) {
            None => Some("has more spots by its weekdays than in all"),
            Some(flexible) if flexible > 0 && self.permitted(self.days).is_empty() => {
                Some("has fewer spots by its weekdays than in all, and no weekday that may carry the others")
            }
            Some(_) => None,
        }
    }

    /// How many spots air on which day: the fixed ones where they are written, the flexible ones evenly over the
    /// permitted days within the flight (of the week, where none is), the remainder to the earliest.
    pub(super) fn spots(&self, flight: Days) -> Vec<(Date, u32)> {
        let within_flight = self.days.intersect(flight).map(|days| self.permitted(days));
        let permitted =
            within_flight.filter(|days| !days.is_empty()).unwrap_or_else(|| self.permitted(self.days));
        let mut left = self.units.saturating_sub(self.weekdays.digits());
        let mut spots: Vec<(Date, u32)> = self.fixed().collect();
        for (day, days_left) in permitted.iter().zip((1..=7_u32).rev().skip(7 - permitted.len())) {
            let share = left.div_ceil(days_left);
            spots.push((*day, share));
            left -= share;
        }
        spots.retain(|(_, spots)| *spots > 0);
        spots
    }

    fn permitted(&self, days: Days) -> Vec<Date> {
        let flexible = |day: &Date| matches!(self.weekdays.on(*day), Carries::Flexible);
        days.iter().filter(flexible).take(7).collect()
    }

    fn fixed(&self) -> impl Iterator<Item = (Date, u32)> {
        self.days.iter().filter_map(|day| match self.weekdays.on(day) {
            Carries::Spots(spots) => Some((day, spots)),
            Carries::Flexible => None,
        })
    }
}
