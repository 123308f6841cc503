use calendar::Month;
use ids::RunId;
use jiff::{Timestamp, civil::Date};

use super::{Books, Change, PeriodRefusal, PeriodState};
use crate::billing_run::Approver;

/// Who closes a period, and what stands in the way.
#[derive(Clone, Debug)]
pub struct Closing {
    pub by: String,
    pub at: Timestamp,
    /// The day in the entity's time zone.
    pub today: Date,
    /// A run that is issuing documents dated in the period.
    pub issuing: Option<RunId>,
}

/// Closes a period for all but approved corrections.
///
/// Order of refusal: PERIOD_STATE, PERIOD_ORDER, PERIOD_ISSUING.
pub fn soft_close(books: &Books, month: Month, closing: Closing) -> Result<Change, PeriodRefusal> {
    needs(books, month, PeriodState::Open)?;
    in_order(books, month, PeriodState::SoftClosed)?;
    not_issuing(month, &closing)?;
    Ok(closing.into_change(PeriodState::SoftClosed))
}

/// Closes a period whose last day is over.
///
/// Order of refusal: PERIOD_STATE, PERIOD_NOT_ENDED, PERIOD_ORDER, PERIOD_ISSUING.
pub fn close(books: &Books, month: Month, closing: Closing) -> Result<Change, PeriodRefusal> {
    needs(books, month, PeriodState::SoftClosed)?;
    let last = books.fiscal.days_of(month).last();
    if closing.today <= last {
        return Err(PeriodRefusal::NotEnded {
            month: month.to_string(),
            last: last.to_string(),
            today: closing.today.to_string(),
        });
    }
    in_order(books, month, PeriodState::Closed)?;
    not_issuing(month, &closing)?;
    Ok(closing.into_change(PeriodState::Closed))
}

/// Closes a period for good.
///
/// Order of refusal: PERIOD_STATE, PERIOD_ORDER, PERIOD_ISSUING.
pub fn lock(books: &Books, month: Month, closing: Closing) -> Result<Change, PeriodRefusal> {
    needs(books, month, PeriodState::Closed)?;
    in_order(books, month, PeriodState::Locked)?;
    not_issuing(month, &closing)?;
    Ok(closing.into_change(PeriodState::Locked))
}

/// Opens a period again, by another person than those who closed it since it was open.
///
/// Order of refusal: PERSON_REQUIRED, PERIOD_STATE, SAME_PERSON, PERIOD_ORDER.
pub fn reopen(
    books: &Books,
    month: Month,
    approver: Approver,
    reason: String,
) -> Result<Change, PeriodRefusal> {
    let Approver { act, is_person } = approver;
    if !is_person {
        return Err(PeriodRefusal::PersonRequired { month: month.to_string() });
    }
    match books.state(month) {
        PeriodState::SoftClosed | PeriodState::Closed => {}
        state @ (PeriodState::Open | PeriodState::Locked) => {
            return Err(wrong(month, state, "SOFT_CLOSED or CLOSED"));
        }
    }
    if closers(books, month).any(|closer| closer == act.by) {
        return Err(PeriodRefusal::SamePerson { month: month.to_string(), person: act.by });
    }
    if let Some((other, state)) = books.closed_after(month) {
        return Err(out_of_order(month, other, state));
    }
    Ok(Change { state: PeriodState::Open, by: act.by, at: act.at, reason })
}

/// Who closed the period since it was open; one of which nothing was said was closed with the next of which something was.
fn closers(books: &Books, month: Month) -> impl Iterator<Item = &str> {
    let said = books.changes.range(month..).next();
    let (is_own, changes) = said.map_or((true, &[][..]), |(said, changes)| (*said == month, changes));
    let closing = |change: &&Change| change.state > PeriodState::Open;
    let since_open = changes.iter().rev().take_while(move |change| !is_own || closing(change));
    since_open.filter(closing).map(|change| change.by.as_str())
}

impl Closing {
    fn into_change(self, state: PeriodState) -> Change {
        Change { state, by: self.by, at: self.at, reason: String::new() }
    }
}

fn needs(books: &Books, month: Month, needed: PeriodState) -> Result<(), PeriodRefusal> {
    let state = books.state(month);
    if state == needed { Ok(()) } else { Err(wrong(month, state, needed.name())) }
}

fn in_order(books: &Books, month: Month, next: PeriodState) -> Result<(), PeriodRefusal> {
    let less_closed = books.less_closed_before(month, next);
    less_closed.map_or(Ok(()), |(other, state)| Err(out_of_order(month, other, state)))
}

fn not_issuing(month: Month, closing: &Closing) -> Result<(), PeriodRefusal> {
    let issuing = |run: RunId| PeriodRefusal::Issuing { month: month.to_string(), run: run.to_string() };
    closing.issuing.map_or(Ok(()), |run| Err(issuing(run)))
}

fn wrong(month: Month, state: PeriodState, needed: &str) -> PeriodRefusal {
    PeriodRefusal::WrongState {
        month: month.to_string(),
        state: state.name().to_owned(),
        needed: needed.to_owned(),
    }
}

fn out_of_order(month: Month, other: Month, state: PeriodState) -> PeriodRefusal {
    PeriodRefusal::OutOfOrder {
        month: month.to_string(),
        other: other.to_string(),
        state: state.name().to_owned(),
    }
}
