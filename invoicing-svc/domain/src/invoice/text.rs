//! What is printed beside the figures.

use calendar::Month;

use super::LineFacts;
use crate::rating::RatedItem;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// What was sold: the product's text, and the line's own.
pub(super) fn description(line: &LineFacts) -> String {
    let texts = [line.product_text.trim(), line.description.trim()];
    texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
}

/// Why the line is as it is: `January 2026 service; Makegood for 5.1`.
pub(super) fn note(item: &RatedItem, origin_month: Month) -> String {
    let late = item.late.then(|| format!("{} service", in_words(origin_month)));
    let makegood = Some(item.note.clone()).filter(|note| !note.is_empty());
    late.into_iter().chain(makegood).collect::<Vec<_>>().join("; ")
}

/// `January 2026`.
fn in_words(month: Month) -> String {
    let name =
        MONTHS.iter().zip(1..).find(|(_, number)| *number == month.month()).map_or("", |(name, _)| name);
    format!("{name} {}", month.year())
}
