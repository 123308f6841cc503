#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ids::{AccountId, AdjustmentId, ApprovalId, EntityId, InvoiceId};
use money::{Currency, Percent, Rounding};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::*;
use crate::{approval, policy};

fn gbp(amount: &str) -> Money {
    Money::parse(Currency::parse("GBP").unwrap(), amount).unwrap()
}

fn percent(text: &str) -> Percent {
    Percent::parse(text).unwrap()
}

/// A line billed at 15 percent commission and VAT of 20 percent.
fn billed(number: i32, gross: &str, credited: &str, pending: &str) -> BilledLine {
    let gross = gbp(gross);
    let commission = gross.minus(gross.less_percent(percent("15"), Rounding::HalfAwayFromZero)).unwrap();
    BilledLine {
        number,
        gross,
        commission,
        commission_percent: percent("15"),
        tax_percent: percent("20"),
        taken: Taken { credited: gbp(credited), pending: gbp(pending) },
    }
}

fn line(number: i32, gross: &str) -> AdjustedLine {
    AdjustedLine { number, gross: gbp(gross) }
}

fn effect(
    kind: AdjustmentKind,
    lines: &[BilledLine],
    asked: &[AdjustedLine],
) -> Result<Effect, AdjustmentRefusal> {
    preview(kind, ("INV-1", lines), asked, Rounding::HalfAwayFromZero)
}

fn figures(effect: &Effect) -> [String; 5] {
    [effect.gross, effect.commission, effect.net, effect.tax, effect.total].map(|amount| amount.to_string())
}

#[test]
fn a_credit_takes_back_its_part_of_commission_and_tax() {
    // Story 1: gross 40,000.00, commission 6,000.00, net 34,000.00, VAT 20 %.
    let document = [billed(1, "40000.00", "0", "0")];
    let credit = effect(AdjustmentKind::Credit, &document, &[line(1, "10000.00")]).unwrap();
    assert_eq!(figures(&credit), ["-10000.00", "-1500.00", "-8500.00", "-1700.00", "-10200.00"]);
    assert_eq!(gbp("40800.00").plus(credit.total).unwrap(), gbp("30600.00"), "what is open afterwards");
    // Story 2: upheld by half of 6,120.00.
    let document = [billed(1, "40000.00", "10000.00", "0")];
    let upheld = effect(AdjustmentKind::Credit, &document, &[line(1, "3000.00")]).unwrap();
    assert_eq!(figures(&upheld), ["-3000.00", "-450.00", "-2550.00", "-510.00", "-3060.00"]);
    assert_eq!(upheld.lines[0].left, gbp("27000.00"));
}

#[test]
fn what_others_ask_for_is_not_left() {
    // Story 3: 27,000.00 left, 14,000.00 asked for twice.
    let asked = [line(1, "14000.00")];
    assert!(effect(AdjustmentKind::Credit, &[billed(1, "40000.00", "13000.00", "0")], &asked).is_ok());
    let second = [billed(1, "40000.00", "13000.00", "14000.00")];
    let refusal = effect(AdjustmentKind::Credit, &second, &asked).unwrap_err();
    assert_eq!(refusal.reason(), "LINE_EXHAUSTED");
    assert!(refusal.to_string().contains("line 1 has 13000.00 left"), "{refusal}");
}

#[test]
fn parts_of_a_credit_sum_to_the_whole() {
    // domain.md §2: 100.01 at 15 % as 33.34 + 33.34 + 33.33 gives nets 28.34, 28.34, 28.33 = 85.01.
    let mut taken = gbp("0");
    let mut nets = Vec::new();
    for gross in ["33.34", "33.34", "33.33"] {
        let document = [billed(1, "100.01", &taken.to_string(), "0")];
        nets.push(effect(AdjustmentKind::Credit, &document, &[line(1, gross)]).unwrap().net.to_string());
        taken = taken.plus(gbp(gross)).unwrap();
    }
    assert_eq!(nets, ["-28.34", "-28.34", "-28.33"]);
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
    let document = [billed(1, "100.00", "100.00", "0")];
    let debit = effect(AdjustmentKind::Debit, &document, &[line(1, "50.00")]).unwrap();
    assert_eq!(figures(&debit), ["50.00", "7.50", "42.50", "8.50", "51.00"]);
}

