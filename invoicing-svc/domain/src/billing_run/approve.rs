use super::{Act, Approval, BillingRun, BillingRunRefusal, Root, State};

/// Who wants to approve.
#[derive(Clone, Debug)]
pub struct Approver {
    pub act: Act,
    /// False for a platform's key.
    pub is_person: bool,
}

/// Signs the drafts off. `seen` is the root that the approver looked at; without it the root as it stands is signed.
///
/// Order of refusal: PREVIEW, PERSON_REQUIRED, SAME_PERSON, RUN_STATE, DRAFTS_CHANGED.
pub fn approve(
    run: &BillingRun,
    approver: Approver,
    seen: Option<Root>,
) -> Result<BillingRun, BillingRunRefusal> {
    if run.preview {
        return Err(BillingRunRefusal::Preview { run: run.id.to_string() });
    }
    if !approver.is_person {
        return Err(BillingRunRefusal::PersonRequired { run: run.id.to_string() });
    }
    if approver.act.by == run.started.by {
        return Err(BillingRunRefusal::SamePerson { run: run.id.to_string(), person: approver.act.by });
    }
    let State::InReview { root } = run.state else {
        return Err(run.needs("IN_REVIEW"));
    };
    if seen.is_some_and(|seen| seen != root) {
        return Err(BillingRunRefusal::DraftsChanged { run: run.id.to_string(), root: hexadecimal(&root) });
    }
    Ok(run.now(State::Approved(Approval { root, act: approver.act })))
}

fn hexadecimal(root: &Root) -> String {
    root.iter().map(|byte| format!("{byte:02x}")).collect()
}
