#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use money::{Currency, Money};
use proptest::prelude::*;

use super::*;

/// A policy of these rows that is otherwise in order.
pub(crate) fn policy(rows: Vec<Row>) -> Policy {
    Policy {
        name: "delegation of authority".into(),
        version: 1,
        effective_from: "2026-01-01T00:00:00Z".parse().unwrap(),
        rows,
        order: vec![vec![Role::BillingManager, Role::ProductOps], vec![Role::Controller], vec![Role::Cfo]],
        service_level: ServiceLevel { remind_days: 1, escalate_days: 2, expire_days: 10 },
        break_glass_cap: 1_000_000,
        examples: vec![],
    }
}

/// A row about some kinds (empty: all) and an interval of amounts. `require`: `AUTO`, or roles with their numbers.
pub(crate) fn row(id: &str, kinds: &[SubjectKind], amount: &str, require: &str) -> Row {
    Row {
        id: id.into(),
        kinds: kinds.to_vec(),
        causes: vec![],
        entities: vec![],
        amount: Interval::parse(amount, 1).unwrap(),
        share: Interval::ALL,
        age_days: Interval::ALL,
        require: if require == "AUTO" { Require::Automatic } else { Require::Approvers(needs(require)) },
    }
}

/// `BILLING_MANAGER:1 CONTROLLER:2`
pub(crate) fn needs(text: &str) -> Vec<Need> {
    let need = |part: &str| {
        let (role, quorum) = part.split_once(':').unwrap();
        Need { role: Role::read(role).unwrap(), quorum: quorum.parse().unwrap() }
    };
    text.split_whitespace().map(need).collect()
}

/// Below 500 automatic; to 10,000 manager; to 100,000 manager and controller; above, the CFO too.
pub(crate) fn stories() -> Policy {
    policy(vec![
        row("A1", &[], "[0, 50_000)", "AUTO"),
        row("A2", &[], "[50_000, 1_000_000)", "BILLING_MANAGER:1"),
        row("A3", &[], "[1_000_000, 10_000_000)", "BILLING_MANAGER:1 CONTROLLER:1"),
        row("A4", &[], "[10_000_000, inf)", "BILLING_MANAGER:1 CONTROLLER:1 CFO:1"),
    ])
}

fn input(amount: u128) -> Input {
    Input { kind: SubjectKind::Credit, cause: None, entity: String::new(), amount, share: 0, age_days: 0 }
}

fn asked(policy: &Policy, amount: u128) -> Vec<Need> {
    evaluate(policy, &input(amount)).unwrap().needs().collect()
}

fn gbp(amount: &str) -> Money {
    Money::parse(Currency::parse("GBP").unwrap(), amount).unwrap()
}

#[test]
fn what_has_no_rate_is_asked_of_the_strictest_rows() {
    for currency in ["JPY", "GBP", "KWD"] {
        let amount = beyond_limits(Currency::parse(currency).unwrap());
        let want = needs("BILLING_MANAGER:1 CONTROLLER:1 CFO:1");
        assert_eq!(asked(&stories(), minor_units(amount)), want, "{currency}");
    }
}

#[test]
fn what_is_measured_at_a_said_rate_is_counted_and_beyond_every_limit() {
    // 1.00 after 5.00 in 30 days: sums go on with 1.00, and the limits see neither 1.00 nor 6.00.
    let history = History { account: gbp("5.00"), account_and_cause: gbp("0"), maker: gbp("0") };
    let said = measure(gbp("1.00"), history).unwrap().at_a_said_rate();
    assert_eq!((said.this, said.account), (gbp("1.00"), gbp("6.00")));
    assert_eq!(said.amount(), beyond_limits(gbp("0").currency()));
    let want = needs("BILLING_MANAGER:1 CONTROLLER:1 CFO:1");
    assert_eq!(asked(&stories(), minor_units(said.amount())), want);
}

