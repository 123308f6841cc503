use calendar::Month;
use ids::{AccountId, EntityId, RunId, SeriesId};
use jiff::{
    Timestamp,
    civil::{Date, date},
};
use money::{Currency, Money};

use super::*;

fn act(by: &str) -> Act {
    Act { by: by.to_owned(), at: Timestamp::UNIX_EPOCH }
}

fn account(n: u128) -> AccountId {
    AccountId::from_uuid(uuid::Uuid::from_u128(n))
}

fn run() -> BillingRun {
    let month: Month = "2026-01".parse().expect("a month");
    let (id, entity) =
        (RunId::from_uuid(uuid::Uuid::from_u128(1)), EntityId::from_uuid(uuid::Uuid::from_u128(2)));
    let asked = Asked { entity, month, accounts: vec![], preview: false };
    start(id, asked, &[], (act("first"), date(2026, 2, 2))).expect("nothing is open")
}

fn asked(accounts: Vec<AccountId>) -> Asked {
    Asked { entity: run().entity, month: run().month, accounts, preview: false }
}

fn approver(by: &str) -> Approver {
    Approver { act: act(by), is_person: true }
}

fn issued_on(
    run: &BillingRun,
    date: Date,
    today: Date,
    others: &[Issuing],
) -> Result<BillingRun, BillingRunRefusal> {
    let series = SeriesId::from_uuid(uuid::Uuid::from_u128(3));
    issue(run, "second".into(), (date, today), Some(Numbers { series, others }))
}

fn in_review() -> BillingRun {
    rated(&begin_rating(&run()).expect("created"), [7; 32]).expect("rating")
}

fn approved() -> BillingRun {
    approve(&in_review(), approver("second"), Some([7; 32])).expect("a second person")
}

#[test]
fn a_run_goes_from_created_to_issued() {
    let issuing = issued_on(&approved(), date(2026, 1, 31), date(2026, 2, 2), &[]).expect("approved");
    let issued = issued(&issuing, Timestamp::UNIX_EPOCH).expect("issuing");
    assert_eq!(issued.state.name(), "ISSUED");
}

#[test]
fn nobody_approves_their_own_run_whatever_its_state() {
    for run in [run(), in_review(), approved()] {
        let refused = approve(&run, approver("first"), None).expect_err("the same person");
        assert_eq!(refused.reason(), "SAME_PERSON");
    }
}

#[test]
fn a_platform_is_not_a_second_person() {
    let platform = Approver { act: act("platform"), is_person: false };
    assert_eq!(approve(&in_review(), platform, None).expect_err("no person").reason(), "PERSON_REQUIRED");
}

#[test]
fn what_is_signed_is_what_was_looked_at() {
    let refused = approve(&in_review(), approver("second"), Some([8; 32])).expect_err("another root");
    assert_eq!(refused.reason(), "DRAFTS_CHANGED");
}

#[test]
fn acts_out_of_turn_are_refused() {
    assert_eq!(approve(&run(), approver("second"), None).expect_err("unrated").reason(), "RUN_STATE");
    let today = date(2026, 2, 2);
    assert_eq!(issued_on(&in_review(), today, today, &[]).expect_err("unapproved").reason(), "RUN_STATE");
    let issuing = issued_on(&approved(), today, today, &[]).expect("approved");
    assert_eq!(cancel(&issuing, 0).expect_err("documents exist").reason(), "RUN_STATE");
    assert_eq!(resume(&issuing).expect_err("nothing failed").reason(), "RUN_STATE");
}

#[test]
fn documents_are_not_dated_in_the_future() {
    let refused = issued_on(&approved(), date(2026, 2, 3), date(2026, 2, 2), &[]).expect_err("tomorrow");
    assert_eq!(refused.reason(), "ISSUE_DATE_IN_FUTURE");
}

#[test]
fn a_failed_run_resumes_where_it_stopped_and_keeps_its_approval() {
    let issuing = issued_on(&approved(), date(2026, 1, 31), date(2026, 2, 2), &[]).expect("approved");
    let again = resume(&failed(&issuing, "the disk is full".into()).expect("issuing")).expect("failed");
    assert_eq!(again, issuing);
    let rating = begin_rating(&run()).expect("created");
    assert_eq!(resume(&failed(&rating, "no".into()).expect("rating")).expect("failed"), rating);
    let looked_at = failed(&in_review(), "no".into()).expect("in review");
    assert_eq!(
        resume(&looked_at).expect("failed").state,
        State::Rating(None),
        "it is brought to its review again"
    );
}

#[test]
fn open_runs_that_share_an_account_exclude_each_other() {
    let month: Month = "2026-01".parse().expect("a month");
    let open = |accounts| OpenRun { id: run().id, month, accounts, state: "IN_REVIEW".into() };
    let begin =
        |accounts, open: OpenRun| start(run().id, asked(accounts), &[open], (act("x"), date(2026, 2, 2)));
    assert!(begin(vec![account(1)], open(vec![account(2)])).is_ok());
    for (mine, theirs) in [
        (vec![], vec![]),
        (vec![account(1)], vec![]),
        (vec![], vec![account(1)]),
        (vec![account(1)], vec![account(1)]),
    ] {
        assert_eq!(begin(mine, open(theirs)).expect_err("both would bill it").reason(), "RUN_OPEN");
    }
}

