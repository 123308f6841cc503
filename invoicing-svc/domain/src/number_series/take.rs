use super::{Dated, NumberRefusal, NumberSeries, SeriesYear};

/// A number that a document has, and what the series has come to by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub sequence: u64,
    /// Prefix, year and padded sequence: `2026-000001`.
    pub number: String,
    /// The year of the issue date after this.
    pub year: SeriesYear,
}

/// Takes the next number for a document of this date. `years` are all that the series has, under a lock.
///
/// Order of refusal: ISSUE_DATE_BEFORE_LAST, SERIES_EXHAUSTED.
pub fn take(series: &NumberSeries, years: &[SeriesYear], dated: Dated) -> Result<Taken, NumberRefusal> {
    let Dated { date: issue_date, year } = dated;
    // Of every year: a January that is issued after the next January has begun would stand out of order.
    if let Some(last) = years.iter().map(|year| year.last_issue_date).max().filter(|last| *last > issue_date)
    {
        return Err(NumberRefusal::IssueDateBeforeLast { issue_date, last });
    }
    let sequence = years.iter().find(|known| known.year == year).map_or(series.start, |known| known.next);
    let exhausted = NumberRefusal::SeriesExhausted { year, width: series.width };
    let beyond = 10_u64.checked_pow(u32::from(series.width)).ok_or_else(|| exhausted.clone())?;
    if sequence >= beyond {
        return Err(exhausted);
    }
    let (prefix, width) = (&series.prefix, usize::from(series.width));
    let number = format!("{prefix}{year:04}-{sequence:0width$}");
    Ok(Taken { sequence, number, year: SeriesYear { year, next: sequence + 1, last_issue_date: issue_date } })
}

/// Checks that a series has numbers for so many documents of this date.
///
/// Order of refusal: ISSUE_DATE_BEFORE_LAST, SERIES_EXHAUSTED.
pub fn room(
    series: &NumberSeries,
    years: &[SeriesYear],
    dated: Dated,
    documents: u64,
) -> Result<(), NumberRefusal> {
    let first = take(series, years, dated)?;
    let exhausted = NumberRefusal::SeriesExhausted { year: first.year.year, width: series.width };
    let last = first.sequence.checked_add(documents.saturating_sub(1)).ok_or_else(|| exhausted.clone())?;
    let beyond = 10_u64.checked_pow(u32::from(series.width)).ok_or_else(|| exhausted.clone())?;
    if last < beyond { Ok(()) } else { Err(exhausted) }
}
