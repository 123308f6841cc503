use std::collections::BTreeMap;

use calendar::{BillingCalendar, BillingCycle, Days, Month};
use ids::{LineId, OrderId};
use jiff::civil::date;
use money::{Currency, Money, Percent, Quantity, Rate, Rounding};
use rust_decimal::Decimal;

use super::*;
use crate::{
    order::{BillingTerms, Cap, ToleranceBase},
    pricing::{Metric, PricingModel, Window},
    rating::{
        Basis, Billed, Bucket, Cell, LineKind, LineToRate, Metered, Price, Pricing, Terms, rate,
        rate_taking_back,
    },
};

fn terms(percent: &str, base: ToleranceBase) -> ThirdPartyTerms {
    let tolerance_percent = Quantity::parse(percent).expect("a quantity");
    let as_of = date(2026, 4, 2);
    ThirdPartyTerms { tolerance_percent, base, without_count: WithoutCount::Hold, count_due_days: 0, as_of }
}

fn month(month: i8) -> Days {
    let first = date(2026, month, 1);
    Days::new(first, first.last_of_month()).expect("in order")
}

fn counts(own: i64, controlling: Option<i64>) -> Counts {
    Counts { own: own.into(), controlling: controlling.map(Decimal::from) }
}

/// What both counted, the tolerance, of whose count, what it is, and where that comes from.
type Row = (i64, Option<i64>, &'static str, ToleranceBase, Finding, &'static str);

const COMPARED: [Row; 12] = {
    use Finding::*;
    use ToleranceBase::*;
    [
        (1_100_000, Some(1_000_000), "10", Own, Within, "domain.md: 100,000 of 1.1 M own is 9.09 %"),
        (1_100_000, Some(1_000_000), "10", Controlling, Within, "domain.md: exactly 10.00 % of controlling"),
        (1_100_001, Some(1_000_000), "10", Controlling, Beyond, "strictly more is a case: 100,001 > 100,000"),
        (1_200_000, Some(1_000_000), "10", Own, Beyond, "story 3: 200,000 of 1.2 M is 16.67 %"),
        (
            1_111_111,
            Some(1_000_000),
            "10",
            Own,
            Within,
            "111,111 × 100 = 11,111,100 ≤ 10 × 1,111,111 = 11,111,110",
        ),
        (
            1_111_112,
            Some(1_000_000),
            "10",
            Own,
            Beyond,
            "111,112 × 100 = 11,111,200 > 10 × 1,111,112 = 11,111,120",
        ),
        (1_000_000, Some(1_200_000), "10", Own, Within, "story 3: third party higher, no case"),
        (1_000_000, Some(1_000_000), "0", Own, Within, "no tolerance, no difference"),
        (1_000_001, Some(1_000_000), "0", Own, Beyond, "no tolerance, one impression"),
        (1_000_000, Some(0), "10", Own, TagFailure, "domain.md: a zero count is a tag failure"),
        (1_000_000, None, "10", Own, NoCountYet, "domain.md: no count by day N"),
        (0, None, "10", Own, Within, "nothing was delivered"),
    ]
};

#[test]
fn within_the_tolerance_the_controlling_count_bills() {
    use Finding::*;
    for (own, controlling, percent, base, expected, source) in COMPARED {
        let period = counts(own, controlling);
        assert_eq!(compare(period, period, terms(percent, base)), expected, "{source}");
    }
    // Both the period and to date are tested.
    let (apart, alike) = (counts(1_200, Some(1_000)), counts(10_000, Some(9_900)));
    assert_eq!(compare(alike, apart, terms("10", ToleranceBase::Own)), Beyond);
    assert_eq!(compare(apart, alike, terms("10", ToleranceBase::Own)), Beyond);
}

