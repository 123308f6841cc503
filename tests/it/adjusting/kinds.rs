//! One story for each way to say what is adjusted, and for each kind that becomes something else than a note of gross.

use anyhow::{Context, Result};
use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1 as adj,
    invoicing::v1::{self as pb, makegood_service_client::MakegoodServiceClient},
};
use tonic::{Code, Status};

use super::{
    house::{House, amount, credit},
    spots::{billed, make_good, obligations},
};
use crate::suite::reason;

const MANAGER: (&str, Role) = ("manager", Role::BillingManager);

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

/// An adjustment of the first line of a document.
fn adjustment(
    invoice: &pb::Invoice,
    kind: adj::AdjustmentKind,
    line: adj::AdjustmentLine,
) -> adj::Adjustment {
    let lines = vec![adj::AdjustmentLine { line: 1, ..line }];
    adj::Adjustment { kind: kind.into(), lines, ..credit(invoice, "1.00") }
}

fn by_quantity(quantity: &str) -> adj::AdjustmentLine {
    adj::AdjustmentLine { quantity: quantity.into(), ..adj::AdjustmentLine::default() }
}

fn by_spots(names: &[&str]) -> adj::AdjustmentLine {
    let spots = names.iter().map(|name| (*name).to_owned()).collect();
    adj::AdjustmentLine { spots, ..adj::AdjustmentLine::default() }
}

fn by_tax(category: pb::TaxCategory, exemption_reason: &str) -> adj::AdjustmentLine {
    let right_tax = adj::AdjustmentTax {
        category: category.into(),
        percent: "0".into(),
        exemption_reason: exemption_reason.into(),
        place: String::new(),
    };
    adj::AdjustmentLine { right_tax: Some(right_tax), ..adj::AdjustmentLine::default() }
}

#[tokio::test]
async fn a_credit_of_three_of_ten_spots_is_said_by_quantity() -> Result<()> {
    let house = House::open().await?;
    let invoice = billed(&house).await?;
    let wrong = |line: adj::AdjustmentLine| adj::Adjustment {
        root_cause: adj::RootCause::DeliveryDiscrepancy.into(),
        ..adjustment(&invoice, adj::AdjustmentKind::Credit, line)
    };
    // 800.00 is no whole number of spots at 275.00, and what runs are to count as billed has to be one.
    let in_money = adj::Adjustment { lines: credit(&invoice, "800.00").lines, ..wrong(by_quantity("3")) };
    let refused = preview(&house, in_money).await.unwrap_err();
    assert_eq!(reason(&refused), "INVOICING_REFUSED");
    assert!(refused.message().contains("no whole number of units"), "{}", refused.message());
    // 3 × 275.00 = 825.00; commission 15 % = 123.75; net 701.25; VAT 140.25; total 841.50.
    let effect = preview(&house, wrong(by_quantity("3"))).await?;
    let figures = [&effect.gross, &effect.commission, &effect.net, &effect.tax, &effect.total].map(amount);
    assert_eq!(figures, ["-825.00", "-123.75", "-701.25", "-140.25", "-841.50"]);
    let [line] = &effect.lines[..] else { panic!("{effect:?}") };
    assert_eq!((amount(&line.amount), amount(&line.left)), ("825.00", "1925.00"));
    let [again] = &effect.notices[..] else { panic!("{effect:?}") };
    assert!(again.ends_with("is mended, the next run bills GBP 825.00 again"), "{again}");
    assert_eq!(asked(&effect.steps), [adj::ApproverRole::BillingManager]);
    assert_eq!(amount(&effect.measure.context("a credit is measured")?.this_amount), "825.00");

    let draft = house.draft(wrong(by_quantity("3")), "draft").await?;
    assert_eq!(draft.basis(), adj::AdjustmentBasis::Correction);
    let [kept] = &draft.lines[..] else { panic!("{draft:?}") };
    assert_eq!((kept.quantity.as_str(), &kept.gross, amount(&kept.amount)), ("3", &None, "825.00"));
    let submitted = house.submit(&draft).await?;
    let approval = house.approval(&submitted.approval).await?;
    assert!(approval.summary.contains("GBP 825.00 (line 1: quantity 3)"), "{}", approval.summary);
    // Others see that 1,925.00 is left.
    let beyond = house.draft(wrong(by_quantity("8")), "beyond").await.unwrap_err();
    assert_eq!(reason(&beyond), "LINE_EXHAUSTED");
    assert!(beyond.message().contains("1925.00 left"), "{}", beyond.message());
    house.approve(&submitted, MANAGER).await?;
    let done = house.until_executed(&draft.name).await?;
    let notes = house.credit_notes().await?;
    let [note] = &notes[..] else { panic!("{notes:?}") };
    assert_eq!((done.document.as_str(), amount(&note.total)), (note.name.as_str(), "841.50"));
    assert_eq!(house.open_on(&invoice).await?, "1963.50");
    Ok(())
}

