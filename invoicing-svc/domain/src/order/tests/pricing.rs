//! Every way of pricing as it is booked.

use super::*;
use money::Remainder;

fn rate(text: &str) -> Option<Rate> {
    Some(Rate::parse(text).expect("a rate"))
}

fn cpm() -> Line {
    Line { rate: rate("7.50"), booked_units: Some(units("1000000")), ..line("L1", PricingModel::Cpm) }
}

fn terms(line: Line) -> LineTerms {
    booking(&order(vec![line])).expect("valid").lines.remove(0)
}

fn refused(line: Line) -> String {
    booking(&order(vec![line])).expect_err("refused").to_string()
}

fn parts(line: Line) -> Vec<(String, String)> {
    terms(line).parts.iter().map(|part| (part.period.first().to_string(), part.amount.to_string())).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(day, amount)| ((*day).to_owned(), (*amount).to_owned())).collect()
}

fn tier(up_to: Option<&str>, price: &str, flat: Option<&str>) -> Tier {
    Tier { up_to: up_to.map(units), rate: Rate::parse(price).expect("a rate"), flat: flat.map(usd) }
}

fn graduated(tiers: Vec<Tier>) -> Line {
    let usage = Usage { metric: Some(Metric::Clicks), tiers, ..Usage::default() };
    Line { usage, ..line("L1", PricingModel::Graduated) }
}

// Each amount: rate × units ÷ the units that the rate is the price of, rounded once.
#[test]
fn what_a_line_is_booked_for_follows_from_its_rate_and_units() {
    let table = [
        (PricingModel::Cpm, "7.50", "1000000", "7500.00", "1,000,000 / 1,000 × 7.50"),
        (PricingModel::Vcpm, "10.005", "1000", "10.01", "half away from zero"),
        (PricingModel::Cpc, "0.45", "1001", "450.45", ""),
        (PricingModel::Cpv, "0.03", "250000", "7500.00", ""),
        (PricingModel::Cpcv, "0.0225", "100001", "2250.02", "2,250.0225"),
        (PricingModel::Cpa, "25", "40", "1000.00", ""),
        (PricingModel::Cpd, "1500", "90", "135000.00", ""),
        (PricingModel::PercentOfSpend, "12.5", "80000", "10000.00", "12.5 % of 80,000"),
        (PricingModel::TimeAndMaterials, "140", "37.5", "5250.00", ""),
    ];
    for (model, price, booked, amount, why) in table {
        let line = Line { rate: rate(price), booked_units: Some(units(booked)), ..line("L1", model) };
        assert_eq!(terms(line).amount, usd(amount), "{model:?} {why}");
    }
    let usage =
        Usage { metric: Some(Metric::Clicks), package_units: Some(units("1000")), ..Usage::default() };
    let package = Line {
        rate: rate("20"),
        booked_units: Some(units("4001")),
        usage,
        ..line("L1", PricingModel::Package)
    };
    assert_eq!(terms(package).amount, usd("100.00"), "five begun packages");
}

#[test]
fn a_fee_is_in_parts_by_its_schedule() {
    let fee = |schedule| Line { schedule: Some(schedule), ..fee() };
    let (january, march) = ("2026-01-01", "2026-03-01");
    assert_eq!(parts(fee(Schedule::Upfront)), pairs(&[(january, "10000.00")]));
    assert_eq!(parts(fee(Schedule::OnDelivery)), pairs(&[(march, "10000.00")]));
    assert_eq!(parts(fee(Schedule::InAdvance)), pairs(&[(january, "10000.00")]), "one term");
    assert_eq!(parts(fee(Schedule::InArrears)), pairs(&[(march, "10000.00")]));
    // 10,000 × 31, 28, 31 of 90 days = 3,444.44 4…, 3,111.11 1…, 3,444.44 4…: the odd cent goes to the first.
    assert_eq!(
        parts(fee(Schedule::ProRataDays)),
        pairs(&[(january, "3444.45"), ("2026-02-01", "3111.11"), (march, "3444.44")])
    );
}

