//! Spots that make missed ones good, from the batch to the document, and what is owed for those that were missed.

use billing_proto::billing::{
    access::v1::Role,
    event::v1::StreamEventsRequest,
    invoicing::v1::{
        self as pb, billing_entity_service_client::BillingEntityServiceClient,
        billing_run_service_client::BillingRunServiceClient, event_service_client::EventServiceClient,
        makegood_service_client::MakegoodServiceClient,
    },
};
use prost_types::FieldMask;
use tonic::{Code, Status};

use crate::{
    delivery::{header, import, spot},
    exception::{exceptions, get_run},
    invoice::{approve, bill, get, issue, list, review},
    ledger::broken,
    note::{amount, client as notes},
    order::{Sold, day, order, reference_data, sync},
    reference::{create_series, create_series_of},
    service::{Door, Service, reason},
};

pub fn makegoods(service: &Service) -> MakegoodServiceClient<Door> {
    MakegoodServiceClient::new(service.door("controller_1", Role::Controller))
}

/// An order, its series for invoices and credit notes.
pub async fn with_series(service: &Service) -> Sold {
    let sold = reference_data(service).await;
    let entity =
        pb::BillingEntity { name: sold.entity.clone(), code: "NYC".into(), ..pb::BillingEntity::default() };
    create_series(service, &entity).await;
    create_series_of(service, &sold.entity, pb::DocumentKind::CreditNote, "CN").await;
    sold
}

/// L3 of IO-1001: S1 and S2 are billed in January at 275.00, S3 was missed. Answers the document.
pub async fn january(service: &Service) -> (Sold, pb::Invoice) {
    let sold = with_series(service).await;
    sync(service, vec![order(&sold, "IO-1001")], "orders").await.unwrap();
    import(service, header("B1", 3, "825.00"), &[spot(1), spot(2), missed(3)]).await.unwrap();
    let document = bill(service, &sold, "2026-01", "january").await.remove(0);
    (sold, get(service, &document.name).await)
}

pub fn missed(number: i32) -> pb::Airing {
    pb::Airing { status: pb::AiringStatus::MadeGood.into(), time: String::new(), ..spot(number) }
}

/// A spot of February that makes others good.
pub fn makegood(number: i32, rate: &str, names: &[&str]) -> pb::Airing {
    pb::Airing {
        date: Some(day("2026-02-10")),
        rate: rate.into(),
        makegood_for: names.iter().map(|name| (*name).to_owned()).collect(),
        ..spot(number)
    }
}

pub async fn obligations(service: &Service, order: &str) -> Vec<pb::MakegoodObligation> {
    let request = pb::ListMakegoodObligationsRequest {
        parent: order.into(),
        ..pb::ListMakegoodObligationsRequest::default()
    };
    makegoods(service).list_makegood_obligations(request).await.unwrap().into_inner().makegood_obligations
}

/// Spot, state, and what is left.
pub fn told(obligation: &pb::MakegoodObligation) -> (&str, pb::MakegoodState, &str) {
    (&obligation.spot, obligation.state(), amount(&obligation.left))
}

pub async fn balance(service: &Service, order: &str) -> pb::MakegoodBalance {
    let request = pb::GetMakegoodBalanceRequest { name: format!("{order}/makegoodBalance") };
    makegoods(service).get_makegood_balance(request).await.unwrap().into_inner()
}

pub async fn release(
    service: &Service,
    obligation: &pb::MakegoodObligation,
    left: &str,
    request_id: &str,
) -> Result<pb::MakegoodObligation, Status> {
    let request = pb::ReleaseMakegoodObligationRequest {
        name: obligation.name.clone(),
        left: Some(pb::Money { currency_code: "USD".into(), amount: left.into() }),
        reason: "The agency takes a credit".into(),
        request_id: request_id.into(),
    };
    Ok(makegoods(service).release_makegood_obligation(request).await?.into_inner())
}

