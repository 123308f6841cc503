//! What people try.

use anyhow::{Context, Result};
use billing_proto::billing::{access::v1::Role, adjustments::v1 as adj, invoicing::v1 as pb};
use jiff::SignedDuration;
use prost_types::FieldMask;
use tokio::join;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::house::{House, credit};
use crate::suite::reason;

/// SHA-256 of `proof`.
const PROOF: &str = "c1cda26362828b69266512052b97cb3729e3b052e4ade47c0a1e3383defe73c7";

/// SHA-256 of `proof!`.
const PROOF_2: &str = "88ba5982665ad8173d7eaa327429be3cd935d4850416694c711ad6f488d510b5";

fn file(adjustment: &adj::Adjustment, content: &[u8], sha256: &str) -> adj::AddEvidenceRequest {
    adj::AddEvidenceRequest {
        name: adjustment.name.clone(),
        file_name: "proof.txt".into(),
        media_type: "text/plain".into(),
        sha256: sha256.into(),
        content: content.to_vec(),
        request_id: format!("file-{}", content.len()),
    }
}

#[tokio::test]
async fn evidence_is_a_file_that_is_what_was_announced() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let draft = house.draft(credit(&invoice, "5000.00"), "draft").await?;
    let large = vec![b'x'; 10 * 1024 * 1024 + 1];
    let mut giver = house.adjusting("giver", Role::BillingAnalyst)?;
    for (content, why) in
        [(&b""[..], "EVIDENCE_EMPTY"), (&large, "EVIDENCE_TOO_LARGE"), (b"prooF", "EVIDENCE_DIGEST")]
    {
        let refused = giver.add_evidence(file(&draft, content, PROOF)).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, why));
    }
    let script = adj::AddEvidenceRequest { media_type: "text/html".into(), ..file(&draft, b"proof", PROOF) };
    assert_eq!(reason(&giver.add_evidence(script).await.unwrap_err()), "EVIDENCE_TYPE");
    let taken = giver.add_evidence(file(&draft, b"proof!", PROOF_2)).await?.into_inner();
    assert_ne!(taken.digest, draft.digest, "another content is another digest");
    let request = adj::DownloadEvidenceRequest { name: draft.name.clone(), sha256: PROOF_2.into() };
    let read = house.adjusting("auditor", Role::Auditor)?.download_evidence(request).await?.into_inner();
    assert_eq!((read.content_type.as_str(), &read.data[..]), ("text/plain", &b"proof!"[..]));
    let submitted = house.submit(&taken).await?;
    let own = house.approve(&submitted, ("giver", Role::BillingManager)).await.unwrap_err();
    assert_eq!(reason(&own), "SELF_APPROVAL", "who gives evidence has a part in it");
    let late = giver.add_evidence(file(&submitted, b"proof!", PROOF_2)).await;
    assert_eq!(late?.into_inner(), taken, "the same again");
    let mut late = file(&submitted, b"proof!", PROOF_2);
    late.request_id = "late".into();
    assert_eq!(reason(&giver.add_evidence(late).await.unwrap_err()), "ADJUSTMENT_STATE");
    let mut stale = submitted.clone();
    stale.digest.clone_from(&draft.digest);
    let refused = house.approve(&stale, ("manager", Role::BillingManager)).await.unwrap_err();
    assert_eq!(reason(&refused), "SUBJECT_CHANGED");
    Ok(())
}

#[tokio::test]
async fn lines_and_amounts_are_those_of_the_document() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let of = |line: i32, currency: &str, gross: &str| adj::AdjustmentLine {
        line,
        gross: Some(pb::Money { currency_code: currency.into(), amount: gross.into() }),
        ..adj::AdjustmentLine::default()
    };
    let cases = [
        (vec![], "NOTHING_TO_ADJUST"),
        (vec![of(1, "USD", "10.00")], "LINE_AMOUNT"),
        (vec![of(1, "GBP", "0.00")], "LINE_AMOUNT"),
        (vec![of(1, "GBP", "-1.00")], "MALFORMED"),
        (vec![of(1, "GBP", "1.001")], "MALFORMED"),
        (vec![of(1, "GBP", "1.00"), of(1, "GBP", "1.00")], "LINE_AMOUNT"),
        (vec![of(7, "GBP", "1.00")], "INVOICING_REFUSED"),
        (vec![of(1, "GBP", "40000.01")], "INVOICING_REFUSED"),
    ];
    for (place, (lines, why)) in cases.into_iter().enumerate() {
        let wanted = adj::Adjustment { lines, ..credit(&invoice, "1.00") };
        let refused = house.draft(wanted, &format!("case-{place}")).await.unwrap_err();
        assert_eq!(reason(&refused), why, "case {place}: {}", refused.message());
    }
    // What invoicing finds wrong is told by the field that was typed, and not by one that only the services see.
    let nowhere = adj::Adjustment { lines: vec![of(-1, "GBP", "1.00")], ..credit(&invoice, "1.00") };
    let refused = house.draft(nowhere, "nowhere").await.unwrap_err();
    assert_eq!(reason(&refused), "INVOICING_REFUSED");
    let place = "adjustment.lines[0].line";
    assert_eq!(refused.message(), format!("{place}: must be the number of a line of the document"));
    let wrong = refused.get_details_bad_request().context("the place is for machines, too")?;
    assert_eq!(wrong.field_violations.iter().map(|each| each.field.as_str()).collect::<Vec<_>>(), [place]);
    let none = adj::Adjustment {
        invoice: format!("{}/invoices/inv_01980000000080008000000000000000", house.account),
        ..credit(&invoice, "1.00")
    };
    assert_eq!(house.draft(none, "none").await.unwrap_err().code(), Code::NotFound);
    let rebill = adj::Adjustment { kind: adj::AdjustmentKind::Rebill.into(), ..credit(&invoice, "1.00") };
    assert_eq!(reason(&house.draft(rebill, "rebill").await.unwrap_err()), "MALFORMED");
    Ok(())
}

