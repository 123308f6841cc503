//! How an exception is settled, and by whom.

use calendar::Holidays;
use ids::{ExceptionId, InvoiceId, Revision};
use jiff::civil::Date;

use super::Severity;
use crate::billing_run::{self, Act, BillingRun};
use crate::third_party::Outcome;

/// An exception of a run, as far as settling goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    pub id: ExceptionId,
    pub revision: Revision,
    /// The draft that it belongs to.
    pub invoice: Option<InvoiceId>,
    pub severity: Severity,
    pub reason: String,
    /// What may be chosen.
    pub outcomes: Vec<String>,
    /// The person who sees to it.
    pub owner: Option<String>,
    pub state: State,
}

/// Where an exception stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    /// What it found is no more.
    Resolved(Settlement),
    /// It goes on as it is, for a reason.
    Overridden(Settlement),
}

/// Who settled it, when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    pub act: Act,
    pub why: String,
}

refusal::refusals! {
    /// Why an exception is not settled.
    pub enum ExceptionRefusal {
        /// What is signed does not change under the signature.
        StateForbids "RUN_NOT_IN_REVIEW" RunNotInReview { run: String, state: String } =>
            "{run} is {state}; its exceptions are settled while it is in review",
        /// It is settled once.
        StateForbids "EXCEPTION_SETTLED" Settled { exception: String, state: String } =>
            "{exception} is {state} already",
        /// Some things cannot go on as they are.
        StateForbids "CANNOT_BE_OVERRIDDEN" CannotBeOverridden { reason: String } =>
            "{reason} cannot be overridden: such a document could not be made; mend what it names and refresh the run",
        /// Nobody lets pass what they started.
        Forbidden "SAME_PERSON" SamePerson { run: String, person: String } =>
            "{run} was started by {person}, who therefore cannot override what blocks its drafts; ask a second person",
        /// Only what was offered can be chosen.
        Malformed "OUTCOME_UNKNOWN" OutcomeUnknown { outcome: String, outcomes: String } =>
            "{outcome:?} is none of the outcomes of this exception ({outcomes})",
        /// It bills what the party whose count controls does not confirm.
        Forbidden "OWN_COUNT_NEEDS_CONTROLLER" OwnCount { exception: String } =>
            "the own count of {exception} bills more than the third party counted; a controller chooses it, or choose another outcome",
    }
}

/// What no reason makes right: the document cannot be printed, or its tax is not known.
const NEVER: [&str; 3] = ["GLYPH_MISSING", "TAX_RATE_MISSING", "REVERSE_CHARGE_WITHOUT_TAX_ID"];

impl Exception {
    /// What letting it pass chooses, where two counts are apart: by which its draft bills as it is.
    pub fn passes_with(&self) -> Option<Outcome> {
        (self.reason == BEYOND_TOLERANCE).then_some(Outcome::Controlling)
    }
}

/// Where the controlling count is lower than is tolerated, and bills in any event.
const BEYOND_TOLERANCE: &str = "THIRD_PARTY_CASE";

/// Lets a draft go on as it is.
///
/// Order of refusal: RUN_NOT_IN_REVIEW, EXCEPTION_SETTLED, CANNOT_BE_OVERRIDDEN, SAME_PERSON.
pub fn override_block(
    run: &BillingRun,
    exception: &Exception,
    settlement: Settlement,
) -> Result<Exception, ExceptionRefusal> {
    open(run, exception)?;
    if NEVER.contains(&exception.reason.as_str()) {
        return Err(ExceptionRefusal::CannotBeOverridden { reason: exception.reason.clone() });
    }
    if exception.severity == Severity::Block && settlement.act.by == run.started.by {
        return Err(ExceptionRefusal::SamePerson { run: run.id.to_string(), person: settlement.act.by });
    }
    Ok(Exception { state: State::Overridden(settlement), ..exception.clone() })
}

/// What nobody is owed bills only if a second person says so, whether its draft waits or not.
const BEYOND_OWED_BILLS: &str = "BILL";

/// Gives it to somebody; an empty name to nobody.
pub fn assign(
    run: &BillingRun,
    exception: &Exception,
    owner: Option<String>,
) -> Result<Exception, ExceptionRefusal> {
    open(run, exception)?;
    Ok(Exception { owner, ..exception.clone() })
}

/// Chooses one of the outcomes that were offered. `is_approved`: by a controller, or by an approval.
///
/// Order of refusal: RUN_NOT_IN_REVIEW, EXCEPTION_SETTLED, OUTCOME_UNKNOWN, SAME_PERSON, OWN_COUNT_NEEDS_CONTROLLER.
pub fn choose_outcome(
    run: &BillingRun,
    exception: &Exception,
    outcome: &str,
    settlement: Settlement,
    is_approved: bool,
) -> Result<Exception, ExceptionRefusal> {
    open(run, exception)?;
    if !exception.outcomes.iter().any(|offered| offered == outcome) {
        let outcomes = exception.outcomes.join(", ");
        return Err(ExceptionRefusal::OutcomeUnknown { outcome: outcome.to_owned(), outcomes });
    }
    let needs_another = exception.severity == Severity::Block || outcome == BEYOND_OWED_BILLS;
    if needs_another && settlement.act.by == run.started.by {
        return Err(ExceptionRefusal::SamePerson { run: run.id.to_string(), person: settlement.act.by });
    }
    if outcome == Outcome::Own.name() && !is_approved {
        return Err(ExceptionRefusal::OwnCount { exception: exception.id.to_string() });
    }
    Ok(Exception { state: State::Resolved(settlement), ..exception.clone() })
}

fn open(run: &BillingRun, exception: &Exception) -> Result<(), ExceptionRefusal> {
    let billing_run::State::InReview { .. } = run.state else {
        let state = run.state.name().to_owned();
        return Err(ExceptionRefusal::RunNotInReview { run: run.id.to_string(), state });
    };
    match &exception.state {
        State::Open => Ok(()),
        State::Resolved(_) => Err(settled(exception, "RESOLVED")),
        State::Overridden(_) => Err(settled(exception, "OVERRIDDEN")),
    }
}

fn settled(exception: &Exception, state: &str) -> ExceptionRefusal {
    ExceptionRefusal::Settled { exception: exception.id.to_string(), state: state.to_owned() }
}

/// By when somebody should have settled what was opened on a day: two business days where a draft waits, else five.
/// `None` past the year 9999.
pub fn due_on(severity: Severity, opened: Date) -> Option<Date> {
    let days = match severity {
        Severity::Block => 2,
        Severity::Warn => 5,
    };
    Holidays::default().add_business_days(opened, days)
}
