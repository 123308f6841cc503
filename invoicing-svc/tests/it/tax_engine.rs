//! An outside tax engine: a stand-in that answers, answers nonsense, says nothing or is not there.

use std::{
    collections::BTreeMap,
    future::pending,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use billing_proto::{
    billing::{
        access::v1::Role,
        invoicing::v1::{
            self as pb, billing_entity_service_client::BillingEntityServiceClient,
            billing_run_service_client::BillingRunServiceClient,
            explanation_service_client::ExplanationServiceClient,
        },
    },
    outside::tax::v1::{
        DetermineTaxRequest, DetermineTaxResponse, Document, TaxedDocument, TaxedLine,
        tax_engine_service_server::{TaxEngineService, TaxEngineServiceServer},
    },
};
use invoicing_svc::TaxEngine;
use prost_types::FieldMask;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Code, Request, Response, Status, transport::Server};

use crate::{
    invoice::{all, approve, get, issue, list, manager, review, watched},
    order::{Sold, day},
    refresh::{refresh, rename, rename_to},
    service::{Service, reason},
    tax::{all_laws_hold, amount, exceptions, german, rows, sell},
};

/// What the stand-in does.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    /// 19 % on everything.
    Answers,
    /// A cent too much on documents above 600.00.
    AddsUpWrongly,
    /// Takes no question with a document above 600.00.
    Refuses,
    SaysNothing,
}

#[derive(Clone)]
struct StandIn {
    mood: Arc<Mutex<Mood>>,
    asked: Arc<Mutex<Vec<Vec<Document>>>>,
}

#[tonic::async_trait]
impl TaxEngineService for StandIn {
    async fn determine_tax(
        &self,
        request: Request<DetermineTaxRequest>,
    ) -> Result<Response<DetermineTaxResponse>, Status> {
        let documents = request.into_inner().documents;
        self.asked.lock().unwrap().push(documents.clone());
        let mood = *self.mood.lock().unwrap();
        if mood == Mood::SaysNothing {
            pending::<()>().await;
        }
        if mood == Mood::Refuses && documents.iter().any(|document| sum(document) > 60_000) {
            return Err(Status::invalid_argument("above what this engine knows"));
        }
        // It answers in an order of its own.
        let documents = documents.iter().rev().map(|document| taxed(document, mood)).collect();
        Ok(Response::new(DetermineTaxResponse { documents }))
    }
}

fn cents(amount: &str) -> i64 {
    amount.replace('.', "").parse().unwrap()
}

fn sum(document: &Document) -> i64 {
    document.lines.iter().map(|line| cents(&line.base)).sum()
}

/// 19 % of the sum, rounded once; what the lines leave over is on the first.
fn taxed(document: &Document, mood: Mood) -> TaxedDocument {
    let bases: Vec<i64> = document.lines.iter().map(|line| cents(&line.base)).collect();
    let sum = sum(document);
    let mut taxes: Vec<i64> = bases.iter().map(|base| base * 19 / 100).collect();
    taxes[0] += (sum * 19 + 50) / 100 - taxes.iter().sum::<i64>();
    if mood == Mood::AddsUpWrongly && sum > 60_000 {
        taxes[0] += 1;
    }
    let line = |(line, tax): (&billing_proto::outside::tax::v1::Line, i64)| TaxedLine {
        number: line.number,
        category: "S".into(),
        percent: "19".into(),
        amount: format!("{}.{:02}", tax / 100, tax % 100),
        reason: String::new(),
    };
    TaxedDocument { id: document.id.clone(), lines: document.lines.iter().zip(taxes).map(line).collect() }
}

/// A service that knows the stand-in as `acme`, and as `gone` an engine that nobody runs.
async fn start(mood: Mood) -> (Service, StandIn, Sold) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let engine = |listener: &TcpListener| TaxEngine {
        url: format!("http://{}", listener.local_addr().unwrap()),
        timeout_ms: 200,
    };
    let engines = BTreeMap::from([("acme".into(), engine(&listener)), ("gone".into(), engine(&nobody))]);
    drop(nobody);
    let stand_in = StandIn { mood: Arc::new(Mutex::new(mood)), asked: Arc::default() };
    let server = Server::builder().add_service(TaxEngineServiceServer::new(stand_in.clone()));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    let service = Service::start_with(engines).await;
    let sold = german(&service).await;
    let fees = |amount| [("L1", "2020-07-01", "2020-07-31", amount)];
    sell(&service, &sold, "IO-1", &fees("100.00")).await;
    let two = [("L1", "2020-07-01", "2020-07-31", "333.33"), ("L2", "2020-07-01", "2020-07-31", "333.35")];
    sell(&service, &sold, "IO-2", &two).await;
    (service, stand_in, sold)
}