/// Credits spots of the line of a document that bills spots.
pub async fn credit(
    service: &Service,
    document: &pb::Invoice,
    (basis, spots): (pb::NoteBasis, &[&str]),
    request_id: &str,
) -> Result<pb::Invoice, Status> {
    let of_spots = |line: &&pb::InvoiceLine| !line.spots.is_empty();
    let line = document.lines.iter().find(of_spots).map_or(1, |line| line.number);
    let names = spots.iter().map(|spot| (*spot).to_owned()).collect();
    let by = Some(pb::note_line::By::Spots(pb::CreditedSpots { names }));
    let note = pb::Note {
        basis: basis.into(),
        reason: "It did not air".into(),
        lines: vec![pb::NoteLine { line, by }],
        ..pb::Note::default()
    };
    let invoice = document.name.clone();
    let request = pb::IssueCreditNoteRequest { invoice, note: Some(note), request_id: request_id.into() };
    Ok(notes(service).issue_credit_note(request).await?.into_inner())
}

pub const INSTEAD: pb::NoteBasis = pb::NoteBasis::Makegood;

/// What is beyond what is owed in a run.
async fn beyond(service: &Service, run: &pb::BillingRun) -> Vec<pb::BillingException> {
    let request = pb::ListBillingExceptionsRequest {
        parent: run.name.clone(),
        state: pb::ExceptionState::Open.into(),
        ..pb::ListBillingExceptionsRequest::default()
    };
    let mut client = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    let found = client.list_billing_exceptions(request).await.unwrap().into_inner().exceptions;
    found.into_iter().filter(|exception| exception.reason == "MAKEGOOD_BEYOND_OWED").collect()
}

async fn choose_as(
    service: &Service,
    person: &str,
    exception: &pb::BillingException,
    outcome: &str,
) -> Result<pb::BillingException, Status> {
    let request = pb::ChooseBillingOutcomeRequest {
        name: exception.name.clone(),
        etag: exception.etag.clone(),
        outcome: outcome.into(),
        reason: "As agreed".into(),
        request_id: outcome.into(),
    };
    Ok(exceptions(service, person).choose_billing_outcome(request).await?.into_inner())
}

/// The makegoods that a run bills, as quantity × rate = gross.
pub async fn billed(service: &Service, run: &pb::BillingRun) -> Vec<String> {
    let request = pb::ListInvoicesRequest { billing_run: run.name.clone(), ..crate::invoice::all() };
    let mut lines = Vec::new();
    for draft in list(service, request).await {
        lines.extend(get(service, &draft.name).await.lines);
    }
    let lines = lines.iter().filter(|line| line.kind() == pb::InvoiceLineKind::Makegood);
    lines.map(|line| format!("{} × {} = {}", line.quantity, line.rate, amount(&line.gross))).collect()
}

#[tokio::test]
async fn a_makegood_means_the_spot_of_its_own_line_before_one_of_the_same_name() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let entity =
        pb::BillingEntity { name: sold.entity.clone(), code: "NYC".into(), ..pb::BillingEntity::default() };
    create_series(&service, &entity).await;
    let mut booked = order(&sold, "IO-1001");
    let other_line = pb::OrderLine { number: "L4".into(), ..booked.lines[1].clone() };
    booked.lines.push(other_line);
    sync(&service, vec![booked], "orders").await.unwrap();
    // S1 of L4 is billed in January; S1 of L3 never is.
    let missed = pb::Airing { status: pb::AiringStatus::MadeGood.into(), time: String::new(), ..spot(1) };
    let billed = pb::Airing { line: "L4".into(), ..spot(1) };
    import(&service, header("B1", 2, "550.00"), &[missed, billed]).await.unwrap();
    bill(&service, &sold, "2026-01", "january").await;
    let makegood = pb::Airing { date: Some(day("2026-02-10")), makegood_for: vec!["S1".into()], ..spot(4) };
    import(&service, header("B2", 1, "275.00"), &[makegood]).await.unwrap();

    let february = bill(&service, &sold, "2026-02", "february").await;
    let line = get(&service, &february[0].name).await.lines.remove(1);
    assert_eq!((line.kind(), line.note.as_str()), (pb::InvoiceLineKind::Makegood, "Makegood for S1"));
    assert_eq!(line.gross.unwrap().amount, "275.00");
}

