#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

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
    assert_eq!(places, ["yaml.rows[0].amount", "yaml.rows[4].require[0].role"]);
}

#[test]
fn an_unknown_column_is_refused() {
    let yaml = STANDARD.replacen("age_days: \"[0, 365)\"", "age: 3", 1);
    let refusal = read(&yaml, 1).unwrap_err();
    assert_eq!(refusal.violations[0].field, "yaml");
}