// domain.md §5 and story 3, as somebody reads them.
#[test]
fn counts_are_so_many_percent_apart() {
    use ToleranceBase::{Controlling, Own};
    for (own, controlling, base, expected) in [
        (1_100_000, Some(1_000_000), Own, "9.09"),
        (1_100_000, Some(1_000_000), Controlling, "10.00"),
        // 80,001 of 800,000 is 10.000125 %, beyond 10; 79,999 is 9.999875 %, within.
        (880_001, Some(800_000), Controlling, "10.0001"),
        (879_999, Some(800_000), Controlling, "9.9999"),
        (1_200_000, Some(1_000_000), Own, "16.67"),
        (1_000_000, Some(1_300_000), Own, "-30.00"),
        (1_000_000, Some(0), Own, "100.00"),
        (1_000_000, Some(0), Controlling, "nothing"),
        (0, Some(0), Own, "nothing"),
        (1_000_000, None, Own, "nothing"),
    ] {
        let percent =
            counts(own, controlling).percent_apart(base, Quantity::parse("10").expect("a quantity"));
        let said = percent.map_or_else(|| "nothing".to_owned(), |percent| percent.to_string());
        assert_eq!(said, expected, "{own} {controlling:?}");
    }
}

#[test]
fn a_case_says_both_counts_and_how_far_they_are_apart() {
    let said = |months: &[(i8, i64, Option<i64>)], base| {
        let settled = settle(&delivered(months), terms("10", base), &BTreeMap::new());
        settled.cases.last().map(Case::to_string).expect("a case")
    };
    assert_eq!(
        said(&[(1, 1_200_000, Some(1_000_000))], ToleranceBase::Own),
        "own count 1200000, controlling count 1000000, 16.67 % of the own count apart; \
         the third party counted fewer, by more than is tolerated"
    );
    assert_eq!(
        said(&[(1, 1_200_000, Some(1_000_000)), (2, 1_000_000, Some(950_000))], ToleranceBase::Own),
        "own count 1000000, controlling count 950000, 5.00 % of the own count apart; \
         to date 2200000 and 1950000, 11.36 % of the own count apart; \
         the third party counted fewer, by more than is tolerated"
    );
    assert_eq!(
        said(&[(1, 880_001, Some(800_000))], ToleranceBase::Controlling),
        "own count 880001, controlling count 800000, 10.0001 % of the controlling count apart; \
         the third party counted fewer, by more than is tolerated"
    );
    assert_eq!(
        said(&[(1, 500_000, Some(0))], ToleranceBase::Controlling),
        "own count 500000, controlling count 0; the third party counted nothing at all: look at its tag"
    );
    assert_eq!(
        said(&[(1, 500_000, None)], ToleranceBase::Own),
        "own count 500000, controlling count nothing; the third party has not counted yet"
    );
}

fn cell(days: Days, units: i64) -> Cell {
    Cell { days, units: units.into(), spend: Decimal::ZERO }
}

fn delivered(months: &[(i8, i64, Option<i64>)]) -> Delivered {
    let mut delivered = Delivered::default();
    for (n, own, controlling) in months {
        delivered.own.insert(month(*n), vec![cell(month(*n), *own)]);
        if let Some(controlling) = controlling {
            delivered.controlling.insert(month(*n), vec![cell(month(*n), *controlling)]);
        }
    }
    delivered
}

fn bills(settled: &Settled) -> Vec<i64> {
    settled.cells.iter().map(|cell| cell.units.try_into().expect("whole units")).collect()
}

/// A CPM line at 10.00, January to June, in the run of a month.
fn line(cells: Vec<Cell>, run: i8) -> LineToRate {
    let flight = Days::new(date(2026, 1, 1), date(2026, 6, 30)).expect("in order");
    let price = Some(Price::Rate(Rate::parse("10").expect("a rate")));
    LineToRate {
        line: LineId::of(OrderId::of("io", "2003"), "L1"),
        currency: Currency::parse("USD").expect("a currency"),
        rounding: Rounding::HalfAwayFromZero,
        billing: BillingTerms {
            calendar: BillingCalendar::CalendarMonth,
            cycle: BillingCycle::EndOfMonth,
            contract_last: flight.last(),
        },
        month: Month::new(2026, run).expect("a month"),
        pricing: Pricing::Metered(Box::new(Metered {
            model: PricingModel::Cpm,
            metric: Metric::Impressions,
            flight,
            ended: None,
            terms: vec![Terms { days: flight, price, discount: Percent::parse("0").expect("a percent") }],
            booked_units: None,
            period_units: Vec::new(),
            cap: Cap::Uncapped,
            cap_window: Window::Life,
            tier_window: Window::Life,
            term_months: None,
            package_units: None,
            minimum: None,
            expenses: None,
            cells,
            undecided: Vec::new(),
        })),
        billed_before: Vec::new(),
        last_entry: 0,
    }
}