#[tokio::test]
async fn what_is_beyond_what_is_owed_waits_until_somebody_decides() {
    let service = Service::start().await;
    let (sold, document) = january(&service).await;
    let order = document.order.as_str();
    assert_eq!(
        obligations(&service, order).await.iter().map(told).collect::<Vec<_>>(),
        [("S3", pb::MakegoodState::Open, "275.00")]
    );
    import(&service, header("B2", 1, "300.00"), &[makegood(4, "300.00", &["S3"])]).await.unwrap();
    let run = review(&service, &sold, "2026-02", "february").await;
    assert_eq!(billed(&service, &run).await, ["1 × 275 = 275.00"]);
    let [found] = &beyond(&service, &run).await[..] else { panic!("one exception") };
    assert_eq!((amount(&found.amount), found.line.as_str()), ("25.00", "L3"));
    assert_eq!(found.outcomes.iter().map(|o| o.outcome.as_str()).collect::<Vec<_>>(), ["BILL", "FREE"]);
    assert_eq!(amount(&balance(&service, order).await.beyond), "25.00");
    let own = choose_as(&service, "first", found, "BILL").await.unwrap_err();
    assert_eq!(reason(&own), "SAME_PERSON", "whoever started the run does not decide that it bills");
    choose_as(&service, "second", found, "BILL").await.unwrap();
    assert_eq!(billed(&service, &run).await, ["1 × 300 = 300.00"]);
    assert_eq!(beyond(&service, &run).await, []);
    let run = get_run(&service, &run.name).await;
    approve(&service, &run).await;
    issue(&service, &run).await;

    import(&service, header("B3", 1, "275.00"), &[makegood(5, "275.00", &["S3"])]).await.unwrap();
    let run = review(&service, &sold, "2026-03", "march").await;
    assert_eq!(billed(&service, &run).await, [""; 0], "nobody is owed it");
    let [found] = &beyond(&service, &run).await[..] else { panic!("one exception") };
    assert_eq!(amount(&found.amount), "275.00", "what was decided before is not asked again");
    choose_as(&service, "second", found, "FREE").await.unwrap();
    assert_eq!(billed(&service, &run).await, ["1 × 0 = 0.00"]);
    assert_eq!(broken(&service).await, [""; 0]);
}

#[tokio::test]
async fn a_spot_is_credited_once_and_then_owed_no_more() {
    let service = Service::start().await;
    let (sold, document) = january(&service).await;
    let note = credit(&service, &document, (INSTEAD, &["S1"]), "n1").await.unwrap();
    assert_eq!(amount(&note.gross), "275.00");
    let refused = credit(&service, &document, (INSTEAD, &["S1"]), "n2").await.unwrap_err();
    assert_eq!(reason(&refused), "SPOT_CREDITED");
    let never = pb::Airing { status: pb::AiringStatus::NotAired.into(), time: String::new(), ..spot(1) };
    import(&service, header("B2", 2, "550.00"), &[never, makegood(4, "275.00", &["S1"])]).await.unwrap();
    let run = review(&service, &sold, "2026-02", "february").await;
    assert_eq!(billed(&service, &run).await, [""; 0], "it was given back already");
    assert_eq!(amount(&beyond(&service, &run).await[0].amount), "275.00");
    let missed = obligations(&service, &document.order).await;
    assert_eq!(told(&missed[0]), ("S1", pb::MakegoodState::Credited, "0.00"));
    assert_eq!(missed[0].credit_note, note.name);
    let held = |exception: &pb::BillingException| exception.reason == "NEGATIVE_DELTA";
    let request = pb::ListBillingExceptionsRequest { parent: run.name, ..Default::default() };
    let mut client = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    let all = client.list_billing_exceptions(request).await.unwrap().into_inner().exceptions;
    assert!(!all.iter().any(held), "what was given back is not taken back again: {all:?}");
    assert_eq!(broken(&service).await, [""; 0]);
}

