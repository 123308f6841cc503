#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::{
    policy::{
        Interval, Require, Row,
        tests::{needs, policy, row, stories},
    },
    subject::{Cause, SubjectKind},
};

fn rules(policy: &Policy, staff: Staff<'_>) -> Vec<Rule> {
    lint(policy, staff).iter().map(|finding| finding.rule).collect()
}

fn hundred(text: &str) -> Interval {
    Interval::parse(text, 100).unwrap()
}

#[test]
fn a_policy_in_order_has_no_findings() {
    assert_eq!(lint(&stories(), None), []);
}

/// The table of controls.md F2, with its hole: below 50,000 with a share of 10 to 25 percent and an age below 90 days.
fn with_a_hole() -> Policy {
    use SubjectKind::{Credit, Debit};
    let both = [Credit, Debit];
    let rest: Vec<SubjectKind> =
        SubjectKind::ALL.iter().copied().filter(|kind| !both.contains(kind)).collect();
    let young = Interval { from: 0, to: Some(90) };
    policy(vec![
        Row { share: hundred("[0, 10)"), age_days: young, ..row("A1", &both, "[0, 50_000)", "AUTO") },
        row("A2", &both, "[50_000, 1_000_000)", "BILLING_MANAGER:1"),
        row("A3", &both, "[1_000_000, 10_000_000)", "BILLING_MANAGER:1 CONTROLLER:1"),
        row("A4", &both, "[10_000_000, inf)", "BILLING_MANAGER:1 CONTROLLER:1 CFO:1"),
        Row { share: hundred("[25, inf)"), ..row("B1", &both, "[0, inf)", "PRODUCT_OPS:1") },
        Row { age_days: Interval { from: 90, to: None }, ..row("B2", &both, "[0, inf)", "CONTROLLER:1") },
        row("Z", &rest, "[0, inf)", "CFO:1"),
    ])
}

#[test]
fn the_hole_of_the_reference_is_found() {
    let found = lint(&with_a_hole(), None);
    let gaps: Vec<_> = found.iter().filter(|finding| finding.rule == Rule::Gap).collect();
    assert_eq!(gaps.len(), 1, "{found:?}");
    for part in ["CREDIT | DEBIT", "amount [0, 50000)", "pct_of_invoice [1000, 2500)", "age_days [0, 90)"] {
        assert!(gaps[0].message.contains(part), "{part}: {}", gaps[0].message);
    }
}

#[test]
fn what_is_wrong_with_rows_is_told_by_rule() {
    let with = |extra: Row| {
        let mut policy = stories();
        policy.rows.push(extra);
        policy
    };
    let cause = |causes: &[Cause], row: Row| Row { causes: causes.to_vec(), ..row };
    let cases = [
        (
            with(row("A5", &[], "[0, 100)", "BILLING_MANAGER:1")),
            vec![Rule::NotMonotone, Rule::AutomaticOverlap],
        ),
        (with(row("A5", &[], "[60_000, 70_000)", "BILLING_MANAGER:1")), vec![Rule::DeadRow]),
        (with(row("A5", &[], "[100, 50)", "CFO:1")), vec![Rule::EmptyInterval, Rule::DeadRow]),
        (with(row("A1", &[], "[10_000_000, inf)", "CFO:2")), vec![Rule::RowId]),
        (with(row("A5", &[], "[10_000_000, inf)", "CFO:0")), vec![Rule::ZeroApprovers, Rule::DeadRow]),
        (
            with(cause(&[Cause::Tax], row("A5", &[], "[0, inf)", "CONTROLLER:1"))),
            vec![Rule::AutomaticOverlap],
        ),
    ];
    for (policy, want) in cases {
        assert_eq!(rules(&policy, None), want, "{:?}", policy.rows.last());
    }
}

#[test]
fn a_row_without_approvers_is_an_error_and_not_automatic() {
    let mut policy = stories();
    policy.rows[0].require = Require::Approvers(vec![]);
    assert!(rules(&policy, None).contains(&Rule::ZeroApprovers));
}

