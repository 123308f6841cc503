//! Lines that a third party counts too: what is found where the counts are apart, and what somebody chooses.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{self as pb, billing_exception_service_client::BillingExceptionServiceClient},
};
use chassis::caller::Grant;
use tonic::{Code, Status};

use crate::{
    daily::{fact, header, import},
    exception::get_run,
    explanation::{balance, bridge, levels, of, why},
    invoice::{all, approve, get, issue, list, review},
    makegood::{obligations, release},
    order::{Sold, days, order, reference_data, sync},
    reference::{create_product, create_series},
    service::{Door, Service, reason},
    tax::{amount, exceptions},
};

/// Orders of a display line in January at 10.00 whose count a verifier controls, with its own count and the verifier's,
/// and the run of January.
async fn counted(service: &Service, orders: &[(&str, i64, Option<i64>)]) -> pb::BillingRun {
    let sold = reference_data(service).await;
    let entity =
        pb::BillingEntity { name: sold.entity.clone(), code: "NYC".into(), ..pb::BillingEntity::default() };
    create_series(service, &entity).await;
    let display = create_product(service, "DISPLAY", pb::PricingModel::Cpm).await.name;
    let third_party =
        pb::ThirdParty { source: "verifier".into(), controls: true, ..pb::ThirdParty::default() };
    let line = pb::OrderLine {
        number: "L1".into(),
        ad_product: display,
        flight: days("2026-01-01", "2026-01-31"),
        rate: "10".into(),
        booked_units: "2000000".into(),
        third_party: Some(third_party),
        ..pb::OrderLine::default()
    };
    let sale = |id: &str| pb::Order {
        commission_percent: String::new(),
        purchase_orders: vec![],
        lines: vec![line.clone()],
        ..order(&sold, id)
    };
    let sales = orders.iter().map(|(id, _, _)| sale(id)).collect();
    let results = sync(service, sales, "orders").await.unwrap();
    assert!(results.iter().all(|result| result.outcome() == pb::SyncOutcome::Created), "{results:?}");
    let own = orders.iter().map(|(id, own, _)| (*id, *own)).collect();
    land(service, ("adserver", "B1"), own).await;
    let theirs = orders.iter().filter_map(|(id, _, theirs)| Some((*id, (*theirs)?))).collect();
    land(service, ("verifier", "B1"), theirs).await;
    review(service, &sold, "2026-01", "run").await
}

/// What a source counted of 10 January.
async fn land(service: &Service, (source, batch): (&str, &str), counts: Vec<(&str, i64)>) {
    let of = |(order, count): &(&str, i64)| {
        let fact = fact("L1", "2026-01-10", *count);
        pb::DeliveryFact { order: (*order).into(), ..fact }
    };
    let facts: Vec<_> = counts.iter().map(of).collect();
    let sum = counts.iter().map(|(_, count)| count).sum();
    let rows = i64::try_from(facts.len()).unwrap();
    let header = pb::DailyBatchHeader { source: source.into(), ..header(batch, rows, sum) };
    import(service, header, &facts).await.unwrap();
}

async fn found(service: &Service, run: &pb::BillingRun, reason: &str) -> Vec<pb::BillingException> {
    let found = exceptions(service, run).await.into_iter();
    found.filter(|exception| exception.reason == reason).collect()
}

async fn choose(
    service: &Service,
    person: &str,
    exception: &pb::BillingException,
    chosen: (&str, &str),
) -> Result<pb::BillingException, Status> {
    choose_as(service.door(person, Role::Controller), exception, chosen).await
}

async fn choose_as(
    door: Door,
    exception: &pb::BillingException,
    (outcome, why): (&str, &str),
) -> Result<pb::BillingException, Status> {
    let request = pb::ChooseBillingOutcomeRequest {
        name: exception.name.clone(),
        etag: exception.etag.clone(),
        outcome: outcome.into(),
        reason: why.into(),
        request_id: format!("{outcome}-{why}").replace(' ', "-"),
    };
    let mut client = BillingExceptionServiceClient::new(door);
    client.choose_billing_outcome(request).await.map(tonic::Response::into_inner)
}

fn outcomes(exception: &pb::BillingException) -> Vec<(&str, &str)> {
    let outcomes = exception.outcomes.iter();
    outcomes.map(|outcome| (outcome.outcome.as_str(), amount(&outcome.amount))).collect()
}

