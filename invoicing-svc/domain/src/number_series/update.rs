use super::{NumberRefusal, NumberSeries, SeriesYear};

/// Checks that a series may be written otherwise from now on: only before it has issued its first number.
pub fn update(series: &NumberSeries, years: &[SeriesYear]) -> Result<(), NumberRefusal> {
    if years.is_empty() { Ok(()) } else { Err(NumberRefusal::SeriesInUse { series: series.id.to_string() }) }
}
