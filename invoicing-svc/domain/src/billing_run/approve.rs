use jiff::Timestamp;
use money::{Money, MoneyError};

use super::{Act, Approval, BillingRun, BillingRunRefusal, Root, State};

/// Who wants to approve.
#[derive(Clone, Debug)]
pub struct Approver {
    pub act: Act,
    /// False for a platform's key.
    pub is_person: bool,
}

/// A preview is signed by nobody, so it is told before who may sign.
pub fn check_no_preview(run: &BillingRun) -> Result<(), BillingRunRefusal> {
    if run.preview {
        return Err(BillingRunRefusal::Preview { run: run.id.to_string() });
    }
    Ok(())
}

/// Signs the drafts off. `seen` is the root that the approver looked at; without it the root as it stands is signed.
///
/// Order of refusal: PREVIEW, PERSON_REQUIRED, SAME_PERSON, RUN_STATE, DRAFTS_CHANGED.
pub fn approve(
    run: &BillingRun,
    approver: Approver,
    seen: Option<Root>,
) -> Result<BillingRun, BillingRunRefusal> {
    check_no_preview(run)?;
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
    Ok(run.now(State::Approved(Approval { root, act: approver.act, request: None })))
}

/// An approval that was granted elsewhere, by an approval service that is trusted with it.
#[derive(Clone, Debug)]
pub struct Granted {
    /// Its id.
    pub request: String,
    /// The persons who approved, at least one.
    pub approvers: Vec<String>,
    pub at: Timestamp,
    /// What they looked at.
    pub root: Root,
}

/// What drafts that changed since the root was approved do to a run, in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    /// What goes on, with tax.
    pub going: Money,
    /// What drops out, with tax.
    pub removed: Money,
}

/// Signs off by an approval. Drafts that changed since drop out alone, as long as more goes on than drops out. `changed`
/// is what they come to; `None`: the run never had that root.
///
/// Order of refusal: PREVIEW, SAME_PERSON, RUN_STATE, DRAFTS_CHANGED.
pub fn approve_granted(
    run: &BillingRun,
    granted: Granted,
    changed: Option<&[Changed]>,
) -> Result<BillingRun, BillingRunRefusal> {
    check_no_preview(run)?;
    if granted.approvers.contains(&run.started.by) {
        return Err(BillingRunRefusal::SamePerson {
            run: run.id.to_string(),
            person: run.started.by.clone(),
        });
    }
    let State::InReview { root } = run.state else {
        return Err(run.needs("IN_REVIEW"));
    };
    if !changed.is_some_and(leave_most) {
        return Err(BillingRunRefusal::DraftsChanged { run: run.id.to_string(), root: hexadecimal(&root) });
    }
    let act = Act { by: granted.approvers.join(", "), at: granted.at };
    let approval = Approval { root: granted.root, act, request: Some(granted.request) };
    Ok(run.now(State::Approved(approval)))
}

/// A run that was refreshed after it was approved, as soon as it is rated: approved still, without the drafts that changed, as
/// long as more goes on than drops out. `None`: it is to be approved anew, or was not approved.
pub fn approved_again(run: &BillingRun, changed: &[Changed]) -> Option<BillingRun> {
    let State::Rating(Some(approval)) = &run.state else { return None };
    leave_most(changed).then(|| run.now(State::Approved(approval.clone())))
}

/// A run of which something changed before it has issued anything: rated once more and to be approved anew, where more would drop out
/// than goes on. `None`: the rest goes on, or documents are out.
pub fn asked_again(
    run: &BillingRun,
    changed: &[Changed],
    documents: i64,
    at: Timestamp,
) -> Option<BillingRun> {
    let State::Issuing(_) = &run.state else { return None };
    let is_due = documents == 0 && !leave_most(changed);
    is_due.then(|| BillingRun { data_as_of: at, ..run.now(State::Rating(None)) })
}

fn leave_most(changed: &[Changed]) -> bool {
    changed.iter().all(|each| each.leaves_most().unwrap_or(false))
}

impl Changed {
    /// Whether what was approved is still what is issued, by and large.
    fn leaves_most(self) -> Result<bool, MoneyError> {
        Ok(self.removed.is_zero() || self.removed.compare(self.going)?.is_le())
    }
}

fn hexadecimal(root: &Root) -> String {
    root.iter().map(|byte| format!("{byte:02x}")).collect()
}
