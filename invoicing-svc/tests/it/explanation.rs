//! Why money was billed, and why not.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{self as pb, explanation_service_client::ExplanationServiceClient},
};
use chassis::caller::Grant;
use rust_decimal::Decimal;
use tonic::Code;

use crate::{
    delivery::{header, import, spot},
    invoice::{all, bill, get, list, review, sold},
    service::{Door, Service},
};

fn client(service: &Service) -> ExplanationServiceClient<Door> {
    ExplanationServiceClient::new(service.door("billing_analyst_1", Role::BillingAnalyst))
}

async fn explain(service: &Service, invoice: &str, line: i32) -> pb::InvoiceLineExplanation {
    let request = pb::ExplainInvoiceLineRequest { name: format!("{invoice}/lines/{line}") };
    client(service).explain_invoice_line(request).await.unwrap().into_inner()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Walks a tree: each amount is the sum of its parts, and each quantity that of the parts in its unit.
fn adds_up(node: &pb::ExplanationNode) {
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
