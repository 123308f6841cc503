use calendar::Days;
use jiff::ToSpan;

use crate::order::BillingTerms;

/// The cells of a line: its days by billing period and segment of terms, in order and without overlap. What is
/// delivered within one cell has one price, one period and one cap, so that its sum says as much as its days.
///
/// A day outside every segment has no cell: nothing of it can be billed.
pub fn cells(billing: BillingTerms, segments: &[Days]) -> Vec<Days> {
    let mut cells: Vec<Days> = segments.iter().flat_map(|segment| of_segment(billing, *segment)).collect();
    cells.sort_unstable();
    cells
}

/// Each begins on the day after the one before it: two billing periods of a cycle leave no day between them.
fn of_segment(billing: BillingTerms, segment: Days) -> impl Iterator<Item = Days> {
    let cell = move |day| billing.period_of(day).intersect(segment);
    std::iter::successors(cell(segment.first()), move |before| {
        let next = before.last().checked_add(1.day()).ok()?;
        cell(next).filter(|_| segment.contains(next))
    })
}
