#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod delegations;
mod emergencies;
mod histories;
mod lines;

use calendar::Holidays;
use ids::{ApprovalId, Revision};
use uuid::Uuid;

use super::*;
use crate::{
    directory::{Directory, Entry},
    policy::{History, evaluate, measure, tests::stories},
    subject::{Subject, SubjectKind},
};

pub(super) const DIGEST: Digest = [7; 32];

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Monday, 2 March 2026, noon.
pub(super) fn noon() -> Timestamp {
    at("2026-03-02T12:00:00Z")
}

pub(super) fn id(number: u128) -> ApprovalId {
    ApprovalId::from_uuid(Uuid::from_u128(number))
}

fn usd(amount: &str) -> money::Money {
    money::Money::parse(money::Currency::parse("USD").unwrap(), amount).unwrap()
}

fn involved(account: &str, part: Part) -> Involved {
    Involved { account: account.into(), part }
}

/// A credit of so much that `analyst` made and submitted.
pub(super) fn credit_with(amount: &str, parts: &[(&str, Part)]) -> Request {
    credit_among(&directory(), amount, parts)
}

/// The same, where people report to each other like this.
pub(super) fn credit_among(directory: &Directory, amount: &str, parts: &[(&str, Part)]) -> Request {
    let measured = measure(usd(amount), History::none(usd("0").currency())).unwrap();
    let circumstances = Circumstances { entity: String::new(), share: 0, age_days: 0 };
    let input = circumstances.input(SubjectKind::Credit, None, Some(&measured));
    let policy = stories();
    let submission = Submission {
        subject: Subject {
            kind: SubjectKind::Credit,
            name: "accounts/a/adjustments/b".into(),
            entity: None,
            account: None,
            cause: None,
            digest: DIGEST,
            summary: "a credit".into(),
        },
        involved: parts
            .iter()
            .map(|(account, part)| involved(account, *part))
            .chain([involved("analyst", Part::Maker)])
            .collect(),
        measure: Some(measured),
        circumstances,
        policy_version: policy.version,
        plan: evaluate(&policy, &input).unwrap(),
        deadlines: deadlines(policy.service_level, noon(), &Holidays::default()).unwrap(),
        replaces: None,
    };
    submit(id(1), submission, None, Act { by: "analyst".into(), at: noon() }, directory).unwrap()
}

pub(super) fn credit(amount: &str) -> Request {
    credit_with(amount, &[])
}

/// Two accounts of one person, and who reports to whom: intern → analyst → manager → controller → cfo.
pub(super) fn directory() -> Directory {
    let entry = |same: Option<&str>, to: Option<&str>| Entry {
        same_person_as: same.map(Into::into),
        reports_to: to.map(Into::into),
        ..Entry::default()
    };
    Directory {
        entries: [
            ("intern".into(), entry(None, Some("analyst"))),
            ("analyst".into(), entry(None, Some("manager"))),
            ("analyst.admin".into(), entry(Some("analyst"), None)),
            ("manager".into(), entry(None, Some("controller"))),
            ("controller".into(), entry(None, Some("cfo"))),
        ]
        .into(),
    }
}

pub(super) fn person(account: &str, roles: &[Role]) -> Approver {
    Approver { account: account.into(), is_person: true, roles: roles.to_vec() }
}

pub(super) fn ballot(choice: Choice) -> Ballot {
    Ballot { choice, seen: DIGEST, comment: String::new() }
}

/// Decides with nothing lent.
pub(super) fn vote(
    request: &Request,
    approver: &Approver,
    choice: Choice,
    at: Timestamp,
) -> Result<Request, RequestRefusal> {
    let directory = directory();
    let facts = Facts { directory: &directory, delegations: &[] };
    let events = decide(request, approver, ballot(choice), facts, at)?;
    Ok(events.iter().fold(request.clone(), |request, event| evolve(&request, event)))
}

fn approve(request: &Request, account: &str, roles: &[Role]) -> Result<Request, RequestRefusal> {
    vote(request, &person(account, roles), Choice::Approve, noon())
}