#[test]
fn a_fee_by_term_bills_each_term_where_it_begins_or_ends() {
    let flight = days("2026-01-15..2026-12-14");
    let usage = Usage { term_months: Some(3), ..Usage::default() };
    let fee = |schedule| Line { flight, usage: usage.clone(), schedule: Some(schedule), ..fee() };
    // Terms begin on 15 January, April, July and October; the last would have 92 days and has 61:
    // 10,000 × 92 / 337 = 2,729.97, 10,000 × 61 / 337 = 1,810.09.
    let amounts = ["2729.97", "2729.97", "2729.97", "1810.09"];
    let begins = ["2026-01-01", "2026-04-01", "2026-07-01", "2026-10-01"];
    let ends = ["2026-04-01", "2026-07-01", "2026-10-01", "2026-12-01"];
    assert_eq!(parts(fee(Schedule::InAdvance)), pairs(&[0, 1, 2, 3].map(|n| (begins[n], amounts[n]))));
    assert_eq!(parts(fee(Schedule::InArrears)), pairs(&[0, 1, 2, 3].map(|n| (ends[n], amounts[n]))));
}

fn milestone(on: &str, amount: &str) -> Milestone {
    Milestone { day: day(on), amount: usd(amount), description: String::new() }
}

#[test]
fn milestones_bill_with_the_period_of_their_day() {
    let milestones = vec![
        milestone("2026-01-10", "2000.00"),
        milestone("2026-03-15", "5000.00"),
        milestone("2026-01-31", "3000.00"),
    ];
    let fee = Line { schedule: Some(Schedule::Milestone), milestones: milestones.clone(), ..fee() };
    assert_eq!(parts(fee.clone()), pairs(&[("2026-01-01", "5000.00"), ("2026-03-01", "5000.00")]));
    let discounted = Line { discount: Some(Discount::Amount(usd("1000.00"))), ..fee.clone() };
    assert_eq!(parts(discounted), pairs(&[("2026-01-01", "4500.00"), ("2026-03-01", "4500.00")]));
    let reason = |milestones| super::reason(booking(&order(vec![Line { milestones, ..fee.clone() }])));
    assert_eq!(reason(Vec::new()), "SCHEDULE_WITHOUT_PERIODS");
    assert_eq!(reason(milestones[..2].to_vec()), "MILESTONES", "they sum to 7,000.00");
    assert_eq!(reason(vec![milestone("2026-04-01", "10000.00")]), "MILESTONES", "out of flight");
}

#[test]
fn booked_units_are_placed_in_periods_once() {
    let placed = |line| terms(line).period_units.iter().map(|of| of.units.to_string()).collect::<Vec<_>>();
    assert_eq!(placed(cpm()), ["333334", "333333", "333333"]);
    let month = |first: &str, count: &str| PeriodUnits { period: days(first), units: units(count) };
    let said = |count| {
        let january = month("2026-01-01..2026-01-31", count);
        let period_units = vec![month("2026-03-01..2026-03-31", "500000"), january];
        Line { usage: Usage { period_units, ..Usage::default() }, ..cpm() }
    };
    assert_eq!(placed(said("500000")), ["500000", "500000"], "in their order");
    assert!(refused(said("400000")).contains("they sum to 900000, and 1000000 are booked"));
    let plan = vec![week("2026-02-02..2026-02-08", "MTWTF--", 3, "275")];
    assert_eq!(placed(Line { plan, ..spots() }), ["3"], "where the plan says all");
}

#[test]
fn a_discount_comes_off_the_price() {
    let percent = Discount::Percent(Percent::parse("12.5").expect("a percent"));
    let by_percent = terms(Line { discount: Some(percent), ..cpm() });
    assert_eq!((by_percent.list_amount, by_percent.amount), (usd("7500.00"), usd("6562.50")));
    assert_eq!(
        (by_percent.price.rate, by_percent.price.discount),
        (rate("7.50"), Percent::parse("12.5").ok())
    );
    let by_amount = terms(Line { discount: Some(Discount::Amount(usd("1000.00"))), ..cpm() });
    assert_eq!((by_amount.amount, by_amount.price.rate), (usd("6500.00"), rate("6.5")));
    let odd = terms(Line { discount: Some(Discount::Amount(usd("500.01"))), ..cpm() });
    assert_eq!((odd.amount, odd.price.rate), (usd("6999.99"), rate("6.99999")));
    assert!(
        refused(Line { discount: Some(Discount::Amount(usd("7500.01"))), ..cpm() }).contains("more than")
    );
}