/// Story 3: 1,200,000 against 1,000,000 at 10.00.
#[tokio::test]
async fn each_way_out_frees_its_draft_at_its_price() {
    let service = Service::start().await;
    let ways = [
        ("CONTROLLING", "10000.00"),
        ("CONTROLLING_PLUS_10", "11000.00"),
        ("OWN", "12000.00"),
        ("MAKEGOOD", "10000.00"),
    ];
    let orders = ["IO-1", "IO-2", "IO-3", "IO-4"].map(|id| (id, 1_200_000, Some(1_000_000)));
    let run = counted(&service, &orders).await;
    let cases = found(&service, &run, "THIRD_PARTY_CASE").await;
    assert_eq!((cases.len(), run.progress.as_ref().unwrap().drafts_waiting), (4, 4));
    for (case, (outcome, gross)) in cases.iter().zip(ways) {
        assert_eq!((case.severity(), outcomes(case)), (pb::ExceptionSeverity::Block, ways.to_vec()));
        let counts = "own count 1200000, controlling count 1000000, 16.67 % of the own count apart";
        assert!(case.message.contains(counts), "{}", case.message);
        let draft = get(&service, &case.invoice).await;
        assert_eq!((draft.waiting, amount(&draft.gross)), (true, "10000.00"), "what bills in any event");
        let chosen = choose(&service, "second", case, (outcome, "as agreed")).await.unwrap();
        assert_eq!((chosen.state(), chosen.outcome.as_str()), (pb::ExceptionState::Resolved, outcome));
        assert_eq!((chosen.settled_by.as_str(), chosen.resolution.as_str()), ("second", "as agreed"));
        let draft = get(&service, &case.invoice).await;
        assert_eq!((draft.waiting, amount(&draft.gross)), (false, gross), "{outcome}");
        // 12,000.00 − 10,000.00 is owed where it is made good.
        let owed = obligations(&service, &case.order).await;
        let owed: Vec<_> = owed.iter().map(|owed| (owed.spot.as_str(), amount(&owed.left))).collect();
        let expected = [("SHORTFALL-L1-2026-01-01", "2000.00")];
        assert_eq!(owed, if outcome == "MAKEGOOD" { expected.to_vec() } else { vec![] }, "{outcome}");
    }
    let request = pb::GetBillingRunRequest { name: run.name.clone() };
    let mut runs = pb::billing_run_service_client::BillingRunServiceClient::new(
        service.door("first", Role::BillingManager),
    );
    let run = runs.get_billing_run(request).await.unwrap().into_inner();
    assert_eq!(run.progress.as_ref().unwrap().drafts_waiting, 0);
    approve(&service, &run).await;
    let issued = issue(&service, &run).await;
    assert_eq!(amount(&issued.totals[0].gross), "43000.00");
}

/// At 10.00: of 1,200,000 the 1,000,000 that both counted are in a draft that waits, 10,000.00, and 2,000.00 are held; 5,000.00 are of
/// a broken tag and 3,000.00 of a count that is missing. So all 20,000.00 that was delivered has its place.
#[tokio::test]
async fn what_two_counts_are_apart_by_is_held_and_said_of_each_line() {
    use pb::UnbilledClass::{Blocked, Held};
    let service = Service::start().await;
    let orders = [("IO-1", 1_200_000, Some(1_000_000)), ("IO-2", 500_000, Some(0)), ("IO-3", 300_000, None)];
    let run = counted(&service, &orders).await;
    let case = found(&service, &run, "THIRD_PARTY_CASE").await.remove(0);
    let (account, _) = case.order.split_once("/orders/").unwrap();
    let answer = why(&service, of(account)).await;
    let mut told: Vec<_> = answer
        .reasons
        .iter()
        .map(|told| (told.reason.as_str(), told.class(), amount(&told.amount)))
        .collect();
    told.sort_unstable();
    let expected = [
        ("THIRD_PARTY_CASE", Blocked, "10000.00"),
        ("THIRD_PARTY_CASE", Held, "2000.00"),
        ("THIRD_PARTY_COUNT_MISSING", Held, "3000.00"),
        ("THIRD_PARTY_TAG_FAILURE", Held, "5000.00"),
    ];
    assert_eq!(told, expected);
    assert!(
        answer.reasons.iter().all(|told| told.act.starts_with("choose one of the outcomes")),
        "{answer:#?}"
    );
    assert_eq!(balance(&answer), ["20000.00", "0.00", "20000.00"]);
    // Two million are booked of each, 20,000.00.
    let of_run = pb::BridgeRequest { billing_run: run.name.clone(), ..pb::BridgeRequest::default() };
    let levels_of = bridge(&service, of_run).await;
    assert_eq!(levels(&levels_of)[..6], ["60000.00", "20000.00", "20000.00", "10000.00", "0.00", "0.00"]);
}

