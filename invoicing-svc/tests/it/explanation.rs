//! Why money was billed, and why not.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, billing_run_service_client::BillingRunServiceClient,
        delivery_service_client::DeliveryServiceClient, explanation_service_client::ExplanationServiceClient,
    },
};
use chassis::caller::Grant;
use rust_decimal::Decimal;
use tonic::Code;

use crate::{
    daily,
    delivery::{header, import, spot},
    invoice::{all, bill, get, list, review, sold},
    metered::io_2006,
    note,
    order::day,
    service::{Door, Service},
};

pub fn client(service: &Service) -> ExplanationServiceClient<Door> {
    ExplanationServiceClient::new(service.door("billing_analyst_1", Role::BillingAnalyst))
}

pub async fn explain(service: &Service, invoice: &str, line: i32) -> pb::InvoiceLineExplanation {
    let request = pb::ExplainInvoiceLineRequest { name: format!("{invoice}/lines/{line}") };
    client(service).explain_invoice_line(request).await.unwrap().into_inner()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Walks a tree: each amount is the sum of its parts, and each quantity that of the parts in its unit.
pub fn adds_up(node: &pb::ExplanationNode) {
    let amounts: Vec<Decimal> =
        node.parts.iter().filter(|p| !p.amount.is_empty()).map(|part| decimal(&part.amount)).collect();
    if !amounts.is_empty() {
        assert_eq!(amounts.iter().sum::<Decimal>(), decimal(&node.amount), "{node:#?}");
    }
    let same_unit = |part: &&pb::ExplanationNode| !part.quantity.is_empty() && part.unit == node.unit;
    let quantities: Vec<Decimal> =
        node.parts.iter().filter(same_unit).map(|part| decimal(&part.quantity)).collect();
    if !node.quantity.is_empty() && !quantities.is_empty() {
        assert_eq!(quantities.iter().sum::<Decimal>(), decimal(&node.quantity), "{node:#?}");
    }
    node.parts.iter().chain(&node.grounds).for_each(adds_up);
}

/// The labels and amounts of the parts of a step.
fn parts(node: &pb::ExplanationNode) -> Vec<(&str, &str)> {
    node.parts.iter().map(|part| (part.label.as_str(), part.amount.as_str())).collect()
}

#[tokio::test]
async fn every_line_is_a_tree_that_adds_up_as_draft_and_as_document() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    review(&service, &sold, "2026-01", "january").await;
    let draft = list(&service, all()).await.remove(0).name;
    let spots = explain(&service, &draft, 2).await;
    let tree = spots.tree.as_ref().unwrap();
    adds_up(tree);
    assert_eq!((tree.label.as_str(), tree.amount.as_str()), ("Line 2 of a draft", "467.50"));
    let expected = [("Gross", "550.00"), ("Agency commission of 15 %, the line's part", "-82.50")];
    assert_eq!(parts(tree), expected);
    let to_date = &tree.parts[0].parts[0];
    assert_eq!((to_date.quantity.as_str(), to_date.rate.as_str(), to_date.price_base), ("2", "275", 1));
    let [terms, delivered] = &to_date.grounds[..] else { panic!("terms and delivery: {to_date:#?}") };
    assert_eq!(terms.label, "Terms of 2026-01-01 to 2026-01-31, from revision 1 of the order");
    let batch = &delivered.parts[0];
    assert_eq!((batch.label.as_str(), batch.quantity.as_str()), ("Batch B1 of traffic", "2"));
    assert!(batch.names[0].starts_with("deliveryBatches/bat_"), "{:?}", batch.names);
    assert_eq!(batch.names.len(), 3, "the batch and its two spots");
    let cap = &tree.parts[0].grounds[0];
    assert_eq!((cap.label.as_str(), cap.quantity.as_str()), ("Left of the cap before this document", "3"));
}

