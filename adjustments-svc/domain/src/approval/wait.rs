//! What waiting does: it reminds, it lets the role above stand in, it ends the request. It approves nothing.

use calendar::Holidays;
use jiff::Timestamp;

use super::{Event, Request, State};
use crate::{policy::ServiceLevel, service_clock::after};

/// When waiting has which consequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    pub remind: Timestamp,
    pub escalate: Timestamp,
    pub expire: Timestamp,
}

/// The deadlines of what is submitted now: so many business days later, at the same time of day in UTC. `None` past the
/// year 9999.
pub fn deadlines(level: ServiceLevel, submitted: Timestamp, holidays: &Holidays) -> Option<Deadlines> {
    Some(Deadlines {
        remind: after(submitted, level.remind_days, holidays)?,
        escalate: after(submitted, level.escalate_days, holidays)?,
        expire: after(submitted, level.expire_days, holidays)?,
    })
}

/// What has become due by now.
pub fn tick(request: &Request, now: Timestamp) -> Vec<Event> {
    match &request.state {
        State::Pending if now >= request.deadlines.expire => vec![Event::Expired { at: now }],
        State::Pending => {
            let reminded = (!request.reminded && now >= request.deadlines.remind).then_some(Event::Reminded);
            let escalated =
                (!request.escalated && now >= request.deadlines.escalate).then_some(Event::Escalated);
            reminded.into_iter().chain(escalated).collect()
        }
        State::PostReviewDue { due, .. } if now >= *due => vec![Event::Violated { at: now }],
        State::PostReviewDue { .. }
        | State::Approved(_)
        | State::Executed(_)
        | State::Rejected
        | State::Returned
        | State::Withdrawn(_)
        | State::Expired { .. }
        | State::Voided { .. }
        | State::Ratified { .. }
        | State::Violation { .. } => Vec::new(),
    }
}