const MANAGER: &[Role] = &[Role::BillingManager];
const CONTROLLER: &[Role] = &[Role::Controller];
const EVERYTHING: &[Role] = Role::ALL;

#[test]
fn below_the_limit_the_policy_approves_and_says_so() {
    assert_eq!(credit("499.99").state, State::Approved(Grant::Automatic { at: noon() }));
    assert_eq!(credit("500.00").state, State::Pending);
}

#[test]
fn a_manager_and_then_the_controller_approve() {
    let request = credit("10000.00");
    assert_eq!(approve(&request, "controller", CONTROLLER).unwrap_err().reason(), "NOT_ASKED", "not yet");
    let halfway = approve(&request, "manager", MANAGER).unwrap();
    assert_eq!(halfway.state, State::Pending);
    assert_eq!(approve(&halfway, "manager_2", MANAGER).unwrap_err().reason(), "NOT_ASKED", "not any more");
    let done = approve(&halfway, "controller", CONTROLLER).unwrap();
    assert_eq!(done.state, State::Approved(Grant::ByPeople { at: noon() }));
    let people: Vec<&str> = done.decisions.iter().map(|decision| decision.person.as_str()).collect();
    assert_eq!(people, ["manager", "controller"]);
}

#[test]
fn nobody_approves_what_they_have_a_part_in() {
    let request = credit_with(
        "10000.00",
        &[
            ("editor", Part::Editor),
            ("witness", Part::EvidenceGiver),
            ("vendor", Part::Beneficiary),
            ("mover", Part::AccountEditor),
        ],
    );
    // The maker, their second account, an editor, who gave evidence, who gains, who changed the account, who reports to the maker.
    for account in ["analyst", "analyst.admin", "editor", "witness", "vendor", "mover", "intern"] {
        let refusal = approve(&request, account, EVERYTHING).unwrap_err();
        assert_eq!(refusal.reason(), "SELF_APPROVAL", "{account}");
        let rejected = vote(&request, &person(account, EVERYTHING), Choice::Reject, noon());
        assert_eq!(rejected.unwrap_err().reason(), "SELF_APPROVAL", "{account}");
    }
    assert!(approve(&request, "manager", MANAGER).is_ok(), "whom the maker reports to may");
}

#[test]
fn who_submits_has_a_part_in_it() {
    let request = credit("500.00");
    assert!(request.involved.contains(&involved("analyst", Part::Requester)));
}

#[test]
fn one_person_counts_once_over_all_steps_and_accounts() {
    let request = credit("10000.00");
    let mut known = directory();
    let second = Entry { same_person_as: Some("manager".into()), ..Entry::default() };
    known.entries.insert("manager.night".into(), second);
    let facts = Facts { directory: &known, delegations: &[] };
    let halfway = approve(&request, "manager", EVERYTHING).unwrap();
    for account in ["manager", "manager.night"] {
        let again = decide(&halfway, &person(account, EVERYTHING), ballot(Choice::Approve), facts, noon());
        assert_eq!(again.unwrap_err().reason(), "ALREADY_DECIDED", "{account}");
    }
}

#[test]
fn a_platform_decides_nothing() {
    let platform = Approver { is_person: false, ..person("manager", MANAGER) };
    let refusal = vote(&credit("500.00"), &platform, Choice::Approve, noon()).unwrap_err();
    assert_eq!(refusal.reason(), "PERSON_REQUIRED");
}

#[test]
fn a_stale_digest_approves_nothing() {
    let request = credit("500.00");
    let directory = directory();
    let facts = Facts { directory: &directory, delegations: &[] };
    let stale = Ballot { seen: [8; 32], ..ballot(Choice::Approve) };
    let refusal = decide(&request, &person("manager", MANAGER), stale, facts, noon()).unwrap_err();
    assert_eq!(refusal.reason(), "SUBJECT_CHANGED");
}