#[test]
fn what_cannot_be_measured_for_want_of_a_rate_shows_what_can_and_is_beyond_every_limit() {
    // 1.00 in pounds beside dollars of which nobody knows the worth.
    let measured = measure(gbp("1.00"), History::none(gbp("0").currency())).unwrap().without_a_rate();
    assert_eq!(
        (measured.this, measured.account, measured.largest),
        (gbp("1.00"), gbp("1.00"), Largest::NoRate)
    );
    let want = needs("BILLING_MANAGER:1 CONTROLLER:1 CFO:1");
    assert_eq!(asked(&stories(), minor_units(measured.amount())), want);
    assert_eq!(measured.in_words(), "more than every limit", "and no figure that nobody has asked for");
}

#[test]
fn tiers_meet_without_a_hole() {
    // The policy of the stories, at its bounds: half-open intervals.
    let cases = [
        (0, ""),
        (49_999, ""),
        (50_000, "BILLING_MANAGER:1"),
        (999_999, "BILLING_MANAGER:1"),
        (1_000_000, "BILLING_MANAGER:1 CONTROLLER:1"),
        (9_999_999, "BILLING_MANAGER:1 CONTROLLER:1"),
        (10_000_000, "BILLING_MANAGER:1 CONTROLLER:1 CFO:1"),
        (u128::MAX, "BILLING_MANAGER:1 CONTROLLER:1 CFO:1"),
    ];
    for (amount, want) in cases {
        assert_eq!(asked(&stories(), amount), needs(want), "{amount}");
    }
}

#[test]
fn every_row_that_fits_adds_and_of_each_role_the_highest_number_holds() {
    let mut policy = stories();
    policy.rows.push(Row {
        share: Interval::parse("[25, inf)", 100).unwrap(),
        ..row("B1", &[], "[0, inf)", "PRODUCT_OPS:1")
    });
    policy
        .rows
        .push(Row { causes: vec![Cause::Duplicate], ..row("C1", &[], "[0, inf)", "BILLING_MANAGER:2") });
    let both = Input { share: 2_500, cause: Some(Cause::Duplicate), ..input(60_000) };
    let plan = evaluate(&policy, &both).unwrap();
    assert_eq!(plan.rows, ["A2", "B1", "C1"]);
    assert_eq!(plan.steps, [needs("BILLING_MANAGER:2 PRODUCT_OPS:1")], "one step: both are asked at once");
    let below = Input { share: 2_499, cause: Some(Cause::Tax), ..input(40_000) };
    assert!(evaluate(&policy, &below).unwrap().is_automatic());
    let wins = Input { share: 2_500, ..input(40_000) };
    assert_eq!(
        evaluate(&policy, &wins).unwrap().steps,
        [needs("PRODUCT_OPS:1")],
        "a requirement wins over AUTO"
    );
}

#[test]
fn a_hole_and_a_row_that_asks_nobody_let_nothing_through() {
    let mut policy = policy(vec![row("A1", &[], "[0, 50_000)", "AUTO"), row("A2", &[], "[60_000, inf)", "")]);
    assert_eq!(evaluate(&policy, &input(55_000)).unwrap_err().reason(), "POLICY_HAS_NO_ROW");
    assert_eq!(evaluate(&policy, &input(60_000)).unwrap_err().reason(), "POLICY_ASKS_NOBODY");
    policy.rows[1].require = Require::Approvers(needs("CFO:0"));
    assert_eq!(evaluate(&policy, &input(60_000)).unwrap_err().reason(), "POLICY_ASKS_NOBODY");
}

#[test]
fn what_always_needs_a_person_is_never_automatic() {
    for kind in SubjectKind::ALL.iter().copied().filter(|kind| kind.needs_a_person()) {
        let plan = evaluate(&stories(), &Input { kind, ..input(0) }).unwrap();
        assert_eq!(plan.steps, [needs("CONTROLLER:1")], "{kind}");
    }
    let mut policy = stories();
    policy.rows.push(row("A9", &[SubjectKind::BillingRun], "[0, 50_000)", "AUTO"));
    let found = lint(&policy, None);
    assert!(found.iter().any(|finding| finding.rule == Rule::NeedsPerson), "{found:?}");
}