#[test]
fn a_case_shows_what_each_way_out_would_bill() {
    // Story 3: 1,200,000 against 1,000,000 at 10.00.
    let settled = settle(
        &delivered(&[(1, 1_200_000, Some(1_000_000))]),
        terms("10", ToleranceBase::Own),
        &BTreeMap::new(),
    );
    let [case] = &*settled.cases else { panic!("one case, not {:?}", settled.cases) };
    assert_eq!((case.period, case.finding), (month(1), Finding::Beyond));
    assert_eq!(case.counts, counts(1_200_000, Some(1_000_000)));
    let priced = price(&line(settled.cells.clone(), 1), case).expect("priced");
    let shown: Vec<_> = priced
        .iter()
        .map(|each| (each.outcome.name(), each.amount.amount().to_string(), each.owed.to_string()))
        .collect();
    let expected = [
        ("CONTROLLING", "10000.00".to_owned(), "0".to_owned()),
        ("CONTROLLING_PLUS_10", "11000.00".to_owned(), "0".to_owned()),
        ("OWN", "12000.00".to_owned(), "0".to_owned()),
        ("MAKEGOOD", "10000.00".to_owned(), "200000".to_owned()),
    ];
    assert_eq!(shown, expected);
    for outcome in [Outcome::Controlling, Outcome::ControllingPlusTen, Outcome::Own, Outcome::Makegood] {
        assert_eq!(Outcome::of_name(outcome.name()), Some(outcome));
    }
}

/// The line after 119,000 were billed of January at 10.00, 1,190.00, and so much counts now.
fn billed_before(settled: &Settled) -> LineToRate {
    let mut line = line(settled.cells.clone(), 2);
    let rate = Rate::parse("10").expect("a rate");
    let (origin, segment_first) = (month(1), date(2026, 1, 1));
    let gross = Money::parse(line.currency, "1190.00").expect("an amount");
    let bucket = Bucket { origin, kind: LineKind::Delivery, segment_first, rate, price_base: 1_000 };
    line.billed_before = vec![Billed { bucket, units: Decimal::from(119_000), gross, basis: Basis::Rated }];
    line.last_entry = 1;
    if let Pricing::Metered(metered) = &mut line.pricing {
        metered.undecided = settled.cases.iter().map(|case| case.period).collect();
    }
    line
}

/// 119,000 of 120,000 were billed. The third party restates 100,000, 16.67 % of 120,000 fewer: that is 1,000.00 or −190.00,
/// 1,100.00 or −90.00, 1,200.00 or 10.00, and nothing before somebody has chosen. 500,000 of February, 5,000.00, bill beside it.
#[test]
fn what_was_billed_of_a_period_stays_until_somebody_chooses() {
    let restated = delivered(&[(1, 120_000, Some(100_000)), (2, 500_000, Some(500_000))]);
    let open = settle(&restated, terms("10", ToleranceBase::Own), &BTreeMap::new());
    let [case] = &*open.cases else { panic!("one case, not {:?}", open.cases) };
    let line = billed_before(&open);
    for rated in [rate(&line).expect("rated"), rate_taking_back(&line).expect("rated")] {
        let items = rated.items.iter().map(|item| (item.bucket.origin, item.gross.amount().to_string()));
        assert_eq!(items.collect::<Vec<_>>(), [(month(2), "5000.00".to_owned())]);
        assert_eq!(rated.held, []);
    }
    let priced = price(&line, case).expect("priced");
    let shown: Vec<_> = priced
        .iter()
        .map(|each| (each.outcome.name(), each.amount.amount().to_string(), each.owed.to_string()))
        .collect();
    let expected = [
        ("CONTROLLING", "-190.00".to_owned(), "0".to_owned()),
        ("CONTROLLING_PLUS_10", "-90.00".to_owned(), "0".to_owned()),
        ("OWN", "10.00".to_owned(), "0".to_owned()),
        ("MAKEGOOD", "-190.00".to_owned(), "20000".to_owned()),
    ];
    assert_eq!(shown, expected);
    for (outcome, due, held) in
        [(Outcome::Controlling, "5000.00", vec!["-190.00"]), (Outcome::Own, "5010.00", vec![])]
    {
        let chosen = decided(outcome, Some(case.counts));
        let settled = settle(&restated, terms("10", ToleranceBase::Own), &chosen);
        let rated = rate(&billed_before(&settled)).expect("rated");
        let sum = Money::sum(line.currency, rated.items.iter().map(|item| item.gross)).expect("a sum");
        assert_eq!(sum.amount().to_string(), due, "{outcome:?}");
        let amounts = rated.held.iter().map(|held| held.amount.amount().to_string());
        assert_eq!(amounts.collect::<Vec<_>>(), held, "{outcome:?}");
    }
}

