#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ids::{AccountId, AdjustmentId, ApprovalId, EntityId, InvoiceId};
use money::Currency;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::*;
use crate::{approval, policy};

fn gbp(amount: &str) -> Money {
    Money::parse(Currency::parse("GBP").unwrap(), amount).unwrap()
}

fn line(number: i32, gross: &str) -> AdjustedLine {
    AdjustedLine { number, gross: gbp(gross) }
}

/// Amounts of lines.
fn of(lines: &[(i32, &str)]) -> OfLines {
    lines.iter().map(|(number, amount)| (*number, gbp(amount))).collect()
}

#[test]
fn what_others_ask_for_is_not_left() {
    // Story 3: 27,000.00 left, 14,000.00 asked for twice.
    let asked = [line(1, "14000.00")];
    let after = of(&[(1, "13000.00")]);
    assert_eq!(leave(AdjustmentKind::Credit, &asked, &after, &of(&[])).unwrap(), after);
    let refusal = leave(AdjustmentKind::Credit, &asked, &after, &of(&[(1, "14000.00")])).unwrap_err();
    assert_eq!(refusal.reason(), "LINE_EXHAUSTED");
    assert!(refusal.to_string().contains("line 1 has 13000.00 left"), "{refusal}");
    let last = [line(1, "13000.00")];
    let left =
        leave(AdjustmentKind::Credit, &last, &of(&[(1, "14000.00")]), &of(&[(1, "14000.00")])).unwrap();
    assert_eq!(left, of(&[(1, "0.00")]), "all of it is not beyond it");
}

#[test]
fn a_rebill_is_measured_by_what_it_moves() {
    // Story 5: 24,000 credited and 24,000 billed is 24,000, not nothing.
    let proposal = Proposal { kind: AdjustmentKind::Rebill, lines: vec![line(1, "24000.00")], ..proposal() };
    let rebill = draft(proposal);
    assert_eq!(rebill.measured().unwrap(), gbp("24000.00"));
    let measured =
        policy::measure(rebill.measured().unwrap(), policy::History::none(rebill.currency)).unwrap();
    let input = policy::Input {
        kind: rebill.kind.subject(),
        cause: Some(rebill.cause),
        entity: "UK".into(),
        amount: policy::minor_units(measured.amount()),
        share: 0,
        age_days: 0,
    };
    let plan = policy::evaluate(&policy::tests::stories(), &input).unwrap();
    assert_eq!(plan.needs().collect::<Vec<_>>(), policy::tests::needs("BILLING_MANAGER:1 CONTROLLER:1"));
}

#[test]
fn a_debit_needs_nothing_to_be_left() {
    let asked = [line(1, "50.00")];
    let nothing = of(&[(1, "0.00")]);
    assert_eq!(
        leave(AdjustmentKind::Debit, &asked, &nothing, &of(&[(1, "10.00")])).unwrap(),
        of(&[(1, "-10.00")])
    );
}

#[test]
fn lines_are_checked_by_themselves_first() {
    let currency = gbp("0").currency();
    let reason = |asked: &[AdjustedLine]| check("INV-1", currency, asked).unwrap_err().reason();
    let usd = Money::parse(Currency::parse("USD").unwrap(), "1.00").unwrap();
    assert_eq!(reason(&[]), "NOTHING_TO_ADJUST");
    assert_eq!(reason(&[line(1, "0.00")]), "LINE_AMOUNT");
    assert_eq!(reason(&[line(1, "-1.00")]), "LINE_AMOUNT");
    assert_eq!(reason(&[line(1, "1.00"), line(1, "1.00")]), "LINE_AMOUNT");
    assert_eq!(reason(&[AdjustedLine { number: 1, gross: usd }]), "LINE_AMOUNT");
    assert_eq!(check("INV-1", currency, &[line(1, "1.00"), line(2, "1.00")]), Ok(()));
}

#[test]
fn only_what_was_billed_wrongly_counts_as_not_billed() {
    let cases = [
        (AdjustmentKind::Credit, Cause::Pricing, Basis::Correction),
        (AdjustmentKind::Credit, Cause::ServiceFailure, Basis::Commercial),
        (AdjustmentKind::Goodwill, Cause::Pricing, Basis::Commercial),
        (AdjustmentKind::RatingCorrection, Cause::LateAmendment, Basis::Correction),
        (AdjustmentKind::TaxCorrection, Cause::Tax, Basis::Tax),
        (AdjustmentKind::WriteOff, Cause::Tax, Basis::WriteOff),
    ];
    for (kind, cause, basis) in cases {
        assert_eq!(kind.basis(cause), basis, "{kind} {cause}");
    }
}

fn proposal() -> Proposal {
    Proposal {
        kind: AdjustmentKind::Credit,
        cause: Cause::Pricing,
        reason: "the rate was wrong".into(),
        lines: vec![line(1, "100.00")],
        bill_to: None,
        evidence: vec![],
    }
}

fn act(by: &str) -> Act {
    Act { by: by.into(), at: "2026-03-02T12:00:00Z".parse().unwrap() }
}

fn draft(proposal: Proposal) -> Adjustment {
    let of = |number| Uuid::from_u128(number);
    let (entity, account) = (EntityId::from_uuid(of(1)), AccountId::from_uuid(of(2)));
    let place = (entity, account, InvoiceId::from_uuid(of(3)), gbp("0").currency());
    create(AdjustmentId::from_uuid(of(4)), place, proposal, act("analyst"))
}

