use super::{BillingRun, BillingRunRefusal, FailedIn, Root, State};

/// The first shard is about to be rated.
pub fn begin_rating(run: &BillingRun) -> Result<BillingRun, BillingRunRefusal> {
    match run.state {
        State::Created => Ok(run.now(State::Rating(None))),
        State::Rating(_)
        | State::InReview { .. }
        | State::Approved(_)
        | State::Issuing(_)
        | State::Issued { .. }
        | State::Cancelled
        | State::Failed { .. } => Err(run.needs("CREATED")),
    }
}

/// Every shard is rated: the drafts can be looked at.
pub fn rated(run: &BillingRun, root: Root) -> Result<BillingRun, BillingRunRefusal> {
    match run.state {
        State::Rating(_) => Ok(run.now(State::InReview { root })),
        State::Created
        | State::InReview { .. }
        | State::Approved(_)
        | State::Issuing(_)
        | State::Issued { .. }
        | State::Cancelled
        | State::Failed { .. } => Err(run.needs("RATING")),
    }
}

/// Something that is nobody's refusal stopped the work. What is done stays done; resuming goes on from there.
/// A run in review is brought to its review again, and so is one that was approved before it was refreshed.
pub fn failed(run: &BillingRun, why: String) -> Result<BillingRun, BillingRunRefusal> {
    let from = match &run.state {
        State::Created | State::Rating(_) | State::InReview { .. } => FailedIn::Rating,
        State::Issuing(issue) => FailedIn::Issuing(issue.clone()),
        State::Approved(_) | State::Issued { .. } | State::Cancelled | State::Failed { .. } => {
            return Err(run.needs("RATING, IN_REVIEW or ISSUING"));
        }
    };
    Ok(run.now(State::Failed { from, why }))
}