/// What was decided on January, for whatever counts or for these.
fn decided(outcome: Outcome, counts: Option<Counts>) -> BTreeMap<Days, Decided> {
    BTreeMap::from([(month(1), Decided { made: vec![Decision { outcome, counts }], owed: None })])
}

/// 1,200,000 against 1,000,000: 200,000 are made good, until either count is another one.
#[test]
fn what_is_owed_for_other_counts_is_a_case_however_close_they_are() {
    use Outcome::{Controlling, ControllingPlusTen, Makegood, Own};
    let then = counts(1_200_000, Some(1_000_000));
    let made = vec![Decision { outcome: Makegood, counts: Some(then) }];
    let owed = BTreeMap::from([(month(1), Decided { made, owed: Some(then) })]);
    let settled = |own, controlling| {
        settle(&delivered(&[(1, own, controlling)]), terms("10", ToleranceBase::Own), &owed)
    };
    assert_eq!(settled(1_200_000, Some(1_000_000)).cases.len(), 0);
    // 50,000 of 1,200,000 are 4.17 %; nothing is missing any more where 1,200,000 confirm it all.
    for (controlling, ways) in [
        (1_150_000, vec![Controlling, ControllingPlusTen, Own, Makegood]),
        (1_200_000, vec![Controlling, Own]),
        (1_300_000, vec![Controlling, Own]),
    ] {
        let settled = settled(1_200_000, Some(controlling));
        assert_eq!(bills(&settled), [controlling]);
        let [case] = &*settled.cases else { panic!("one case, not {:?}", settled.cases) };
        assert_eq!(case.finding, Finding::Owed(then));
        assert_eq!(case.reason(), ("THIRD_PARTY_CASE", "choose again by what it bills"));
        assert_eq!(case.outcomes.iter().map(|(outcome, _)| *outcome).collect::<Vec<_>>(), ways);
    }
    assert_eq!(
        settled(1_200_000, Some(1_150_000)).cases[0].to_string(),
        "own count 1200000, controlling count 1150000, 4.17 % of the own count apart; \
         what is owed in delivery was decided on own count 1200000, controlling count 1000000"
    );
    // 250,000 of 1,250,000 are 20.00 %.
    assert_eq!(settled(1_250_000, Some(1_000_000)).cases[0].finding, Finding::Beyond);
}

