//! Amounts beside rate and units: as they are said, or looked at first.

use super::*;

static OFF: [&str; 1] = ["AMOUNT_DOES_NOT_ADD_UP"];

fn sold(model: PricingModel, price: &str, booked: &str, amount: &str) -> Line {
    Line {
        rate: Some(Rate::parse(price).expect("a rate")),
        booked_units: Some(units(booked)),
        amount: Some(usd(amount)),
        ..line("L1", model)
    }
}

/// So many at a price per thousand.
fn impressions(price: &str, booked: &str, amount: &str) -> Line {
    sold(PricingModel::Cpm, price, booked, amount)
}

fn looked_at(line: Line) -> Vec<&'static str> {
    findings(say(None, &order(vec![line])))
}

/// What has to be looked at of a line that a revision says so.
fn then(known: &Known, line: Line) -> Vec<&'static str> {
    let next = Order { revision: known.revision + 1, ..order(vec![line]) };
    findings(say(Some(known), &next))
}

#[test]
fn an_amount_that_rate_and_units_do_not_come_to_waits_with_both() {
    let off = order(vec![impressions("10", "100000", "5000.00")]);
    let Ok(Decision::Review(found)) = say(None, &off) else { panic!("taken or refused") };
    let said = "line L1: it is booked for 5000.00, and its rate and units come to 1000.00; correct what is wrong, or approve the amount";
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), [said]);
    let approved = with_facts(|facts| sync(None, &off, Facts { is_approved: true, ..facts }));
    let Ok(Decision::Create(booking)) = approved else { panic!("{approved:?}") };
    assert_eq!(booking.lines[0].amount, usd("5000.00"), "as it says");
}

// Half of the last decimal of the rate on all units, the price of one unit, a cent: the largest of them.
#[test]
fn an_amount_that_is_only_rounded_is_taken() {
    use PricingModel::{Cpc, Cpm, PercentOfSpend, TimeAndMaterials};
    let table = [
        (Cpm, "10", "100000", "1000.00", true, "100 × 10.00"),
        (Cpm, "7.35", "1360000", "10000.00", true, "1,360 × 7.35 = 9,996.00; 10,000.00 / 1,360 = 7.3529…"),
        (Cpm, "7.35", "1360000", "10002.80", true, "1,360 × 0.005 = 6.80 more"),
        (Cpm, "7.35", "1360000", "10002.81", false, ""),
        (Cpm, "7.35", "1360000", "9989.19", false, "6.81 less"),
        (Cpm, "7.3529", "1360000", "10000.00", true, "9,999.944, rounded 9,999.94; 1,360 × 0.00005 = 0.068"),
        (Cpm, "7.3529", "1360000", "10000.02", false, "0.08 more"),
        (Cpc, "3", "3333", "10000.00", true, "3,333 × 3.00 = 9,999.00; 3,333 × 0.005 = 16.665"),
        (Cpc, "3", "10", "33.00", true, "30.00 and a click"),
        (Cpc, "3", "10", "33.01", false, ""),
        (Cpm, "10", "1000", "10.01", true, "a cent"),
        (Cpm, "10", "1000", "10.02", false, ""),
        (Cpm, "0", "1000", "0.02", false, "for nothing"),
        (PercentOfSpend, "12.5", "80000", "10004.00", true, "10,000.00; 800 × 0.005 = 4.00"),
        (PercentOfSpend, "12.5", "80000", "10004.01", false, ""),
        (TimeAndMaterials, "140", "37.5", "6000.00", true, "5,250.00; the rest is for expenses"),
        (TimeAndMaterials, "140", "37.5", "5000.00", false, "more than an hour less"),
    ];
    for (model, price, booked, amount, is_taken, why) in table {
        let found = looked_at(sold(model, price, booked, amount));
        let expected = if is_taken { &OFF[..0] } else { &OFF[..] };
        assert_eq!(found, expected, "{model:?} {booked} at {price} for {amount}: {why}");
    }
    let open = Line { booked_units: None, cap: Some(Cap::Uncapped), ..impressions("10", "1", "8000.00") };
    assert_eq!(looked_at(open), OFF[..0], "nothing says otherwise");
}

// 2,000,000 at 10.00 are 20,000.00.
#[test]
fn an_amount_that_is_the_budget_or_the_minimum_is_taken() {
    let within =
        |amount| Line { cap: Some(Cap::Budget(usd("15000.00"))), ..impressions("10", "2000000", amount) };
    assert_eq!(looked_at(within("15000.00")), OFF[..0]);
    assert_eq!(looked_at(within("14000.00")), OFF);
    let minimum = Some(Minimum { amount: usd("25000.00"), window: Window::Life });
    let usage = Usage { minimum, ..Usage::default() };
    let least = |amount| Line { usage: usage.clone(), ..impressions("10", "2000000", amount) };
    assert_eq!(looked_at(least("25000.00")), OFF[..0]);
    // Neither what the units come to nor what the minimum is.
    assert_eq!(looked_at(least("24000.00")), [OFF[0], "MINIMUM_ABOVE_BOOKED"]);
}

