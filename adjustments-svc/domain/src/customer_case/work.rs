use calendar::Holidays;
use ids::{AccountId, CaseId, Revision};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use super::{Case, CaseRefusal, Closing, Document, Matter, Outcome, Requested, State};
use crate::{act::Act, directory::Directory, service_clock::ServiceClock};

/// What the customer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    pub account: AccountId,
    /// The account's; empty: none.
    pub territory: String,
    pub document: Option<Document>,
    pub matter: Matter,
    pub subject: String,
    pub words: String,
    pub contact: String,
    pub owner: Option<String>,
}

/// Takes a case in.
///
/// Order of refusal: CASE_WITHOUT_DOCUMENT, PROMISED_AMOUNT, PROMISED_DAY.
pub fn open(id: CaseId, opening: Opening, opened: Act, holidays: &Holidays) -> Result<Case, CaseRefusal> {
    let Opening { account, territory, document, matter, subject, words, contact, owner } = opening;
    let clock = match &matter {
        Matter::DocumentRequest(wanted @ (Requested::Copy | Requested::Backup)) if document.is_none() => {
            return Err(CaseRefusal::WithoutDocument { wanted: wanted.to_string() });
        }
        Matter::Promise { amount, .. } if !amount.is_positive() => {
            return Err(CaseRefusal::Amount { amount: amount.to_string() });
        }
        Matter::Promise { day, .. } => promised(*day, opened.at)?,
        Matter::Complaint => ServiceClock::start(opened.at, 1, holidays),
        Matter::DocumentRequest(_) => ServiceClock::start(opened.at, 2, holidays),
        Matter::Enquiry => ServiceClock::start(opened.at, 3, holidays),
    };
    Ok(Case {
        id,
        revision: Revision::FIRST,
        account,
        territory,
        document,
        matter,
        subject,
        words,
        contact,
        opened,
        owner,
        clock,
        state: State::Open,
    })
}

/// The clock of a promise: it is late once its day is over in UTC.
fn promised(day: Date, now: Timestamp) -> Result<ServiceClock, CaseRefusal> {
    let today = now.to_zoned(TimeZone::UTC).date();
    if day < today {
        return Err(CaseRefusal::Day { day: day.to_string(), today: today.to_string() });
    }
    let over = day.checked_add(1.day()).ok().and_then(|next| next.to_zoned(TimeZone::UTC).ok());
    let due = over.map_or(Timestamp::MAX, |over| over.timestamp());
    Ok(ServiceClock { due, escalation: None })
}

/// Gives it to somebody.
///
/// Order of refusal: CASE_STATE.
pub fn assign(case: &Case, owner: &str) -> Result<Case, CaseRefusal> {
    unclosed(case)?;
    Ok(Case { owner: Some(owner.to_owned()), ..case.clone() })
}

/// The customer was asked something: the clock stands still.
///
/// Order of refusal: CASE_STATE, PROMISE_DOES_NOT_WAIT.
pub fn await_customer(case: &Case, now: Timestamp) -> Result<Case, CaseRefusal> {
    match (&case.state, &case.matter) {
        (State::Open, Matter::Promise { .. }) => Err(CaseRefusal::DoesNotWait { case: case.id.to_string() }),
        (State::Open, Matter::Enquiry | Matter::DocumentRequest(_) | Matter::Complaint) => {
            Ok(Case { state: State::AwaitingCustomer { since: now }, ..case.clone() })
        }
        (State::AwaitingCustomer { .. } | State::Closed(_), _) => Err(case.needs("OPEN")),
    }
}

/// Somebody writes. When the customer, who was asked, has answered, the clock runs again.
///
/// Order of refusal: CASE_STATE.
pub fn hear(
    case: &Case,
    is_from_customer: bool,
    (now, holidays): (Timestamp, &Holidays),
) -> Result<Case, CaseRefusal> {
    match case.state {
        State::AwaitingCustomer { since } if is_from_customer => {
            Ok(Case { clock: case.clock.resume(since, now, holidays), state: State::Open, ..case.clone() })
        }
        State::Open | State::AwaitingCustomer { .. } => Ok(case.clone()),
        State::Closed(_) => Err(case.needs("a case that is not closed; open another one")),
    }
}

/// There is nothing more to do.
///
/// Order of refusal: CASE_STATE, OUTCOME_DOES_NOT_FIT.
pub fn close(case: &Case, (outcome, words): (Outcome, String), act: Act) -> Result<Case, CaseRefusal> {
    unclosed(case)?;
    if !case.matter.ends(outcome) {
        let (kind, outcome) = (case.matter.name().to_owned(), outcome.to_string());
        return Err(CaseRefusal::Outcome { kind, outcome });
    }
    Ok(Case { state: State::Closed(Closing { outcome, words, act }), ..case.clone() })
}

/// What has become of it by waiting: its owner's manager is told. `None`: nothing.
pub fn escalate(case: &Case, directory: &Directory, now: Timestamp) -> Option<Case> {
    match case.state {
        State::Open => {
            let clock = case.clock.escalate(case.owner.as_deref(), directory, now)?;
            Some(Case { clock, ..case.clone() })
        }
        State::AwaitingCustomer { .. } | State::Closed(_) => None,
    }
}

fn unclosed(case: &Case) -> Result<(), CaseRefusal> {
    match case.state {
        State::Open | State::AwaitingCustomer { .. } => Ok(()),
        State::Closed(_) => Err(case.needs("a case that is not closed; open another one")),
    }
}
