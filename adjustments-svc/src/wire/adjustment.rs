//! Adjustment ↔ domain.

use adjustments_domain::{
    adjustment::{Adjustment, AdjustmentKind, AskedLine, BillTo, Ending, Evidence, Proposal, State, WHOLE},
    subject::hexadecimal,
};
use billing_proto::billing::adjustments::v1 as pb;
use chassis::mask::Mask;
use ids::{AccountId, InvoiceId};
use refusal::{Refusal, Violations};

use super::{adjusted_line, alike, name, text, time};

/// What an update can change.
pub const CHANGEABLE: [&str; 6] = ["kind", "root_cause", "reason", "lines", "bill_to", "purchase_order"];

/// What a message proposes, and for which document.
pub fn parse(
    account: AccountId,
    adjustment: Option<&pb::Adjustment>,
) -> Result<(InvoiceId, Proposal), Refusal> {
    let mut v = Violations::new();
    let Some(adjustment) = adjustment else {
        v.add("adjustment", "must be given");
        return Err(v.refusal());
    };
    let parsed = v.within("adjustment", |v| {
        let invoice = name::invoice(v, "invoice", &adjustment.invoice);
        if invoice.is_some_and(|(of, _)| of != account) {
            v.add("invoice", "must be an invoice of the account");
        }
        let kind = text::choice(v, "kind", adjustment.kind).and_then(alike::adjustment_kind);
        let cause = text::choice(v, "root_cause", adjustment.root_cause).and_then(alike::cause);
        let reason = text::required(v, "reason", &adjustment.reason, 1_000);
        let lines = kind.and_then(|kind| adjusted_line::parse(v, kind, &adjustment.lines));
        let ((_, invoice), kind, lines) = (invoice?, kind?, lines?);
        let bill_to = bill_to(v, kind, adjustment)?;
        if kind == AdjustmentKind::WriteOff && !matches!(lines[..], [AskedLine { number: WHOLE, .. }]) {
            v.add("lines", "must be one line, 0, of a write-off: so much of what is open on the document");
        }
        let (cause, reason) = (cause?, reason?);
        Some((invoice, Proposal { kind, cause, reason, lines, bill_to, evidence: Vec::new() }))
    });
    let Some(parsed) = parsed else { return Err(v.refusal()) };
    v.check()?;
    Ok(parsed)
}

/// Whom a rebill bills, and nobody for what is none. The outer `None` is a violation.
fn bill_to(v: &mut Violations, kind: AdjustmentKind, given: &pb::Adjustment) -> Option<Option<BillTo>> {
    if kind == AdjustmentKind::Rebill {
        let account = name::account(v, "bill_to", &given.bill_to);
        let purchase_order = text::optional(v, "purchase_order", &given.purchase_order, 64);
        return Some(Some(BillTo { account: account?, purchase_order: purchase_order? }));
    }
    for (field, text) in [("bill_to", &given.bill_to), ("purchase_order", &given.purchase_order)] {
        if !text.is_empty() {
            v.add(field, "is of a rebill alone");
        }
    }
    Some(None)
}

/// The adjustment as a message.
pub fn message(adjustment: &Adjustment, delay: &str) -> pb::Adjustment {
    let (document, executed) = match &adjustment.state {
        State::Executed { document, at, .. } => (document.clone(), Some(time::message(*at))),
        State::Draft | State::Submitted { .. } | State::Approved { .. } | State::Ended { .. } => {
            (String::new(), None)
        }
    };
    pb::Adjustment {
        name: name::adjustment_name(adjustment.account, adjustment.id),
        etag: adjustment.revision.to_string(),
        kind: alike::adjustment_kind_message(adjustment.kind).into(),
        invoice: name::invoice_name(adjustment.account, adjustment.invoice),
        billing_entity: format!("billingEntities/{}", adjustment.entity),
        root_cause: alike::cause_message(adjustment.cause).into(),
        reason: adjustment.reason.clone(),
        lines: adjustment.lines.iter().map(adjusted_line::message).collect(),
        evidence: adjustment.evidence.iter().map(evidence).collect(),
        basis: alike::basis_message(adjustment.kind.basis(adjustment.cause)).into(),
        state: state(&adjustment.state).into(),
        approval: adjustment.state.approval().map_or_else(String::new, name::approval_name),
        document,
        made_by: adjustment.made.by.clone(),
        create_time: Some(time::message(adjustment.made.at)),
        editors: adjustment.editors.clone(),
        execute_time: executed,
        digest: hexadecimal(&adjustment.digest()),
        delay: delay.to_owned(),
        bill_to: adjustment.bill_to.as_ref().map_or_else(String::new, |to| name::account_name(to.account)),
        purchase_order: adjustment.bill_to.as_ref().map_or_else(String::new, |to| to.purchase_order.clone()),
    }
}

fn evidence(evidence: &Evidence) -> pb::AdjustmentEvidence {
    pb::AdjustmentEvidence {
        file_name: evidence.file_name.clone(),
        media_type: evidence.media_type.clone(),
        sha256: hexadecimal(&evidence.sha256),
        size_bytes: i64::try_from(evidence.size_bytes).unwrap_or(i64::MAX),
        added_by: evidence.added.by.clone(),
        add_time: Some(time::message(evidence.added.at)),
    }
}

fn state(state: &State) -> pb::AdjustmentState {
    match state {
        State::Draft => pb::AdjustmentState::Draft,
        State::Submitted { .. } => pb::AdjustmentState::Submitted,
        State::Approved { .. } => pb::AdjustmentState::Approved,
        State::Executed { .. } => pb::AdjustmentState::Executed,
        State::Ended { how: Ending::Rejected, .. } => pb::AdjustmentState::Rejected,
        State::Ended { how: Ending::Returned, .. } => pb::AdjustmentState::Returned,
        State::Ended { how: Ending::Withdrawn, .. } => pb::AdjustmentState::Withdrawn,
        State::Ended { how: Ending::Expired, .. } => pb::AdjustmentState::Expired,
        State::Ended { how: Ending::Voided, .. } => pb::AdjustmentState::Voided,
    }
}

/// The name of a state that a list asks for, as the database writes it; `None` asks for all.
pub fn state_name(state: pb::AdjustmentState) -> Option<&'static str> {
    state.as_str_name().strip_prefix("ADJUSTMENT_STATE_").filter(|name| *name != "UNSPECIFIED")
}

/// The message with the fields that the mask names.
pub fn merged(before: pb::Adjustment, given: &pb::Adjustment, mask: &Mask) -> pb::Adjustment {
    pb::Adjustment {
        kind: if mask.names("kind") { given.kind } else { before.kind },
        root_cause: if mask.names("root_cause") { given.root_cause } else { before.root_cause },
        reason: if mask.names("reason") { given.reason.clone() } else { before.reason },
        lines: if mask.names("lines") { given.lines.clone() } else { before.lines },
        bill_to: if mask.names("bill_to") { given.bill_to.clone() } else { before.bill_to },
        purchase_order: if mask.names("purchase_order") {
            given.purchase_order.clone()
        } else {
            before.purchase_order
        },
        ..before
    }
}
