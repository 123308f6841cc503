#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use ids::{AccountId, AdjustmentId, ApprovalId, EntityId, InvoiceId};
use money::{Currency, Percent, Quantity};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::*;
use crate::{approval, policy};

fn gbp(amount: &str) -> Money {
    Money::parse(Currency::parse("GBP").unwrap(), amount).unwrap()
}

fn asked(number: i32, gross: &str) -> AskedLine {
    AskedLine { number, by: By::Gross(gbp(gross)) }
}

fn line(number: i32, gross: &str) -> AdjustedLine {
    AdjustedLine { number, by: By::Gross(gbp(gross)), amount: gbp(gross) }
}

fn quantity(units: &str) -> By {
    By::Quantity(Quantity::parse(units).unwrap())
}

fn spots(names: &[&str]) -> By {
    By::Spots(names.iter().map(|name| (*name).to_owned()).collect())
}

fn exempt(percent: &str) -> By {
    By::Tax(RightTax {
        category: TaxCategory::Exempt,
        percent: Percent::parse(percent).unwrap(),
        exemption_reason: "Charity".into(),
        place: String::new(),
    })
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
    assert_eq!(leave("INV-1", AdjustmentKind::Credit, &asked, &after, &of(&[])).unwrap(), after);
    let refusal =
        leave("INV-1", AdjustmentKind::Credit, &asked, &after, &of(&[(1, "14000.00")])).unwrap_err();
    assert_eq!(refusal.reason(), "LINE_EXHAUSTED");
    assert!(refusal.to_string().contains("line 1 has 13000.00 left"), "{refusal}");
    // A write-off is of no line.
    let whole = [line(WHOLE, "14000.00")];
    let after = of(&[(WHOLE, "-1000.00")]);
    let refusal = leave("INV-1", AdjustmentKind::WriteOff, &whole, &after, &of(&[])).unwrap_err();
    assert!(refusal.to_string().contains("INV-1 has 13000.00 left"), "{refusal}");
    let last = [line(1, "13000.00")];
    let left =
        leave("INV-1", AdjustmentKind::Credit, &last, &of(&[(1, "14000.00")]), &of(&[(1, "14000.00")]))
            .unwrap();
    assert_eq!(left, of(&[(1, "0.00")]), "all of it is not beyond it");
}

#[test]
fn a_rebill_is_measured_by_what_it_moves() {
    // Story 5: 24,000 credited and 24,000 billed is 24,000, not nothing.
    let proposal = Proposal { kind: AdjustmentKind::Rebill, lines: vec![asked(1, "24000.00")], ..proposal() };
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
        leave("INV-1", AdjustmentKind::Debit, &asked, &nothing, &of(&[(1, "10.00")])).unwrap(),
        of(&[(1, "-10.00")])
    );
}

#[test]
fn lines_are_checked_by_themselves_first() {
    let currency = gbp("0").currency();
    let reason = |lines: &[AskedLine]| check("INV-1", currency, lines).unwrap_err().reason();
    let usd = Money::parse(Currency::parse("USD").unwrap(), "1.00").unwrap();
    let said = |number: i32, by: By| AskedLine { number, by };
    assert_eq!(reason(&[]), "NOTHING_TO_ADJUST");
    assert_eq!(reason(&[asked(1, "0.00")]), "LINE_AMOUNT");
    assert_eq!(reason(&[asked(1, "-1.00")]), "LINE_AMOUNT");
    assert_eq!(reason(&[asked(1, "1.00"), asked(1, "1.00")]), "LINE_AMOUNT");
    assert_eq!(reason(&[said(1, By::Gross(usd))]), "LINE_AMOUNT");
    assert_eq!(reason(&[said(1, quantity("0"))]), "LINE_AMOUNT");
    assert_eq!(reason(&[said(1, spots(&[]))]), "LINE_AMOUNT");
    assert_eq!(reason(&[said(1, quantity("3")), said(1, spots(&["S1"]))]), "LINE_AMOUNT");
    let all = [asked(1, "1.00"), said(2, quantity("3")), said(3, spots(&["S1"])), said(4, exempt("0"))];
    assert_eq!(check("INV-1", currency, &all), Ok(()));
}

