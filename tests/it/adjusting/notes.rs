//! The stories: what an analyst proposes, others approve, and invoicing issues.

use anyhow::{Context, Result, ensure};
use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1 as adj,
    invoicing::v1::{self as pb, note_line::By},
};
use prost_types::FieldMask;
use tonic::{Code, Status};

use super::house::{House, amount, credit};
use crate::suite::reason;

const MANAGER: (&str, Role) = ("manager", Role::BillingManager);
const CONTROLLER: (&str, Role) = ("controller", Role::Controller);

async fn preview(house: &House, adjustment: adj::Adjustment) -> Result<adj::AdjustmentEffect, Status> {
    let request = adj::PreviewAdjustmentRequest {
        parent: house.account.clone(),
        adjustment: Some(adjustment),
        rate: String::new(),
    };
    Ok(house.analyst()?.preview_adjustment(request).await?.into_inner())
}

fn asked(steps: &[adj::ApprovalStep]) -> Vec<adj::ApproverRole> {
    steps.iter().flat_map(|step| &step.needs).map(adj::ApproverNeed::role).collect()
}

#[tokio::test]
async fn a_credit_is_shown_asked_for_approved_by_two_and_issued_once() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    // Story 1: what it would do, and who must approve.
    let effect = preview(&house, credit(&invoice, "10000.00")).await?;
    let figures = [&effect.gross, &effect.commission, &effect.net, &effect.tax, &effect.total].map(amount);
    assert_eq!(figures, ["-10000.00", "-1500.00", "-8500.00", "-1700.00", "-10200.00"]);
    assert_eq!((amount(&effect.open_before), amount(&effect.open_after)), ("40800.00", "30600.00"));
    assert_eq!(asked(&effect.steps), [adj::ApproverRole::BillingManager, adj::ApproverRole::Controller]);
    let [line] = &effect.lines[..] else { panic!("{effect:?}") };
    assert_eq!((line.line, amount(&line.gross), amount(&line.left)), (1, "-10000.00", "30000.00"));
    let [tax] = &effect.taxes[..] else { panic!("{effect:?}") };
    assert_eq!((tax.percent.as_str(), amount(&tax.base), amount(&tax.tax)), ("20", "-8500.00", "-1700.00"));
    let receivables = effect.ledger_entries.iter().find(|entry| entry.gl_code == "1200");
    assert_eq!(amount(&receivables.context("no receivables")?.credit), "10200.00");
    assert_eq!(house.open_on(&invoice).await?, "40800.00", "nothing was done");

    let draft = house.draft(credit(&invoice, "10000.00"), "draft").await?;
    assert_eq!(
        (draft.state(), draft.basis()),
        (adj::AdjustmentState::Draft, adj::AdjustmentBasis::Commercial)
    );
    let submitted = house.submit(&draft).await?;
    assert_eq!(submitted.state(), adj::AdjustmentState::Submitted);
    let own = house.approve(&submitted, ("analyst", Role::BillingManager)).await.unwrap_err();
    assert_eq!(reason(&own), "SELF_APPROVAL");
    house.approve(&submitted, MANAGER).await?;
    assert_eq!(house.adjustment(&draft.name).await?.state(), adj::AdjustmentState::Submitted);
    house.approve(&submitted, CONTROLLER).await?;
    let done = house.until_executed(&draft.name).await?;
    let notes = house.credit_notes().await?;
    let [note] = &notes[..] else { panic!("{notes:?}") };
    assert_eq!((done.document.as_str(), amount(&note.total)), (note.name.as_str(), "10200.00"));
    assert_eq!(house.open_on(&invoice).await?, "30600.00");
    assert_eq!(house.approval(&done.approval).await?.state(), adj::ApprovalState::Executed);
    Ok(())
}

#[tokio::test]
async fn what_the_policy_approves_is_issued_at_once_and_goodwill_is_not_billed_again() -> Result<()> {
    // Story 7: goodwill on a line, and the next run bills nothing.
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let goodwill = adj::Adjustment {
        kind: adj::AdjustmentKind::Goodwill.into(),
        root_cause: adj::RootCause::Goodwill.into(),
        ..credit(&invoice, "499.99")
    };
    let submitted = house.submit(&house.draft(goodwill, "goodwill").await?).await?;
    assert_eq!(submitted.state(), adj::AdjustmentState::Approved, "as the policy says");
    house.until_executed(&submitted.name).await?;
    let next = house.rate("next").await?;
    assert_eq!(next.progress.context("a run has progress")?.drafts, 0, "0.00");
    Ok(())
}

