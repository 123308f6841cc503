//! What passes without its approvers, and who looks at it afterwards.

use super::*;

fn glass() -> Glass {
    Glass {
        incident: "INC-1".into(),
        reason: "the customer's site is down".into(),
        used: false,
        cap: 1_000_000,
    }
}

fn broken(request: &Request, account: &str, roles: &[Role], glass: Glass) -> Result<Request, RequestRefusal> {
    let directory = directory();
    let facts = Facts { directory: &directory, delegations: &[] };
    let events = break_glass(request, &person(account, roles), glass, facts, noon())?;
    Ok(events.iter().fold(request.clone(), |request, event| evolve(&request, event)))
}

fn looked_at(request: &Request, account: &str, stands: bool) -> Result<Request, RequestRefusal> {
    let directory = directory();
    let facts = Facts { directory: &directory, delegations: &[] };
    let events = ratify(request, &person(account, CONTROLLER), stands, facts, noon())?;
    Ok(events.iter().fold(request.clone(), |request, event| evolve(&request, event)))
}

#[test]
fn an_emergency_passes_within_its_limit_and_once_for_each_incident() {
    let request = credit("10000.00");
    let passed = broken(&request, "manager", MANAGER, glass()).unwrap();
    let State::PostReviewDue { due, .. } = passed.state else { panic!("{:?}", passed.state) };
    assert_eq!(due, at("2026-03-03T12:00:00Z"), "one business day");
    let tests = [
        (broken(&credit("10000.01"), "manager", MANAGER, glass()), "BREAK_GLASS_CAP"),
        (broken(&request, "manager", MANAGER, Glass { used: true, ..glass() }), "INCIDENT_USED"),
        (broken(&request, "manager", &[], glass()), "NOT_ASKED"),
        (broken(&passed, "controller", CONTROLLER, glass()), "APPROVAL_STATE"),
    ];
    for (refused, reason) in tests {
        assert_eq!(refused.unwrap_err().reason(), reason);
    }
    let beyond = broken(&credit("10000.01"), "manager", MANAGER, glass()).unwrap_err();
    let why = "is measured at USD 10000.01, and break-glass ends at USD 10000.00;";
    assert!(beyond.to_string().contains(why), "{beyond}");
}

/// A manager is asked first and the controller after them.
#[test]
fn what_has_no_amount_passes_only_by_a_role_that_is_asked_now() {
    let request = Request { measure: None, ..credit("10000.00") };
    for roles in [CONTROLLER, &[Role::ProductOps][..], &[Role::Cfo][..]] {
        let refused = broken(&request, "controller_2", roles, glass()).unwrap_err();
        assert_eq!(refused.reason(), "NOT_ASKED", "{roles:?}");
        assert!(refused.to_string().contains("waits for 1 BILLING_MANAGER;"), "{refused}");
    }
    assert_eq!(broken(&request, "manager_2", MANAGER, glass()).unwrap().state.name(), "POST_REVIEW_DUE");
    let halfway = approve(&request, "manager", MANAGER).unwrap();
    assert!(broken(&halfway, "controller_2", CONTROLLER, glass()).is_ok());
}

#[test]
fn an_emergency_is_no_way_around_segregation() {
    for account in ["analyst", "analyst.admin", "intern"] {
        let refused = broken(&credit("500.00"), account, EVERYTHING, glass());
        assert_eq!(refused.unwrap_err().reason(), "SELF_APPROVAL", "{account}");
    }
}

#[test]
fn somebody_else_looks_at_it_or_it_is_a_violation() {
    let passed = broken(&credit("500.00"), "controller", CONTROLLER, glass()).unwrap();
    assert_eq!(looked_at(&passed, "cfo", true).unwrap().state.name(), "RATIFIED");
    assert_eq!(looked_at(&passed, "cfo", false).unwrap().state.name(), "VIOLATION");
    assert_eq!(looked_at(&passed, "controller", true).unwrap_err().reason(), "ALREADY_DECIDED");
    assert_eq!(
        looked_at(&passed, "manager", true).unwrap_err().reason(),
        "ALREADY_DECIDED",
        "reports to who broke it"
    );
    assert_eq!(looked_at(&passed, "analyst", true).unwrap_err().reason(), "SELF_APPROVAL");
    let due = at("2026-03-03T12:00:00Z");
    assert_eq!(tick(&passed, due), [Event::Violated { at: due }]);
    assert_eq!(looked_at(&credit("500.00"), "cfo", true).unwrap_err().reason(), "APPROVAL_STATE");
}

#[test]
fn what_an_emergency_let_pass_waits_for_those_who_may_look_at_it() {
    // A manager has approved the first of two steps when somebody else lets it pass: that keeps them from nothing.
    let halfway = approve(&credit("10000.00"), "manager", MANAGER).unwrap();
    let passed = broken(&halfway, "controller", CONTROLLER, glass()).unwrap();
    let directory = directory();
    let facts = Facts { directory: &directory, delegations: &[] };
    let nobody: &[Role] = &[];
    for (account, roles, expected) in [
        ("cfo", &[Role::Cfo][..], Ok(Role::Cfo)),
        ("manager_2", MANAGER, Ok(Role::BillingManager)),
        (
            "manager_2",
            &[Role::ProductOps][..],
            Err("it waits for 1 BILLING_MANAGER and 1 CONTROLLER and 1 CFO"),
        ),
        ("manager_2", nobody, Err("it waits for 1 BILLING_MANAGER and 1 CONTROLLER and 1 CFO")),
        ("controller", CONTROLLER, Err("they have decided on it already")),
        ("manager", MANAGER, Err("they have decided on it already")),
        ("analyst", EVERYTHING, Err("analyst, an account of theirs, is its maker")),
    ] {
        let told = match standing(&passed, account, roles, facts) {
            Standing::May(seat) => Ok(seat.role),
            Standing::MayNot(exclusion) => Err(exclusion.in_words()),
        };
        assert_eq!(told, expected.map_err(str::to_owned), "{account} {roles:?}");
    }
    // Who reports to nobody that let it pass may look at it, though they have approved a step.
    let passed = broken(&halfway, "cfo", &[Role::Cfo], glass()).unwrap();
    let outside = Directory { entries: [].into() };
    let facts = Facts { directory: &outside, delegations: &[] };
    assert!(matches!(standing(&passed, "manager", MANAGER, facts), Standing::May(_)));
    let looked_at = ratify(&passed, &person("manager", MANAGER), true, facts, noon()).unwrap();
    assert!(matches!(looked_at[..], [Event::Ratified(_)]), "{looked_at:?}");
}