#[test]
fn refusals_come_in_their_order() {
    let request = credit("500.00");
    let directory = directory();
    let facts = Facts { directory: &directory, delegations: &[] };
    let late = at("2026-03-16T12:00:00Z");
    let stale = |at| {
        let ballot = Ballot { seen: [8; 32], ..ballot(Choice::Approve) };
        let platform = Approver { is_person: false, ..person("analyst", &[]) };
        decide(&request, &platform, ballot, facts, at).unwrap_err().reason()
    };
    assert_eq!(stale(late), "APPROVAL_EXPIRED");
    assert_eq!(stale(noon()), "SUBJECT_CHANGED");
    let rejected = vote(&request, &person("manager", MANAGER), Choice::Reject, noon()).unwrap();
    let again = vote(&rejected, &person("manager", MANAGER), Choice::Approve, late);
    assert_eq!(again.unwrap_err().reason(), "APPROVAL_STATE");
}

#[test]
fn one_no_is_enough() {
    for (choice, state) in [(Choice::Reject, State::Rejected), (Choice::Return, State::Returned)] {
        let request = vote(&credit("10000.00"), &person("manager", MANAGER), choice, noon()).unwrap();
        assert_eq!(request.state, state);
        assert_eq!(approve(&request, "controller", CONTROLLER).unwrap_err().reason(), "APPROVAL_STATE");
    }
}

#[test]
fn waiting_reminds_lets_others_stand_in_and_ends_and_approves_nothing() {
    let request = credit("500.00");
    // Submitted on a Monday: reminded on Tuesday, escalated on Wednesday, expired two weeks later.
    let cases = [
        ("2026-03-03T11:59:59Z", vec![]),
        ("2026-03-03T12:00:00Z", vec![Event::Reminded]),
        ("2026-03-04T12:00:00Z", vec![Event::Reminded, Event::Escalated]),
        ("2026-03-16T12:00:00Z", vec![Event::Expired { at: at("2026-03-16T12:00:00Z") }]),
    ];
    for (now, want) in cases {
        assert_eq!(tick(&request, at(now)), want, "{now}");
    }
    let escalated = evolve(&request, &Event::Escalated);
    assert_eq!(escalated.state, State::Pending);
    assert!(approve(&request, "controller", CONTROLLER).is_err());
    let done = approve(&escalated, "controller", CONTROLLER).unwrap();
    assert_eq!(done.state.name(), "APPROVED", "the role above stands in");
    assert_eq!(done.decisions[0].role, Role::BillingManager, "in whose place is written down");
}

#[test]
fn clocks_stop_over_the_weekend() {
    let level = crate::policy::ServiceLevel { remind_days: 1, escalate_days: 2, expire_days: 10 };
    let friday = deadlines(level, at("2026-03-06T17:30:00Z"), &Holidays::default()).unwrap();
    assert_eq!(friday.remind, at("2026-03-09T17:30:00Z"));
    assert_eq!(friday.expire, at("2026-03-20T17:30:00Z"));
}

#[test]
fn approval_after_expiry_is_refused_whether_or_not_it_was_noted() {
    let request = credit("500.00");
    let late = at("2026-03-16T12:00:00Z");
    let refusal = vote(&request, &person("manager", MANAGER), Choice::Approve, late).unwrap_err();
    assert_eq!(refusal.reason(), "APPROVAL_EXPIRED");
    let noted = evolve(&request, &Event::Expired { at: late });
    let refusal = vote(&noted, &person("manager", MANAGER), Choice::Approve, late).unwrap_err();
    assert_eq!(refusal.reason(), "APPROVAL_STATE");
}

#[test]
fn a_change_of_one_byte_voids_what_was_asked_or_approved() {
    let mut changed = DIGEST;
    changed[31] ^= 1;
    let approved = approve(&credit("500.00"), "manager", MANAGER).unwrap();
    for request in [credit("500.00"), approved.clone()] {
        assert_eq!(subject_changed(&request, &DIGEST, noon()), []);
        let [event] = &subject_changed(&request, &changed, noon())[..] else { panic!("one event") };
        assert_eq!(evolve(&request, event).state.name(), "VOIDED");
    }
    let executed = evolve(&approved, &Event::Executed);
    assert_eq!(subject_changed(&executed, &changed, noon()), [], "what has happened is not undone");
}