#[test]
fn what_is_not_said_in_money_comes_to_what_invoicing_works_out() {
    // Three of ten spots at 275.00, and 20 % of a net of 850.00 that was exempt.
    let lines = [
        asked(1, "100.00"),
        AskedLine { number: 2, by: quantity("3") },
        AskedLine { number: 3, by: exempt("0") },
    ];
    let worked_out = of(&[(1, "99.00"), (2, "825.00"), (3, "170.00")]);
    let come = come_to(&lines, &worked_out).unwrap();
    let amounts: Vec<Money> = come.iter().map(|line| line.amount).collect();
    assert_eq!(amounts, [gbp("100.00"), gbp("825.00"), gbp("170.00")], "what is said in money stays");
    assert_eq!(come.iter().map(AdjustedLine::asked).collect::<Vec<_>>(), lines);
    for worked_out in [of(&[]), of(&[(2, "0.00"), (3, "170.00")])] {
        let refusal = come_to(&lines, &worked_out).unwrap_err();
        assert_eq!(refusal.reason(), "LINE_AMOUNT");
        assert!(refusal.to_string().contains("line 2 has the amount quantity 3, which comes to nothing"));
    }
}

#[test]
fn a_spot_is_asked_for_once() {
    let pending = OfSpots::from([(2, "S1".to_owned())]);
    let of = |number: i32, by: By| [AskedLine { number, by }];
    let refusal = check_spots(&of(2, spots(&["S2", "S1"])), &pending).unwrap_err();
    assert_eq!(refusal.reason(), "SPOT_ASKED_FOR");
    assert!(refusal.to_string().starts_with("line 2: another adjustment asks for the spot S1"), "{refusal}");
    for free in [of(2, spots(&["S2"])), of(1, spots(&["S1"])), of(2, quantity("1"))] {
        assert_eq!(check_spots(&free, &pending), Ok(()));
    }
}

#[test]
fn what_is_approved_is_how_it_was_said_too() {
    let come = |by: By| {
        let asked = AskedLine { number: 1, by };
        let lines = come_to(std::slice::from_ref(&asked), &of(&[(1, "825.00")])).unwrap();
        create(id(), place(), (Proposal { lines: vec![asked], ..proposal() }, lines), act("analyst"))
    };
    let said = [
        By::Gross(gbp("825.00")),
        quantity("3"),
        spots(&["S1", "S2", "S3"]),
        spots(&["S1", "S2", "S4"]),
        exempt("0"),
        exempt("5"),
    ];
    let digests: Vec<Digest> = said.iter().cloned().map(|by| come(by).digest()).collect();
    for (place, digest) in digests.iter().enumerate() {
        assert!(!digests[..place].contains(digest), "{:?}", said[place]);
    }
    assert!(said.iter().all(|by| come(by.clone()).measured() == Ok(gbp("825.00"))));
}

#[test]
fn another_tax_of_a_line_is_asked_for_once_at_a_time() {
    let taxed = |number| AskedLine { number, by: exempt("0") };
    let pending = BTreeSet::from([1]);
    assert_eq!(check_taxes(&[taxed(2), taxed(1)], &pending).unwrap_err().reason(), "TAX_ASKED_FOR");
    assert_eq!(check_taxes(&[taxed(2)], &pending), Ok(()));
    assert_eq!(check_taxes(&[asked(1, "10.00")], &pending), Ok(()), "money of the line is another matter");
}

#[test]
fn how_much_is_said_in_words() {
    let cases = [
        (By::Gross(gbp("10")), "GBP 10.00"),
        (quantity("2.50"), "quantity 2.5"),
        (spots(&["S1", "S2"]), "spots S1, S2"),
        (spots(&["1", "2", "3", "4", "5"]), "spots 1, 2, 3 and 2 more"),
        (exempt("0"), "tax E 0 %"),
    ];
    for (by, words) in cases {
        assert_eq!(by.to_string(), words);
    }
}

#[test]
fn what_a_correction_has_billed_again_is_said_before_it_is_asked_for() {
    let pounds = Currency::parse("GBP").unwrap();
    let told = |kind: AdjustmentKind, cause: Cause, by: By| {
        let lines = vec![AdjustedLine { by, ..line(1, "1000.00") }];
        let adjustment = Adjustment { lines, ..draft(Proposal { kind, cause, ..proposal() }) };
        notices(&adjustment, pounds, None).unwrap().join("; ")
    };
    let again = "this corrects what was billed: unless the order or its delivery is mended, the next run bills GBP 1000.00 again";
    let money = || By::Gross(gbp("1000.00"));
    let cases = [
        (AdjustmentKind::Credit, Cause::Pricing, money(), again),
        (AdjustmentKind::Credit, Cause::Pricing, quantity("2"), again),
        (AdjustmentKind::RatingCorrection, Cause::Pricing, money(), again),
        (AdjustmentKind::Credit, Cause::Trafficking, spots(&["S1"]), ""),
        (AdjustmentKind::Credit, Cause::ServiceFailure, money(), ""),
        (AdjustmentKind::Goodwill, Cause::Pricing, money(), ""),
        (AdjustmentKind::Debit, Cause::Pricing, money(), ""),
        (AdjustmentKind::Rebill, Cause::PurchaseOrder, money(), ""),
    ];
    for (kind, cause, by, want) in cases {
        assert_eq!(told(kind, cause, by), want, "{kind} {cause}");
    }
    let other = draft(Proposal { kind: AdjustmentKind::Goodwill, ..proposal() });
    let dollars = Currency::parse("USD").unwrap();
    let open = notices(&other, dollars, None).unwrap();
    assert!(open[0].contains("it is in GBP and limits are in USD"), "{open:?}");
    let rate = money::Rate::parse("1.3").unwrap();
    assert!(notices(&other, dollars, Some(rate)).unwrap().is_empty());
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
        (AdjustmentKind::Makegood, Cause::Trafficking, Basis::Makegood),
        (AdjustmentKind::MakegoodRelease, Cause::Trafficking, Basis::Makegood),
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
        lines: vec![asked(1, "100.00")],
        bill_to: None,
        evidence: vec![],
    }
}