#[test]
fn an_adjustment_goes_its_way_and_no_other() {
    let request = ApprovalId::from_uuid(Uuid::from_u128(5));
    let draft = draft(proposal());
    let submitted = submit(&draft, request).unwrap();
    assert_eq!(submit(&submitted, request).unwrap_err().reason(), "ADJUSTMENT_STATE");
    assert_eq!(edit(&submitted, proposal(), "editor").unwrap_err().reason(), "ADJUSTMENT_STATE");
    assert_eq!(executed(&submitted, "cn".into(), act("x").at).unwrap_err().reason(), "ADJUSTMENT_STATE");
    let approved =
        settled(&submitted, &approval::State::Approved(approval::Grant::ByPeople { at: act("x").at }));
    assert_eq!(super::approved(&approved).unwrap(), request);
    assert_eq!(withdraw(&approved, "analyst").unwrap_err().reason(), "ADJUSTMENT_STATE");
    let done = executed(&approved, "accounts/a/invoices/b".into(), act("x").at).unwrap();
    assert_eq!((done.state.name(), done.state.approval()), ("EXECUTED", Some(request)));
    assert_eq!(settled(&done, &approval::State::Rejected), done, "what has happened is not undone");
}

#[test]
fn what_was_returned_is_mended_and_who_mends_it_is_one_of_its_makers() {
    let request = ApprovalId::from_uuid(Uuid::from_u128(5));
    let returned = settled(&submit(&draft(proposal()), request).unwrap(), &approval::State::Returned);
    assert_eq!(returned.state.name(), "RETURNED");
    let smaller = Proposal { lines: vec![line(1, "90.00")], ..proposal() };
    let mended = edit(&edit(&returned, smaller.clone(), "editor").unwrap(), smaller, "analyst").unwrap();
    assert_eq!((mended.state.name(), mended.editors.as_slice()), ("DRAFT", &["editor".to_owned()][..]));
    assert_ne!(mended.digest(), returned.digest(), "another content is another digest");
    assert_eq!(withdraw(&mended, "editor").unwrap_err().reason(), "NOT_THE_MAKER");
    assert_eq!(withdraw(&mended, "analyst").unwrap().state.name(), "WITHDRAWN");
    assert_eq!(
        settled(&submit(&mended, request).unwrap(), &approval::State::Rejected).state.name(),
        "REJECTED"
    );
}

#[test]
fn one_byte_of_evidence_makes_another_digest() {
    let with = |byte: u8| {
        let content = [byte];
        let announced: Digest = Sha256::digest(content).into();
        let taken =
            take(("proof.pdf".into(), "application/pdf".into()), &announced, &content, act("analyst"))
                .unwrap();
        draft(Proposal { evidence: vec![taken], ..proposal() }).digest()
    };
    assert_ne!(with(1), with(2));
    assert_eq!(with(1), with(1));
}

#[test]
fn evidence_is_a_document_of_a_size_that_is_what_was_announced() {
    let sha = |content: &[u8]| -> Digest { Sha256::digest(content).into() };
    let reason = |media: &str, announced: Digest, content: &[u8]| {
        take(("f".into(), media.into()), &announced, content, act("analyst"))
            .map(|_| ())
            .map_err(|r| r.reason())
    };
    let large = vec![0; EVIDENCE_MAX_BYTES + 1];
    assert_eq!(reason("application/pdf", sha(b""), b""), Err("EVIDENCE_EMPTY"));
    assert_eq!(reason("application/pdf", sha(&large), &large), Err("EVIDENCE_TOO_LARGE"));
    assert_eq!(reason("application/x-sh", sha(b"x"), b"x"), Err("EVIDENCE_TYPE"));
    assert_eq!(reason("application/pdf", sha(b"y"), b"x"), Err("EVIDENCE_DIGEST"));
    assert_eq!(reason("application/pdf", sha(b"x"), b"x"), Ok(()));
}

proptest! {
    /// Random credits, some still waiting: together never more than the line.
    #[test]
    fn no_line_is_taken_back_beyond_itself(asked in prop::collection::vec(1_u32..4_000, 1..40), cents in 1_u32..60_000) {
        let amount = |cents: u32| gbp(&format!("{}.{:02}", cents / 100, cents % 100));
        let whole = amount(cents);
        let (mut credited, mut pending) = (gbp("0"), gbp("0"));
        for (place, cents) in asked.into_iter().enumerate() {
            let wanted = AdjustedLine { number: 1, gross: amount(cents) };
            let after = whole.minus(credited).unwrap().minus(wanted.gross).unwrap();
            let after = OfLines::from([(1, after)]);
            match leave(AdjustmentKind::Credit, &[wanted], &after, &OfLines::from([(1, pending)])) {
                Ok(_) => {
                    let part = if place % 2 == 0 { &mut credited } else { &mut pending };
                    *part = part.plus(wanted.gross).unwrap();
                }
                Err(refusal) => prop_assert_eq!(refusal.reason(), "LINE_EXHAUSTED"),
            }
            prop_assert!(credited.plus(pending).unwrap().compare(whole).unwrap().is_le());
        }
    }
}
