#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use adjustments_domain::policy::lint;

use super::*;

#[test]
fn the_standard_policy_is_in_order() {
    let standard = read(STANDARD, 1).unwrap();
    assert_eq!(standard.examples.len(), 8);
    assert_eq!(lint(&standard, None), []);
}

#[test]
fn what_cannot_be_read_is_named_by_its_place() {
    let yaml = STANDARD.replacen("[0, 50_000)", "[0, 50_000]", 1).replacen("[CONTROLLER:1]", "[BOSS:1]", 1);
    let yaml = yaml.replacen("[\"CONTROLLER:1\"]}", "[\"BOSS:1\"]}", 1);
    let refusal = read(&yaml, 1).unwrap_err();
    let places: Vec<&str> = refusal.violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(places, ["yaml.rows[0].amount", "yaml.rows[4].require[0]"]);
}

#[test]
fn a_word_that_no_policy_knows_is_told_at_its_place_with_those_it_knows() {
    for (right, wrong, place, told) in [
        (
            "type: [CREDIT,",
            "type: [CREDITS,",
            "yaml.rows[0].type[0]",
            "is \"CREDITS\", which a policy does not know; it knows CREDIT, DEBIT, ",
        ),
        (
            "order: [BILLING_MANAGER |",
            "order: [BOSS |",
            "yaml.order[0]",
            "it knows BILLING_MANAGER, CONTROLLER, CFO, PRODUCT_OPS",
        ),
        (
            "require: [\"BILLING_MANAGER:1\"]}",
            "require: [\"BILLING_MANAGER:one\"]}",
            "yaml.rows[1].require[0]",
            "such as CONTROLLER:1",
        ),
        ("1970-01-01T00:00:00Z", "January", "yaml.effective_from", "such as 2026-12-01T00:00:00Z"),
    ] {
        assert!(STANDARD.contains(right), "{right}");
        let refusal = read(&STANDARD.replacen(right, wrong, 1), 1).unwrap_err();
        let [violation] = &refusal.violations[..] else { panic!("{refusal:?}") };
        assert_eq!(violation.field, place);
        assert!(violation.description.contains(told), "{}", violation.description);
    }
}

#[test]
fn an_unknown_column_is_refused() {
    let yaml = STANDARD.replacen("age_days: \"[0, 365)\"", "age: 3", 1);
    let refusal = read(&yaml, 1).unwrap_err();
    assert_eq!(refusal.violations[0].field, "yaml");
}
