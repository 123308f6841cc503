//! Authority that is lent.

use ids::DelegationId;

use super::*;

fn lent(from: &str, to: &str) -> Delegation {
    Delegation {
        id: DelegationId::from_uuid(Uuid::from_u128(1)),
        revision: Revision::FIRST,
        from: from.into(),
        to: to.into(),
        role: Role::BillingManager,
        kinds: vec![],
        amount_max: None,
        begins: at("2026-03-01T00:00:00Z"),
        ends: at("2026-03-08T00:00:00Z"),
        proposed_at: at("2026-03-01T00:00:00Z"),
        state: DelegationState::Accepted,
        settled: None,
    }
}

fn try_with(
    request: &Request,
    account: &str,
    delegations: &[Delegation],
) -> Result<Vec<Event>, RequestRefusal> {
    let directory = directory();
    let in_force: Vec<Delegation> =
        delegations.iter().filter(|lent| lent.is_in_force(noon())).cloned().collect();
    let facts = Facts { directory: &directory, delegations: &in_force };
    decide(request, &person(account, &[]), ballot(Choice::Approve), facts, noon())
}

#[test]
fn a_delegate_approves_in_the_lenders_name_and_both_are_written_down() {
    let events = try_with(&credit("500.00"), "deputy", &[lent("manager", "deputy")]).unwrap();
    let Event::Decided(decision) = &events[0] else { panic!("a decision") };
    assert_eq!((decision.person.as_str(), decision.on_behalf_of.as_deref()), ("deputy", Some("manager")));
}

#[test]
fn what_is_lent_has_its_limits() {
    let limits = [
        ("kind", Delegation { kinds: vec![SubjectKind::BillingRun], ..lent("manager", "deputy") }),
        ("amount", Delegation { amount_max: Some(49_999), ..lent("manager", "deputy") }),
        ("role", Delegation { role: Role::Controller, ..lent("manager", "deputy") }),
        ("not begun", Delegation { begins: at("2026-03-03T00:00:00Z"), ..lent("manager", "deputy") }),
        ("over", Delegation { ends: noon(), ..lent("manager", "deputy") }),
        ("not accepted", Delegation { state: DelegationState::Proposed, ..lent("manager", "deputy") }),
        ("revoked", Delegation { state: DelegationState::Revoked, ..lent("manager", "deputy") }),
    ];
    for (what, delegation) in limits {
        let refusal = try_with(&credit("500.00"), "deputy", &[delegation]).unwrap_err();
        assert_eq!(refusal.reason(), "NOT_ASKED", "{what}");
    }
    let little = Delegation { amount_max: Some(49_999), ..lent("manager", "deputy") };
    let refusal = try_with(&credit("500.00"), "deputy", &[little]).unwrap_err();
    let why = "what manager lends them ends at USD 499.99, and it is measured at USD 500.00";
    assert!(refusal.to_string().contains(why), "{refusal}");
    let enough = Delegation { amount_max: Some(50_000), ..lent("manager", "deputy") };
    assert!(try_with(&credit("500.00"), "deputy", &[enough]).is_ok());
}

#[test]
fn who_has_lost_a_role_lends_it_no_more() {
    let mut known = directory();
    let lent = [lent("manager", "deputy")];
    let mut reason = |roles: &[Role]| {
        known
            .entries
            .insert("manager".into(), Entry { roles: roles.iter().copied().collect(), ..Entry::default() });
        let facts = Facts { directory: &known, delegations: &lent };
        let decided =
            decide(&credit("500.00"), &person("deputy", &[]), ballot(Choice::Approve), facts, noon());
        decided.map(|_| ()).map_err(|refusal| refusal.reason())
    };
    assert_eq!(reason(&[Role::BillingManager, Role::Cfo]), Ok(()));
    assert_eq!(reason(&[Role::Cfo]), Err("NOT_ASKED"));
}

#[test]
fn the_maker_gains_nothing_by_lending_or_borrowing() {
    let request = credit("500.00");
    let borrowed = try_with(&request, "analyst", &[lent("manager", "analyst")]);
    assert_eq!(borrowed.unwrap_err().reason(), "SELF_APPROVAL", "the delegate is the maker");
    let directory = directory();
    let through = [lent("analyst", "deputy"), lent("analyst.admin", "helper")];
    let facts = Facts { directory: &directory, delegations: &through };
    for account in ["deputy", "helper"] {
        // With a role of their own, too: they act for the maker.
        let ours = decide(&request, &person(account, MANAGER), ballot(Choice::Approve), facts, noon());
        assert_eq!(ours.unwrap_err().reason(), "SELF_APPROVAL", "{account}");
    }
}