#[tokio::test]
async fn a_draft_is_submitted_once_as_it_was_read() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let draft = house.draft(credit(&invoice, "5000.00"), "draft").await?;
    let request = |etag: &str, request_id: &str| adj::SubmitAdjustmentRequest {
        name: draft.name.clone(),
        etag: etag.into(),
        request_id: request_id.into(),
        rate: String::new(),
    };
    let submit = async |etag: &str, request_id: &str| -> Result<adj::Adjustment, Status> {
        Ok(house.analyst()?.submit_adjustment(request(etag, request_id)).await?.into_inner())
    };
    assert_eq!(reason(&submit("7", "stale").await.unwrap_err()), "ETAG_MISMATCH");
    let submitted = submit(&draft.etag, "submit").await?;
    assert_eq!(submit(&draft.etag, "submit").await?, submitted, "the same request is answered as before");
    assert_eq!(reason(&submit("", "twice").await.unwrap_err()), "ADJUSTMENT_STATE");
    Ok(())
}

#[tokio::test]
async fn a_file_is_there_once_however_often_it_is_sent_and_is_saved_by_its_name() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let draft = house.draft(credit(&invoice, "5000.00"), "draft").await?;
    let again = |request_id: &str| adj::AddEvidenceRequest {
        file_name: "copy.txt".into(),
        request_id: request_id.into(),
        ..file(&draft, b"proof!", PROOF_2)
    };
    let mut giver = house.adjusting("giver", Role::BillingAnalyst)?;
    let first = giver.add_evidence(file(&draft, b"proof!", PROOF_2)).await?.into_inner();
    assert_eq!(giver.add_evidence(again("again")).await?.into_inner(), first, "nothing has changed");
    let mut other = house.adjusting("other", Role::BillingAnalyst)?;
    let last = other.add_evidence(again("other")).await?.into_inner();
    assert_eq!(last.evidence, first.evidence);
    let submitted = house.submit(&last).await?;
    for person in ["giver", "other"] {
        let own = house.approve(&submitted, (person, Role::BillingManager)).await.unwrap_err();
        assert_eq!(reason(&own), "SELF_APPROVAL", "{person}");
    }
    let request = adj::DownloadEvidenceRequest { name: draft.name, sha256: PROOF_2.into() };
    let read = house.adjusting("auditor", Role::Auditor)?.download_evidence(request).await?;
    let saved_as = read.metadata().get("content-disposition").map(|name| name.to_str()).transpose()?;
    assert_eq!(saved_as, Some("attachment; filename=\"proof.txt\"; filename*=UTF-8''proof.txt"));
    Ok(())
}

#[tokio::test]
async fn two_that_are_asked_for_at_once_count_each_other() -> Result<()> {
    // 450.00 and 450.00 of one account, of two invoices: one passes, and the other waits for a manager.
    let house = House::open().await?;
    for order in ["IO-1", "IO-2"] {
        house.sell(&house.account, (order, "40000.00", "GBP"), "15").await?;
    }
    let one = house.bill().await?;
    let all = house.invoices(pb::ListInvoicesRequest { parent: house.account.clone(), ..Default::default() });
    let other = all.await?.into_iter().find(|invoice| invoice.name != one.name).context("one each")?;
    let one = house.draft(credit(&one, "450.00"), "one").await?;
    let other = house.draft(credit(&other, "450.00"), "other").await?;
    let (one, other) = join!(house.submit(&one), house.submit(&other));
    let waiting = |each: &adj::Adjustment| each.state() == adj::AdjustmentState::Submitted;
    assert_eq!([one?, other?].iter().filter(|each| waiting(each)).count(), 1);
    Ok(())
}

