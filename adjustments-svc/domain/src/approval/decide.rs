use jiff::Timestamp;

use super::{
    Approver, Decision, Event, Exclusion, Facts, Request, RequestRefusal, Standing, State, evolve, standing,
};
use crate::{
    act::Act,
    spelled::spelled,
    subject::{Digest, hexadecimal},
};

spelled! {
    /// What can be decided.
    pub enum Choice {
        Approve "APPROVE",
        Reject "REJECT",
        Return "RETURN",
    }
}

/// What an approver says.
#[derive(Clone, Debug)]
pub struct Ballot {
    pub choice: Choice,
    /// What they looked at.
    pub seen: Digest,
    pub comment: String,
}

/// Decides on a request. The last approval that the plan asks for approves it; one rejection or return ends it.
///
/// Order of refusal: APPROVAL_STATE, APPROVAL_EXPIRED, SUBJECT_CHANGED, PERSON_REQUIRED, SELF_APPROVAL, ALREADY_DECIDED,
/// NOT_ASKED.
pub fn decide(
    request: &Request,
    approver: &Approver,
    ballot: Ballot,
    facts: Facts<'_>,
    at: Timestamp,
) -> Result<Vec<Event>, RequestRefusal> {
    open_at(request, at)?;
    if ballot.seen != request.subject.digest {
        return Err(RequestRefusal::SubjectChanged {
            request: request.id.to_string(),
            digest: hexadecimal(&request.subject.digest),
        });
    }
    if !approver.is_person {
        return Err(RequestRefusal::PersonRequired { request: request.id.to_string() });
    }
    let seat = match standing(request, &approver.account, &approver.roles, facts) {
        Standing::May(seat) => seat,
        Standing::MayNot(exclusion) => return Err(refused(request, &approver.account, &exclusion)),
    };
    let decided = Event::Decided(Decision {
        act: Act { by: approver.account.clone(), at },
        person: facts.directory.person(&approver.account).to_owned(),
        choice: ballot.choice,
        step: seat.step,
        role: seat.role,
        on_behalf_of: seat.on_behalf_of,
        comment: ballot.comment,
        digest: ballot.seen,
    });
    let after = evolve(request, &decided);
    let follows = match ballot.choice {
        Choice::Reject => Some(Event::Rejected),
        Choice::Return => Some(Event::Returned),
        Choice::Approve if after.open_step().is_none() => Some(Event::Approved { at }),
        Choice::Approve => None,
    };
    Ok([decided].into_iter().chain(follows).collect())
}

/// Goes on while the request waits for decisions and has not run out.
pub(super) fn open_at(request: &Request, at: Timestamp) -> Result<(), RequestRefusal> {
    if request.state != State::Pending {
        return Err(request.needs("PENDING"));
    }
    // Also before anybody has noted it: time does not wait for the work beside the calls.
    if at >= request.deadlines.expire {
        return Err(RequestRefusal::Expired {
            request: request.id.to_string(),
            at: request.deadlines.expire.to_string(),
        });
    }
    Ok(())
}

/// Why somebody is not asked to whom nothing is lent that would do.
const HAS_NO_ROLE: &str = "this person has none of these roles, nor a delegation of somebody who has";

pub(super) fn refused(request: &Request, account: &str, exclusion: &Exclusion) -> RequestRefusal {
    let request = request.id.to_string();
    match exclusion {
        Exclusion::Involved { .. }
        | Exclusion::ReportsTo { .. }
        | Exclusion::ReportedTo { .. }
        | Exclusion::LineSaidBy { .. }
        | Exclusion::DelegateOf { .. } => RequestRefusal::SelfApproval { request, why: exclusion.in_words() },
        Exclusion::Over { state } => RequestRefusal::WrongState {
            request,
            state: (*state).to_owned(),
            needed: State::Pending.name().to_owned(),
        },
        Exclusion::AlreadyDecided => RequestRefusal::AlreadyDecided { request, person: account.to_owned() },
        Exclusion::NotAsked { asked, short } => RequestRefusal::NotAsked {
            request,
            asked: super::standing::asked_in_words(asked),
            why: short.clone().unwrap_or_else(|| HAS_NO_ROLE.to_owned()),
        },
    }
}
