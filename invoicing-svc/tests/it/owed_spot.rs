//! Spots that were billed and are made good instead of being credited, because somebody decided so.

use billing_proto::billing::{
    access::v1::Role,
    event::v1::StreamEventsRequest,
    invoicing::v1::{
        self as pb, billing_run_service_client::BillingRunServiceClient,
        event_service_client::EventServiceClient,
    },
};
use tonic::{Code, Status};

use crate::{
    delivery::{header, import, spot},
    invoice::review,
    ledger::broken,
    makegood::{INSTEAD, billed, credit, january, makegood, makegoods, obligations, release, told},
    note::{amount, client as notes},
    service::{Service, reason},
};

/// Spots of the line of a document that bills spots.
fn of_line(document: &pb::Invoice, spots: &[&str]) -> Vec<pb::MissedSpots> {
    let line = document.lines.iter().find(|line| !line.spots.is_empty()).unwrap();
    let names = spots.iter().map(|spot| (*spot).to_owned()).collect();
    vec![pb::MissedSpots { line: line.number, names }]
}

async fn owe(
    service: &Service,
    document: &pb::Invoice,
    spots: &[&str],
    request_id: &str,
) -> Result<Vec<pb::MakegoodObligation>, Status> {
    let request = pb::OweMakegoodsRequest {
        invoice: document.name.clone(),
        lines: of_line(document, spots),
        reason: "The wrong creative ran".into(),
        request_id: request_id.into(),
    };
    Ok(makegoods(service).owe_makegoods(request).await?.into_inner().makegood_obligations)
}

/// A credit in money of the line that bills spots.
async fn credit_of(service: &Service, document: &pb::Invoice, gross: &str) -> Result<pb::Invoice, Status> {
    let line = of_line(document, &[])[0].line;
    let by = Some(pb::note_line::By::Gross(gross.into()));
    let note = pb::Note {
        basis: pb::NoteBasis::Commercial.into(),
        reason: "Goodwill".into(),
        lines: vec![pb::NoteLine { line, by }],
        ..pb::Note::default()
    };
    let (invoice, note, request_id) = (document.name.clone(), Some(note), gross.into());
    let request = pb::IssueCreditNoteRequest { invoice, note, request_id };
    Ok(notes(service).issue_credit_note(request).await?.into_inner())
}

/// The obligation for a spot.
async fn of(service: &Service, document: &pb::Invoice, spot: &str) -> pb::MakegoodObligation {
    let all = obligations(service, &document.order).await;
    all.into_iter().find(|obligation| obligation.spot == spot).unwrap()
}

/// The reasons for what a run holds or blocks.
async fn exceptions(service: &Service, run: &pb::BillingRun) -> Vec<String> {
    let request = pb::ListBillingExceptionsRequest { parent: run.name.clone(), ..Default::default() };
    let mut client = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    let found = client.list_billing_exceptions(request).await.unwrap().into_inner().exceptions;
    found.into_iter().map(|exception| exception.reason).collect()
}

#[tokio::test]
async fn what_was_billed_is_made_good_instead_of_credited_where_somebody_decides_so() {
    let service = Service::start().await;
    let (sold, document) = january(&service).await;
    // S1 and S2 aired, and are billed at 275.00 each; of the line, 550.00 is left.
    let request =
        pb::PreviewMakegoodsRequest { invoice: document.name.clone(), lines: of_line(&document, &["S1"]) };
    let preview = makegoods(&service).preview_makegoods(request).await.unwrap().into_inner();
    let [line] = &preview.lines[..] else { panic!("{preview:?}") };
    assert_eq!((amount(&line.value), amount(&line.left)), ("275.00", "275.00"));
    assert_eq!(amount(&preview.open), amount(&document.total), "it moves no money");
    let spots: Vec<_> = obligations(&service, &document.order).await.into_iter().map(|o| o.spot).collect();
    assert_eq!(spots, ["S3"], "which its source calls made good; nothing was done");

    let owed = owe(&service, &document, &["S1"], "o1").await.unwrap();
    let [first] = &owed[..] else { panic!("{owed:?}") };
    assert_eq!((told(first), first.billed), (("S1", pb::MakegoodState::Open, "275.00"), true));
    assert_eq!(
        (first.decision_reason.as_str(), &*first.decided_by, &*first.decision_approval),
        ("The wrong creative ran", "controller_1", "")
    );
    assert_eq!(owe(&service, &document, &["S1"], "o1").await.unwrap(), owed, "the same request again");
    let again = owe(&service, &document, &["S2", "S1"], "o2").await.unwrap_err();
    assert_eq!(reason(&again), "SPOT_MADE_GOOD");
    let both = credit(&service, &document, (INSTEAD, &["S1"]), "n1").await.unwrap_err();
    assert_eq!((both.code(), reason(&both).as_str()), (Code::FailedPrecondition, "SPOT_MADE_GOOD"));
    let above = credit_of(&service, &document, "275.01").await.unwrap_err();
    assert_eq!(reason(&above), "CREDIT_ABOVE_LEFT");
    assert!(above.message().contains("275.00 left"), "{}", above.message());
    credit_of(&service, &document, "275.00").await.unwrap();
    let nothing_left = owe(&service, &document, &["S2"], "o3").await.unwrap_err();
    assert_eq!(reason(&nothing_left), "CREDIT_ABOVE_LEFT", "S2 was given back in money");

    import(&service, header("B2", 1, "275.00"), &[makegood(4, "275.00", &["S1"])]).await.unwrap();
    let run = review(&service, &sold, "2026-02", "february").await;
    assert_eq!(billed(&service, &run).await, ["1 × 0 = 0.00"], "S1 was billed");
    let fulfilled = of(&service, &document, "S1").await;
    assert_eq!(told(&fulfilled), ("S1", pb::MakegoodState::Fulfilled, "0.00"));
    let [part] = &fulfilled.fulfilments[..] else { panic!("{fulfilled:?}") };
    assert_eq!((amount(&part.value), amount(&part.billable)), ("275.00", "0.00"));
    let request = StreamEventsRequest {
        type_prefixes: vec!["billing.invoicing.v1.makegood_obligation.opened".into()],
        ..StreamEventsRequest::default()
    };
    let mut events = EventServiceClient::new(service.door("controller_1", Role::Controller));
    let event = events.stream_events(request).await.unwrap().into_inner().message().await.unwrap().unwrap();
    assert_eq!((event.subject, event.account), (first.name.clone(), sold.account.clone()));
    assert_eq!(broken(&service).await, [""; 0]);
}