/// 200,000 that are not billed at 10.00 are owed in airings, until that is released.
#[tokio::test]
async fn what_two_counts_are_apart_by_is_owed_where_it_is_made_good() {
    let service = Service::start().await;
    let run = counted(&service, &[("IO-1", 1_200_000, Some(1_000_000))]).await;
    let case = found(&service, &run, "THIRD_PARTY_CASE").await.remove(0);
    choose(&service, "second", &case, ("MAKEGOOD", "as agreed")).await.unwrap();
    let [owed] = &obligations(&service, &case.order).await[..] else { panic!("one obligation") };
    assert_eq!((owed.state(), owed.billed, owed.airing.as_str()), (pb::MakegoodState::Open, false, ""));
    assert_eq!((owed.order_line.as_str(), amount(&owed.owed)), ("L1", "2000.00"));
    assert_eq!((owed.decision_reason.as_str(), owed.decided_by.as_str()), ("as agreed", "second"));
    let all = obligations(&service, "accounts/-/orders/-").await;
    assert_eq!(all.iter().collect::<Vec<_>>(), [owed]);
    let released = release(&service, owed, "2000.00", "release").await.unwrap();
    assert_eq!((released.state(), amount(&released.left)), (pb::MakegoodState::Released, "0.00"));
}

/// Both cases pass with the 1,000,000 that both counted. In February the publisher says 1,250,000 of one of them: that is another
/// case, 20.00 % apart; the other comes back no more.
#[tokio::test]
async fn a_case_that_was_let_pass_comes_back_only_with_other_counts() {
    let service = Service::start().await;
    let run = counted(&service, &["IO-1", "IO-2"].map(|id| (id, 1_200_000, Some(1_000_000)))).await;
    let second = || BillingExceptionServiceClient::new(service.door("second", Role::Controller));
    for case in found(&service, &run, "THIRD_PARTY_CASE").await {
        let pass = pb::OverrideBillingExceptionRequest {
            name: case.name.clone(),
            etag: case.etag.clone(),
            reason: "the customer goes by the verifier".into(),
            request_id: case.name.clone(),
        };
        let passed = second().override_billing_exception(pass).await.unwrap().into_inner();
        assert_eq!(passed.state(), pb::ExceptionState::Overridden);
        let draft = get(&service, &case.invoice).await;
        assert_eq!((draft.waiting, amount(&draft.gross)), (false, "10000.00"));
    }
    let run = get_run(&service, &run.name).await;
    assert_eq!(run.progress.as_ref().unwrap().drafts_waiting, 0);
    approve(&service, &run).await;
    issue(&service, &run).await;
    land(&service, ("adserver", "B2"), vec![("IO-2", 1_250_000)]).await;
    let (account, fee, spots) = (String::new(), String::new(), String::new());
    let sold = Sold { entity: run.billing_entity, account, fee, spots };
    let february = review(&service, &sold, "2026-02", "february").await;
    let [case] = &found(&service, &february, "THIRD_PARTY_CASE").await[..] else { panic!("one case") };
    let counts = "own count 1250000, controlling count 1000000, 20.00 % of the own count apart";
    assert!(case.message.contains(counts), "{}", case.message);
}

/// 119,000 of 120,000 bill 1,190.00. The verifier restates 100,000, 16.67 % fewer: by its count 190.00 are too much, by the own one
/// 10.00 are missing, and nothing is taken back before somebody has chosen.
#[tokio::test]
async fn what_was_billed_stays_until_somebody_chooses_between_restated_counts() {
    let service = Service::start().await;
    let run = counted(&service, &["IO-1", "IO-2"].map(|id| (id, 120_000, Some(119_000)))).await;
    assert_eq!(found(&service, &run, "THIRD_PARTY_CASE").await, []);
    approve(&service, &run).await;
    assert_eq!(amount(&issue(&service, &run).await.totals[0].gross), "2380.00");
    land(&service, ("verifier", "B2"), ["IO-1", "IO-2"].map(|id| (id, 100_000)).to_vec()).await;
    let (account, fee, spots) = (String::new(), String::new(), String::new());
    let sold = Sold { entity: run.billing_entity, account, fee, spots };
    let february = review(&service, &sold, "2026-02", "february").await;
    let cases = found(&service, &february, "THIRD_PARTY_CASE").await;
    let [one, other] = &cases[..] else { panic!("two cases, not {cases:?}") };
    let ways = [
        ("CONTROLLING", "-190.00"),
        ("CONTROLLING_PLUS_10", "-90.00"),
        ("OWN", "10.00"),
        ("MAKEGOOD", "-190.00"),
    ];
    for case in [one, other] {
        assert_eq!((case.severity(), outcomes(case)), (pb::ExceptionSeverity::Block, ways.to_vec()));
    }
    let drafts = pb::ListInvoicesRequest { billing_run: february.name.clone(), ..all() };
    assert_eq!(found(&service, &february, "NEGATIVE_DELTA").await, []);
    assert_eq!(list(&service, drafts.clone()).await, []);
    choose(&service, "second", one, ("OWN", "their restatement is wrong")).await.unwrap();
    let [draft] = &list(&service, drafts.clone()).await[..] else { panic!("one draft") };
    assert_eq!((draft.waiting, amount(&draft.gross)), (false, "10.00"));
    assert_eq!(found(&service, &february, "NEGATIVE_DELTA").await, []);
    choose(&service, "second", other, ("CONTROLLING", "as agreed")).await.unwrap();
    let [held] = &found(&service, &february, "NEGATIVE_DELTA").await[..] else { panic!("one is held") };
    assert_eq!((&held.order, amount(&held.amount)), (&other.order, "-190.00"));
    assert_eq!(list(&service, drafts).await.len(), 1);
}