#[tokio::test]
async fn a_spot_that_did_not_air_after_all_is_proposed_by_its_name() {
    let service = Service::start().await;
    let (sold, document) = january(&service).await;
    let never = pb::Airing { status: pb::AiringStatus::NotAired.into(), time: String::new(), ..spot(2) };
    import(&service, header("B2", 1, "275.00"), &[never]).await.unwrap();
    let run = review(&service, &sold, "2026-02", "february").await;
    let held = |exception: &pb::BillingException| exception.reason == "NEGATIVE_DELTA";
    let found = crate::tax::exceptions(&service, &run).await.into_iter().find(held).unwrap();
    let [taken] = &found.taken_back[..] else { panic!("{found:?}") };
    assert_eq!((amount(&taken.gross), taken.spots.clone()), ("275.00", vec!["S2".to_owned()]));
    credit(&service, &document, (pb::NoteBasis::Correction, &["S2"]), "n1").await.unwrap();
    let open = crate::tax::exceptions(&service, &run).await.into_iter().filter(held);
    assert!(open.into_iter().all(|each| each.state() == pb::ExceptionState::Resolved));
    assert_eq!(broken(&service).await, [""; 0]);
}

#[tokio::test]
async fn a_correction_of_a_spot_that_aired_is_not_billed_again() {
    let service = Service::start().await;
    let (sold, document) = january(&service).await;
    let note = credit(&service, &document, (pb::NoteBasis::Correction, &["S1", "S2"]), "n1").await.unwrap();
    assert_eq!(amount(&note.gross), "550.00");
    let february = bill(&service, &sold, "2026-02", "february").await;
    let whole = get(&service, &february[0].name).await;
    assert_eq!(whole.lines.len(), 1, "the fee and no spot: {:?}", whole.lines);
    assert_eq!(broken(&service).await, [""; 0]);
}

#[tokio::test]
async fn what_is_made_good_is_not_credited_besides() {
    let service = Service::start().await;
    let (sold, document) = january(&service).await;
    import(&service, header("B2", 2, "550.00"), &[missed(1), missed(2)]).await.unwrap();
    let to_be = credit(&service, &document, (INSTEAD, &["S1"]), "n1").await.unwrap_err();
    assert_eq!((to_be.code(), reason(&to_be).as_str()), (Code::FailedPrecondition, "SPOT_MADE_GOOD"));
    import(&service, header("B3", 1, "275.00"), &[makegood(4, "275.00", &["S1"])]).await.unwrap();
    let was = credit(&service, &document, (INSTEAD, &["S1"]), "n2").await.unwrap_err();
    assert_eq!(reason(&was), "SPOT_MADE_GOOD");
    let run = review(&service, &sold, "2026-02", "february").await;
    assert_eq!(billed(&service, &run).await, ["1 × 0 = 0.00"], "S1 was billed");

    let left = obligations(&service, &document.order).await;
    let [first, second, third] = &left[..] else { panic!("three: {left:?}") };
    assert_eq!(told(first), ("S1", pb::MakegoodState::Fulfilled, "0.00"));
    let refused = release(&service, first, "275.00", "r1").await.unwrap_err();
    assert_eq!(reason(&refused), "OBLIGATION_SETTLED");
    let refused = release(&service, second, "200.00", "r2").await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Aborted, "LEFT_CHANGED"));
    let released = release(&service, second, "275.00", "r3").await.unwrap();
    assert_eq!(told(&released), ("S2", pb::MakegoodState::Released, "0.00"));
    assert_eq!(
        (released.release_reason.as_str(), &*released.released_by),
        ("The agency takes a credit", "controller_1")
    );
    assert_eq!(release(&service, second, "275.00", "r3").await.unwrap(), released, "the same request again");
    let note = credit(&service, &document, (INSTEAD, &["S2"]), "n3").await.unwrap();
    assert_eq!(amount(&note.gross), "275.00");
    let states: Vec<_> = obligations(&service, &document.order).await.iter().map(|o| o.state()).collect();
    use pb::MakegoodState::{Credited, Fulfilled, Open};
    assert_eq!(states, [Fulfilled, Credited, Open]);
    assert_eq!(amount(&third.owed), "275.00");

    let request = StreamEventsRequest {
        type_prefixes: vec!["billing.invoicing.v1.makegood_obligation.released".into()],
        ..StreamEventsRequest::default()
    };
    let mut events = EventServiceClient::new(service.door("controller_1", Role::Controller));
    let event = events.stream_events(request).await.unwrap().into_inner().message().await.unwrap().unwrap();
    assert_eq!((event.subject, event.account), (second.name.clone(), sold.account.clone()));
    assert_eq!(broken(&service).await, [""; 0]);
}