#[tokio::test]
async fn the_bill_of_what_is_owed_stands_until_it_is_released_and_credited() {
    let service = Service::start().await;
    let (sold, document) = january(&service).await;
    owe(&service, &document, &["S2"], "o1").await.unwrap();
    // Its source says so later: what was billed is made good, and not taken back.
    let never = pb::Airing { status: pb::AiringStatus::NotAired.into(), time: String::new(), ..spot(2) };
    import(&service, header("B2", 1, "275.00"), &[never]).await.unwrap();
    let run = review(&service, &sold, "2026-02", "february").await;
    let held = exceptions(&service, &run).await;
    assert!(!held.contains(&"NEGATIVE_DELTA".to_owned()), "{held:?}");
    let open = of(&service, &document, "S2").await;
    release(&service, &open, "275.00", "r1").await.unwrap();
    let again = owe(&service, &document, &["S2"], "o2").await.unwrap_err();
    assert_eq!(reason(&again), "SPOT_OWED_BEFORE");
    credit(&service, &document, (INSTEAD, &["S2"]), "n1").await.unwrap();
    assert_eq!(of(&service, &document, "S2").await.state(), pb::MakegoodState::Credited);
    // Nothing of the line is owed any more: the rest of it can be credited.
    credit_of(&service, &document, "275.00").await.unwrap();
    assert_eq!(broken(&service).await, [""; 0]);
}

#[tokio::test]
async fn what_is_owed_for_several_spots_is_released_together_or_not_at_all() {
    let service = Service::start().await;
    let (_, document) = january(&service).await;
    owe(&service, &document, &["S1", "S2"], "o1").await.unwrap();
    let release = async |spots: &[&str], left: &str, request_id: &str| {
        let request = pb::ReleaseMakegoodsRequest {
            invoice: document.name.clone(),
            lines: of_line(&document, spots),
            left: Some(pb::Money { currency_code: "USD".into(), amount: left.into() }),
            reason: "The agency takes a credit".into(),
            request_id: request_id.into(),
        };
        makegoods(&service).release_makegoods(request).await.map(tonic::Response::into_inner)
    };
    // 2 × 275.00 is left.
    for (spots, left, why) in [
        (&["S1", "S2"][..], "275.00", "LEFT_CHANGED"),
        (&["S1", "S3"], "550.00", "SPOT_NOT_OWED"),
        (&["S1", "S1"], "550.00", "SPOT_NOT_OWED"),
    ] {
        assert_eq!(reason(&release(spots, left, left).await.unwrap_err()), why);
    }
    assert_eq!(of(&service, &document, "S1").await.state(), pb::MakegoodState::Open, "not even one of them");
    let released = release(&["S1", "S2"], "550.00", "r1").await.unwrap();
    let states: Vec<_> = released.makegood_obligations.iter().map(told).collect();
    let state = pb::MakegoodState::Released;
    assert_eq!(states, [("S1", state, "0.00"), ("S2", state, "0.00")]);
    assert_eq!(released.makegood_obligations[0].release_reason, "The agency takes a credit");
    assert_eq!(release(&["S1", "S2"], "550.00", "r1").await.unwrap(), released, "the same request again");
    let again = release(&["S1", "S2"], "550.00", "r2").await.unwrap_err();
    assert_eq!(reason(&again), "OBLIGATION_SETTLED");
    credit(&service, &document, (INSTEAD, &["S1", "S2"]), "n1").await.unwrap();
    assert_eq!(broken(&service).await, [""; 0]);
}

#[tokio::test]
async fn only_spots_that_the_document_bills_are_owed() {
    let service = Service::start().await;
    let (_, document) = january(&service).await;
    let missed = owe(&service, &document, &["S3"], "o1").await.unwrap_err();
    assert_eq!(reason(&missed), "SPOT_NOT_BILLED");
    let twice = owe(&service, &document, &["S1", "S1"], "o2").await.unwrap_err();
    assert_eq!(reason(&twice), "SPOT_CREDITED");
    let unnamed = owe(&service, &document, &[], "o3").await.unwrap_err();
    assert_eq!((unnamed.code(), reason(&unnamed).as_str()), (Code::InvalidArgument, "MALFORMED"));
    credit(&service, &document, (INSTEAD, &["S1"]), "n1").await.unwrap();
    let credited = owe(&service, &document, &["S1"], "o4").await.unwrap_err();
    assert_eq!(reason(&credited), "SPOT_CREDITED");
}