async fn ask(service: &Service, sold: &Sold, engine: &str) -> Result<pb::BillingEntity, Status> {
    let mut entities = BillingEntityServiceClient::new(service.door("controller_1", Role::Controller));
    let entity =
        pb::BillingEntity { name: sold.entity.clone(), tax_engine: engine.into(), ..Default::default() };
    let request = pb::UpdateBillingEntityRequest {
        billing_entity: Some(entity),
        update_mask: Some(FieldMask { paths: vec!["tax_engine".into()] }),
        request_id: engine.into(),
    };
    Ok(entities.update_billing_entity(request).await?.into_inner())
}

async fn refreshed(service: &Service, run: &pb::BillingRun) -> pb::BillingRun {
    let mut runs = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    let request = pb::RefreshBillingRunRequest { name: run.name.clone(), request_id: "refresh".into() };
    runs.refresh_billing_run(request).await.unwrap();
    watched(&mut runs, &run.name).await
}

async fn totals(service: &Service, run: &pb::BillingRun) -> Vec<String> {
    let drafts = list(service, pb::ListInvoicesRequest { billing_run: run.name.clone(), ..all() }).await;
    let mut totals: Vec<String> = drafts.iter().map(|draft| amount(&draft.total).to_owned()).collect();
    totals.sort();
    totals
}

/// Has a run issued, and does not wait for its end.
async fn begin_to_issue(service: &Service, run: &pb::BillingRun) {
    let request =
        pb::IssueBillingRunRequest { name: run.name.clone(), issue_date: None, request_id: "issue".into() };
    manager(service, "second").issue_billing_run(request).await.unwrap();
}

async fn look(service: &Service, run: &pb::BillingRun) -> pb::BillingRun {
    let request = pb::GetBillingRunRequest { name: run.name.clone() };
    manager(service, "first").get_billing_run(request).await.unwrap().into_inner()
}

/// The orders that wait for the engine, and why.
async fn unavailable(service: &Service, run: &pb::BillingRun) -> Vec<String> {
    let open = exceptions(service, run).await.into_iter();
    let open = open.filter(|found| {
        found.reason == "TAX_ENGINE_UNAVAILABLE" && found.state() == pb::ExceptionState::Open
    });
    open.inspect(|found| assert_eq!(found.severity(), pb::ExceptionSeverity::Block))
        .map(|found| found.message)
        .collect()
}

#[tokio::test]
async fn an_engine_taxes_a_run_and_says_so() {
    let (service, stand_in, sold) = start(Mood::Answers).await;
    let unknown = ask(&service, &sold, "other").await.unwrap_err();
    assert_eq!((unknown.code(), reason(&unknown).as_str()), (Code::InvalidArgument, "MALFORMED"));
    assert!(unknown.message().contains("other is not one of invoicing.tax_engines: acme, gone"), "{unknown}");
    assert_eq!(ask(&service, &sold, "acme").await.unwrap().tax_engine, "acme");
    let run = review(&service, &sold, "2020-07", "july").await;
    assert_eq!(totals(&service, &run).await, ["119.00", "793.35"]);
    approve(&service, &run).await;
    let run = issue(&service, &run).await;
    let issued = list(&service, pb::ListInvoicesRequest { billing_run: run.name, ..all() }).await;
    let larger = issued.iter().find(|invoice| amount(&invoice.total) == "793.35").unwrap();
    let invoice = get(&service, &larger.name).await;
    // 19 % of 666.68 is 126.6692; of the lines 63.3327 and 63.3365.
    assert_eq!(rows(&invoice), [(pb::TaxCategory::S, "19", "666.68", "126.67")]);
    let parts: Vec<&str> = invoice.lines.iter().map(|line| amount(&line.tax)).collect();
    assert_eq!(parts, ["63.34", "63.33"], "as the engine said, line by line");
    all_laws_hold(&service).await;

    let asked = stand_in.asked.lock().unwrap().clone();
    let [documents] = &asked[..] else { panic!("one question for the whole portion: {asked:?}") };
    assert_eq!(documents.len(), 2);
    let (document, buyer) = (&documents[0], documents[0].buyer.clone().unwrap());
    assert_eq!(
        (document.currency_code.as_str(), document.seller_place.as_str(), buyer.place.as_str()),
        ("EUR", "DE", "DE")
    );
    let line = &document.lines[0];
    assert_eq!(
        (line.tax_code.as_str(), line.place.as_str(), line.tax_point),
        ("ADS", "DE", Some(day("2020-07-31")))
    );

    let mut explanations = ExplanationServiceClient::new(service.door("auditor_1", Role::Auditor));
    let request = pb::ExplainInvoiceLineRequest { name: format!("{}/lines/1", invoice.name) };
    let tree = explanations.explain_invoice_line(request).await.unwrap().into_inner().tree.unwrap();
    let tax = tree.parts.last().unwrap();
    let grounds: Vec<&str> = tax.grounds.iter().map(|ground| ground.label.as_str()).collect();
    assert_eq!((tax.amount.as_str(), tax.parts[0].amount.as_str()), ("63.34", "63.3327"));
    assert!(grounds.contains(&"Determined by the tax engine acme"), "{grounds:?}");
}