#[test]
fn a_role_without_a_step_is_asked_last() {
    let mut policy = stories();
    policy.order = vec![vec![Role::Cfo]];
    let plan = evaluate(&policy, &input(10_000_000)).unwrap();
    assert_eq!(plan.steps, [needs("CFO:1"), needs("BILLING_MANAGER:1 CONTROLLER:1")]);
}

#[test]
fn three_credits_of_450_with_three_reasons_do_not_slip_under_the_limit() {
    // domain.md §9: automatic, manager (900), manager (1,350).
    let (mut before, mut asked_for) = (gbp("0"), Vec::new());
    for want in ["450.00", "900.00", "1350.00"] {
        let history = History { account: before, account_and_cause: gbp("0"), maker: before };
        let measured = measure(gbp("450.00"), history).unwrap();
        assert_eq!(measured.amount(), gbp(want));
        asked_for.push(asked(&stories(), minor_units(measured.amount())));
        before = before.plus(gbp("450.00")).unwrap();
    }
    assert_eq!(asked_for, [vec![], needs("BILLING_MANAGER:1"), needs("BILLING_MANAGER:1")]);
}

#[test]
fn the_largest_of_the_sums_counts_and_says_which_it_is() {
    let history = |account, cause, maker| History {
        account: gbp(account),
        account_and_cause: gbp(cause),
        maker: gbp(maker),
    };
    let cases = [
        (history("0", "0", "0"), "10.00", Largest::This),
        (history("-5.00", "0", "0"), "15.00", Largest::Account),
        (history("5.00", "0", "7.00"), "17.00", Largest::Maker),
        (history("5.00", "6.00", "5.00"), "16.00", Largest::AccountAndCause),
    ];
    for (history, amount, largest) in cases {
        let measured = measure(gbp("-10.00"), history).unwrap();
        assert_eq!((measured.amount(), measured.largest), (gbp(amount), largest));
    }
}

#[test]
fn another_currency_is_measured_at_its_rate_and_never_without() {
    let usd = Money::parse(Currency::parse("USD").unwrap(), "10000.00").unwrap();
    let eur = Currency::parse("EUR").unwrap();
    // 10,000.00 / 1.1136 of domain.md §8, as what one dollar is worth.
    let rate = money::Rate::parse("0.897988505747").unwrap();
    assert_eq!(in_functional(usd, eur, Some(rate)).unwrap().to_string(), "8979.89");
    assert_eq!(in_functional(usd, eur, None).unwrap_err().reason(), "RATE_MISSING");
    let nothing = money::Rate::parse("0").unwrap();
    assert_eq!(in_functional(usd, eur, Some(nothing)).unwrap_err().reason(), "RATE_MISSING");
}

#[test]
fn shares_are_hundredths_of_a_percent_rounded_down() {
    assert_eq!(basis_points(gbp("9.99"), gbp("100.00")), 999);
    assert_eq!(basis_points(gbp("-25.00"), gbp("100.00")), 2_500);
    assert_eq!(basis_points(gbp("1.00"), gbp("0")), 10_000);
}

#[test]
fn intervals_are_read_as_they_are_written() {
    for (text, each, want) in [
        ("[0, 50_000)", 1, Some("[0, 50000)")),
        (" [25,inf) ", 100, Some("[2500, inf)")),
        ("[0,10]", 1, None),
        ("[-1, 5)", 1, None),
        ("[a, 5)", 1, None),
        ("[5)", 1, None),
        ("[0, +5)", 1, None),
    ] {
        assert_eq!(
            Interval::parse(text, each).ok().map(|interval| interval.to_string()).as_deref(),
            want,
            "{text}"
        );
    }
}

