use std::collections::HashMap;

use calendar::Days;
use jiff::civil::Date;

use super::{DailyFact, Measure, Measured, RowRefusal};

/// A line that daily delivery may name.
#[derive(Clone, Copy, Debug)]
pub struct DailyLine {
    /// Which of the lines that are known it is.
    pub place: usize,
    /// The days that may be delivered.
    pub flight: Days,
}

/// Finds the line that a fact is about; answers its place among the lines that are known. `today` is the day that it is
/// in the time zone of the source, `order` the lines of the fact's order by number.
pub fn place_fact(
    fact: &DailyFact,
    order_source_system: &str,
    order: Option<&HashMap<String, DailyLine>>,
    today: Date,
) -> Result<usize, RowRefusal> {
    let lines = order.ok_or_else(|| RowRefusal::UnknownOrder {
        order: fact.order.clone(),
        order_source_system: order_source_system.to_owned(),
    })?;
    let line = lines
        .get(&fact.line)
        .ok_or_else(|| RowRefusal::UnknownLine { order: fact.order.clone(), line: fact.line.clone() })?;
    if fact.day > today {
        return Err(RowRefusal::FutureDay { day: fact.day, today });
    }
    if !line.flight.contains(fact.day) {
        let (day, line, flight) = (fact.day, fact.line.clone(), line.flight);
        return Err(RowRefusal::OutOfFlight { day, line, flight });
    }
    if fact.measured.is_empty() {
        return Err(RowRefusal::NothingCounted);
    }
    check_counts(&fact.measured)?;
    Ok(line.place)
}

/// A part of what was counted cannot be more than the whole. Only counts that are both there are compared.
pub fn check_counts(measured: &Measured) -> Result<(), RowRefusal> {
    let below = |count: Option<i64>| count.filter(|count| *count < 0);
    let mut counts = Measure::COUNTS.into_iter().zip(measured.counts);
    if let Some((measure, count)) = counts.find_map(|(measure, count)| Some((measure, below(count)?))) {
        return Err(RowRefusal::NegativeCount { measure, count: count.to_string() });
    }
    WHOLES.iter().try_for_each(|of| of.check(measured))
}

/// What is said of a day cannot raise a part above a whole that stays as it was. A whole that is lowered holds, whatever was said of
/// its parts before: what bills less is not kept waiting.
pub fn check_restated(said: &Measured, held: &Measured) -> Result<(), RowRefusal> {
    let day = said.over(held);
    let raised = |of: &&Whole| said.count(of.whole).is_none() && of.part(&day) > of.part(held);
    WHOLES.iter().filter(raised).try_for_each(|of| of.check(&day))
}

/// A count, and those that are parts of it together.
struct Whole {
    whole: Measure,
    parts: &'static [Measure],
    /// Why the parts, which come first, cannot be more.
    refused: fn(i64, i64) -> RowRefusal,
}

/// In the order in which they are looked at.
const WHOLES: [Whole; 4] = [
    Whole {
        whole: Measure::Impressions,
        parts: &[Measure::Clicks],
        refused: |clicks, impressions| RowRefusal::ClicksAboveImpressions { clicks, impressions },
    },
    Whole {
        whole: Measure::Impressions,
        parts: &[Measure::ViewableImpressions],
        refused: |viewable, impressions| RowRefusal::ViewableAboveImpressions { viewable, impressions },
    },
    Whole {
        whole: Measure::Views,
        parts: &[Measure::CompletedViews],
        refused: |completed, views| RowRefusal::CompletedAboveViews { completed, views },
    },
    Whole {
        whole: Measure::GrossImpressions,
        parts: &[Measure::Impressions, Measure::GeneralInvalid, Measure::SophisticatedInvalid],
        refused: |parts, gross| RowRefusal::PartsAboveGross { parts, gross },
    },
];

impl Whole {
    fn part(&self, measured: &Measured) -> i64 {
        self.parts.iter().filter_map(|part| measured.count(*part)).sum()
    }

    fn check(&self, measured: &Measured) -> Result<(), RowRefusal> {
        let part = self.part(measured);
        match measured.count(self.whole) {
            Some(whole) if part > whole => Err((self.refused)(part, whole)),
            Some(_) | None => Ok(()),
        }
    }
}