#[tokio::test]
async fn what_came_late_names_the_document_that_billed_before() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let january = bill(&service, &sold, "2026-01", "january").await.remove(0);
    import(&service, header("B2", 1, "275.00"), &[spot(5)]).await.unwrap();
    let february = bill(&service, &sold, "2026-02", "february").await.remove(0);
    let late = get(&service, &february.name).await.lines;
    let late = late.iter().find(|line| line.order_line == "L3").unwrap();
    let explained = explain(&service, &february.name, late.number).await;
    let tree = explained.tree.unwrap();
    adds_up(&tree);
    assert_eq!(tree.label, format!("Line {} of {}", late.number, february.number));
    let before = &tree.parts[0].parts[1];
    assert_eq!((before.label.as_str(), before.amount.as_str()), ("Billed before", "-550.00"));
    assert_eq!(before.names, [january.name]);
    for line in get(&service, &february.name).await.lines {
        adds_up(&explain(&service, &february.name, line.number).await.tree.unwrap());
    }
    assert_eq!(explained.billing_run, february.billing_run);
}

#[tokio::test]
async fn what_a_key_may_not_see_is_not_explained_to_it() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let name = bill(&service, &sold, "2026-01", "january").await.remove(0).name;
    let grant =
        Grant { role: Role::Auditor, entities: vec![], territories: vec!["WEST".into()], accounts: vec![] };
    let mut limited = ExplanationServiceClient::new(service.limited_door("limited", vec![grant]));
    let request = pb::ExplainInvoiceLineRequest { name: format!("{name}/lines/1") };
    assert_eq!(limited.explain_invoice_line(request).await.unwrap_err().code(), Code::NotFound);
    for (line, code) in [("9", Code::NotFound), ("0", Code::InvalidArgument), ("x", Code::InvalidArgument)] {
        let request = pb::ExplainInvoiceLineRequest { name: format!("{name}/lines/{line}") };
        let refused = client(&service).explain_invoice_line(request).await.unwrap_err();
        assert_eq!(refused.code(), code, "{line}");
    }
}

pub async fn why(service: &Service, request: pb::WhyNotBilledRequest) -> pb::WhyNotBilledResponse {
    client(service).why_not_billed(request).await.unwrap().into_inner()
}

pub fn of(parent: &str) -> pb::WhyNotBilledRequest {
    pb::WhyNotBilledRequest { parent: parent.into(), ..pb::WhyNotBilledRequest::default() }
}

fn amount(money: &Option<pb::Money>) -> &str {
    money.as_ref().map_or("unknown", |money| &money.amount)
}

/// The classes with their lines, periods and amounts.
fn told(answer: &pb::WhyNotBilledResponse) -> Vec<(pb::UnbilledClass, &str, &str)> {
    answer.reasons.iter().map(|r| (r.class(), r.order_line.as_str(), amount(&r.amount))).collect()
}

/// Rated, billed and unbilled; nothing is unexplained.
pub fn balance(answer: &pb::WhyNotBilledResponse) -> [&str; 3] {
    let [balance] = &answer.balances[..] else { panic!("one currency: {answer:#?}") };
    assert_eq!(amount(&balance.unexplained), "0.00", "{answer:#?}");
    assert_eq!(amount(&balance.explained), amount(&balance.unbilled));
    [&balance.rated_to_date, &balance.billed_to_date, &balance.unbilled].map(amount)
}

pub async fn bridge(service: &Service, request: pb::BridgeRequest) -> pb::Bridge {
    let bridge = client(service).bridge(request).await.unwrap().into_inner();
    for step in bridge.currencies.iter().flat_map(|currency| &currency.steps) {
        assert_eq!(amount(&step.unexplained), "0.00", "{bridge:#?}");
    }
    for currency in &bridge.currencies {
        for pair in currency.steps.windows(2) {
            let differences = pair[0].differences.iter().map(|d| decimal(amount(&d.amount))).sum::<Decimal>();
            assert_eq!(decimal(amount(&pair[0].amount)) + differences, decimal(amount(&pair[1].amount)));
        }
    }
    bridge
}

pub fn of_entity(entity: &str, first: &str, last: &str) -> pb::BridgeRequest {
    pb::BridgeRequest {
        billing_entity: entity.into(),
        first_month: first.into(),
        last_month: last.into(),
        ..pb::BridgeRequest::default()
    }
}

pub fn levels(bridge: &pb::Bridge) -> Vec<&str> {
    let [currency] = &bridge.currencies[..] else { panic!("one currency: {bridge:#?}") };
    currency.steps.iter().map(|step| amount(&step.amount)).collect()
}