#[test]
fn a_version_with_errors_or_in_the_past_does_not_come_to_hold() {
    let holed = policy(vec![row("A1", &[], "[0, 50_000)", "AUTO")]);
    let now = "2025-12-31T00:00:00Z".parse().unwrap();
    assert_eq!(admit(&holed, &lint(&holed, None), now).unwrap_err().reason(), "POLICY_HAS_ERRORS");
    let late = "2026-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(admit(&stories(), &lint(&stories(), None), late).unwrap_err().reason(), "POLICY_IN_PAST");
    assert_eq!(admit(&stories(), &lint(&stories(), None), now), Ok(()));
}

/// Tables of a few rows, with overlaps and holes.
fn some_policy() -> impl Strategy<Value = Policy> {
    let require = prop_oneof![
        Just("AUTO"),
        Just("BILLING_MANAGER:1"),
        Just("BILLING_MANAGER:1 CONTROLLER:1"),
        Just("CONTROLLER:1"),
        Just("CFO:1"),
        Just("BILLING_MANAGER:2 CFO:1"),
    ];
    let bound = 0_u128..6;
    let some_row = (bound.clone(), proptest::option::of(1_u128..6), bound, require);
    proptest::collection::vec(some_row, 1..7).prop_map(|rows| {
        let row = |(number, (from, to, age, require)): (usize, (u128, Option<u128>, u128, &str))| Row {
            amount: Interval { from, to },
            age_days: Interval { from: age.saturating_sub(3), to: None },
            ..row(&format!("R{number}"), &[], "[0, inf)", require)
        };
        policy(rows.into_iter().enumerate().map(row).collect())
    })
}

fn strength(policy: &Policy, amount: u128, age_days: u128) -> Option<Vec<u32>> {
    let plan = evaluate(policy, &Input { age_days, ..input(amount) }).ok()?;
    let of = |role: Role| plan.needs().filter(|need| need.role.reaches(role)).map(|need| need.quorum).sum();
    Some(Role::ALL.iter().map(|role| of(*role)).collect())
}

proptest! {
    /// The linter walks cells, the oracle tries every number: what it says of holes and of tiers is true.
    #[test]
    fn the_linter_agrees_with_the_evaluation_of_every_input(policy in some_policy()) {
        let findings = lint(&policy, None);
        let found = |rule: Rule| findings.iter().any(|finding| finding.rule == rule);
        let (mut hole, mut falls) = (false, false);
        for age in 0..7 {
            let strengths: Vec<_> = (0..8).map(|amount| strength(&policy, amount, age)).collect();
            hole |= strengths.iter().any(Option::is_none);
            let known: Vec<_> = strengths.into_iter().flatten().collect();
            falls |= known.windows(2).any(|pair| pair[0].iter().zip(&pair[1]).any(|(below, above)| above < below));
        }
        prop_assert_eq!(found(Rule::Gap), hole);
        prop_assert_eq!(found(Rule::NotMonotone), falls);
    }

    #[test]
    fn the_plan_is_monotone_in_the_amount(one in any::<u128>(), other in any::<u128>()) {
        let policy = stories();
        let (less, more) = (one.min(other), one.max(other));
        let (below, above) = (strength(&policy, less, 0).unwrap(), strength(&policy, more, 0).unwrap());
        prop_assert!(below.iter().zip(&above).all(|(below, above)| below <= above));
    }

    /// A row that the linter calls dead can be dropped: nothing changes.
    #[test]
    fn a_dead_row_makes_no_difference(policy in some_policy()) {
        let dead = lint(&policy, None).into_iter().find(|finding| finding.rule == Rule::DeadRow);
        if let Some(dead) = dead {
            let mut without = policy.clone();
            without.rows.retain(|row| row.id != dead.rows[0]);
            for (amount, age) in (0..8).flat_map(|amount| (0..7).map(move |age| (amount, age))) {
                prop_assert_eq!(strength(&policy, amount, age), strength(&without, amount, age));
            }
        }
    }
}
