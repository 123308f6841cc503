use std::fmt;

/// From a number to below another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The first number inside.
    pub from: u128,
    /// The first number outside; `None`: there is no upper end.
    pub to: Option<u128>,
}

/// The text is not an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a half-open interval such as \"[0, 50_000)\" or \"[50_000, inf)\"")]
pub struct ParseIntervalError;

impl Interval {
    /// Every number.
    pub const ALL: Self = Self { from: 0, to: None };

    /// Reads `[from, to)` with whole numbers, or `inf` as the upper end. `each` is what one number is in the interval's
    /// own units: 100 for percents that are kept as hundredths.
    pub fn parse(text: &str, each: u128) -> Result<Self, ParseIntervalError> {
        let inside = text.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(')'));
        let (from, to) = inside.and_then(|inside| inside.split_once(',')).ok_or(ParseIntervalError)?;
        let number = |text: &str| {
            let digits = text.trim().replace('_', "");
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let number = plain.then(|| digits.parse::<u128>().ok()).flatten();
            number.and_then(|number| number.checked_mul(each)).ok_or(ParseIntervalError)
        };
        let to = if to.trim() == "inf" { None } else { Some(number(to)?) };
        Ok(Self { from: number(from)?, to })
    }

    /// Whether the number is inside.
    pub fn has(self, number: u128) -> bool {
        number >= self.from && self.to.is_none_or(|to| number < to)
    }

    /// Whether no number is inside.
    pub fn is_empty(self) -> bool {
        self.to.is_some_and(|to| to <= self.from)
    }
}

/// As it is read.
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to {
            Some(to) => write!(f, "[{}, {to})", self.from),
            None => write!(f, "[{}, inf)", self.from),
        }
    }
}