#[test]
fn one_authority_counts_once_however_it_is_used() {
    let twice =
        crate::policy::Plan { rows: vec![], steps: vec![crate::policy::tests::needs("BILLING_MANAGER:2")] };
    let request = Request { plan: twice, ..credit("500.00") };
    let lent = [lent("manager", "deputy"), lent("manager", "other")];
    let after =
        |request: &Request, events: Vec<Event>| events.iter().fold(request.clone(), |r, e| evolve(&r, e));
    let halfway = after(&request, try_with(&request, "deputy", &lent).unwrap());
    assert_eq!(halfway.state, State::Pending);
    assert_eq!(
        try_with(&halfway, "other", &lent).unwrap_err().reason(),
        "NOT_ASKED",
        "it is the same authority"
    );
    let own = approve(&request, "manager", MANAGER).unwrap();
    assert_eq!(try_with(&own, "deputy", &lent).unwrap_err().reason(), "NOT_ASKED", "the lender has decided");
}

#[test]
fn authority_is_lent_for_a_while_and_never_in_a_circle() {
    let directory = directory();
    let proposed = |from: &str, to: &str| Delegation { state: DelegationState::Proposed, ..lent(from, to) };
    let try_it = |delegation: Delegation, others: &[Delegation]| {
        propose(delegation, MANAGER, others, &directory).map(|_| ()).map_err(|refusal| refusal.reason())
    };
    assert_eq!(try_it(proposed("a", "b"), &[]), Ok(()));
    assert_eq!(try_it(Delegation { role: Role::Cfo, ..proposed("a", "b") }, &[]), Err("ROLE_NOT_HELD"));
    let begins = at("2026-03-01T00:00:00Z");
    for (begins, ends, want) in [
        (begins, "2026-03-31T00:00:00Z", Ok(())),
        (begins, "2026-03-31T00:00:01Z", Err("DELEGATION_TIME")),
        (begins, "2026-03-01T00:00:00Z", Err("DELEGATION_TIME")),
        (at("2026-02-01T00:00:00Z"), "2026-03-01T00:00:00Z", Err("DELEGATION_TIME")),
        // Yesterday, though it is not over.
        (at("2026-02-28T23:59:59Z"), "2026-03-08T00:00:00Z", Err("DELEGATION_TIME")),
    ] {
        assert_eq!(try_it(Delegation { begins, ends: at(ends), ..proposed("a", "b") }, &[]), want, "{ends}");
    }
    assert_eq!(try_it(proposed("a", "a"), &[]), Err("DELEGATION_CYCLE"));
    assert_eq!(try_it(proposed("analyst", "analyst.admin"), &[]), Err("DELEGATION_CYCLE"));
    assert_eq!(try_it(proposed("a", "b"), &[lent("b", "c"), lent("c", "a")]), Err("DELEGATION_CYCLE"));
    assert_eq!(try_it(proposed("a", "b"), &[lent("c", "b"), lent("b", "d")]), Ok(()));
}

#[test]
fn it_is_theirs_to_accept_and_both_may_end_it() {
    let proposed = Delegation { state: DelegationState::Proposed, ..lent("manager", "deputy") };
    let act = |by: &str| Act { by: by.into(), at: noon() };
    let accepted = accept(&proposed, act("deputy"), true).unwrap();
    assert_eq!(accepted.state, DelegationState::Accepted);
    assert_eq!(accept(&accepted, act("deputy"), true).unwrap_err().reason(), "DELEGATION_STATE");
    assert_eq!(accept(&proposed, act("manager"), true).unwrap_err().reason(), "NOT_THEIR_DELEGATION");
    assert_eq!(accept(&proposed, act("deputy"), false).unwrap_err().reason(), "PERSON_REQUIRED");
    for by in ["manager", "deputy"] {
        assert_eq!(revoke(&accepted, act(by)).unwrap().state, DelegationState::Revoked);
    }
    assert_eq!(revoke(&accepted, act("other")).unwrap_err().reason(), "NOT_THEIR_DELEGATION");
}
