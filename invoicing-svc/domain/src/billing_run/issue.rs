use jiff::{Timestamp, civil::Date};

use super::{BillingRun, BillingRunRefusal, Issue, State};

/// Orders the approved drafts to be turned into documents dated `date`. `today` is the day in the entity's time zone.
///
/// Order of refusal: RUN_STATE, ISSUE_DATE_IN_FUTURE.
pub fn issue(run: &BillingRun, by: String, date: Date, today: Date) -> Result<BillingRun, BillingRunRefusal> {
    let State::Approved(approval) = &run.state else {
        return Err(run.needs("APPROVED"));
    };
    if date > today {
        return Err(BillingRunRefusal::IssueDateInFuture {
            issue_date: date.to_string(),
            today: today.to_string(),
        });
    }
    Ok(run.now(State::Issuing(Issue { approval: approval.clone(), date, by })))
}

/// The last document is out.
pub fn issued(run: &BillingRun, at: Timestamp) -> Result<BillingRun, BillingRunRefusal> {
    let State::Issuing(issue) = &run.state else {
        return Err(run.needs("ISSUING"));
    };
    Ok(run.now(State::Issued { issue: issue.clone(), at }))
}
