//! One month of one entity, billed: rated, reviewed, approved by a second person, issued.
//!
//! INV-8: a run is approved by another person than the one who started it. The states carry what must be known in
//! them, so that an approved run without an approver cannot be written.

mod approve;
mod cancel;
mod glance;
mod issue;
mod rate;
mod refresh;
mod resume;
mod start;
#[cfg(test)]
mod tests;

pub use approve::{
    Approver, Changed, Granted, approve, approve_granted, approved_again, asked_again, check_no_preview,
};
pub use cancel::cancel;
pub use glance::glance;
pub use issue::{Issuing, Numbers, check_credits, issue, issued};
pub use rate::{begin_rating, failed, rated};
pub use refresh::{check_stale, refresh, reviewed_again};
pub use resume::resume;
pub use start::{Asked, OpenRun, shards, start};

use calendar::Month;
use ids::{AccountId, EntityId, Revision, RunId, SeriesId};
use jiff::{Timestamp, civil::Date};

/// A billing run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillingRun {
    pub id: RunId,
    pub revision: Revision,
    pub entity: EntityId,
    pub month: Month,
    /// Empty: every account.
    pub accounts: Vec<AccountId>,
    /// Only to look at: never approved, never issued.
    pub preview: bool,
    /// What was recorded by then is billed.
    pub data_as_of: Timestamp,
    pub started: Act,
    pub state: State,
}

/// Who did something, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    pub by: String,
    pub at: Timestamp,
}

/// Where a run stands. One that is rated keeps the approval that it had when it was refreshed: what comes out as it was stays
/// approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Created,
    Rating(Option<Approval>),
    InReview { root: Root },
    Approved(Approval),
    Issuing(Issue),
    Issued { issue: Issue, at: Timestamp },
    Cancelled,
    Failed { from: FailedIn, why: String },
}

/// RFC 6962 Merkle root over the digests of the drafts.
pub type Root = [u8; 32];

/// What the second person signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    pub root: Root,
    pub act: Act,
    /// The id of the approval that was granted elsewhere; none where the run's own second person signed.
    pub request: Option<String>,
}

/// The order to turn drafts into documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    pub approval: Approval,
    /// The date on the documents.
    pub date: Date,
    /// Where their numbers come from.
    pub series: SeriesId,
    pub by: String,
}

/// Where a failed run stopped, with what it needs to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailedIn {
    Rating,
    Issuing(Issue),
}

impl State {
    /// The state's name, as contract, database and messages write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Rating(_) => "RATING",
            Self::InReview { .. } => "IN_REVIEW",
            Self::Approved(_) => "APPROVED",
            Self::Issuing(_) => "ISSUING",
            Self::Issued { .. } => "ISSUED",
            Self::Cancelled => "CANCELLED",
            Self::Failed { .. } => "FAILED",
        }
    }

    /// Whether nothing happens from here without somebody asking for it.
    pub fn rests(&self) -> bool {
        match self {
            Self::Created | Self::Rating(_) | Self::Issuing(_) => false,
            Self::InReview { .. }
            | Self::Approved(_)
            | Self::Issued { .. }
            | Self::Cancelled
            | Self::Failed { .. } => true,
        }
    }
}

refusal::refusals! {
    /// Why a run does not do what was asked of it.
    pub enum BillingRunRefusal {
        /// A run over nothing would be a run over everything.
        StateForbids "NOTHING_TO_BILL" NothingToBill { month: String } =>
            "no account that this key may see has an order that bills by {month}",
        /// What has not happened cannot be billed.
        StateForbids "MONTH_IN_FUTURE" MonthInFuture { month: String, today: String } =>
            "{month} has not begun: today is {today} in the entity's time zone",
        /// Two runs must not bill the same account at once.
        StateForbids "RUN_OPEN" RunOpen { run: String, month: String, state: String } =>
            "{run} for {month} is open ({state}) and bills some of the same accounts; issue or cancel it first",
        /// The act does not fit the state.
        StateForbids "RUN_STATE" WrongState { run: String, state: String, needed: String } =>
            "{run} is {state}; this needs {needed}",
        /// What was made to be looked at is not billed.
        StateForbids "PREVIEW" Preview { run: String } =>
            "{run} is a preview, which is never approved or issued; start a billing run of the month",
        /// A platform cannot answer for an approval.
        Forbidden "PERSON_REQUIRED" PersonRequired { run: String } => "{run} has to be approved by a person, not by a platform's key",
        /// Nobody approves what they prepared.
        Forbidden "SAME_PERSON" SamePerson { run: String, person: String } =>
            "{run} was started by {person}, who therefore cannot approve it; ask a second person",
        /// What was looked at is not what would be signed.
        Stale "DRAFTS_CHANGED" DraftsChanged { run: String, root: String } =>
            "the drafts of {run} have changed since they were read; their root is now {root}; review them again",
        /// Documents are not dated in the future.
        StateForbids "ISSUE_DATE_IN_FUTURE" IssueDateInFuture { issue_date: String, today: String } =>
            "the issue date {issue_date} lies in the future: today is {today} in the entity's time zone",
        /// Documents need numbers.
        StateForbids "NUMBER_SERIES_MISSING" NumberSeriesMissing { entity: String } =>
            "{entity} has no number series for invoices; create one first",
        /// The order of the numbers is the order of the dates.
        StateForbids "ISSUING_ELSEWHERE" IssuingElsewhere { run: String, issue_date: String } =>
            "{run} is issuing on the same number series, dated {issue_date}; use that date, or wait until it is issued",
        /// Nothing is used of a credit after it has expired.
        StateForbids "AD_CREDIT_EXPIRED" AdCreditExpired { run: String, issue_date: String, expires: String } =>
            "drafts of {run} use an ad credit that expires on {expires}, before the issue date {issue_date}; date the documents {expires} or earlier, or cancel the run and start another",
    }
}

impl BillingRun {
    /// The refusal of an act that needs another state.
    fn needs(&self, needed: &str) -> BillingRunRefusal {
        BillingRunRefusal::WrongState {
            run: self.id.to_string(),
            state: self.state.name().to_owned(),
            needed: needed.to_owned(),
        }
    }

    fn now(&self, state: State) -> Self {
        Self { state, ..self.clone() }
    }
}
