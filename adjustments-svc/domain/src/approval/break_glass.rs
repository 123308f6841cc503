//! In an emergency one person lets something pass that nobody had the time to approve. It is still no one who has a
//! part in it, it ends at a limit, and another person looks at it afterwards.

use calendar::Holidays;
use jiff::Timestamp;

use super::{
    Approver, BrokenGlass, Event, Exclusion, Facts, Request, RequestRefusal, State,
    decide::{open_at, refused},
    standing::part_in,
};
use crate::{
    act::Act,
    policy::{Need, in_words, minor_units},
    role::Role,
    service_clock::after,
};

/// How many business days later somebody must have looked at it.
const REVIEW_DAYS: u32 = 1;

/// Who looks at it, as the contract allows.
const REVIEWERS: [Role; 3] = [Role::BillingManager, Role::Controller, Role::Cfo];

/// Why something has to pass now.
#[derive(Clone, Debug)]
pub struct Glass {
    pub incident: String,
    pub reason: String,
    /// The incident has let something pass before.
    pub used: bool,
    /// The most that may pass, in minor units of the functional currency.
    pub cap: u128,
}

/// Lets a request pass without its approvers. Anybody who may approve something may do so, unless they have a part in it; what has
/// no amount, of which no limit can hold, passes only by a role that its open step asks for.
///
/// Order of refusal: APPROVAL_STATE, APPROVAL_EXPIRED, PERSON_REQUIRED, SELF_APPROVAL, NOT_ASKED, BREAK_GLASS_CAP,
/// INCIDENT_USED.
pub fn break_glass(
    request: &Request,
    approver: &Approver,
    glass: Glass,
    facts: Facts<'_>,
    at: Timestamp,
) -> Result<Vec<Event>, RequestRefusal> {
    open_at(request, at)?;
    may(request, approver, facts, None)?;
    let beyond = request.measure.filter(|measure| minor_units(measure.amount()) > glass.cap);
    if let Some(measure) = beyond {
        return Err(RequestRefusal::BreakGlassCap {
            request: request.id.to_string(),
            amount: measure.in_words(),
            cap: in_words(measure.this.currency(), glass.cap),
        });
    }
    if glass.used {
        return Err(RequestRefusal::IncidentUsed { incident: glass.incident });
    }
    let due = after(at, REVIEW_DAYS, &Holidays::default()).unwrap_or(at);
    let Glass { incident, reason, used: _, cap: _ } = glass;
    let glass = BrokenGlass { act: Act { by: approver.account.clone(), at }, incident, reason };
    Ok(vec![Event::GlassBroken { glass, due }])
}

/// Looks at what was let pass, and lets it stand or not. Whoever broke the glass does not.
///
/// Order of refusal: APPROVAL_STATE, PERSON_REQUIRED, SELF_APPROVAL, ALREADY_DECIDED, NOT_ASKED.
pub fn ratify(
    request: &Request,
    approver: &Approver,
    stands: bool,
    facts: Facts<'_>,
    at: Timestamp,
) -> Result<Vec<Event>, RequestRefusal> {
    let State::PostReviewDue { glass, .. } = &request.state else {
        return Err(request.needs("POST_REVIEW_DUE"));
    };
    may(request, approver, facts, Some(&glass.act.by))?;
    let review = Act { by: approver.account.clone(), at };
    Ok(vec![if stands { Event::Ratified(review) } else { Event::Violated { at } }])
}

fn may(
    request: &Request,
    approver: &Approver,
    facts: Facts<'_>,
    breaker: Option<&str>,
) -> Result<(), RequestRefusal> {
    if !approver.is_person {
        return Err(RequestRefusal::PersonRequired { request: request.id.to_string() });
    }
    let account = approver.account.as_str();
    match answers_by(request, account, &approver.roles, facts, breaker) {
        Ok(_) => Ok(()),
        Err(exclusion) => Err(refused(request, account, &exclusion)),
    }
}

/// By which role somebody answers for an emergency: for letting it pass, or for looking at what `breaker` let pass.
pub(super) fn answers_by(
    request: &Request,
    account: &str,
    roles: &[Role],
    facts: Facts<'_>,
    breaker: Option<&str>,
) -> Result<Role, Exclusion> {
    if let Some(exclusion) = part_in(request, account, facts) {
        return Err(exclusion);
    }
    let Facts { directory, delegations: _ } = facts;
    let under = |breaker: &str| {
        directory.same(breaker, account)
            || directory.reports(account, breaker)
            || directory.line_is_said_by(account, breaker)
    };
    if breaker.is_some_and(under) {
        return Err(Exclusion::AlreadyDecided);
    }
    let asked: Vec<Role> = match (breaker, &request.measure) {
        (Some(_), _) => REVIEWERS.to_vec(),
        (None, Some(_)) => Role::ALL.to_vec(),
        (None, None) => {
            request.open_step().into_iter().flat_map(|(_, needs)| needs).map(|need| need.role).collect()
        }
    };
    let role = roles.iter().copied().find(|role| asked.contains(role));
    let needs = || asked.iter().map(|role| Need { role: *role, quorum: 1 }).collect();
    role.ok_or_else(|| Exclusion::NotAsked { asked: needs(), short: None })
}
