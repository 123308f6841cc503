use super::{NumberRefusal, NumberSeries, SeriesYear};

/// Checks that a series may be written as `next` from now on. Once it has issued a number its prefix stays, and its width
/// may only grow: what is printed on documents stays as it is, and a series that is full must be able to go on.
pub fn update(series: &NumberSeries, next: &NumberSeries, years: &[SeriesYear]) -> Result<(), NumberRefusal> {
    if years.is_empty() || (next.prefix == series.prefix && next.width >= series.width) {
        Ok(())
    } else {
        Err(NumberRefusal::SeriesInUse { series: series.id.to_string() })
    }
}
