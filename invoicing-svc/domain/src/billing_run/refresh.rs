use jiff::Timestamp;

use super::{BillingRun, BillingRunRefusal, Root, State};

/// Takes in what has changed by `at`. With accounts to rate again the run rates; with none it only knows that what it has
/// is what is known now, and its drafts stand as they are. What is approved stays so where it comes out as it was.
pub fn refresh(
    run: &BillingRun,
    stale_accounts: usize,
    at: Timestamp,
) -> Result<BillingRun, BillingRunRefusal> {
    let approved = match &run.state {
        State::InReview { .. } => None,
        State::Approved(approval) => Some(approval.clone()),
        State::Created
        | State::Rating(_)
        | State::Issuing(_)
        | State::Issued { .. }
        | State::Cancelled
        | State::Failed { .. } => return Err(run.needs("IN_REVIEW or APPROVED")),
    };
    let state = if stale_accounts == 0 { run.state.clone() } else { State::Rating(approved) };
    Ok(BillingRun { data_as_of: at, ..run.now(state) })
}

/// Some drafts of a run that is reviewed were settled, edited or rated again: this is what is to be signed now.
pub fn reviewed_again(run: &BillingRun, root: Root) -> Result<BillingRun, BillingRunRefusal> {
    match run.state {
        State::InReview { .. } => Ok(run.now(State::InReview { root })),
        State::Created
        | State::Rating(_)
        | State::Approved(_)
        | State::Issuing(_)
        | State::Issued { .. }
        | State::Cancelled
        | State::Failed { .. } => Err(run.needs("IN_REVIEW")),
    }
}

/// Whether later inputs can still be told from what the run has drafted: not once it is issued.
pub fn check_stale(run: &BillingRun) -> Result<(), BillingRunRefusal> {
    match run.state {
        State::InReview { .. } | State::Approved(_) => Ok(()),
        State::Created
        | State::Rating(_)
        | State::Issuing(_)
        | State::Issued { .. }
        | State::Cancelled
        | State::Failed { .. } => Err(run.needs("IN_REVIEW or APPROVED")),
    }
}
