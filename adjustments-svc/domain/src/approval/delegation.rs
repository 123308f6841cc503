//! Authority lent for a while. It is accepted by who gets it, never passed on, and both names stay on the decision.

use ids::{DelegationId, Revision};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::Request;
use crate::{
    act::Act,
    directory::Directory,
    policy::{in_words, minor_units},
    role::Role,
    spelled::spelled,
    subject::SubjectKind,
};

/// How long authority may be lent.
const DAYS_MAX: i64 = 30;

/// A delegation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegation {
    pub id: DelegationId,
    pub revision: Revision,
    /// Whose authority it is.
    pub from: String,
    pub to: String,
    pub role: Role,
    /// For which kinds of subjects; empty: all.
    pub kinds: Vec<SubjectKind>,
    /// Up to and with this measure, in minor units of the functional currency; `None`: as far as the role goes.
    pub amount_max: Option<u128>,
    /// It holds from then on …
    pub begins: Timestamp,
    /// … and not any more then.
    pub ends: Timestamp,
    pub proposed_at: Timestamp,
    pub state: DelegationState,
    /// Who accepted or revoked it last.
    pub settled: Option<Act>,
}

spelled! {
    /// Where a delegation stands. Whether it has ended is a matter of time, not of state.
    pub enum DelegationState {
        Proposed "PROPOSED",
        Accepted "ACCEPTED",
        Revoked "REVOKED",
    }
}

refusal::refusals! {
    /// Why authority is not lent.
    pub enum DelegationRefusal {
        /// It does not exist.
        Missing "NOT_FOUND" NotFound { name: String } => "{name} does not exist",
        /// Only what somebody has can be lent.
        Forbidden "ROLE_NOT_HELD" RoleNotHeld { person: String, role: String } =>
            "{person} does not have the role {role} and so cannot lend it",
        /// Time goes forward, and not for ever.
        StateForbids "DELEGATION_TIME" Time { begins: String, ends: String } =>
            "from {begins} to {ends} is no time to lend authority for: it begins today or later and before it ends, lasts 30 days at most, and is not over",
        /// Lending in a circle would let everybody decide for everybody.
        StateForbids "DELEGATION_CYCLE" Cycle { from: String, to: String } =>
            "{to} has lent authority that comes back to {from}; revoke that first",
        /// The act does not fit the state.
        StateForbids "DELEGATION_STATE" WrongState { delegation: String, state: String, needed: String } =>
            "{delegation} is {state}; this needs {needed}",
        /// It is theirs to take, and both may end it.
        Forbidden "NOT_THEIR_DELEGATION" NotTheirs { delegation: String, person: String } =>
            "{delegation} is not {person}'s to settle: who gets it accepts it, and either of the two revokes it",
        /// A platform cannot answer for an approval.
        Forbidden "PERSON_REQUIRED" PersonRequired { person: String } =>
            "{person} is a platform; authority is lent between persons",
    }
}

impl Delegation {
    /// Whether it holds at a time.
    pub fn is_in_force(&self, at: Timestamp) -> bool {
        self.state == DelegationState::Accepted && self.begins <= at && at < self.ends
    }

    /// Whether it is about such a request.
    pub(super) fn is_about(&self, request: &Request) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&request.subject.kind)
    }

    /// Why it does not reach as far as a request; `None`: it does.
    pub(super) fn falls_short(&self, request: &Request) -> Option<String> {
        let (measure, most) = (request.measure.as_ref()?, self.amount_max?);
        (minor_units(measure.amount()) > most).then(|| {
            let (from, most) = (&self.from, in_words(measure.this.currency(), most));
            format!("what {from} lends them ends at {most}, and it is measured at {}", measure.in_words())
        })
    }

    fn needs(&self, needed: &str) -> DelegationRefusal {
        DelegationRefusal::WrongState {
            delegation: self.id.to_string(),
            state: self.state.to_string(),
            needed: needed.to_owned(),
        }
    }
}

/// Offers authority to somebody. `others` are the delegations that are not revoked and not over; `roles` are the
/// lender's own, by the caller's grants.
///
/// Order of refusal: ROLE_NOT_HELD, DELEGATION_TIME, DELEGATION_CYCLE.
pub fn propose(
    delegation: Delegation,
    roles: &[Role],
    others: &[Delegation],
    directory: &Directory,
) -> Result<Delegation, DelegationRefusal> {
    let Delegation { from, to, role, begins, ends, proposed_at, .. } = &delegation;
    if !roles.contains(role) {
        return Err(DelegationRefusal::RoleNotHeld { person: from.clone(), role: role.to_string() });
    }
    let longest = SignedDuration::from_hours(24 * DAYS_MAX);
    // What is lent for the whole of today begins with it; nothing was lent yesterday.
    let today = |at: &Timestamp| at.to_zoned(TimeZone::UTC).date();
    let past = today(begins) < today(proposed_at);
    if past || begins >= ends || ends.duration_since(*begins) > longest || ends <= proposed_at {
        return Err(DelegationRefusal::Time { begins: begins.to_string(), ends: ends.to_string() });
    }
    if comes_back(directory.person(to), directory.person(from), others, directory) {
        return Err(DelegationRefusal::Cycle { from: from.clone(), to: to.clone() });
    }
    Ok(delegation)
}

/// Whether what `person` has lent, or those to whom they lent it, reaches `to`; everybody reaches themselves.
fn comes_back(person: &str, to: &str, others: &[Delegation], directory: &Directory) -> bool {
    let (mut seen, mut waiting) = (vec![person], vec![person]);
    while let Some(person) = waiting.pop() {
        if person == to {
            return true;
        }
        for lent in others.iter().filter(|lent| directory.person(&lent.from) == person) {
            let next = directory.person(&lent.to);
            if !seen.contains(&next) {
                seen.push(next);
                waiting.push(next);
            }
        }
    }
    false
}

/// Takes a delegation on.
///
/// Order of refusal: DELEGATION_STATE, NOT_THEIR_DELEGATION, PERSON_REQUIRED.
pub fn accept(delegation: &Delegation, act: Act, is_person: bool) -> Result<Delegation, DelegationRefusal> {
    if delegation.state != DelegationState::Proposed || act.at >= delegation.ends {
        return Err(delegation.needs("PROPOSED, before it ends"));
    }
    if act.by != delegation.to {
        return Err(not_theirs(delegation, &act));
    }
    if !is_person {
        return Err(DelegationRefusal::PersonRequired { person: act.by });
    }
    Ok(Delegation { state: DelegationState::Accepted, settled: Some(act), ..delegation.clone() })
}

/// Ends a delegation. What was decided under it stays.
///
/// Order of refusal: DELEGATION_STATE, NOT_THEIR_DELEGATION.
pub fn revoke(delegation: &Delegation, act: Act) -> Result<Delegation, DelegationRefusal> {
    if delegation.state == DelegationState::Revoked {
        return Err(delegation.needs("PROPOSED or ACCEPTED"));
    }
    if act.by != delegation.from && act.by != delegation.to {
        return Err(not_theirs(delegation, &act));
    }
    Ok(Delegation { state: DelegationState::Revoked, settled: Some(act), ..delegation.clone() })
}

fn not_theirs(delegation: &Delegation, act: &Act) -> DelegationRefusal {
    DelegationRefusal::NotTheirs { delegation: delegation.id.to_string(), person: act.by.clone() }
}
