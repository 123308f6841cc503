use ids::{ApprovalId, Revision};

use super::{Circumstances, Deadlines, Grant, Involved, Part, Request, RequestRefusal, State};
use crate::{
    act::Act,
    policy::{Measure, Plan},
    subject::Subject,
};

/// What is submitted, with the plan that the policy has made for it.
#[derive(Clone, Debug)]
pub struct Submission {
    pub subject: Subject,
    pub involved: Vec<Involved>,
    pub measure: Option<Measure>,
    pub circumstances: Circumstances,
    pub policy_version: u32,
    pub plan: Plan,
    pub deadlines: Deadlines,
    pub replaces: Option<ApprovalId>,
}

/// Submits a subject. `open` is a request about the same subject that has not ended. Who submits has a part in it.
///
/// Order of refusal: APPROVAL_OPEN.
pub fn submit(
    id: ApprovalId,
    submission: Submission,
    open: Option<ApprovalId>,
    submitted: Act,
) -> Result<Request, RequestRefusal> {
    let Submission {
        subject,
        mut involved,
        measure,
        circumstances,
        policy_version,
        plan,
        deadlines,
        replaces,
    } = submission;
    if let Some(open) = open {
        return Err(RequestRefusal::Open { subject: subject.name, request: open.to_string() });
    }
    let requester = Involved { account: submitted.by.clone(), part: Part::Requester };
    if !involved.contains(&requester) {
        involved.push(requester);
    }
    let state = if plan.is_automatic() {
        State::Approved(Grant::Automatic { at: submitted.at })
    } else {
        State::Pending
    };
    Ok(Request {
        id,
        revision: Revision::FIRST,
        subject,
        involved,
        measure,
        circumstances,
        policy_version,
        plan,
        submitted,
        deadlines,
        reminded: false,
        escalated: false,
        decisions: Vec::new(),
        replaces,
        state,
    })
}
