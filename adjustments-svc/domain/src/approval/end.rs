//! How a request ends without being decided, and what comes after it was.

use jiff::Timestamp;

use super::{Event, Facts, Part, Request, RequestRefusal, State, decide::open_at};
use crate::{
    act::Act,
    adjustment::Ending,
    subject::{Digest, hexadecimal},
};

/// Takes a request back.
///
/// Order of refusal: APPROVAL_STATE, APPROVAL_EXPIRED, NOT_THE_SUBMITTER.
pub fn withdraw(request: &Request, act: Act, facts: Facts<'_>) -> Result<Vec<Event>, RequestRefusal> {
    open_at(request, act.at)?;
    let makers =
        request.involved.iter().filter(|involved| matches!(involved.part, Part::Maker | Part::Requester));
    let mut theirs = makers.map(|involved| involved.account.as_str()).chain([request.submitted.by.as_str()]);
    if !theirs.any(|account| facts.directory.same(account, &act.by)) {
        return Err(RequestRefusal::NotTheSubmitter {
            request: request.id.to_string(),
            submitter: request.submitted.by.clone(),
        });
    }
    Ok(vec![Event::Withdrawn(act)])
}

/// The subject has changed: what was approved or asked is not it any more. The same content changes nothing, and what
/// has happened already is not undone.
pub fn subject_changed(request: &Request, now: &Digest, at: Timestamp) -> Vec<Event> {
    let binding = match request.state {
        State::Pending | State::Approved(_) => true,
        State::Executed(_)
        | State::Rejected
        | State::Returned
        | State::Withdrawn(_)
        | State::Expired { .. }
        | State::Voided { .. }
        | State::PostReviewDue { .. }
        | State::Ratified { .. }
        | State::Violation { .. } => false,
    };
    if !binding || *now == request.subject.digest {
        return Vec::new();
    }
    vec![Event::Voided {
        at,
        why: format!("the subject has changed; its digest is now {}", hexadecimal(now)),
    }]
}

/// What a request has come to, for what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pending,
    /// Done already or to be done now; what an emergency let pass, too.
    Granted,
    Ended(Ending),
}

impl State {
    /// What it means for what is asked for.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Pending => Verdict::Pending,
            Self::Approved(_)
            | Self::Executed(_)
            | Self::PostReviewDue { .. }
            | Self::Ratified { .. }
            | Self::Violation { .. } => Verdict::Granted,
            Self::Rejected => Verdict::Ended(Ending::Rejected),
            Self::Returned => Verdict::Ended(Ending::Returned),
            Self::Withdrawn(_) => Verdict::Ended(Ending::Withdrawn),
            Self::Expired { .. } => Verdict::Ended(Ending::Expired),
            Self::Voided { .. } => Verdict::Ended(Ending::Voided),
        }
    }
}

impl Request {
    /// Another request may take its place once it has ended without being approved.
    pub fn can_be_replaced(&self) -> Result<(), RequestRefusal> {
        match &self.state {
            State::Rejected
            | State::Returned
            | State::Withdrawn(_)
            | State::Expired { .. }
            | State::Voided { .. }
            | State::Violation { .. } => Ok(()),
            State::Pending
            | State::Approved(_)
            | State::Executed(_)
            | State::PostReviewDue { .. }
            | State::Ratified { .. } => Err(self.needs("REJECTED, RETURNED, WITHDRAWN, EXPIRED or VOIDED")),
        }
    }
}

/// What was approved is done. Again, it is done already.
///
/// Order of refusal: APPROVAL_STATE, SUBJECT_CHANGED.
pub fn executed(request: &Request, digest: &Digest) -> Result<Vec<Event>, RequestRefusal> {
    match &request.state {
        State::Executed(_) => return Ok(Vec::new()),
        State::Approved(_) => {}
        State::Pending
        | State::Rejected
        | State::Returned
        | State::Withdrawn(_)
        | State::Expired { .. }
        | State::Voided { .. }
        | State::PostReviewDue { .. }
        | State::Ratified { .. }
        | State::Violation { .. } => return Err(request.needs("APPROVED")),
    }
    if *digest != request.subject.digest {
        return Err(RequestRefusal::SubjectChanged {
            request: request.id.to_string(),
            digest: hexadecimal(&request.subject.digest),
        });
    }
    Ok(vec![Event::Executed])
}
