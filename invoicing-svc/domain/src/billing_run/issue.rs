use ids::{RunId, SeriesId};
use jiff::{Timestamp, civil::Date};

use super::{BillingRun, BillingRunRefusal, Issue, State};

/// Another run that has begun to issue on the same series and has not ended.
#[derive(Clone, Debug)]
pub struct Issuing {
    pub run: RunId,
    pub date: Date,
}

/// Where a run's numbers come from.
#[derive(Clone, Copy, Debug)]
pub struct Numbers<'a> {
    pub series: SeriesId,
    /// Who takes numbers from it at the moment.
    pub others: &'a [Issuing],
}

/// Orders the approved drafts to be turned into documents dated `date`. `today` is the day in the entity's time zone.
///
/// Order of refusal: RUN_STATE, ISSUE_DATE_IN_FUTURE, NUMBER_SERIES_MISSING, ISSUING_ELSEWHERE.
pub fn issue(
    run: &BillingRun,
    by: String,
    (date, today): (Date, Date),
    numbers: Option<Numbers<'_>>,
) -> Result<BillingRun, BillingRunRefusal> {
    let State::Approved(approval) = &run.state else {
        return Err(run.needs("APPROVED"));
    };
    if date > today {
        return Err(BillingRunRefusal::IssueDateInFuture {
            issue_date: date.to_string(),
            today: today.to_string(),
        });
    }
    let missing = || BillingRunRefusal::NumberSeriesMissing { entity: run.entity.to_string() };
    let Numbers { series, others } = numbers.ok_or_else(missing)?;
    // With two dates, whichever run takes a number between the other's would leave that one behind for good.
    if let Some(other) = others.iter().find(|other| other.date != date) {
        return Err(BillingRunRefusal::IssuingElsewhere {
            run: other.run.to_string(),
            issue_date: other.date.to_string(),
        });
    }
    Ok(run.now(State::Issuing(Issue { approval: approval.clone(), date, series, by })))
}

/// Whether documents of this date may use every credit that the drafts use; `expires` is the first day on which one does.
///
/// Refused after everything that [`issue`] refuses.
pub fn check_credits(run: &BillingRun, date: Date, expires: Option<Date>) -> Result<(), BillingRunRefusal> {
    match expires.filter(|expires| *expires < date) {
        None => Ok(()),
        Some(expires) => Err(BillingRunRefusal::AdCreditExpired {
            run: run.id.to_string(),
            issue_date: date.to_string(),
            expires: expires.to_string(),
        }),
    }
}

/// The last document is out.
pub fn issued(run: &BillingRun, at: Timestamp) -> Result<BillingRun, BillingRunRefusal> {
    let State::Issuing(issue) = &run.state else {
        return Err(run.needs("ISSUING"));
    };
    Ok(run.now(State::Issued { issue: issue.clone(), at }))
}