/// 1,000 clicks at 1.00, or 900.00 after discount, over three months.
#[test]
fn a_minimum_above_what_the_booked_units_come_to_waits_with_both() {
    use Window::{Life, Period};
    let least = |amount: &str, window| Line {
        rate: Some(Rate::parse("1").expect("a rate")),
        booked_units: Some(units("1000")),
        usage: Usage { minimum: Some(Minimum { amount: usd(amount), window }), ..Usage::default() },
        ..line("L1", PricingModel::Cpc)
    };
    let off = order(vec![least("5000.00", Period)]);
    let Ok(Decision::Review(found)) = say(None, &off) else { panic!("taken or refused") };
    let said = "line L1: the minimum comes to 15000.00 (3 × 5000.00), and the booked units to at most 1000.00; correct what is wrong, or approve the minimum";
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), [said]);
    let approved = with_facts(|facts| sync(None, &off, Facts { is_approved: true, ..facts }));
    assert!(matches!(approved, Ok(Decision::Create(_))), "{approved:?}");

    let ten_percent = Some(Discount::Percent(Percent::parse("10").expect("a percent")));
    let uncapped = Line { cap: Some(Cap::Uncapped), ..least("5000.00", Life) };
    let hours =
        Line { product: line("L1", PricingModel::TimeAndMaterials).product, ..least("5000.00", Life) };
    let table = [
        (least("1000.00", Life), true, "all of it"),
        (least("1000.01", Life), false, "a cent more"),
        (least("333.33", Period), true, "999.99"),
        (least("333.34", Period), false, "1,000.02"),
        (Line { discount: ten_percent, ..least("900.01", Life) }, false, "900.00 after discount"),
        (uncapped, true, "as many as there are"),
        (hours, true, "expenses come on top"),
    ];
    for (line, is_taken, why) in table {
        let expected = if is_taken { vec![] } else { vec!["MINIMUM_ABOVE_BOOKED"] };
        assert_eq!(looked_at(line), expected, "{why}");
    }
}

/// What was taken once is looked at again when its terms change.
#[test]
fn a_minimum_that_was_taken_waits_no_more() {
    let minimum = |amount: &str| Some(Minimum { amount: usd(amount), window: Window::Life });
    let usage = |amount: &str| Usage { minimum: minimum(amount), ..Usage::default() };
    let said = Line { amount: None, usage: usage("5000.00"), ..impressions("10", "100000", "1000.00") };
    let before =
        with_facts(|facts| sync(None, &order(vec![said.clone()]), Facts { is_approved: true, ..facts }));
    let Ok(Decision::Create(booking)) = before else { panic!("{before:?}") };
    let bare = Line { usage: Usage::default(), ..said.clone() };
    let mut first = known(&order(vec![bare]), &[]);
    first.lines.get_mut("L1").expect("known").terms_digest = booking.lines[0].digest;
    assert_eq!(then(&first, Line { description: "News".into(), ..said.clone() }), OFF[..0]);
    assert_eq!(then(&first, Line { usage: usage("5000.01"), ..said }), ["MINIMUM_ABOVE_BOOKED"]);
}

#[test]
fn the_amount_of_a_subscription_is_its_quantities_by_its_price() {
    let seats = QuantityFrom { day: day("2026-01-01"), quantity: units("10") };
    let usage = Usage { term_months: Some(1), quantities: vec![seats], ..Usage::default() };
    let of = |amount| Line {
        rate: Some(Rate::parse("49").expect("a rate")),
        amount: Some(usd(amount)),
        usage: usage.clone(),
        ..line("L1", PricingModel::Subscription)
    };
    assert_eq!(looked_at(of("1470.00")), OFF[..0], "three months of 490.00");
    assert_eq!(looked_at(of("490.00")), OFF);
}

/// What proves it, and from when on it holds.
fn scopes(from: &str) -> Vec<TermScope> {
    vec![TermScope { term: None, holds: Holds::From(day(from)), evidence: "mail of 28 January".into() }]
}

// 1,000,000 at 10.00 and 500,000 at 8.00 are 14,000.00; 1,500,000 at 8.00 would be 12,000.00.
#[test]
fn the_amount_of_a_line_with_two_prices_is_taken() {
    for billed in [&["L1"][..], &[]] {
        let first = known(&order(vec![impressions("10", "1000000", "10000.00")]), billed);
        let cheaper = Line { scopes: scopes("2026-02-01"), ..impressions("8", "1500000", "14000.00") };
        assert_eq!(then(&first, cheaper), OFF[..0]);
    }
}

// 59 of 90 days: 10,000.00 × 59 / 90 = 6,555.56.
#[test]
fn the_amount_of_a_line_that_ends_early_is_taken() {
    let first = known(&order(vec![impressions("10", "1000000", "10000.00")]), &["L1"]);
    let cancelled_on = Some(day("2026-02-28"));
    let ended = Line { cancelled_on, ..impressions("10", "1000000", "6555.56") };
    assert_eq!(then(&first, ended), OFF[..0]);
}

#[test]
fn an_amount_that_was_taken_is_looked_at_when_it_or_what_it_follows_from_changes() {
    let mut first = known(&order(vec![impressions("10", "100000", "1000.00")]), &[]);
    // Somebody approved it so, or it is from before anybody looked.
    first.lines.get_mut("L1").expect("known").list_amount = usd("5000.00");
    let said = impressions("10", "100000", "5000.00");
    assert_eq!(then(&first, Line { description: "News".into(), ..said.clone() }), OFF[..0]);
    let longer = Line { flight: days("2026-01-01..2026-04-30"), ..said.clone() };
    assert_eq!(then(&first, longer), OFF[..0], "neither rate nor units");
    assert_eq!(then(&first, impressions("10", "100000", "5000.01")), OFF);
    assert_eq!(then(&first, impressions("10", "100001", "5000.00")), OFF);
    assert_eq!(then(&first, impressions("11", "100000", "5000.00")), OFF);
    assert_eq!(then(&first, impressions("10", "100000", "1000.00")), OFF[..0], "mended");
    let beside = Line { number: "L2".into(), ..said.clone() };
    let next = Order { revision: 2, ..order(vec![said, beside]) };
    assert_eq!(findings(say(Some(&first), &next)), OFF, "of the new line alone");
}
