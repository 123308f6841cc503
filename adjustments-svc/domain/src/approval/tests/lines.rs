//! Who reports to whom is said in the directory, and whoever says it gains nothing by it.

use super::*;
use crate::directory::change;

/// The directory after somebody has said whom an account reports to.
fn said(directory: &Directory, by: &str, (account, to): (&str, Option<&str>)) -> Directory {
    let known = directory.entries.get(account).cloned().unwrap_or_default();
    change(directory, account, Entry { reports_to: to.map(Into::into), ..known }, (by, false)).unwrap()
}

/// Why an account may not decide on a request as a manager; nothing where it may.
fn why_not(request: &Request, directory: &Directory, account: &str) -> Option<String> {
    let facts = Facts { directory, delegations: &[] };
    let decided = decide(request, &person(account, MANAGER), ballot(Choice::Approve), facts, noon());
    match standing(request, account, MANAGER, facts) {
        Standing::May(_) => {
            decided.unwrap();
            None
        }
        Standing::MayNot(exclusion) => {
            assert_eq!(decided.unwrap_err().reason(), "SELF_APPROVAL", "{account}");
            Some(exclusion.in_words())
        }
    }
}

const REPORTED: &str = "they reported to analyst, who is its maker, when it was submitted";

const SAID: &str = "their reporting line was last said by analyst, who is its maker, and an access administrator has to \
                    say it again";

#[test]
fn who_reported_to_the_maker_when_it_was_submitted_has_no_say_whatever_the_directory_says_now() {
    let request = credit("500.00");
    for by in ["analyst", "controller"] {
        let moved = said(&directory(), by, ("intern", Some("manager")));
        assert_eq!(why_not(&request, &moved, "intern").as_deref(), Some(REPORTED), "{by}");
    }
    // Nor through somebody between them, nor by another account.
    let below = said(&directory(), "controller", ("junior", Some("intern")));
    let second = Entry { same_person_as: Some("junior".into()), ..Entry::default() };
    let below = change(&below, "junior.night", second, ("controller", false)).unwrap();
    let request = credit_among(&below, "500.00", &[]);
    let moved = said(&below, "controller", ("intern", None));
    let parted = change(&moved, "junior.night", Entry::default(), ("controller", false)).unwrap();
    for account in ["junior", "junior.night"] {
        assert_eq!(why_not(&request, &parted, account).as_deref(), Some(REPORTED), "{account}");
    }
}

#[test]
fn who_comes_to_report_to_the_maker_later_has_no_say_either() {
    let request = credit("500.00");
    assert_eq!(why_not(&request, &directory(), "manager_2"), None);
    let moved = said(&directory(), "controller", ("manager_2", Some("analyst")));
    let why = why_not(&request, &moved, "manager_2");
    assert_eq!(why.as_deref(), Some("they report to analyst, who is its maker"));
}

#[test]
fn nobody_whose_reporting_line_the_maker_has_said_approves_for_them() {
    let before = said(&directory(), "controller", ("junior", Some("intern")));
    for (by, why) in [("analyst", Some(SAID)), ("analyst.admin", Some(SAID)), ("cfo", None)] {
        // Asked for after the line was changed, so that nobody has reported to the maker since.
        let moved = said(&before, by, ("intern", None));
        let request = credit_among(&moved, "500.00", &[]);
        for account in ["intern", "junior"] {
            assert_eq!(why_not(&request, &moved, account).as_deref(), why, "{account}, said by {by}");
        }
    }
}

#[test]
fn the_maker_gains_nothing_by_parting_the_accounts_of_a_person() {
    // Only the second account says that they report to the analyst.
    let second = Entry {
        same_person_as: Some("clerk".into()),
        reports_to: Some("analyst".into()),
        ..Entry::default()
    };
    let before = change(&directory(), "clerk.night", second, ("controller", false)).unwrap();
    assert!(before.reports("clerk", "analyst"));
    let alone = Entry { same_person_as: None, ..before.entries["clerk.night"].clone() };
    for (by, why) in [("analyst", Some(SAID)), ("cfo", None)] {
        let parted = change(&before, "clerk.night", alone.clone(), (by, false)).unwrap();
        let request = credit_among(&parted, "500.00", &[]);
        assert_eq!(why_not(&request, &parted, "clerk").as_deref(), why, "said by {by}");
    }
}

#[test]
fn a_line_is_said_by_who_changed_it_and_not_by_who_changed_something_else() {
    let entered = change(&Directory::default(), "new", Entry::default(), ("first", false)).unwrap();
    let by = |directory: &Directory| directory.entries["new"].reports_to_said_by.clone();
    assert_eq!(by(&entered).as_deref(), Some("first"), "who enters somebody says that they report to nobody");
    let roles = Entry { roles: [Role::Cfo].into(), ..entered.entries["new"].clone() };
    let other = change(&entered, "new", roles.clone(), ("second", false)).unwrap();
    assert_eq!(by(&other).as_deref(), Some("first"));
    let again = change(&entered, "new", roles, ("second", true)).unwrap();
    assert_eq!(by(&again).as_deref(), Some("second"), "they have said the same again");
    assert_eq!(by(&said(&other, "second", ("new", Some("boss")))).as_deref(), Some("second"));
}

#[test]
fn who_broke_the_glass_has_it_looked_at_by_nobody_whose_line_they_have_said() {
    let moved = said(&directory(), "manager", ("manager_2", None));
    let facts = Facts { directory: &moved, delegations: &[] };
    let glass = Glass { incident: "INC-1".into(), reason: "tonight".into(), used: false, cap: u128::MAX };
    let request = credit("500.00");
    let events = break_glass(&request, &person("manager", MANAGER), glass, facts, noon()).unwrap();
    let passed = events.iter().fold(request, |request, event| evolve(&request, event));
    let review = |account: &str| ratify(&passed, &person(account, MANAGER), true, facts, noon());
    assert_eq!(review("manager_2").unwrap_err().reason(), "ALREADY_DECIDED");
    assert!(review("manager_3").is_ok());
}
