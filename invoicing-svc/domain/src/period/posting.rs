use calendar::Month;
use jiff::civil::Date;

use super::{Books, PeriodState};

/// Where a document is posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The accounting month.
    pub month: Month,
    /// In the accounting month, on or after the date of the document.
    pub date: Date,
}

/// Where a document of a run is posted that is dated `date`: in the period of its date, or where that is closed in any
/// way, on the first day of the next open one. The document keeps its date, and its lines their origin.
pub fn posting(books: &Books, date: Date) -> Posting {
    posted(books, date, PeriodState::Open)
}

/// Where an approved correction is posted that is dated `date`: a period that is closed softly still takes it.
pub fn posting_of_correction(books: &Books, date: Date) -> Posting {
    posted(books, date, PeriodState::SoftClosed)
}

/// In the first period from that of the date on that is no more closed than this.
fn posted(books: &Books, date: Date, at_most: PeriodState) -> Posting {
    let dated = books.fiscal.month_of(date);
    let mut month = dated;
    while books.state(month) > at_most {
        month = month.next();
    }
    let date = if month == dated { date } else { books.fiscal.days_of(month).first() };
    Posting { month, date }
}