#[test]
fn a_discount_of_the_order_comes_off_its_lines_by_largest_remainder() {
    // 100.00 over 7,500.00 and 10,000.00: 42.857… and 57.142…
    let lines = vec![cpm(), fee()];
    let booked =
        booking(&Order { discount: Some(usd("100.00")), ..order(lines.clone()) }).expect("valid").lines;
    assert_eq!((booked[0].amount, booked[1].amount), (usd("7457.14"), usd("9942.86")));
    assert_eq!(booked[0].price.rate, rate("7.45714"));
    let sum: Vec<_> = booked[1].parts.iter().map(|part| part.amount.to_string()).collect();
    assert_eq!(sum, ["3314.29", "3314.29", "3314.28"]);
    let more = Order { discount: Some(usd("17500.01")), ..order(lines) };
    assert_eq!(reason(booking(&more)), "DISCOUNT_ABOVE_AMOUNT");
    let off_spots = Order { discount: Some(usd("1.00")), ..order(vec![spots()]) };
    assert_eq!(reason(booking(&off_spots)), "TERM_DOES_NOT_FIT", "spots have rates of their own");
}

#[test]
fn tiers_leave_no_hole_and_do_not_overlap() {
    let steps = |ends: &[Option<&str>]| ends.iter().map(|end| tier(*end, "0.10", None)).collect();
    let open = terms(graduated(steps(&[Some("100"), None])));
    assert_eq!(
        (open.cap, open.amount),
        (Cap::Uncapped, usd("0.00")),
        "nothing is promised, and nothing booked"
    );
    assert!(
        refused(graduated(steps(&[Some("100"), Some("200")]))).contains("no tier prices what is above 200")
    );
    assert!(refused(graduated(steps(&[Some("100"), Some("100"), None]))).contains("tier 2 ends where"));
    assert_eq!(reason(booking(&order(vec![graduated(Vec::new())]))), "TERM_MISSING");
    let flat = |tiers| Line { product: product(PricingModel::TieredFlat), ..graduated(tiers) };
    assert!(refused(flat(steps(&[None]))).contains("a flat amount and no rate"));
    let fees = vec![tier(Some("100"), "0", Some("50.00")), tier(None, "0", Some("80.00"))];
    assert_eq!(terms(flat(fees)).pricing_model, PricingModel::TieredFlat);
}

#[test]
fn terms_that_contradict_each_other_are_refused() {
    let reason = |line| super::reason(booking(&order(vec![line])));
    let minimum =
        |window| Usage { minimum: Some(Minimum { amount: usd("900.00"), window }), ..Usage::default() };
    let budget = Some(Cap::Budget(usd("800.00")));
    let line = |window, cap_window| Line { cap: budget, cap_window, usage: minimum(window), ..cpm() };
    assert_eq!(reason(line(Window::Life, Window::Life)), "MINIMUM_ABOVE_MAXIMUM");
    assert_eq!(reason(line(Window::Period, Window::Life)), "MINIMUM_ABOVE_MAXIMUM");
    assert!(
        booking(&order(vec![line(Window::Life, Window::Period)])).is_ok(),
        "three months at most 800.00 each"
    );
    assert_eq!(reason(Line { booked_units: None, ..cpm() }), "TERM_MISSING");
    assert_eq!(reason(Line { rate: None, ..cpm() }), "TERM_MISSING");
    assert_eq!(reason(Line { schedule: Some(Schedule::EvenSplit), ..cpm() }), "TERM_DOES_NOT_FIT");
    assert_eq!(reason(Line { cap_window: Window::Term, ..cpm() }), "TERM_MISSING", "how long is a term?");
    let tiers = Usage { tiers: vec![tier(None, "1", None)], ..Usage::default() };
    assert_eq!(reason(Line { usage: tiers, ..cpm() }), "TERM_DOES_NOT_FIT");
    let clicks = Usage { metric: Some(Metric::Clicks), ..Usage::default() };
    assert_eq!(reason(Line { usage: clicks, ..cpm() }), "TERM_DOES_NOT_FIT");
}