#[tokio::test]
async fn what_has_expired_is_made_good_by_nothing_and_may_be_credited() {
    let service = Service::start().await;
    let (sold, document) = january(&service).await;
    let request = pb::UpdateBillingEntityRequest {
        billing_entity: Some(pb::BillingEntity {
            name: sold.entity.clone(),
            makegood_expiry_days: 10,
            ..pb::BillingEntity::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["makegood_expiry_days".into()] }),
        request_id: "days".into(),
    };
    let mut entities = BillingEntityServiceClient::new(service.door("controller_1", Role::Controller));
    entities.update_billing_entity(request).await.unwrap();
    // Missed on 27 January, so that a makegood has to air by 6 February.
    import(&service, header("B2", 2, "550.00"), &[missed(1), makegood(4, "275.00", &["S1", "S3"])])
        .await
        .unwrap();
    let left = obligations(&service, &document.order).await;
    let expired = pb::MakegoodState::Expired;
    assert_eq!(
        left.iter().map(told).collect::<Vec<_>>(),
        [("S1", expired, "275.00"), ("S3", expired, "275.00")]
    );
    assert_eq!(left[0].expire_date, Some(day("2026-02-06")));
    let run = review(&service, &sold, "2026-02", "february").await;
    assert_eq!(amount(&beyond(&service, &run).await[0].amount), "275.00");
    credit(&service, &document, (INSTEAD, &["S1"]), "n1").await.unwrap();
    release(&service, &left[1], "275.00", "r1").await.unwrap();
    let states: Vec<_> = obligations(&service, &document.order).await.iter().map(|o| o.state()).collect();
    assert_eq!(states, [pb::MakegoodState::Credited, pb::MakegoodState::Released]);
}

#[tokio::test]
async fn obligations_are_listed_by_page_line_and_state() {
    let service = Service::start().await;
    let (_, document) = january(&service).await;
    let spots = [missed(1), missed(2), makegood(4, "275.00", &["S2"]), makegood(5, "100.00", &["unknown"])];
    import(&service, header("B2", 4, "925.00"), &spots).await.unwrap();
    let ask = async |request: pb::ListMakegoodObligationsRequest| {
        let answer = makegoods(&service).list_makegood_obligations(request).await.unwrap().into_inner();
        let spots: Vec<String> =
            answer.makegood_obligations.into_iter().map(|obligation| obligation.spot).collect();
        (spots, answer.next_page_token)
    };
    let everywhere = pb::ListMakegoodObligationsRequest {
        parent: "accounts/-/orders/-".into(),
        page_size: 3,
        ..pb::ListMakegoodObligationsRequest::default()
    };
    let (first, page_token) = ask(everywhere.clone()).await;
    assert_eq!(first, ["S1", "S2", "S3"]);
    let rest = ask(pb::ListMakegoodObligationsRequest { page_token, ..everywhere.clone() }).await;
    assert_eq!(rest, (vec!["unknown".to_owned()], String::new()));
    let state = pb::MakegoodState::Fulfilled.into();
    let fulfilled = pb::ListMakegoodObligationsRequest { state, ..everywhere.clone() };
    assert_eq!(ask(fulfilled).await.0, ["S2", "unknown"]);
    let line = pb::ListMakegoodObligationsRequest { order_line: "L2".into(), ..everywhere };
    assert_eq!(ask(line).await.0, [""; 0]);

    let unknown = obligations(&service, &document.order).await.remove(3);
    let request = pb::GetMakegoodObligationRequest { name: unknown.name.clone() };
    assert_eq!(makegoods(&service).get_makegood_obligation(request).await.unwrap().into_inner(), unknown);
    assert_eq!((unknown.airing.as_str(), amount(&unknown.owed)), ("", "100.00"));
    let elsewhere = vec![chassis::caller::Grant {
        role: Role::Auditor,
        entities: vec![],
        territories: vec!["WEST".into()],
        accounts: vec![],
    }];
    let mut elsewhere = MakegoodServiceClient::new(service.limited_door("auditor_1", elsewhere));
    let request = pb::GetMakegoodObligationRequest { name: unknown.name };
    assert_eq!(elsewhere.get_makegood_obligation(request).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn where_approvals_are_configured_nobody_releases_directly() {
    let service = Service::start_with_approvals().await;
    let sold = with_series(&service).await;
    sync(&service, vec![order(&sold, "IO-1001")], "orders").await.unwrap();
    import(&service, header("B1", 1, "275.00"), &[missed(3)]).await.unwrap();
    let parent = "accounts/-/orders/-";
    let open = obligations(&service, parent).await.remove(0);
    let refused = release(&service, &open, "275.00", "r1").await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "APPROVAL_REQUIRED"));
    assert!(refused.message().contains("propose it with ProposeChange, POST /v1/changes;"), "{refused}");
    let request = pb::ReleaseMakegoodObligationRequest {
        name: open.name.clone(),
        left: open.left.clone(),
        reason: "The agency waives it".into(),
        request_id: "apr_1".into(),
    };
    let mut trusted = MakegoodServiceClient::new(service.service_door("adjustments", Role::BillingManager));
    let released = trusted.release_makegood_obligation(request).await.unwrap().into_inner();
    assert_eq!(
        (released.state(), released.release_approval.as_str()),
        (pb::MakegoodState::Released, "apr_1")
    );
}