#[tokio::test]
async fn what_is_not_billed_has_its_reason_and_the_act_that_frees_it() {
    use pb::UnbilledClass::{Due, Held, InDraft, OverCap, StaleInput};
    let service = Service::start().await;
    let sold = sold(&service).await;
    // It is 2 April 2026: January to March are over, and no run has taken them.
    let before = why(&service, of(&sold.account)).await;
    let fee = [(Due, "L2", "3333.34"), (Due, "L2", "3333.33"), (Due, "L2", "3333.33")];
    assert_eq!(told(&before), [&fee[..], &[(Due, "L3", "550.00")]].concat());
    assert_eq!(balance(&before), ["10550.00", "0.00", "10550.00"]);
    let first = &before.reasons[0];
    assert_eq!((first.age_days, first.owner.as_str()), (61, "billing_manager"));
    assert_eq!(first.act, "start a billing run of its month");

    let run = review(&service, &sold, "2026-01", "january").await;
    import(&service, header("B2", 2, "550.00"), &[spot(5), spot(6)]).await.unwrap();
    let drafted = why(&service, of(&sold.account)).await;
    let spots = [(InDraft, "L3", "550.00"), (StaleInput, "L3", "275.00"), (OverCap, "L3", "0.00")];
    assert_eq!(told(&drafted)[3..], spots);
    assert_eq!(drafted.reasons[3].billing_run, run.name);
    assert_eq!((drafted.reasons[5].quantity.as_str(), drafted.reasons[5].unit.as_str()), ("1", "spot"));
    assert_eq!(balance(&drafted), ["10825.00", "0.00", "10825.00"]);

    cancel(&service, &run.name).await;
    bill(&service, &sold, "2026-03", "march").await;
    let restated = pb::Airing { status: pb::AiringStatus::NotAired.into(), time: String::new(), ..spot(1) };
    let also = pb::Airing { status: pb::AiringStatus::NotAired.into(), time: String::new(), ..spot(2) };
    import(&service, header("B3", 2, "550.00"), &[restated, also]).await.unwrap();
    let held = why(&service, of(&sold.account)).await;
    assert_eq!(told(&held), [(Held, "L3", "-275.00")]);
    assert_eq!(held.reasons[0].reason, "NEGATIVE_DELTA");
    assert_eq!(balance(&held), ["10550.00", "10825.00", "-275.00"]);
}

async fn cancel(service: &Service, run: &str) {
    let request = pb::CancelBillingRunRequest { name: run.into(), request_id: "cancel".into() };
    let mut client = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    client.cancel_billing_run(request).await.unwrap();
}

#[tokio::test]
async fn reasons_are_asked_for_by_order_line_and_month_and_come_in_pages() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let order = client_order(&service).await;
    let line = pb::WhyNotBilledRequest { order: order.clone(), order_line: "L3".into(), ..of(&sold.account) };
    assert_eq!(balance(&why(&service, line).await), ["550.00", "0.00", "550.00"]);
    let february = pb::WhyNotBilledRequest {
        first_month: "2026-02".into(),
        last_month: "2026-02".into(),
        ..of(&sold.account)
    };
    assert_eq!(balance(&why(&service, february).await), ["3333.33", "0.00", "3333.33"]);
    let mut pages = Vec::new();
    let mut request = pb::WhyNotBilledRequest { page_size: 3, ..of(&sold.account) };
    loop {
        let page = why(&service, request.clone()).await;
        assert_eq!(balance(&page)[2], "10550.00", "the balance is that of all pages");
        pages.extend(page.reasons);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(pages, why(&service, of(&sold.account)).await.reasons);
    let lonely = pb::WhyNotBilledRequest { order_line: "L3".into(), ..of(&sold.account) };
    assert_eq!(client(&service).why_not_billed(lonely).await.unwrap_err().code(), Code::InvalidArgument);
}

/// The one order.
pub async fn client_order(service: &Service) -> String {
    let list = pb::ListOrdersRequest { parent: "accounts/-".into(), ..pb::ListOrdersRequest::default() };
    crate::order::client(service).list_orders(list).await.unwrap().into_inner().orders.remove(0).name
}