/// 200,000 at 10.00 are owed, and January is issued. What comes since is looked at in the run of February.
async fn owed_and_counted_again(
    service: &Service,
    (source, count): (&str, i64),
) -> (pb::BillingRun, pb::BillingException) {
    let run = counted(service, &[("IO-1", 1_200_000, Some(1_000_000))]).await;
    let case = found(service, &run, "THIRD_PARTY_CASE").await.remove(0);
    choose(service, "second", &case, ("MAKEGOOD", "as agreed")).await.unwrap();
    approve(service, &get_run(service, &run.name).await).await;
    issue(service, &run).await;
    land(service, (source, "B2"), vec![("IO-1", count)]).await;
    let (account, fee, spots) = (String::new(), String::new(), String::new());
    let sold = Sold { entity: run.billing_entity, account, fee, spots };
    let february = review(service, &sold, "2026-02", "february").await;
    let mut cases = found(service, &february, "THIRD_PARTY_CASE").await;
    assert_eq!(cases.len(), 1, "{cases:?}");
    (february, cases.remove(0))
}

/// The publisher says 1,250,000: another case, 20.00 % apart. That it may pass is no choice against what is owed.
#[tokio::test]
async fn what_is_owed_stays_so_where_the_next_case_is_let_pass() {
    let service = Service::start().await;
    let (_, case) = owed_and_counted_again(&service, ("adserver", 1_250_000)).await;
    let pass = pb::OverrideBillingExceptionRequest {
        name: case.name.clone(),
        etag: case.etag.clone(),
        reason: "the customer goes by the verifier".into(),
        request_id: "pass".into(),
    };
    let mut second = BillingExceptionServiceClient::new(service.door("second", Role::Controller));
    second.override_billing_exception(pass).await.unwrap();
    let [owed] = &obligations(&service, &case.order).await[..] else { panic!("one obligation") };
    assert_eq!(amount(&owed.left), "2000.00");
}

/// The verifier confirms 1,150,000 of 1,200,000: 4.17 % apart, so that only 50,000 are missing, 500.00 at 10.00, and not 2,000.00. Of
/// January 10,000.00 is billed.
#[tokio::test]
async fn what_is_owed_for_counts_that_hold_no_more_is_chosen_again() {
    let service = Service::start().await;
    let (february, case) = owed_and_counted_again(&service, ("verifier", 1_150_000)).await;
    assert_eq!(case.severity(), pb::ExceptionSeverity::Block);
    let counts = "own count 1200000, controlling count 1150000, 4.17 % of the own count apart; \
                  what is owed in delivery was decided on own count 1200000, controlling count 1000000";
    assert!(case.message.contains(counts), "{}", case.message);
    let ways = [
        ("CONTROLLING", "1500.00"),
        ("CONTROLLING_PLUS_10", "2000.00"),
        ("OWN", "2000.00"),
        ("MAKEGOOD", "1500.00"),
    ];
    assert_eq!(outcomes(&case), ways);
    choose(&service, "second", &case, ("MAKEGOOD", "still agreed")).await.unwrap();
    let [owed] = &obligations(&service, &case.order).await[..] else { panic!("one obligation") };
    assert_eq!((owed.decision_reason.as_str(), amount(&owed.owed)), ("still agreed", "500.00"));
    let run = get_run(&service, &february.name).await;
    assert_eq!(run.progress.as_ref().unwrap().drafts_waiting, 0);
}