#[tokio::test]
async fn nobody_asks_for_an_adjustment_past_itself() -> Result<()> {
    // A request of one pound about it would be approved by the policy.
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let draft = house.draft(credit(&invoice, "40000.00"), "draft").await?;
    let case = adj::ApprovalCase {
        subject_kind: adj::SubjectKind::Credit.into(),
        amount: Some(pb::Money { currency_code: "GBP".into(), amount: "1.00".into() }),
        functional_currency_code: "GBP".into(),
        ..adj::ApprovalCase::default()
    };
    let request = adj::SubmitApprovalRequest {
        approval_case: Some(case),
        subject: draft.name.clone(),
        subject_digest: draft.digest.clone(),
        summary: "next to nothing".into(),
        request_id: "around".into(),
        ..adj::SubmitApprovalRequest::default()
    };
    let refused = house.approving("analyst", Role::BillingAnalyst)?.submit_approval(request).await;
    let refused = refused.unwrap_err();
    assert_eq!(reason(&refused), "MALFORMED");
    assert!(refused.message().contains("SubmitAdjustment"), "{}", refused.message());
    Ok(())
}

#[tokio::test]
async fn nobody_ends_a_request_by_saying_that_its_adjustment_changed() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let draft = house.draft(credit(&invoice, "5000.00"), "draft").await?;
    let submitted = house.submit(&draft).await?;
    let request = adj::CompareSubjectRequest {
        name: submitted.approval.clone(),
        subject_digest: PROOF.into(),
        request_id: "void".into(),
    };
    let refused = house.approving("analyst", Role::BillingAnalyst)?.compare_subject(request).await;
    assert_eq!(reason(&refused.unwrap_err()), "MALFORMED");
    house.approve(&submitted, ("manager", Role::BillingManager)).await?;
    Ok(())
}

#[tokio::test]
async fn of_two_who_race_for_the_last_step_one_decides_and_one_note_is_out() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let submitted = house.submit(&house.draft(credit(&invoice, "10000.00"), "draft").await?).await?;
    house.approve(&submitted, ("manager", Role::BillingManager)).await?;
    let (one, other) = join!(
        house.approve(&submitted, ("controller_1", Role::Controller)),
        house.approve(&submitted, ("controller_2", Role::Controller)),
    );
    let refused: Vec<Status> = [one, other].into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.iter().map(reason).collect::<Vec<_>>(), ["APPROVAL_STATE"]);
    house.until_executed(&submitted.name).await?;
    assert_eq!(house.approval(&submitted.approval).await?.decisions.len(), 2);
    assert_eq!(house.credit_notes().await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn what_has_expired_is_not_approved_and_leaves_the_line_as_it_was() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let submitted = house.submit(&house.draft(credit(&invoice, "40000.00"), "draft").await?).await?;
    house.approve(&submitted, ("manager", Role::BillingManager)).await?;
    // Ten business days after Thursday, 2 April.
    house.clock.advance(SignedDuration::from_hours(24 * 14));
    let late = house.approve(&submitted, ("controller", Role::Controller)).await.unwrap_err();
    assert!(["APPROVAL_EXPIRED", "APPROVAL_STATE"].contains(&reason(&late).as_str()), "{late:?}");
    house.until(&submitted.name, |now| now.state() == adj::AdjustmentState::Expired).await?;
    let again = house.submit(&house.draft(credit(&invoice, "40000.00"), "again").await?).await?;
    assert_eq!(again.state(), adj::AdjustmentState::Submitted);
    let notes = house.credit_notes().await?;
    assert!(notes.is_empty(), "{notes:?}");
    Ok(())
}

#[tokio::test]
async fn nobody_who_had_a_part_in_it_approves_it() -> Result<()> {
    // Four have a part in it, and each has a manager's role besides.
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let draft = house.draft(credit(&invoice, "5000.00"), "draft").await?;
    let request = adj::UpdateAdjustmentRequest {
        adjustment: Some(adj::Adjustment { reason: "Two wrong creatives ran".into(), ..draft.clone() }),
        update_mask: Some(FieldMask { paths: vec!["reason".into()] }),
        request_id: "edit".into(),
    };
    house.adjusting("editor", Role::BillingAnalyst)?.update_adjustment(request).await?;
    let mut giver = house.adjusting("giver", Role::BillingAnalyst)?;
    giver.add_evidence(file(&draft, b"proof!", PROOF_2)).await?;
    let request = adj::SubmitAdjustmentRequest {
        name: draft.name.clone(),
        request_id: "send".into(),
        ..adj::SubmitAdjustmentRequest::default()
    };
    let mut sender = house.adjusting("sender", Role::BillingAnalyst)?;
    let submitted = sender.submit_adjustment(request).await?.into_inner();
    for person in ["analyst", "editor", "giver", "sender"] {
        let own = house.approve(&submitted, (person, Role::BillingManager)).await.unwrap_err();
        assert_eq!(reason(&own), "SELF_APPROVAL", "{person}");
    }
    house.approve(&submitted, ("manager", Role::BillingManager)).await?;
    house.until_executed(&submitted.name).await?;
    Ok(())
}
