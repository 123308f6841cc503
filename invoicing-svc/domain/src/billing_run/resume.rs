use super::{BillingRun, BillingRunRefusal, FailedIn, State};

/// Lets a failed run go on from where it stopped.
pub fn resume(run: &BillingRun) -> Result<BillingRun, BillingRunRefusal> {
    let State::Failed { from, .. } = &run.state else {
        return Err(run.needs("FAILED"));
    };
    Ok(run.now(match from {
        FailedIn::Rating => State::Rating(None),
        FailedIn::Issuing(issue) => State::Issuing(issue.clone()),
    }))
}