#[test]
fn tax_is_of_the_rate_and_base_of_the_original_lines() {
    let other = BilledLine { tax_percent: percent("5"), ..billed(2, "200.00", "0", "0") };
    let document = [billed(1, "100.00", "0", "0"), other];
    let both = effect(AdjustmentKind::Credit, &document, &[line(1, "10.00"), line(2, "20.00")]).unwrap();
    let rows: Vec<_> =
        both.taxes.iter().map(|row| (row.percent, row.base.to_string(), row.tax.to_string())).collect();
    assert_eq!(
        rows,
        [(percent("5"), "-17.00".into(), "-0.85".into()), (percent("20"), "-8.50".into(), "-1.70".into())]
    );
}

#[test]
fn lines_are_checked_before_amounts_are_worked_out() {
    let document = [billed(1, "100.00", "0", "0")];
    let reason =
        |asked: &[AdjustedLine]| effect(AdjustmentKind::Credit, &document, asked).unwrap_err().reason();
    let usd = Money::parse(Currency::parse("USD").unwrap(), "1.00").unwrap();
    assert_eq!(reason(&[]), "NOTHING_TO_ADJUST");
    assert_eq!(reason(&[line(1, "0.00")]), "LINE_AMOUNT");
    assert_eq!(reason(&[line(1, "-1.00")]), "LINE_AMOUNT");
    assert_eq!(reason(&[line(1, "1.00"), line(1, "1.00")]), "LINE_AMOUNT");
    assert_eq!(reason(&[line(1, "1.00"), AdjustedLine { number: 2, gross: usd }]), "LINE_AMOUNT");
    assert_eq!(reason(&[line(7, "1.00")]), "LINE_MISSING");
    assert_eq!(reason(&[line(1, "100.01")]), "LINE_EXHAUSTED");
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
    /// Random credits, some still waiting: never more than the line, and together exactly its figures.
    #[test]
    fn no_line_is_taken_back_beyond_itself(asked in prop::collection::vec(1_u32..4_000, 1..40), cents in 1_u32..60_000) {
        let amount = |cents: u32| gbp(&format!("{}.{:02}", cents / 100, cents % 100));
        let whole = amount(cents);
        let (mut credited, mut pending, mut net, mut tax) = (gbp("0"), gbp("0"), gbp("0"), gbp("0"));
        let shown = |money: Money| money.to_string();
        for (place, cents) in asked.into_iter().chain([cents; 1]).enumerate() {
            let document = [billed(1, &shown(whole), &shown(credited), &shown(pending))];
            let left = document[0].left().unwrap();
            let wanted = amount(cents);
            match effect(AdjustmentKind::Credit, &document, &[AdjustedLine { number: 1, gross: wanted }]) {
                Ok(taken) => {
                    prop_assert!(wanted.compare(left).unwrap().is_le());
                    prop_assert_eq!(taken.gross, taken.net.plus(taken.commission).unwrap());
                    (net, tax) = (net.plus(taken.net).unwrap(), tax.plus(taken.tax).unwrap());
                    let part = if place % 2 == 0 { &mut credited } else { &mut pending };
                    *part = part.plus(wanted).unwrap();
                }
                Err(refusal) => {
                    prop_assert_eq!(refusal.reason(), "LINE_EXHAUSTED");
                    prop_assert!(wanted.compare(left).unwrap().is_gt());
                }
            }
            prop_assert!(credited.plus(pending).unwrap().compare(whole).unwrap().is_le());
        }
        let document = [billed(1, &shown(whole), &shown(credited), &shown(pending))];
        let left = document[0].left().unwrap();
        if left.is_positive() {
            let rest = effect(AdjustmentKind::Credit, &document, &[AdjustedLine { number: 1, gross: left }]).unwrap();
            (net, tax) = (net.plus(rest.net).unwrap(), tax.plus(rest.tax).unwrap());
        }
        let fresh = [billed(1, &shown(whole), "0", "0")];
        let at_once = effect(AdjustmentKind::Credit, &fresh, &[AdjustedLine { number: 1, gross: whole }]).unwrap();
        prop_assert_eq!((net, tax), (at_once.net, at_once.tax));
    }
}