fn act(by: &str) -> Act {
    Act { by: by.into(), at: "2026-03-02T12:00:00Z".parse().unwrap() }
}

fn id() -> AdjustmentId {
    AdjustmentId::from_uuid(Uuid::from_u128(4))
}

fn place() -> (EntityId, AccountId, InvoiceId, Currency) {
    let of = |number| Uuid::from_u128(number);
    let (entity, account) = (EntityId::from_uuid(of(1)), AccountId::from_uuid(of(2)));
    (entity, account, InvoiceId::from_uuid(of(3)), gbp("0").currency())
}

/// A proposal in money, with what that comes to.
fn in_money(proposal: Proposal) -> (Proposal, Vec<AdjustedLine>) {
    let lines = come_to(&proposal.lines, &OfLines::new()).unwrap();
    (proposal, lines)
}

fn draft(proposal: Proposal) -> Adjustment {
    create(id(), place(), in_money(proposal), act("analyst"))
}

#[test]
fn an_adjustment_goes_its_way_and_no_other() {
    let request = ApprovalId::from_uuid(Uuid::from_u128(5));
    let draft = draft(proposal());
    let submitted = submit(&draft, request).unwrap();
    assert_eq!(submit(&submitted, request).unwrap_err().reason(), "ADJUSTMENT_STATE");
    assert_eq!(edit(&submitted, in_money(proposal()), "editor").unwrap_err().reason(), "ADJUSTMENT_STATE");
    assert_eq!(executed(&submitted, "cn".into(), act("x").at).unwrap_err().reason(), "ADJUSTMENT_STATE");
    let approved =
        settled(&submitted, &approval::State::Approved(approval::Grant::ByPeople { at: act("x").at }));
    assert_eq!(super::approved(&approved).unwrap(), request);
    assert_eq!(withdraw(&approved, "analyst").unwrap_err().reason(), "ADJUSTMENT_STATE");
    let gone = void(&approved).unwrap();
    assert_eq!((gone.state.name(), gone.state.approval()), ("VOIDED", Some(request)));
    assert_eq!(void(&gone).unwrap_err().reason(), "ADJUSTMENT_STATE");
    assert_eq!(void(&submitted).unwrap_err().reason(), "ADJUSTMENT_STATE");
    let done = executed(&approved, "accounts/a/invoices/b".into(), act("x").at).unwrap();
    assert_eq!((done.state.name(), done.state.approval()), ("EXECUTED", Some(request)));
    assert_eq!(settled(&done, &approval::State::Rejected), done, "what has happened is not undone");
}

#[test]
fn what_was_returned_is_mended_and_who_mends_it_is_one_of_its_makers() {
    let request = ApprovalId::from_uuid(Uuid::from_u128(5));
    let returned = settled(&submit(&draft(proposal()), request).unwrap(), &approval::State::Returned);
    assert_eq!(returned.state.name(), "RETURNED");
    let smaller = in_money(Proposal { lines: vec![asked(1, "90.00")], ..proposal() });
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
            let gross = amount(cents);
            let wanted = AdjustedLine { number: 1, by: By::Gross(gross), amount: gross };
            let after = whole.minus(credited).unwrap().minus(gross).unwrap();
            let after = OfLines::from([(1, after)]);
            match leave("INV-1", AdjustmentKind::Credit, &[wanted], &after, &OfLines::from([(1, pending)])) {
                Ok(_) => {
                    let part = if place % 2 == 0 { &mut credited } else { &mut pending };
                    *part = part.plus(gross).unwrap();
                }
                Err(refusal) => prop_assert_eq!(refusal.reason(), "LINE_EXHAUSTED"),
            }
            prop_assert!(credited.plus(pending).unwrap().compare(whole).unwrap().is_le());
        }
    }
}