#[test]
fn shards_hold_every_account_once() {
    let accounts: Vec<_> = (0..450).rev().map(account).collect();
    let shards = shards(accounts.iter().chain(&accounts).copied().collect());
    // A quarter of 450, and of what is left then, but at least 50.
    assert_eq!(shards.iter().map(Vec::len).collect::<Vec<_>>(), [112, 84, 63, 50, 50, 50, 41]);
    let mut all: Vec<_> = shards.concat();
    all.sort();
    assert_eq!(all, accounts.into_iter().rev().collect::<Vec<_>>());
    assert_eq!(super::shards(vec![]), vec![Vec::new()]);
}

#[test]
fn a_month_that_has_not_begun_is_not_billed() {
    let month: Month = "2026-03".parse().expect("a month");
    let begin = |today| start(run().id, Asked { month, ..asked(vec![]) }, &[], (act("x"), today));
    assert_eq!(begin(date(2026, 2, 28)).expect_err("tomorrow").reason(), "MONTH_IN_FUTURE");
    assert!(begin(date(2026, 3, 1)).is_ok());
}

#[test]
fn two_runs_issue_on_one_series_with_one_date() {
    let today = date(2026, 2, 2);
    let other = [Issuing { run: run().id, date: date(2026, 1, 31) }];
    assert!(issued_on(&approved(), date(2026, 1, 31), today, &other).is_ok());
    let refused = issued_on(&approved(), date(2026, 1, 30), today, &other).expect_err("another date");
    assert_eq!(refused.reason(), "ISSUING_ELSEWHERE");
}

#[test]
fn a_run_that_failed_while_issuing_is_given_up_only_without_documents() {
    let issuing = issued_on(&approved(), date(2026, 1, 31), date(2026, 2, 2), &[]).expect("approved");
    let failed = failed(&issuing, "the series is full".into()).expect("issuing");
    assert_eq!(cancel(&failed, 0).expect("nothing is out").state, State::Cancelled);
    assert_eq!(cancel(&failed, 1).expect_err("a document is out").reason(), "RUN_STATE");
}

#[test]
fn a_preview_stands_beside_an_open_run_and_is_never_approved() {
    let open = OpenRun { id: run().id, month: run().month, accounts: vec![], state: "IN_REVIEW".into() };
    let asked = Asked { preview: true, ..asked(vec![]) };
    let preview =
        start(run().id, asked, &[open], (act("first"), date(2026, 2, 2))).expect("it bills nothing");
    let preview = rated(&begin_rating(&preview).expect("created"), [7; 32]).expect("rating");
    assert_eq!(approve(&preview, approver("second"), None).expect_err("only to look at").reason(), "PREVIEW");
}

#[test]
fn a_refresh_rates_what_changed_and_stays_in_review_where_nothing_did() {
    let at = Timestamp::from_second(60).expect("a minute later");
    let refreshed = refresh(&in_review(), 2, at).expect("in review");
    assert_eq!((&refreshed.state, refreshed.data_as_of), (&State::Rating(None), at));
    let unchanged = refresh(&in_review(), 0, at).expect("in review");
    assert_eq!((unchanged.state, unchanged.data_as_of), (in_review().state, at));
    let issuing = issued_on(&approved(), date(2026, 1, 31), date(2026, 2, 2), &[]).expect("approved");
    assert_eq!(refresh(&issuing, 1, at).expect_err("documents are made").reason(), "RUN_STATE");
}

/// Story 8: 12,000.00 and 8,000.00 stand as they were approved, and 5,000.00 has become 5,040.00.
#[test]
fn what_is_approved_stays_approved_while_most_of_it_comes_out_as_it_was() {
    let money =
        |amount| Money::parse(Currency::parse("USD").expect("a currency"), amount).expect("an amount");
    let changed = |going, removed| [Changed { going: money(going), removed: money(removed) }];
    let rating = refresh(&approved(), 1, Timestamp::UNIX_EPOCH).expect("approved");
    assert_eq!(rating.state.name(), "RATING");
    let again = approved_again(&rating, &changed("20000.00", "5040.00")).expect("most is as it was");
    assert_eq!(again.state, approved().state, "the same signature over the same root");
    assert_eq!(approved_again(&rating, &changed("5000.00", "5040.00")), None, "more drops out than goes on");
    assert_eq!(rated(&rating, [9; 32]).expect("rating").state, State::InReview { root: [9; 32] });
    assert_eq!(approved_again(&begin_rating(&run()).expect("created"), &[]), None, "nobody has approved it");
    assert_eq!(refresh(&approved(), 0, Timestamp::UNIX_EPOCH).expect("approved").state, approved().state);
}

/// Of 20,040.00 that were approved, 12,000.00 would be others.
#[test]
fn a_run_that_mostly_changed_is_asked_again_before_it_has_issued_anything() {
    let money =
        |amount| Money::parse(Currency::parse("USD").expect("a currency"), amount).expect("an amount");
    let changed = |going, removed| [Changed { going: money(going), removed: money(removed) }];
    let issuing = issued_on(&approved(), date(2026, 1, 31), date(2026, 2, 2), &[]).expect("approved");
    let at = Timestamp::from_second(60).expect("a minute later");
    let most = changed("8040.00", "12000.00");
    let anew = asked_again(&issuing, &most, 0, at).expect("more drops out than goes on");
    assert_eq!((&anew.state, anew.data_as_of), (&State::Rating(None), at));
    assert_eq!(asked_again(&issuing, &most, 1, at), None, "a document is out");
    assert_eq!(asked_again(&issuing, &changed("12000.00", "8040.00"), 0, at), None, "most goes on");
    assert_eq!(asked_again(&approved(), &most, 0, at), None, "it does not issue");
}
