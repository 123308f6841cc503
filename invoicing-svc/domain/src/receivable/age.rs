use jiff::civil::Date;

/// How long something is overdue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// Not due yet, or due on the day.
    Current,
    /// 1 to 30 days.
    UpTo30,
    UpTo60,
    UpTo90,
    /// More than 90 days.
    Over90,
}

impl Age {
    /// Every age, the youngest first.
    pub const ALL: [Self; 5] = [Self::Current, Self::UpTo30, Self::UpTo60, Self::UpTo90, Self::Over90];

    /// Of what is due on a day, as of another.
    pub fn of(due: Date, as_of: Date) -> Self {
        match as_of.duration_since(due).as_hours() / 24 {
            ..=0 => Self::Current,
            1..=30 => Self::UpTo30,
            31..=60 => Self::UpTo60,
            61..=90 => Self::UpTo90,
            91.. => Self::Over90,
        }
    }
}
