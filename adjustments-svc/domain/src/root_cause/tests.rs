use std::collections::BTreeSet;

use money::Currency;
use uuid::Uuid;

use super::*;

#[test]
fn every_cause_has_a_second_level_of_its_own() {
    for cause in Cause::ALL {
        let codes: BTreeSet<&str> = details(*cause).iter().map(|detail| detail.code).collect();
        assert_eq!(codes.len(), details(*cause).len(), "{cause}");
        assert!(
            !codes.is_empty() && codes.iter().all(|code| RootCause::of(*cause, code).is_some()),
            "{cause}"
        );
    }
    assert_eq!(RootCause::of(Cause::Pricing, "EXEMPTION"), None, "that is a matter of tax");
}

#[test]
fn what_is_done_was_done_by_somebody() {
    let open = Improvement {
        id: ImprovementId::from_uuid(Uuid::from_u128(1)),
        revision: Revision::FIRST,
        cause: Cause::Pricing,
        month: "2026-03".into(),
        state: ImprovementState::Open,
        owner: None,
        action: String::new(),
        expected: None,
        opened: "2026-04-02T12:00:00Z".parse().unwrap(),
    };
    for (owner, action, is_done) in [
        (None, "", false),
        (Some("analyst"), "", false),
        (None, "train", false),
        (Some("analyst"), "train", true),
    ] {
        let changed = Improvement {
            state: ImprovementState::Done,
            owner: owner.map(str::to_owned),
            action: action.into(),
            ..open.clone()
        };
        let updated = update(ImprovementState::Open, changed.clone());
        assert_eq!(updated.is_ok(), is_done, "{owner:?} {action:?}");
        let reopened =
            update(ImprovementState::Done, Improvement { state: ImprovementState::Open, ..changed });
        assert_eq!(reopened.unwrap_err().reason(), "IMPROVEMENT_DONE");
    }
}

#[test]
fn what_is_saved_is_what_is_adjusted_less_in_a_month() {
    let money = |amount: &str| Money::parse(Currency::parse("GBP").unwrap(), amount).unwrap();
    for (before, since, months_since, expected) in [
        ("3000.00", "0.00", 0, None),
        ("3000.00", "500.00", 1, Some("500.00")),
        ("3000.00", "500.00", 2, Some("750.00")),
        // It got worse.
        ("3000.00", "1500.00", 1, Some("-500.00")),
        ("100.00", "0.00", 1, Some("33.33")),
    ] {
        let adjusted = Adjusted { before: money(before), since: money(since), months_since };
        assert_eq!(saved(adjusted), expected.map(money), "{before} {since} {months_since}");
    }
}
