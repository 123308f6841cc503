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

/// A part of what was counted cannot be more than the whole. Only counts that are both there are compared, whether one row
/// says them or several do.
pub fn check_counts(measured: &Measured) -> Result<(), RowRefusal> {
    let below = |count: Option<i64>| count.filter(|count| *count < 0);
    let mut counts = Measure::COUNTS.into_iter().zip(measured.counts);
    if let Some((measure, count)) = counts.find_map(|(measure, count)| Some((measure, below(count)?))) {
        return Err(RowRefusal::NegativeCount { measure, count: count.to_string() });
    }
    let pair = |part, whole| {
        let (part, whole) = (measured.count(part)?, measured.count(whole)?);
        (part > whole).then_some((part, whole))
    };
    if let Some((clicks, impressions)) = pair(Measure::Clicks, Measure::Impressions) {
        return Err(RowRefusal::ClicksAboveImpressions { clicks, impressions });
    }
    if let Some((viewable, impressions)) = pair(Measure::ViewableImpressions, Measure::Impressions) {
        return Err(RowRefusal::ViewableAboveImpressions { viewable, impressions });
    }
    if let Some((completed, views)) = pair(Measure::CompletedViews, Measure::Views) {
        return Err(RowRefusal::CompletedAboveViews { completed, views });
    }
    let parts = [Measure::Impressions, Measure::GeneralInvalid, Measure::SophisticatedInvalid];
    let parts: i64 = parts.into_iter().filter_map(|part| measured.count(part)).sum();
    match measured.count(Measure::GrossImpressions) {
        Some(gross) if parts > gross => Err(RowRefusal::PartsAboveGross { parts, gross }),
        Some(_) | None => Ok(()),
    }
}