/// Numbers of chance, the same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// Missed, made good, credited and released in any order: never both, never more than is owed, and the books stay whole.
#[tokio::test]
async fn whatever_happens_a_shortfall_is_settled_once() {
    for seed in 1..=3 {
        let service = Service::start().await;
        let (sold, document) = january(&service).await;
        let mut chance = Chance(seed);
        for step in 0..14_i32 {
            let number = i32::try_from(chance.below(3)).unwrap() + 1;
            let name = format!("S{number}");
            let (batch, request) = (format!("C{step}"), format!("q{step}"));
            match chance.below(5) {
                0 => drop(import(&service, header(&batch, 1, "275.00"), &[missed(number)]).await.unwrap()),
                1 => drop(import(&service, header(&batch, 1, "275.00"), &[spot(number)]).await.unwrap()),
                2 => {
                    let rate = ["100.00", "275.00", "300.00"][usize::try_from(chance.below(3)).unwrap()];
                    let made = [makegood(10 + step, rate, &[&name])];
                    import(&service, header(&batch, 1, rate), &made).await.unwrap();
                }
                3 => {
                    let bases = [INSTEAD, pb::NoteBasis::Correction];
                    let basis = bases[usize::try_from(chance.below(2)).unwrap()];
                    // Refused where it was credited, made good, or never billed.
                    drop(credit(&service, &document, (basis, &[&name]), &request).await);
                }
                _ => {
                    let known = obligations(&service, &document.order).await;
                    if let Some(obligation) = known.iter().find(|known| known.spot == name) {
                        drop(release(&service, obligation, amount(&obligation.left), &request).await);
                    }
                }
            }
            for obligation in obligations(&service, &document.order).await {
                let cents =
                    |money: &Option<pb::Money>| amount(money).replace('.', "").parse::<i64>().unwrap();
                let parts =
                    [&obligation.fulfilled, &obligation.credited, &obligation.released, &obligation.left]
                        .map(cents);
                assert_eq!(
                    cents(&obligation.owed),
                    parts.iter().sum::<i64>(),
                    "seed {seed}, step {step}: {obligation:?}"
                );
                assert!(
                    parts[3] >= 0 && (parts[0] == 0 || parts[1] == 0),
                    "seed {seed}, step {step}: {obligation:?}"
                );
            }
        }
        bill(&service, &sold, "2026-02", "february").await;
        bill(&service, &sold, "2026-03", "march").await;
        assert_eq!(broken(&service).await, [""; 0], "seed {seed}");
    }
}
