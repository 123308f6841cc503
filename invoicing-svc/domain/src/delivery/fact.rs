use std::fmt;

use jiff::civil::Date;
use money::Quantity;
use rust_decimal::Decimal;

/// The largest count that a fact may have. So large a count on every day of a line still adds up within an `i64`.
pub const COUNT_MAX: i64 = 1_000_000_000_000;

/// What a source counted of a line on a day, as it says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DailyFact {
    /// The order's id in the order system that the batch names.
    pub order: String,
    /// The line's number.
    pub line: String,
    /// A day in the time zone of the source.
    pub day: Date,
    pub measured: Measured,
}

/// What may be counted of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    GrossImpressions,
    GeneralInvalid,
    SophisticatedInvalid,
    Impressions,
    ViewableImpressions,
    Clicks,
    Views,
    CompletedViews,
    Actions,
    Spend,
    Hours,
}

impl Measure {
    /// Those that are whole numbers, in the order of [`Measured::counts`].
    pub const COUNTS: [Self; 9] = [
        Self::GrossImpressions,
        Self::GeneralInvalid,
        Self::SophisticatedInvalid,
        Self::Impressions,
        Self::ViewableImpressions,
        Self::Clicks,
        Self::Views,
        Self::CompletedViews,
        Self::Actions,
    ];

    /// The name that contract and files write.
    pub fn name(self) -> &'static str {
        match self {
            Self::GrossImpressions => "gross_impressions",
            Self::GeneralInvalid => "general_invalid",
            Self::SophisticatedInvalid => "sophisticated_invalid",
            Self::Impressions => "impressions",
            Self::ViewableImpressions => "viewable_impressions",
            Self::Clicks => "clicks",
            Self::Views => "views",
            Self::CompletedViews => "completed_views",
            Self::Actions => "actions",
            Self::Spend => "spend",
            Self::Hours => "hours",
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The measures of a day. What is absent was not counted, which is not the same as zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// In the order of [`Measure::COUNTS`].
    pub counts: [Option<i64>; 9],
    /// Media spend in the order's currency.
    pub spend: Option<Quantity>,
    pub hours: Option<Quantity>,
}

impl Measured {
    /// The value of a measure.
    pub fn value(&self, measure: Measure) -> Option<Decimal> {
        match measure {
            Measure::Spend => self.spend.map(Quantity::value),
            Measure::Hours => self.hours.map(Quantity::value),
            count => self.count(count).map(Decimal::from),
        }
    }

    /// A count; none of what is no whole number.
    pub fn count(&self, measure: Measure) -> Option<i64> {
        let place = Measure::COUNTS.iter().position(|count| *count == measure)?;
        self.counts[place]
    }

    /// What holds of the day once this is said of it: a measure that this leaves open stays as it was.
    #[must_use]
    pub fn over(&self, held: &Self) -> Self {
        let mut counts = self.counts;
        for (count, held) in counts.iter_mut().zip(held.counts) {
            *count = count.or(held);
        }
        Self { counts, spend: self.spend.or(held.spend), hours: self.hours.or(held.hours) }
    }

    /// Which measures are there: a bit each, in the order of [`Measure::COUNTS`], then spend and hours.
    pub fn present(&self) -> i32 {
        let amounts = [self.spend.is_some(), self.hours.is_some()];
        let present = self.counts.iter().map(Option::is_some).chain(amounts);
        present.enumerate().map(|(place, is_there)| i32::from(is_there) << place).sum()
    }

    /// Nothing at all was counted.
    pub fn is_empty(&self) -> bool {
        self.spend.is_none() && self.hours.is_none() && self.counts.iter().all(Option::is_none)
    }

    /// Something was delivered: more than nothing of anything that is not merely gross or invalid.
    pub fn is_delivery(&self) -> bool {
        let more_than_nothing = |amount: Quantity| !amount.value().is_zero();
        self.counts[3..].iter().flatten().any(|count| *count > 0)
            || self.spend.is_some_and(more_than_nothing)
            || self.hours.is_some_and(more_than_nothing)
    }
}

/// What a batch does that says a line and day twice: a setting of its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// It is refused whole.
    Refuse,
    /// The rows are added up.
    Sum,
}

impl Duplicates {
    /// The name that contract and database write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refuse => "REFUSE",
            Self::Sum => "SUM",
        }
    }
}
