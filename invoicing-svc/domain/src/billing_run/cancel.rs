use super::{BillingRun, BillingRunRefusal, FailedIn, State};

/// Gives the run up. Once issuing has begun there are documents, and those are never taken back.
pub fn cancel(run: &BillingRun) -> Result<BillingRun, BillingRunRefusal> {
    match &run.state {
        State::Created
        | State::Rating
        | State::InReview { .. }
        | State::Approved(_)
        | State::Failed { from: FailedIn::Rating, .. } => Ok(run.now(State::Cancelled)),
        State::Issuing(_)
        | State::Issued { .. }
        | State::Cancelled
        | State::Failed { from: FailedIn::Issuing(_), .. } => {
            Err(run.needs("CREATED, RATING, IN_REVIEW, APPROVED, or FAILED before issuing"))
        }
    }
}
