use super::*;

const QUARTER: [(&str, &str, &str); 3] = [
    ("2026-01-01", "2026-01-31", "3333.34"),
    ("2026-02-01", "2026-02-28", "3333.33"),
    ("2026-03-01", "2026-03-31", "3333.33"),
];

#[test]
fn each_part_bills_once_its_period_is_over_and_never_again() {
    let mut fee = Book::fee(&QUARTER);
    for (run, billed) in [
        ("2025-12", "0.00"),
        ("2026-01", "3333.34"),
        ("2026-01", "0.00"),
        ("2026-02", "3333.33"),
        ("2026-03", "3333.33"),
        ("2026-04", "0.00"),
    ] {
        assert_eq!(gross(&fee.run(run)), money(billed), "in {run}");
    }
    assert_eq!(fee.billed(), money("10000.00"));
}

#[test]
fn a_part_is_one_fee_at_its_amount_and_late_where_its_month_was_not_run() {
    let rated = Book::fee(&QUARTER).run("2026-02");
    let fee = LineKind::SchedulePart;
    assert_eq!(lines(&rated), [(fee, "1 × 3333.34 = 3333.34".into()), (fee, "1 × 3333.33 = 3333.33".into())]);
    assert_eq!(rated.items.iter().map(|item| item.late).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn what_another_system_billed_comes_off_its_part() {
    let mut fee = Book::fee(&QUARTER);
    fee.enter(Basis::Opening, days("2026-01-01", "2026-01-31"), ("1", "0"), "3000.00");
    assert_eq!(gross(&fee.run("2026-02")), money("3666.67"));
}

#[test]
fn goodwill_is_not_billed_before() {
    let mut fee = Book::fee(&QUARTER);
    fee.run("2026-01");
    fee.enter(Basis::Commercial, days("2026-01-01", "2026-01-31"), ("0", "0"), "-500.00");
    assert_eq!(fee.run("2026-01").items, []);
}

#[test]
fn more_than_the_schedule_has_is_held() {
    let mut fee = Book::fee(&QUARTER);
    fee.enter(Basis::Opening, days("2026-01-01", "2026-01-31"), ("1", "0"), "5000.00");
    fee.enter(Basis::Opening, days("2025-12-01", "2025-12-31"), ("1", "0"), "100.00");
    let rated = fee.run("2026-02");
    assert_eq!(gross(&rated), money("3333.33"));
    let cause = HeldCause::Schedule;
    assert_eq!(held(&rated), [(12, "-100.00".into(), cause), (1, "-1666.66".into(), cause)]);
}

/// 12,000.00 over six months of which three are billed, amended to these parts and run to April.
fn amended(amounts: &[&str]) -> RatedLine {
    let lasts = ["01-31", "02-28", "03-31", "04-30", "05-31", "06-30"];
    let parts = |amounts: &[&str]| {
        let part = |(last, amount): (&str, &&str)| Part {
            period: days(&format!("2026-{}-01", &last[..2]), &format!("2026-{last}")),
            amount: money(amount),
        };
        lasts.into_iter().zip(amounts).map(part).collect()
    };
    let mut fee = Book::of(Pricing::FlatFee { parts: parts(&["2000.00"; 6]) });
    assert_eq!(gross(&fee.run("2026-03")), money("6000.00"));
    fee.0.pricing = Pricing::FlatFee { parts: parts(amounts) };
    fee.run("2026-04")
}

// The parts are those that order/tests/amendments.rs has of the same amendments.
#[test]
fn a_fee_that_is_amended_below_what_is_billed_holds_what_is_too_much() {
    let cause = HeldCause::Schedule;
    let lower = amended(&["2000.00", "2000.00", "1000.00"]);
    assert_eq!(
        (gross(&lower), held(&lower)),
        (money("0.00"), vec![(3, "-1000.00".into(), cause)]),
        "5,000.00 from now on, of which 6,000.00 are billed"
    );
    let halved = amended(&["1000.00"; 6]);
    let of_month = |month| (month, "-1000.00".to_owned(), cause);
    assert_eq!(gross(&halved), money("1000.00"), "April goes on");
    assert_eq!(held(&halved), [1, 2, 3].map(of_month), "3,000.00 of 6,000.00, from the start");
}