#[tokio::test]
async fn a_bridge_leads_from_booked_to_collected_and_nothing_is_unexplained() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let run = review(&service, &sold, "2026-01", "january").await;
    let drafted =
        bridge(&service, pb::BridgeRequest { billing_run: run.name.clone(), ..Default::default() }).await;
    // Booked in January: 3,333.34 of the fee and three spots; two of them aired.
    let expected = ["4158.34", "3883.34", "3883.34", "3883.34", "3883.34", "0.00", "0.00", "0.00", "0.00"];
    assert_eq!(levels(&drafted), expected);
    let in_draft =
        drafted.currencies[0].steps[4].differences.iter().find(|d| d.cause() == pb::BridgeCause::InDraft);
    assert_eq!(amount(&in_draft.unwrap().amount), "-3883.34");
    cancel(&service, &run.name).await;

    let issued = bill(&service, &sold, "2026-01", "january-again").await.remove(0);
    let of_run = pb::BridgeRequest { billing_run: issued.billing_run, ..Default::default() };
    let billed = bridge(&service, of_run.clone()).await;
    let expected =
        ["4158.34", "3883.34", "3883.34", "3883.34", "3883.34", "3883.34", "3883.34", "3300.84", "0.00"];
    assert_eq!(levels(&billed), expected);
    import(&service, header("B2", 1, "275.00"), &[spot(5)]).await.unwrap();
    bill(&service, &sold, "2026-02", "february").await;
    // February's document has a spot of January; the bridge of January's run says that it is elsewhere.
    let billed = bridge(&service, of_run).await;
    assert_eq!(levels(&billed)[5..8], ["4158.34", "4158.34", "3300.84"]);
    let february = bridge(&service, of_entity(&sold.entity, "2026-02", "2026-02")).await;
    assert_eq!(levels(&february)[5..8], ["3333.33", "3333.33", "3067.08"]);
    let all = bridge(&service, of_entity(&sold.entity, "", "2026-03")).await;
    assert_eq!(
        levels(&all),
        ["10825.00", "10825.00", "10825.00", "10825.00", "10825.00", "7491.67", "7491.67", "6367.92", "0.00"]
    );
    let account =
        pb::BridgeRequest { account: sold.account.clone(), ..of_entity(&sold.entity, "", "2026-03") };
    assert_eq!(levels(&bridge(&service, account).await), levels(&all));
    let both = pb::BridgeRequest { billing_run: run.name, ..of_entity(&sold.entity, "", "2026-03") };
    assert_eq!(client(&service).bridge(both).await.unwrap_err().code(), Code::InvalidArgument);
}