#[tokio::test]
async fn a_line_is_said_in_the_one_way_that_its_kind_has() -> Result<()> {
    let house = House::open().await?;
    let invoice = billed(&house).await?;
    let exempt = || by_tax(pb::TaxCategory::E, "Charity");
    let both = adj::AdjustmentLine { quantity: "1".into(), ..by_spots(&["S1"]) };
    let cases = [
        (adj::AdjustmentKind::Credit, adj::AdjustmentLine::default(), "lines[0].gross"),
        (adj::AdjustmentKind::Credit, both, "lines[0].gross"),
        (adj::AdjustmentKind::Credit, exempt(), "lines[0].right_tax"),
        (adj::AdjustmentKind::Debit, by_spots(&["S1"]), "lines[0].spots"),
        (adj::AdjustmentKind::WriteOff, by_quantity("1"), "lines[0].quantity"),
        (adj::AdjustmentKind::Makegood, by_quantity("1"), "lines[0].quantity"),
        (adj::AdjustmentKind::TaxCorrection, by_quantity("1"), "lines[0].quantity"),
        (adj::AdjustmentKind::Credit, by_quantity("-1"), "lines[0].quantity"),
        (adj::AdjustmentKind::TaxCorrection, by_tax(pb::TaxCategory::O, ""), "lines[0].right_tax.category"),
    ];
    for (kind, line, field) in cases {
        let refused = preview(&house, adjustment(&invoice, kind, line)).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "MALFORMED"));
        assert!(refused.message().contains(field), "{kind:?}: {}", refused.message());
    }
    Ok(())
}

#[tokio::test]
async fn an_exemption_found_later_is_credited_as_tax_alone() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let wanted = adj::Adjustment {
        root_cause: adj::RootCause::Tax.into(),
        reason: "The exemption was on file".into(),
        ..adjustment(
            &invoice,
            adj::AdjustmentKind::TaxCorrection,
            by_tax(pb::TaxCategory::E, "Charity, certificate 4711"),
        )
    };
    // 20 % of 34,000.00 goes, and nothing else.
    let effect = preview(&house, wanted.clone()).await?;
    let figures = [&effect.gross, &effect.commission, &effect.net, &effect.tax, &effect.total].map(amount);
    assert_eq!(figures, ["0.00", "0.00", "0.00", "-6800.00", "-6800.00"]);
    assert_eq!((amount(&effect.open_before), amount(&effect.open_after)), ("40800.00", "34000.00"));
    let [line] = &effect.lines[..] else { panic!("{effect:?}") };
    let of_line = [&line.gross, &line.tax, &line.amount, &line.left].map(amount);
    assert_eq!(of_line, ["0.00", "-6800.00", "6800.00", "40000.00"]);
    let payable = effect.ledger_entries.iter().find(|entry| entry.gl_code == "2200");
    assert_eq!(amount(&payable.context("no tax is posted")?.debit), "6800.00");
    assert_eq!(amount(&effect.measure.context("it is measured")?.this_amount), "6800.00", "by its tax");
    assert_eq!(asked(&effect.steps), [adj::ApproverRole::BillingManager]);

    let draft = house.draft(wanted, "draft").await?;
    assert_eq!(draft.basis(), adj::AdjustmentBasis::Tax);
    let submitted = house.submit(&draft).await?;
    house.approve(&submitted, MANAGER).await?;
    let done = house.until_executed(&draft.name).await?;
    let notes = house.credit_notes().await?;
    let [note] = &notes[..] else { panic!("{notes:?}") };
    assert_eq!(
        (done.document.as_str(), amount(&note.gross), amount(&note.total)),
        (&*note.name, "0.00", "6800.00")
    );
    assert_eq!((note.basis(), house.open_on(&invoice).await?.as_str()), (pb::NoteBasis::Tax, "34000.00"));

    let right = pb::RightTax {
        line: 1,
        category: pb::TaxCategory::S.into(),
        percent: "20".into(),
        ..Default::default()
    };
    let request = pb::CorrectTaxRequest {
        invoice: invoice.name,
        tax_correction: Some(pb::TaxCorrection {
            reason: "quickly".into(),
            lines: vec![right],
            issue_date: None,
        }),
        request_id: "direct".into(),
    };
    let refused = house.notes("controller_1")?.correct_tax(request).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "APPROVAL_REQUIRED"));
    Ok(())
}