#[tokio::test]
async fn what_does_not_add_up_waits_and_the_rest_of_the_run_goes_on() {
    let (service, stand_in, sold) = start(Mood::AddsUpWrongly).await;
    ask(&service, &sold, "acme").await.unwrap();
    let run = review(&service, &sold, "2020-07", "july").await;
    assert_eq!(totals(&service, &run).await, ["119.00"]);
    let waiting = unavailable(&service, &run).await;
    let [message] = &waiting[..] else { panic!("one order waits: {waiting:?}") };
    assert!(
        message.contains("acme") && message.contains("is 126.67, and its lines of S at 19 % come to 126.68"),
        "{message}"
    );
    assert_eq!(stand_in.asked.lock().unwrap().len(), 3, "it was asked again, and not forever");
    *stand_in.mood.lock().unwrap() = Mood::Answers;
    let run = refreshed(&service, &run).await;
    assert_eq!(totals(&service, &run).await, ["119.00", "793.35"]);
    assert_eq!(unavailable(&service, &run).await, Vec::<String>::new());
}

/// Both are asked about together, and then each alone.
#[tokio::test]
async fn a_document_that_the_engine_refuses_waits_and_takes_no_other_along() {
    let (service, stand_in, sold) = start(Mood::Refuses).await;
    ask(&service, &sold, "acme").await.unwrap();
    let run = review(&service, &sold, "2020-07", "july").await;
    assert_eq!(totals(&service, &run).await, ["119.00"]);
    let waiting = unavailable(&service, &run).await;
    let [message] = &waiting[..] else { panic!("one order waits: {waiting:?}") };
    assert!(message.contains("above what this engine knows"), "{message}");
    let asked: Vec<usize> = stand_in.asked.lock().unwrap().iter().map(Vec::len).collect();
    assert_eq!(asked, [2, 1, 1], "what is refused would be refused again");
}

#[tokio::test]
async fn an_engine_that_says_nothing_or_is_not_there_is_named_and_not_waited_for() {
    let (service, stand_in, sold) = start(Mood::SaysNothing).await;
    ask(&service, &sold, "acme").await.unwrap();
    let run = review(&service, &sold, "2020-07", "july").await;
    assert_eq!(run.state(), pb::BillingRunState::InReview, "{}", run.failure);
    assert_eq!(
        totals(&service, &run).await,
        Vec::<String>::new(),
        "nothing is taxed at 0 because nobody said"
    );
    assert_eq!(unavailable(&service, &run).await.len(), 2, "each order says why it waits");
    *stand_in.mood.lock().unwrap() = Mood::Answers;
    let mut runs = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    let request = pb::ListStaleAccountsRequest { parent: run.name.clone(), ..Default::default() };
    let stale = runs.list_stale_accounts(request).await.unwrap().into_inner().stale_accounts;
    assert_eq!(stale[0].causes, [i32::from(pb::InputCause::Tax)], "what nobody said yet");
    let run = refreshed(&service, &run).await;
    assert_eq!(totals(&service, &run).await, ["119.00", "793.35"]);

    ask(&service, &sold, "gone").await.unwrap();
    let cancel = pb::CancelBillingRunRequest { name: run.name, request_id: "cancel".into() };
    runs.cancel_billing_run(cancel).await.unwrap();
    let run = review(&service, &sold, "2020-07", "again").await;
    let waiting = unavailable(&service, &run).await;
    assert!(
        waiting.len() == 2 && waiting[0].starts_with("the tax engine gone gave no answer"),
        "{waiting:?}"
    );
}

#[tokio::test]
async fn an_engine_that_says_nothing_while_a_run_is_issued_is_waited_for() {
    let (service, stand_in, sold) = start(Mood::Answers).await;
    ask(&service, &sold, "acme").await.unwrap();
    let run = review(&service, &sold, "2020-07", "july").await;
    approve(&service, &run).await;
    rename(&service, &sold.account).await;
    *stand_in.mood.lock().unwrap() = Mood::SaysNothing;
    let asked = || stand_in.asked.lock().unwrap().len();
    let before = asked();
    begin_to_issue(&service, &run).await;
    // Each look asks three times: it has looked again, or the run has ended.
    while asked() <= before + 3 && look(&service, &run).await.state() == pb::BillingRunState::Issuing {
        tokio::task::yield_now().await;
    }
    let standing = look(&service, &run).await;
    assert_eq!((standing.state(), standing.drafts_removed), (pb::BillingRunState::Issuing, 0));
    *stand_in.mood.lock().unwrap() = Mood::Answers;
    let issued = watched(&mut manager(&service, "first"), &run.name).await;
    let progress = issued.progress.unwrap();
    assert_eq!((progress.drafts_issued, progress.drafts_dropped, issued.drafts_removed), (2, 0, 0));
    assert_eq!(totals(&service, &run).await, ["119.00", "793.35"]);
}