#[test]
fn execution_looks_at_the_digest_again_and_happens_once() {
    let approved = approve(&credit("500.00"), "manager", MANAGER).unwrap();
    assert_eq!(executed(&approved, &[8; 32]).unwrap_err().reason(), "SUBJECT_CHANGED");
    assert_eq!(executed(&approved, &DIGEST).unwrap(), [Event::Executed]);
    let done = evolve(&approved, &Event::Executed);
    assert_eq!(executed(&done, &DIGEST).unwrap(), [], "again, it is done already");
    assert_eq!(executed(&credit("500.00"), &DIGEST).unwrap_err().reason(), "APPROVAL_STATE");
}

#[test]
fn who_has_submitted_takes_it_back_and_nobody_else() {
    let request = credit("500.00");
    let directory = directory();
    let facts = Facts { directory: &directory, delegations: &[] };
    let act = |by: &str| Act { by: by.into(), at: noon() };
    assert_eq!(withdraw(&request, act("manager"), facts).unwrap_err().reason(), "NOT_THE_SUBMITTER");
    assert_eq!(
        withdraw(&request, act("analyst.admin"), facts).unwrap(),
        [Event::Withdrawn(act("analyst.admin"))]
    );
}

#[test]
fn one_subject_is_asked_once_at_a_time() {
    let request = credit("500.00");
    let submission = Submission {
        subject: request.subject.clone(),
        involved: vec![],
        measure: None,
        circumstances: request.circumstances.clone(),
        policy_version: 1,
        plan: request.plan.clone(),
        deadlines: request.deadlines,
        replaces: None,
    };
    let refusal =
        submit(id(2), submission, Some(id(1)), request.submitted.clone(), &directory()).unwrap_err();
    assert_eq!(refusal.reason(), "APPROVAL_OPEN");
    assert_eq!(request.revision, Revision::FIRST);
}

#[test]
fn everybody_is_told_why_they_may_not() {
    let request = credit("10000.00");
    let directory = directory();
    let facts = Facts { directory: &directory, delegations: &[] };
    let why = |account: &str, roles: &[Role]| match standing(&request, account, roles, facts) {
        Standing::May(seat) => format!("may as {}", seat.role),
        Standing::MayNot(exclusion) => exclusion.in_words(),
    };
    assert_eq!(why("manager", MANAGER), "may as BILLING_MANAGER");
    assert_eq!(why("analyst.admin", MANAGER), "analyst, an account of theirs, is its maker");
    assert_eq!(why("intern", MANAGER), "they report to analyst, who is its maker");
    assert_eq!(why("cfo", &[Role::Cfo]), "it waits for 1 BILLING_MANAGER");
}

#[test]
fn nobody_may_decide_on_what_has_ended() {
    let request = credit("500.00");
    let directory = directory();
    let facts = Facts { directory: &directory, delegations: &[] };
    let why = |request: &Request, at: Timestamp| match may_decide(request, "manager_2", MANAGER, facts, at) {
        Standing::May(seat) => format!("may as {}", seat.role),
        Standing::MayNot(exclusion) => exclusion.in_words(),
    };
    assert_eq!(why(&request, noon()), "may as BILLING_MANAGER");
    let over = |state: &str| format!("the request is {state}, and nobody decides on it any more");
    // Ten business days after a Monday, whether or not that was noted.
    assert_eq!(why(&request, at("2026-03-16T12:00:00Z")), over("EXPIRED"));
    for (choice, state) in
        [(Choice::Approve, "APPROVED"), (Choice::Reject, "REJECTED"), (Choice::Return, "RETURNED")]
    {
        let ended = vote(&request, &person("manager", MANAGER), choice, noon()).unwrap();
        assert_eq!(why(&ended, noon()), over(state));
    }
}