#[tokio::test]
async fn what_is_sent_back_is_mended_and_asked_for_again() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let submitted = house.submit(&house.draft(credit(&invoice, "5000.00"), "draft").await?).await?;
    let request = adj::SendBackRequest {
        name: submitted.approval.clone(),
        subject_digest: submitted.digest.clone(),
        comment: "half of it ran".into(),
        request_id: "back".into(),
    };
    house.approving("manager", Role::BillingManager)?.send_back(request).await?;
    let returned = house.adjustment(&submitted.name).await?;
    assert_eq!(returned.state(), adj::AdjustmentState::Returned);
    let smaller = adj::Adjustment {
        name: returned.name.clone(),
        etag: returned.etag.clone(),
        ..credit(&invoice, "2500.00")
    };
    let request = |etag: &str, request_id: &str| adj::UpdateAdjustmentRequest {
        adjustment: Some(adj::Adjustment { etag: etag.into(), ..smaller.clone() }),
        update_mask: Some(FieldMask { paths: vec!["lines".into()] }),
        request_id: request_id.into(),
    };
    let stale =
        house.adjusting("editor", Role::BillingAnalyst)?.update_adjustment(request("1", "stale")).await;
    assert_eq!(reason(&stale.unwrap_err()), "ETAG_MISMATCH");
    let mut editor = house.adjusting("editor", Role::BillingAnalyst)?;
    let mended = editor.update_adjustment(request(&returned.etag, "mend")).await?.into_inner();
    assert_eq!(
        (mended.state(), &mended.editors[..]),
        (adj::AdjustmentState::Draft, &["editor".to_owned()][..])
    );
    let again = house.submit(&mended).await.map_err(|status| anyhow::anyhow!(status.to_string()));
    ensure!(again.is_err(), "the request id of the first submission came again");
    let request = adj::SubmitAdjustmentRequest {
        name: mended.name.clone(),
        request_id: "again".into(),
        ..adj::SubmitAdjustmentRequest::default()
    };
    let again = house.analyst()?.submit_adjustment(request).await?.into_inner();
    let own = house.approve(&again, ("editor", Role::BillingManager)).await.unwrap_err();
    assert_eq!(reason(&own), "SELF_APPROVAL", "who edits has a part in it");
    house.approve(&again, MANAGER).await?;
    house.until_executed(&again.name).await?;
    Ok(())
}

#[tokio::test]
async fn what_is_rejected_or_withdrawn_leaves_the_line_as_it_was() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let rejected = house.submit(&house.draft(credit(&invoice, "40000.00"), "1").await?).await?;
    let request = adj::RejectRequest {
        name: rejected.approval.clone(),
        subject_digest: rejected.digest.clone(),
        comment: "it ran".into(),
        request_id: "no".into(),
    };
    house.approving("manager", Role::BillingManager)?.reject(request).await?;
    assert_eq!(house.adjustment(&rejected.name).await?.state(), adj::AdjustmentState::Rejected);
    let withdrawn = house.submit(&house.draft(credit(&invoice, "40000.00"), "2").await?).await?;
    let request =
        adj::WithdrawAdjustmentRequest { name: withdrawn.name.clone(), request_id: "withdraw".into() };
    let other = house.adjusting("other", Role::BillingAnalyst)?.withdraw_adjustment(request.clone()).await;
    assert_eq!(reason(&other.unwrap_err()), "NOT_THE_SUBMITTER");
    let gone = house.analyst()?.withdraw_adjustment(request).await?.into_inner();
    assert_eq!(gone.state(), adj::AdjustmentState::Withdrawn);
    assert_eq!(house.approval(&gone.approval).await?.state(), adj::ApprovalState::Withdrawn);
    house.submit(&house.draft(credit(&invoice, "40000.00"), "3").await?).await?;
    Ok(())
}

#[tokio::test]
async fn a_debit_bills_more_and_needs_nothing_to_be_left() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("100.00").await?;
    let debit = adj::Adjustment { kind: adj::AdjustmentKind::Debit.into(), ..credit(&invoice, "200.00") };
    let effect = preview(&house, debit.clone()).await?;
    assert_eq!([&effect.gross, &effect.net, &effect.total].map(amount), ["200.00", "170.00", "204.00"]);
    let done = house.until_executed(&house.submit(&house.draft(debit, "debit").await?).await?.name).await?;
    let all = house.invoices(super::house::anywhere()).await?;
    let note = all.iter().find(|document| document.name == done.document).context("no debit note")?;
    assert_eq!((note.kind(), amount(&note.total)), (pb::DocumentKind::DebitNote, "204.00"));
    Ok(())
}

#[tokio::test]
async fn a_write_off_gives_up_what_is_open_and_never_more() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let write_off = |gross: &str, line: i32| {
        let mut wanted = credit(&invoice, gross);
        wanted.lines.iter_mut().for_each(|each| each.line = line);
        adj::Adjustment { kind: adj::AdjustmentKind::WriteOff.into(), ..wanted }
    };
    assert_eq!(reason(&house.draft(write_off("1.00", 1), "line").await.unwrap_err()), "MALFORMED");
    let effect = preview(&house, write_off("30000.00", 0)).await?;
    assert_eq!(
        [&effect.gross, &effect.total, &effect.open_after].map(amount),
        ["0.00", "-30000.00", "10800.00"]
    );
    let first = house.submit(&house.draft(write_off("9000.00", 0), "first").await?).await?;
    let beyond = house.draft(write_off("31800.01", 0), "beyond").await.unwrap_err();
    assert_eq!(reason(&beyond), "LINE_EXHAUSTED", "{}", beyond.message());
    house.approve(&first, CONTROLLER).await?;
    let done = house.until_executed(&first.name).await?;
    ensure!(done.document.contains("/writeOffs/"), "{done:?}");
    assert_eq!(house.open_on(&invoice).await?, "31800.00");
    Ok(())
}

#[tokio::test]
async fn nobody_goes_around_an_approval() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let line = pb::NoteLine { line: 1, by: Some(By::Gross("10.00".into())) };
    let note = pb::Note {
        basis: pb::NoteBasis::Commercial.into(),
        reason: "quickly".into(),
        lines: vec![line],
        ..pb::Note::default()
    };
    let (invoice, note, request_id) = (invoice.name, Some(note), "direct".into());
    let request = pb::IssueCreditNoteRequest { invoice, note, request_id };
    let refused = house.notes("controller_1")?.issue_credit_note(request).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "APPROVAL_REQUIRED"));
    Ok(())
}