#[test]
fn roles_need_one_place_in_the_order() {
    let mut policy = stories();
    policy.order = vec![vec![Role::BillingManager], vec![Role::Controller], vec![Role::Controller]];
    assert_eq!(rules(&policy, None), [Rule::Order, Rule::Order]);
}

#[test]
fn a_quorum_counts_people_without_the_maker() {
    let person = |roles: &[Role]| roles.iter().copied().collect::<BTreeSet<_>>();
    use Role::{BillingManager, Cfo, Controller};
    // Manager, controller and CFO at the top: three people besides the maker.
    let two_each = [
        person(&[BillingManager]),
        person(&[BillingManager]),
        person(&[Controller]),
        person(&[Controller]),
        person(&[Cfo]),
        person(&[Cfo]),
    ];
    assert_eq!(rules(&stories(), Some(&two_each)), []);
    let one_cfo = &two_each[..5];
    assert_eq!(rules(&stories(), Some(one_cfo)), [Rule::Quorum]);
    // Enough for each role, not for all: two people with every role cannot be three.
    let all = person(&[BillingManager, Controller, Cfo]);
    assert!(rules(&stories(), Some(&[all.clone(), all.clone(), all.clone()])).contains(&Rule::Quorum));
    assert_eq!(rules(&stories(), Some(&[all.clone(), all.clone(), all.clone(), all])), []);
    assert!(rules(&stories(), Some(&[])).contains(&Rule::Quorum));
}

#[test]
fn examples_stand_beside_the_table() {
    let mut policy = stories();
    let input = Input {
        kind: SubjectKind::Credit,
        cause: None,
        entity: String::new(),
        amount: 50_000,
        share: 0,
        age_days: 0,
    };
    policy.examples.push(crate::policy::Example { input: input.clone(), want: needs("BILLING_MANAGER:1") });
    assert_eq!(lint(&policy, None), []);
    policy.examples.push(crate::policy::Example { input, want: vec![] });
    let found = lint(&policy, None);
    assert_eq!(found[0].rule, Rule::Example);
    assert!(
        found[0].message.contains("wants AUTO; the table says BILLING_MANAGER:1"),
        "{}",
        found[0].message
    );
}

/// 200 rows over all columns: tiers of each kind, and rows by cause, entity, share and age across them.
pub(crate) fn large() -> Policy {
    let mut rows = Vec::new();
    for (number, kind) in SubjectKind::ALL.iter().enumerate() {
        for (tier, require) in [
            "BILLING_MANAGER:1",
            "BILLING_MANAGER:1 CONTROLLER:1",
            "BILLING_MANAGER:2 CONTROLLER:1",
            "BILLING_MANAGER:2 CONTROLLER:1 CFO:1",
        ]
        .iter()
        .enumerate()
        {
            let (from, to) = (tier * 10_000 * (number + 1), (tier + 1) * 10_000 * (number + 1));
            let amount = if tier == 3 { format!("[{from}, inf)") } else { format!("[{from}, {to})") };
            rows.push(row(&format!("T{number}.{tier}"), &[*kind], &amount, require));
        }
    }
    for number in 0_usize..108 {
        let (share, age) = (u128::try_from(number % 12).unwrap(), u128::try_from(number % 9).unwrap());
        rows.push(Row {
            causes: vec![Cause::ALL[number % Cause::ALL.len()]],
            entities: vec![format!("E{}", number % 5)],
            share: Interval { from: share * 500, to: None },
            age_days: Interval { from: age * 30, to: None },
            ..row(&format!("X{number}"), &[], &format!("[{}, inf)", number * 1_000), "CONTROLLER:2")
        });
    }
    policy(rows)
}

#[test]
fn two_hundred_rows_are_looked_at_as_a_whole() {
    let large = large();
    assert_eq!(large.rows.len(), 200);
    let found = lint(&large, None);
    assert!(found.iter().all(|finding| finding.rule == Rule::DeadRow), "{found:?}");
}
