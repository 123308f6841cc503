use ids::{AccountId, AdjustmentId, ApprovalId, EntityId, InvoiceId, Revision};
use jiff::Timestamp;
use money::Currency;

use super::{
    AdjustedLine, Adjustment, AdjustmentKind, AdjustmentRefusal, AskedLine, BillTo, Ending, Evidence, State,
};
use crate::{
    act::Act,
    approval::{self, Verdict},
    subject::Cause,
};

/// What is to be adjusted, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub kind: AdjustmentKind,
    pub cause: Cause,
    pub reason: String,
    pub lines: Vec<AskedLine>,
    /// Of a rebill.
    pub bill_to: Option<BillTo>,
    pub evidence: Vec<Evidence>,
}

/// A draft of an adjustment. `lines` are those of the proposal with what they come to, here and below.
pub fn create(
    id: AdjustmentId,
    (entity, account, invoice, currency): (EntityId, AccountId, InvoiceId, Currency),
    (proposal, lines): (Proposal, Vec<AdjustedLine>),
    made: Act,
) -> Adjustment {
    let Proposal { kind, cause, reason, lines: _, bill_to, evidence } = proposal;
    Adjustment {
        id,
        revision: Revision::FIRST,
        account,
        entity,
        invoice,
        currency,
        kind,
        cause,
        reason,
        lines,
        bill_to,
        evidence,
        made,
        editors: Vec::new(),
        state: State::Draft,
    }
}

/// Changes what has not been submitted, or was sent back. Who changes it becomes one of its makers.
///
/// Order of refusal: ADJUSTMENT_STATE.
pub fn edit(
    adjustment: &Adjustment,
    (proposal, lines): (Proposal, Vec<AdjustedLine>),
    by: &str,
) -> Result<Adjustment, AdjustmentRefusal> {
    mendable(adjustment)?;
    let Proposal { kind, cause, reason, lines: _, bill_to, evidence } = proposal;
    let mut editors = adjustment.editors.clone();
    if by != adjustment.made.by && !editors.iter().any(|editor| editor == by) {
        editors.push(by.to_owned());
    }
    Ok(Adjustment {
        kind,
        cause,
        reason,
        lines,
        bill_to,
        evidence,
        editors,
        state: State::Draft,
        ..adjustment.clone()
    })
}

/// Asks for its approval.
///
/// Order of refusal: ADJUSTMENT_STATE.
pub fn submit(adjustment: &Adjustment, approval: ApprovalId) -> Result<Adjustment, AdjustmentRefusal> {
    mendable(adjustment)?;
    Ok(Adjustment { state: State::Submitted { approval }, ..adjustment.clone() })
}

/// Takes it back before it is approved.
///
/// Order of refusal: ADJUSTMENT_STATE, NOT_THE_MAKER.
pub fn withdraw(adjustment: &Adjustment, by: &str) -> Result<Adjustment, AdjustmentRefusal> {
    match &adjustment.state {
        State::Draft | State::Submitted { .. } | State::Ended { how: Ending::Returned, .. } => {}
        State::Approved { .. } | State::Executed { .. } | State::Ended { .. } => {
            return Err(adjustment.needs("DRAFT, RETURNED or SUBMITTED"));
        }
    }
    if by != adjustment.made.by {
        return Err(AdjustmentRefusal::NotTheMaker {
            adjustment: adjustment.id.to_string(),
            maker: adjustment.made.by.clone(),
        });
    }
    Ok(ended(adjustment, Ending::Withdrawn))
}

/// Follows its request for approval. What has ended or is executed stays as it is.
pub fn settled(adjustment: &Adjustment, request: &approval::State) -> Adjustment {
    let (State::Submitted { approval } | State::Approved { approval }) = adjustment.state else {
        return adjustment.clone();
    };
    match request.verdict() {
        Verdict::Pending => adjustment.clone(),
        Verdict::Granted => Adjustment { state: State::Approved { approval }, ..adjustment.clone() },
        Verdict::Ended(how) => ended(adjustment, how),
    }
}

/// The request that must be executed for it.
///
/// Order of refusal: ADJUSTMENT_STATE.
pub fn approved(adjustment: &Adjustment) -> Result<ApprovalId, AdjustmentRefusal> {
    match adjustment.state {
        State::Approved { approval } => Ok(approval),
        State::Draft | State::Submitted { .. } | State::Executed { .. } | State::Ended { .. } => {
            Err(adjustment.needs("APPROVED"))
        }
    }
}

/// It has become a document.
///
/// Order of refusal: ADJUSTMENT_STATE.
pub fn executed(
    adjustment: &Adjustment,
    document: String,
    at: Timestamp,
) -> Result<Adjustment, AdjustmentRefusal> {
    let approval = approved(adjustment)?;
    Ok(Adjustment { state: State::Executed { approval, document, at }, ..adjustment.clone() })
}

/// What was approved is not there any more: it ends without a document.
///
/// Order of refusal: ADJUSTMENT_STATE.
pub fn void(adjustment: &Adjustment) -> Result<Adjustment, AdjustmentRefusal> {
    approved(adjustment)?;
    Ok(ended(adjustment, Ending::Voided))
}

/// Whether it can be changed and submitted: nobody was asked yet, or it was sent back.
///
/// Order of refusal: ADJUSTMENT_STATE.
pub fn mendable(adjustment: &Adjustment) -> Result<(), AdjustmentRefusal> {
    match &adjustment.state {
        State::Draft | State::Ended { how: Ending::Returned, .. } => Ok(()),
        State::Submitted { .. } | State::Approved { .. } | State::Executed { .. } | State::Ended { .. } => {
            Err(adjustment.needs("DRAFT or RETURNED"))
        }
    }
}

fn ended(adjustment: &Adjustment, how: Ending) -> Adjustment {
    Adjustment { state: State::Ended { how, approval: adjustment.state.approval() }, ..adjustment.clone() }
}