#[tokio::test]
async fn a_second_correction_of_the_same_tax_waits_for_the_first() -> Result<()> {
    // The exemption credits 6,800.00. Whoever asks for it twice would come to a debit of what the first one credits.
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let exempt = || {
        let line = by_tax(pb::TaxCategory::E, "Charity");
        adjustment(&invoice, adj::AdjustmentKind::TaxCorrection, line)
    };
    let (first, second) = (house.draft(exempt(), "first").await?, house.draft(exempt(), "second").await?);
    let first = house.submit(&first).await?;
    let refused = house.submit(&second).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "TAX_ASKED_FOR"));
    let other = house.draft(credit(&invoice, "10.00"), "other").await?;
    assert_eq!(other.state(), adj::AdjustmentState::Draft, "its money is another matter");
    house.approve(&first, MANAGER).await?;
    house.until_executed(&first.name).await?;
    let nothing = house.submit(&second).await.unwrap_err();
    assert!(nothing.message().contains("comes to nothing"), "as the tax is now: {}", nothing.message());
    Ok(())
}

#[tokio::test]
async fn a_billed_shortfall_is_made_good_and_not_credited_besides() -> Result<()> {
    let house = House::open().await?;
    let invoice = billed(&house).await?;
    let makegood = |names: &[&str]| adjustment(&invoice, adj::AdjustmentKind::Makegood, by_spots(names));
    // S1 and S2 ran with the wrong creative: 2 × 275.00 = 550.00 is owed in airings, and 2,200.00 of the line is left.
    let effect = preview(&house, makegood(&["S1", "S2"])).await?;
    assert_eq!([&effect.gross, &effect.tax, &effect.total].map(amount), ["0.00", "0.00", "0.00"]);
    assert_eq!((amount(&effect.open_before), amount(&effect.open_after)), ("2805.00", "2805.00"));
    assert_eq!(effect.ledger_entries, []);
    let [line] = &effect.lines[..] else { panic!("{effect:?}") };
    assert_eq!((amount(&line.amount), amount(&line.left)), ("550.00", "2200.00"));
    assert_eq!(asked(&effect.steps), [adj::ApproverRole::BillingManager]);

    let submitted = house.submit(&house.draft(makegood(&["S1", "S2"]), "makegood").await?).await?;
    let credit_of = |line| adjustment(&invoice, adj::AdjustmentKind::Credit, line);
    let pending = house.draft(credit_of(by_spots(&["S2"])), "pending").await.unwrap_err();
    assert_eq!(reason(&pending), "SPOT_ASKED_FOR");
    let beyond = house.draft(credit(&invoice, "2200.01"), "beyond").await.unwrap_err();
    assert_eq!(reason(&beyond), "LINE_EXHAUSTED", "what is asked for counts, as credits do");
    house.approve(&submitted, MANAGER).await?;
    let done = house.until_executed(&submitted.name).await?;

    let owed = obligations(&house).await?;
    let told: Vec<_> = owed.iter().map(|o| (o.spot.as_str(), o.state(), amount(&o.left))).collect();
    let open = pb::MakegoodState::Open;
    assert_eq!(told, [("S1", open, "275.00"), ("S2", open, "275.00")]);
    assert!(owed.iter().any(|obligation| obligation.name == done.document), "{done:?}");
    let approval = done.approval.strip_prefix("approvals/").context("the name of an approval")?;
    assert!(owed.iter().all(|o| o.billed && o.decision_approval == approval), "{owed:?}");
    assert_eq!((house.credit_notes().await?.len(), house.open_on(&invoice).await?.as_str()), (0, "2805.00"));
    // Never both.
    let both = house.draft(credit_of(by_spots(&["S1"])), "both").await.unwrap_err();
    assert!(both.message().contains("is to be made good"), "{}", both.message());
    let besides = house.draft(credit(&invoice, "2200.01"), "besides").await.unwrap_err();
    assert!(besides.message().contains("2,200.00 left"), "{}", besides.message());
    // What airs for it is free.
    make_good(&house, 11, "S1").await?;
    let owed = obligations(&house).await?;
    let [first, second] = &owed[..] else { panic!("{owed:?}") };
    assert_eq!((first.state(), second.state()), (pb::MakegoodState::Fulfilled, open));
    assert_eq!(first.fulfilments.iter().map(|part| amount(&part.billable)).collect::<Vec<_>>(), ["0.00"]);
    Ok(())
}