#[tokio::test]
async fn a_way_out_is_chosen_once_by_a_second_person_and_from_those_offered() {
    let service = Service::start().await;
    let run = counted(&service, &[("IO-1", 1_200_000, Some(1_000_000))]).await;
    let case = found(&service, &run, "THIRD_PARTY_CASE").await.remove(0);
    for (person, outcome, why, code, expected) in [
        ("first", "CONTROLLING", "as agreed", Code::PermissionDenied, "SAME_PERSON"),
        ("second", "HALF", "as agreed", Code::InvalidArgument, "OUTCOME_UNKNOWN"),
        ("second", "CONTROLLING", "", Code::InvalidArgument, "MALFORMED"),
    ] {
        let refused = choose(&service, person, &case, (outcome, why)).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (code, expected), "{refused}");
    }
    assert!(get(&service, &case.invoice).await.waiting, "nothing was chosen");
    let chosen = choose(&service, "second", &case, ("OWN", "their tag was late")).await.unwrap();
    let again = choose(&service, "third", &chosen, ("CONTROLLING", "no")).await.unwrap_err();
    assert_eq!(reason(&again), "EXCEPTION_SETTLED");
    assert_eq!(amount(&get(&service, &case.invoice).await.gross), "12000.00");
}

#[tokio::test]
async fn the_own_count_is_for_a_controller_or_an_approval_to_choose() {
    let service = Service::start_with_approvals().await;
    let orders = ["IO-1", "IO-2"].map(|id| (id, 1_200_000, Some(1_000_000)));
    let run = counted(&service, &orders).await;
    let cases = found(&service, &run, "THIRD_PARTY_CASE").await;
    let grant = |role, territory: &str| Grant {
        role,
        entities: vec![],
        territories: [territory.to_owned()].into_iter().filter(|territory| !territory.is_empty()).collect(),
        accounts: vec![],
    };
    let elsewhere = vec![grant(Role::BillingManager, ""), grant(Role::Controller, "WEST")];
    for door in [
        service.door("second", Role::BillingManager),
        service.limited_door("third", elsewhere),
        service.service_door("controls", Role::BillingManager),
    ] {
        let refused = choose_as(door, &cases[0], ("OWN", "we-are-right")).await.unwrap_err();
        let expected = (Code::PermissionDenied, "OWN_COUNT_NEEDS_CONTROLLER");
        assert_eq!((refused.code(), reason(&refused).as_str()), expected);
    }
    let approved = service.service_door("adjustments", Role::BillingManager);
    choose_as(approved, &cases[0], ("OWN", "apr_1")).await.unwrap();
    choose(&service, "controller_1", &cases[1], ("OWN", "we-were-right")).await.unwrap();
    for case in cases {
        assert_eq!(amount(&get(&service, &case.invoice).await.gross), "12000.00");
    }
}

/// Of 500,000 the verifier has counted nothing at all, and of 300,000 it has said nothing yet.
#[tokio::test]
async fn a_broken_tag_and_a_count_that_is_missing_are_no_difference() {
    let service = Service::start().await;
    let run = counted(&service, &[("IO-1", 500_000, Some(0)), ("IO-2", 300_000, None)]).await;
    let drafts = pb::ListInvoicesRequest { billing_run: run.name.clone(), ..all() };
    assert_eq!(list(&service, drafts.clone()).await, [], "nobody knows yet what they come to");
    let cases = [
        (
            "THIRD_PARTY_TAG_FAILURE",
            vec![("CONTROLLING", "0.00"), ("OWN", "5000.00"), ("MAKEGOOD", "0.00")],
            "controlling count 0, 100.00 % of the own count apart; the third party counted nothing at all: look at its tag",
        ),
        (
            "THIRD_PARTY_COUNT_MISSING",
            vec![("OWN", "3000.00")],
            "own count 300000, controlling count nothing; the third party has not counted yet",
        ),
    ];
    for (reason, ways, message) in cases {
        let [case] = &found(&service, &run, reason).await[..] else { panic!("one {reason}") };
        assert_eq!((case.severity(), outcomes(case)), (pb::ExceptionSeverity::Block, ways));
        assert!(case.message.contains(message), "{}", case.message);
        choose(&service, "second", case, ("OWN", reason)).await.unwrap();
    }
    let mut gross: Vec<String> =
        list(&service, drafts).await.iter().map(|draft| amount(&draft.gross).to_owned()).collect();
    gross.sort_unstable();
    assert_eq!(gross, ["3000.00", "5000.00"]);
}