#[test]
fn a_decision_stands_for_the_counts_that_it_was_made_for() {
    let terms = terms("10", ToleranceBase::Own);
    let made = decided(Outcome::Own, Some(counts(1_200_000, Some(1_000_000))));
    let cases = |months: &[(i8, i64, Option<i64>)]| {
        let settled = settle(&delivered(months), terms, &made);
        (bills(&settled), settled.cases.iter().map(|case| case.period).collect::<Vec<_>>())
    };
    // The same counts next month, beside February's 5.00 %.
    let same = (1, 1_200_000, Some(1_000_000));
    assert_eq!(cases(&[same, (2, 1_000_000, Some(950_000))]), (vec![1_200_000, 950_000], vec![]));
    // February's own counts: 200,000 of 1,000,000 are 20.00 %.
    assert_eq!(cases(&[same, (2, 1_000_000, Some(800_000))]), (vec![1_200_000, 800_000], vec![month(2)]));
    // Other counts of January: 250,000 of 1,250,000 are 20.00 %.
    assert_eq!(cases(&[(1, 1_250_000, Some(1_000_000))]), (vec![1_000_000], vec![month(1)]));
    assert_eq!(cases(&[(1, 1_200_000, Some(900_000))]), (vec![900_000], vec![month(1)]));
    assert_eq!(cases(&[(1, 1_200_000, None)]), (vec![], vec![month(1)]));
    // Within the tolerance nobody has to decide: 100,000 of 1,200,000 are 8.33 %.
    assert_eq!(cases(&[(1, 1_200_000, Some(1_100_000))]), (vec![1_100_000], vec![]));
}

#[test]
fn what_is_decided_bills_and_says_nothing_of_later_periods() {
    let terms = terms("10", ToleranceBase::Own);
    let both = delivered(&[(1, 1_200_000, Some(1_000_000)), (2, 1_000_000, Some(950_000))]);
    let open = settle(&both, terms, &BTreeMap::new());
    // To date 2,200,000 against 1,950,000 is 11.36 %.
    assert_eq!(open.cases.iter().map(|case| case.period).collect::<Vec<_>>(), [month(1), month(2)]);
    assert_eq!(bills(&open), [1_000_000, 950_000]);
    for (outcome, january) in [
        (Outcome::Controlling, 1_000_000),
        (Outcome::ControllingPlusTen, 1_100_000),
        (Outcome::Own, 1_200_000),
        (Outcome::Makegood, 1_000_000),
    ] {
        let settled = settle(&both, terms, &decided(outcome, None));
        assert_eq!((bills(&settled), settled.cases.len()), (vec![january, 950_000], 0), "{outcome:?}");
    }
}

#[test]
fn a_tenth_more_is_never_more_than_the_own_count_and_of_whole_units() {
    let terms = terms("1", ToleranceBase::Own);
    let decided = decided(Outcome::ControllingPlusTen, None);
    let of = |own, controlling| bills(&settle(&delivered(&[(1, own, Some(controlling))]), terms, &decided));
    assert_eq!(of(1_050_000, 1_000_000), [1_050_000]);
    assert_eq!(of(2_000_000, 1_000_005), [1_100_005], "1,100,005.5 has no half impression");
}

#[test]
fn a_period_without_a_count_is_held_or_bills_the_own_one() {
    let both = delivered(&[(1, 1_000_000, Some(990_000)), (2, 500_000, None)]);
    let hold = terms("10", ToleranceBase::Own);
    let held = settle(&both, hold, &BTreeMap::new());
    assert_eq!(bills(&held), [990_000]);
    assert_eq!((held.cases[0].period, held.cases[0].finding), (month(2), Finding::NoCountYet));
    let own = ThirdPartyTerms { without_count: WithoutCount::BillOwn, ..hold };
    let settled = settle(&both, own, &BTreeMap::new());
    assert_eq!((bills(&settled), settled.cases.len()), (vec![990_000, 500_000], 0));
    // February's count is due on 2 April: only after it the own one bills.
    let due = ThirdPartyTerms { count_due_days: 33, ..own };
    assert_eq!(settle(&both, due, &BTreeMap::new()).cases.len(), 1);
    let overdue = ThirdPartyTerms { count_due_days: 32, ..own };
    assert_eq!(settle(&both, overdue, &BTreeMap::new()).cases.len(), 0);
    for each in [WithoutCount::BillOwn, WithoutCount::Hold] {
        assert_eq!(WithoutCount::of_name(each.name()), Some(each));
    }
    let failed = settle(&delivered(&[(1, 1_000_000, Some(0))]), own, &BTreeMap::new());
    assert_eq!(failed.cases[0].finding, Finding::TagFailure, "a broken tag is no count that is missing");
}