/// It is 2 April 2026, on which both documents of British fees are issued: 40,000.00 of January, of which 100.00 are credited, and
/// 1,000.00 of another order. Each at 15 % and 20 % VAT: 34,000.00 × 1.2 + 850.00 × 1.2 − 85.00 × 1.2 = 41,718.00.
#[tokio::test]
async fn a_day_has_the_documents_and_notes_that_were_issued_on_it() {
    let service = Service::start().await;
    let (sold, first) = note::invoiced(&service).await;
    note::sell(&service, &sold, "IO-2", &["1000.00"]).await;
    let second = bill(&service, &sold, "2026-01", "second").await.remove(0);
    note::client(&service).issue_credit_note(note::credit(&first, "100.00", "credit")).await.unwrap();
    let on = |text: &str| pb::BridgeRequest {
        billing_entity: sold.entity.clone(),
        day: Some(day(text)),
        ..pb::BridgeRequest::default()
    };
    let today = bridge(&service, on("2026-04-02")).await;
    assert_eq!(levels(&today)[5..], ["41000.00", "40900.00", "41718.00", "0.00"]);
    assert_eq!(today.day, Some(day("2026-04-02")));
    // Nothing was issued the day before: all of it is on other documents.
    let yesterday = bridge(&service, on("2026-04-01")).await;
    assert_eq!(levels(&yesterday)[5..], ["41000.00", "40900.00", "0.00", "0.00"]);
    let elsewhere = yesterday.currencies[0].steps[6].differences.iter();
    let elsewhere = elsewhere.filter(|d| d.cause() == pb::BridgeCause::OtherDocuments);
    assert_eq!(elsewhere.map(|d| amount(&d.amount)).collect::<Vec<_>>(), ["-40900.00"]);
    // What was credited of another run's document is not this run's.
    let of_run = pb::BridgeRequest { billing_run: second.billing_run, ..pb::BridgeRequest::default() };
    assert_eq!(levels(&bridge(&service, of_run).await)[6..8], ["40900.00", "1020.00"]);
    let both = pb::BridgeRequest { last_month: "2026-04".into(), ..on("2026-04-02") };
    assert_eq!(client(&service).bridge(both).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_bad_batch_and_a_bad_revision_name_everything_that_they_touched() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let january = bill(&service, &sold, "2026-01", "january").await.remove(0);
    import(&service, header("B2", 1, "275.00"), &[spot(5)]).await.unwrap();
    let run = review(&service, &sold, "2026-02", "february").await;
    let batch = async |source_id: &str| {
        let list = pb::ListDeliveryBatchesRequest::default();
        let mut client =
            DeliveryServiceClient::new(service.door("order_management_1", Role::OrderManagement));
        let batches = client.list_delivery_batches(list).await.unwrap().into_inner().delivery_batches;
        batches.into_iter().find(|batch| batch.batch_id == source_id).unwrap().name
    };
    let request = pb::BlastRadiusRequest { delivery_batch: batch("B1").await, ..Default::default() };
    let first = client(&service).blast_radius(request).await.unwrap().into_inner();
    let total = &first.totals[0];
    assert_eq!((total.documents, amount(&total.documents_gross)), (1, "550.00"));
    assert_eq!((total.drafts, amount(&total.drafts_gross)), (1, "275.00"), "the draft bills the same day");
    let document = first.touched.iter().find(|touched| touched.name == january.name).unwrap();
    assert_eq!(
        (document.number.as_str(), &document.lines[..], amount(&document.total)),
        ("2026-000001", &[2][..], "3300.84")
    );
    let request = pb::BlastRadiusRequest { delivery_batch: batch("B2").await, ..Default::default() };
    let second = client(&service).blast_radius(request).await.unwrap().into_inner();
    let [draft] = &second.touched[..] else { panic!("January's document did not know it: {second:#?}") };
    assert_eq!((draft.number.as_str(), &draft.billing_run), ("", &run.name));

    let order = client_order(&service).await;
    let request =
        pb::BlastRadiusRequest { order: order.clone(), revision: 1, page_size: 1, ..Default::default() };
    let page = client(&service).blast_radius(request).await.unwrap().into_inner();
    assert_eq!((page.touched.len(), page.next_page_token.is_empty()), (1, false));
    assert_eq!(amount(&page.totals[0].documents_gross), "3883.34");
    let request = pb::BlastRadiusRequest { order, revision: 2, ..Default::default() };
    assert_eq!(client(&service).blast_radius(request).await.unwrap_err().code(), Code::NotFound);
}

/// What was counted of L1 of IO-2006 on a day.
async fn count(service: &Service, batch: &str, date: &str, impressions: i64) {
    let fact = pb::DeliveryFact { order: "IO-2006".into(), ..daily::fact("L1", date, impressions) };
    daily::import(service, daily::header(batch, 1, impressions), &[fact]).await.unwrap();
}

#[tokio::test]
async fn what_was_counted_is_explained_by_its_batches_and_what_is_over_the_cap_is_free() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    io_2006(&service, &sold).await;
    count(&service, "D1", "2026-01-30", 612_345).await;
    bill(&service, &sold, "2026-01", "january").await;
    // 20,000 more for 30 January, restated as a whole day, and 400,000 in February.
    count(&service, "D2", "2026-01-30", 632_345).await;
    count(&service, "D3", "2026-02-10", 400_000).await;
    bill(&service, &sold, "2026-02", "february").await;
    let documents = list(&service, all()).await;
    let february = documents.iter().find(|invoice| amount(&invoice.gross) == "2907.41").unwrap();
    let late = explain(&service, &february.name, 1).await.tree.unwrap();
    adds_up(&late);
    let gross = &late.parts[0];
    assert_eq!(parts(gross)[..2], [("To date", "4742.5875"), ("Billed before", "-4592.5875")]);
    assert_eq!((gross.parts[0].rate.as_str(), gross.parts[0].price_base), ("7.5", 1_000));
    let delivered = &gross.parts[0].grounds[1];
    let batches: Vec<_> =
        delivered.parts.iter().map(|part| (part.label.as_str(), part.quantity.as_str())).collect();
    assert_eq!(batches, [("Batch D2 of adserver", "632345")], "the value of the day that holds");
    let cap = &gross.grounds[0];
    assert_eq!((cap.quantity.as_str(), cap.unit.as_str()), ("387655", "impression"));
    for line in 2..=3 {
        adds_up(&explain(&service, &february.name, line).await.tree.unwrap());
    }

    let answer = why(&service, of(&sold.account)).await;
    let free = answer.reasons.iter().find(|reason| reason.order_line == "L1").unwrap();
    assert_eq!((free.class(), free.quantity.as_str()), (pb::UnbilledClass::OverCap, "32345"));
    balance(&answer);
    let all = bridge(&service, of_entity(&sold.entity, "", "2026-03")).await;
    let over = all.currencies[0].steps[1].differences.iter().find(|d| d.cause() == pb::BridgeCause::OverCap);
    // 1,032,345 at 7.50 per thousand is 7,742.59; the cap leaves 7,500.00.
    assert_eq!(amount(&over.unwrap().amount), "-242.59");
}