#[tokio::test]
async fn what_is_owed_is_let_go_by_approval_and_credited_then() -> Result<()> {
    let house = House::open().await?;
    let invoice = billed(&house).await?;
    let of = |kind: adj::AdjustmentKind, names: &[&str]| adjustment(&invoice, kind, by_spots(names));
    let (owing, release) = (adj::AdjustmentKind::Makegood, adj::AdjustmentKind::MakegoodRelease);
    let nothing = preview(&house, of(release, &["S1"])).await.unwrap_err();
    assert!(nothing.message().contains("nothing is owed for the spot S1"), "{}", nothing.message());
    let owed = house.submit(&house.draft(of(owing, &["S1", "S2"]), "owed").await?).await?;
    house.approve(&owed, MANAGER).await?;
    house.until_executed(&owed.name).await?;
    // The customer wants money instead: 2 × 275.00 is let go, and all 2,750.00 of the line can be credited again.
    let effect = preview(&house, of(release, &["S1", "S2"])).await?;
    let [line] = &effect.lines[..] else { panic!("{effect:?}") };
    assert_eq!((amount(&line.amount), amount(&line.left)), ("550.00", "2750.00"));
    assert_eq!((amount(&effect.total), &effect.ledger_entries[..]), ("0.00", &[][..]));
    let open = obligations(&house).await?;
    assert!(open.iter().all(|o| o.state() == pb::MakegoodState::Open), "nothing was done: {open:?}");
    let submitted = house.submit(&house.draft(of(release, &["S1", "S2"]), "release").await?).await?;
    assert_eq!(submitted.state(), adj::AdjustmentState::Submitted, "it is approved as a makegood is");
    // 550.00 was owed and 550.00 is let go: 1,100.00 in 30 days, which a manager approves.
    house.approve(&submitted, MANAGER).await?;
    house.until_executed(&submitted.name).await?;
    let left = obligations(&house).await?;
    assert!(left.iter().all(|o| o.state() == pb::MakegoodState::Released), "{left:?}");
    let credited = adjustment(&invoice, adj::AdjustmentKind::Credit, by_spots(&["S1", "S2"]));
    let submitted = house.submit(&house.draft(credited, "credit").await?).await?;
    house.approve(&submitted, MANAGER).await?;
    house.until_executed(&submitted.name).await?;
    // 2 × 275.00 = 550.00; net 467.50; VAT 93.50; total 561.00.
    let notes = house.credit_notes().await?;
    assert_eq!(notes.iter().map(|note| amount(&note.total)).collect::<Vec<_>>(), ["561.00"]);
    Ok(())
}

#[tokio::test]
async fn nobody_owes_makegoods_past_an_approval() -> Result<()> {
    let house = House::open().await?;
    let invoice = billed(&house).await?;
    let request = pb::OweMakegoodsRequest {
        invoice: invoice.name,
        lines: vec![pb::MissedSpots { line: 1, names: vec!["S1".into()] }],
        reason: "quickly".into(),
        request_id: "direct".into(),
    };
    let door = house.billing("controller_1", Role::Controller)?;
    let refused = MakegoodServiceClient::new(door).owe_makegoods(request).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "APPROVAL_REQUIRED"));
    assert_eq!(obligations(&house).await?, []);
    Ok(())
}

#[tokio::test]
async fn a_write_off_is_shown_with_what_it_posts() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let mut wanted = credit(&invoice, "30000.00");
    wanted.lines.iter_mut().for_each(|line| line.line = 0);
    let wanted = adj::Adjustment { kind: adj::AdjustmentKind::WriteOff.into(), ..wanted };
    let effect = preview(&house, wanted).await?;
    let posted: Vec<_> = effect
        .ledger_entries
        .iter()
        .map(|entry| (entry.gl_code.as_str(), amount(&entry.debit), amount(&entry.credit)))
        .collect();
    assert_eq!(posted, [("6900", "30000.00", "0.00"), ("1200", "0.00", "30000.00")]);
    assert_eq!(house.open_on(&invoice).await?, "40800.00", "nothing was done");
    Ok(())
}