// January to March are three periods, and two terms of two months, of which the second has one period.
#[test]
fn a_minimum_is_compared_with_the_budget_over_the_days_in_which_both_count() {
    use Window::{Life, Period, PeriodWithCarry, Term};
    let table = [
        (("500.00", Period), ("1000.00", Life), "1500.00 (3 × 500.00)", "1000.00"),
        (("333.33", Period), ("1000.00", Life), "", ""),
        (("900.00", Life), ("200.00", Period), "900.00", "600.00 (3 × 200.00)"),
        (("600.00", Life), ("200.00", Period), "", ""),
        (("600.01", Life), ("200.00", PeriodWithCarry), "600.01", "600.00 (3 × 200.00)"),
        (("300.00", PeriodWithCarry), ("800.00", Life), "900.00 (3 × 300.00)", "800.00"),
        (("200.01", Period), ("200.00", PeriodWithCarry), "200.01", "200.00"),
        (("300.00", Period), ("500.00", Term), "600.00 (2 × 300.00)", "500.00"),
        (("250.00", Period), ("500.00", Term), "", ""),
        (("500.00", Term), ("900.00", Life), "1000.00 (2 × 500.00)", "900.00"),
        (("500.00", Term), ("300.00", Period), "500.00", "300.00"),
        (("500.00", Term), ("300.00", PeriodWithCarry), "1000.00 (2 × 500.00)", "900.00 (3 × 300.00)"),
        (("450.00", Term), ("300.00", PeriodWithCarry), "", ""),
    ];
    for ((least, of), (most, cap_window), minimum, maximum) in table {
        let usage = Usage {
            minimum: Some(Minimum { amount: usd(least), window: of }),
            term_months: [of, cap_window].contains(&Term).then_some(2),
            ..Usage::default()
        };
        let line = Line { cap: Some(Cap::Budget(usd(most))), cap_window, usage, ..cpm() };
        match booking(&order(vec![line])) {
            Ok(_) => assert_eq!(minimum, "", "{least} {of:?} within {most} {cap_window:?}"),
            Err(no) => {
                assert_eq!(no.reason(), "MINIMUM_ABOVE_MAXIMUM");
                let told = no.to_string();
                let both = format!("the minimum comes to {minimum}, which is above the budget, {maximum};");
                assert!(!minimum.is_empty() && told.contains(&both), "{told}");
            }
        }
    }
    let term = line("L1", PricingModel::Cpm);
    let usage = Usage {
        minimum: Some(Minimum { amount: usd("500.00"), window: Term }),
        term_months: Some(2),
        ..Usage::default()
    };
    let (cap, rate, booked_units) = (Some(Cap::Budget(usd("300.00"))), rate("10"), Some(units("1")));
    let told = refused(Line { cap, cap_window: Period, usage, rate, booked_units, ..term });
    assert!(told.contains("over 2026-03-01 to 2026-03-31 the minimum"), "{told}");
}

#[test]
fn a_subscription_has_a_quantity_on_each_of_its_days() {
    let subscription = |quantities: &[(&str, &str)]| {
        let from = |(on, count): &(&str, &str)| QuantityFrom { day: day(on), quantity: units(count) };
        let quantities = quantities.iter().map(from).collect();
        let usage = Usage { term_months: Some(1), quantities, ..Usage::default() };
        Line { rate: rate("49"), usage, ..line("L1", PricingModel::Subscription) }
    };
    let booked = terms(subscription(&[("2026-01-01", "10"), ("2026-02-15", "12")]));
    assert_eq!(booked.schedule, Schedule::InAdvance);
    // 10 × 49; two more for 14 of 28 days: 490 + 2 × 24.50; 12 × 49.
    assert_eq!(booked.amount, usd("1617.00"));
    let amounts: Vec<_> = booked.parts.iter().map(|part| part.amount.to_string()).collect();
    assert_eq!(amounts, ["490.00", "539.00", "588.00"]);
    let half =
        Line { discount: Some(Discount::Amount(usd("808.50"))), ..subscription(&[("2026-01-01", "11")]) };
    let half = terms(half);
    assert_eq!(
        (half.list_amount, half.amount, half.price.rate),
        (usd("1617.00"), usd("808.50"), rate("24.5"))
    );
    let reason = |quantities| super::reason(booking(&order(vec![subscription(quantities)])));
    assert_eq!(reason(&[("2026-01-02", "10")]), "QUANTITIES");
    assert_eq!(reason(&[("2026-01-01", "10"), ("2026-01-01", "12")]), "QUANTITIES");
    assert_eq!(reason(&[("2026-01-01", "10"), ("2026-04-01", "12")]), "QUANTITIES");
    assert_eq!(reason(&[]), "TERM_MISSING");
}

#[test]
fn the_odd_unit_goes_where_the_entity_says() {
    let order = order(vec![cpm()]);
    let entity = EntityFacts {
        rounding: Rounding::HalfAwayFromZero,
        remainder: Remainder::Last,
        fiscal: calendar::FiscalCalendar::GREGORIAN,
    };
    let booked = with_facts(|facts| sync(None, &order, Facts { entity: Some(&entity), ..facts }));
    let Ok(Decision::Create(booked)) = booked else { panic!("{booked:?}") };
    let placed: Vec<_> = booked.lines[0].period_units.iter().map(|of| of.units.to_string()).collect();
    assert_eq!(placed, ["333333", "333333", "333334"]);
}
