use super::{BillingRun, BillingRunRefusal, FailedIn, State};

/// Gives the run up. `documents` are those that it has issued: they are never taken back.
pub fn cancel(run: &BillingRun, documents: i64) -> Result<BillingRun, BillingRunRefusal> {
    let documents = documents > 0;
    match &run.state {
        State::Created
        | State::Rating(_)
        | State::InReview { .. }
        | State::Approved(_)
        | State::Failed { from: FailedIn::Rating, .. } => Ok(run.now(State::Cancelled)),
        State::Failed { from: FailedIn::Issuing(_), .. } if !documents => Ok(run.now(State::Cancelled)),
        State::Issuing(_)
        | State::Issued { .. }
        | State::Cancelled
        | State::Failed { from: FailedIn::Issuing(_), .. } => {
            Err(run.needs("CREATED, RATING, IN_REVIEW, APPROVED, or FAILED without a document"))
        }
    }
}
