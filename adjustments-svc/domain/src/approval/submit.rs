use ids::{ApprovalId, Revision};

use super::{Circumstances, Deadlines, Grant, Involved, Part, Reporting, Request, RequestRefusal, State};
use crate::{
    act::Act,
    directory::Directory,
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

/// Submits a subject. `open` is a request about the same subject that has not ended. Who submits has a part in it,
/// and who reports to somebody with a part in it now has no say later.
///
/// Order of refusal: APPROVAL_OPEN.
pub fn submit(
    id: ApprovalId,
    submission: Submission,
    open: Option<ApprovalId>,
    submitted: Act,
    directory: &Directory,
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
        reporting: reporting(&involved, directory),
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

/// Each account once, by the first of those to whom it reports. Who has a part themselves is excluded by that.
fn reporting(involved: &[Involved], directory: &Directory) -> Vec<Reporting> {
    let mut found: Vec<Reporting> = Vec::new();
    for to in involved {
        for account in directory.reporting_to(&to.account) {
            let own = involved.iter().any(|involved| directory.same(&involved.account, account));
            if !own && !found.iter().any(|known| known.account == account) {
                found.push(Reporting { account: account.to_owned(), to: to.clone() });
            }
        }
    }
    found
}