#[tokio::test]
async fn what_does_not_add_up_while_a_run_is_issued_says_so_and_the_rest_is_issued() {
    let (service, stand_in, sold) = start(Mood::Answers).await;
    ask(&service, &sold, "acme").await.unwrap();
    let run = review(&service, &sold, "2020-07", "july").await;
    approve(&service, &run).await;
    rename(&service, &sold.account).await;
    *stand_in.mood.lock().unwrap() = Mood::AddsUpWrongly;
    let issued = issue(&service, &run).await;
    assert_eq!(issued.state(), pb::BillingRunState::Issued, "{}", issued.failure);
    assert_eq!(totals(&service, &run).await, ["119.00"]);
    assert_eq!(issued.progress.unwrap().drafts_dropped, 1);
    let waiting = unavailable(&service, &run).await;
    let [message] = &waiting[..] else { panic!("one draft waits: {waiting:?}") };
    assert!(message.contains("is 126.67, and its lines of S at 19 % come to 126.68"), "{message}");
    let found = exceptions(&service, &run).await;
    assert!(found.iter().all(|found| found.reason != "CHANGED_SINCE_APPROVAL"), "{found:?}");
}

#[tokio::test]
async fn what_the_engine_refuses_while_a_run_is_issued_says_so_and_the_rest_is_issued() {
    let (service, stand_in, sold) = start(Mood::Answers).await;
    ask(&service, &sold, "acme").await.unwrap();
    let run = review(&service, &sold, "2020-07", "july").await;
    approve(&service, &run).await;
    rename(&service, &sold.account).await;
    *stand_in.mood.lock().unwrap() = Mood::Refuses;
    let issued = issue(&service, &run).await;
    assert_eq!(issued.state(), pb::BillingRunState::Issued, "{}", issued.failure);
    assert_eq!(totals(&service, &run).await, ["119.00"]);
    assert_eq!(unavailable(&service, &run).await.len(), 1);
}

/// Whoever started the service again left the engine out of its configuration.
#[tokio::test]
async fn an_engine_that_is_not_configured_any_more_does_not_keep_a_run_from_its_end() {
    let (service, _, sold) = start(Mood::Answers).await;
    ask(&service, &sold, "acme").await.unwrap();
    let run = review(&service, &sold, "2020-07", "july").await;
    approve(&service, &run).await;
    rename(&service, &sold.account).await;
    let left_out = "update billing_entity set tax_engine = 'other'";
    sqlx::query(left_out).execute(&mut service.connection().await).await.unwrap();
    let issued = issue(&service, &run).await;
    assert_eq!((issued.state(), issued.progress.unwrap().drafts_dropped), (pb::BillingRunState::Issued, 2));
    let waiting = unavailable(&service, &run).await;
    assert!(waiting.len() == 2 && waiting[0].contains("names no such engine"), "{waiting:?}");
}

/// Of 119.00, 595.00, 595.00 and 793.35 that are approved the last has no tax that can be used when the run is refreshed.
#[tokio::test]
async fn a_draft_that_has_no_tax_any_more_when_an_approved_run_is_refreshed_is_told() {
    let (service, stand_in, sold) = start(Mood::Answers).await;
    ask(&service, &sold, "acme").await.unwrap();
    for id in ["IO-3", "IO-4"] {
        sell(&service, &sold, id, &[("L1", "2020-07-01", "2020-07-31", "500.00")]).await;
    }
    let run = review(&service, &sold, "2020-07", "july").await;
    approve(&service, &run).await;
    rename(&service, &sold.account).await;
    *stand_in.mood.lock().unwrap() = Mood::AddsUpWrongly;
    let without = refresh(&service, &run.name, "without").await;
    let removed = [pb::Money { currency_code: "EUR".into(), amount: "793.35".into() }];
    assert_eq!(
        (without.state(), without.drafts_removed, &without.removed[..]),
        (pb::BillingRunState::Approved, 1, &removed[..])
    );
    *stand_in.mood.lock().unwrap() = Mood::Answers;
    rename_to(&service, &sold.account, "Renamed again, GmbH").await;
    let whole = refresh(&service, &run.name, "whole").await;
    assert_eq!(
        (whole.state(), whole.drafts_removed, &whole.removed[..]),
        (pb::BillingRunState::Approved, 0, &[][..])
    );
    assert_eq!(issue(&service, &run).await.progress.unwrap().drafts_issued, 4);
}