/// A small random number generator, so that a failure can be repeated from its seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

#[tokio::test]
async fn whatever_happens_the_reasons_sum_to_the_balance_and_the_bridge_explains_itself() {
    for seed in [1, 2, 3] {
        let service = Service::start().await;
        let sold = sold(&service).await;
        io_2006(&service, &sold).await;
        let mut chance = Chance(seed);
        let mut open: Option<String> = None;
        for step in 0..10 {
            match chance.below(6) {
                0 => {
                    if let Some(run) = open.take() {
                        let request =
                            pb::CancelBillingRunRequest { name: run, request_id: format!("c{step}") };
                        let door = service.door("first", Role::BillingManager);
                        let mut client = BillingRunServiceClient::new(door);
                        client.cancel_billing_run(request).await.unwrap();
                    }
                    let month = format!("2026-0{}", 1 + chance.below(4));
                    bill(&service, &sold, &month, &format!("b{step}")).await;
                }
                1 if open.is_none() => {
                    let month = format!("2026-0{}", 1 + chance.below(4));
                    open = Some(review(&service, &sold, &month, &format!("r{step}")).await.name);
                }
                2 | 3 => {
                    let date = format!("2026-0{}-{}", 1 + chance.below(2), 10 + chance.below(3));
                    let impressions = i64::try_from(chance.below(800_000)).unwrap();
                    count(&service, &format!("D{step}"), &date, impressions).await;
                }
                _ => {
                    let number = i32::try_from(1 + chance.below(6)).unwrap();
                    let aired = chance.below(3) > 0;
                    let status = if aired { pb::AiringStatus::Aired } else { pb::AiringStatus::NotAired };
                    let time = if aired { "18:23" } else { "" };
                    let airing = pb::Airing { status: status.into(), time: time.into(), ..spot(number) };
                    import(&service, header(&format!("R{step}"), 1, "275.00"), &[airing]).await.unwrap();
                }
            }
            balance(&why(&service, of(&sold.account)).await);
            bridge(&service, of_entity(&sold.entity, "", "2026-04")).await;
            bridge(&service, of_entity(&sold.entity, "2026-01", "2026-01")).await;
            for invoice in list(&service, all()).await {
                every_line_adds_up(&service, &invoice.name).await;
            }
        }
    }
}

async fn every_line_adds_up(service: &Service, invoice: &str) {
    for line in 1.. {
        let request = pb::ExplainInvoiceLineRequest { name: format!("{invoice}/lines/{line}") };
        match client(service).explain_invoice_line(request).await {
            Ok(explained) => adds_up(&explained.into_inner().tree.unwrap()),
            Err(end) => {
                assert_eq!((end.code(), line > 1), (Code::NotFound, true));
                break;
            }
        }
    }
}
