//! Several orders of an account on one document, as its billing instructions say.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, account_service_client::AccountServiceClient,
        billing_run_service_client::BillingRunServiceClient, hold_service_client::HoldServiceClient,
        invoice_service_client::InvoiceServiceClient,
    },
};
use prost_types::FieldMask;

use crate::{
    invoice::{all, approve, bill, get, issue, list, review},
    order::{Sold, days, order, reference_data, sync},
    reference::create_series,
    service::Service,
    tax::{all_laws_hold, amount, exceptions},
};

/// An order of January: its id, advertiser, purchase order with its value, and fee.
type Ordered<'a> = (&'a str, &'a str, Option<(&'a str, &'a str)>, &'a str);

const FOUR: [Ordered<'_>; 4] = [
    ("IO-1", "Acme", Some(("PO-1", "1000.00")), "100.00"),
    ("IO-2", "Acme", Some(("PO-2", "170.00")), "200.00"),
    ("IO-3", "Zenith", Some(("PO-1", "1000.00")), "300.00"),
    ("IO-4", "Zenith", None, "400.00"),
];

fn ordered(sold: &Sold, (id, advertiser, number, fee): Ordered<'_>) -> pb::Order {
    let mut sale = order(sold, id);
    sale.lines.truncate(1);
    sale.lines[0].flight = days("2026-01-01", "2026-01-31");
    sale.lines[0].amount = fee.into();
    let money = |value: &str| pb::Money { currency_code: "USD".into(), amount: value.into() };
    let number = number.map(|(number, value)| pb::PurchaseOrder {
        number: number.into(),
        value: Some(money(value)),
        expires: None,
    });
    pb::Order { advertiser: advertiser.into(), purchase_orders: number.into_iter().collect(), ..sale }
}

async fn sell(service: &Service, orders: &[Ordered<'_>]) -> Sold {
    let sold = reference_data(service).await;
    let entity = pb::BillingEntity { name: sold.entity.clone(), code: "NYC".into(), ..Default::default() };
    create_series(service, &entity).await;
    let orders = orders.iter().map(|of| ordered(&sold, *of)).collect();
    sync(service, orders, "orders").await.unwrap();
    sold
}

pub async fn instruct(service: &Service, sold: &Sold, consolidation: pb::Consolidation) {
    let mut accounts = AccountServiceClient::new(service.door("billing_manager_1", Role::BillingManager));
    let request = pb::UpdateAccountRequest {
        account: Some(pb::Account {
            name: sold.account.clone(),
            consolidation: consolidation.into(),
            ..Default::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["consolidation".into()] }),
        request_id: consolidation.as_str_name().into(),
    };
    let updated = accounts.update_account(request).await.unwrap().into_inner();
    assert_eq!(updated.consolidation(), consolidation);
}

async fn refreshed(service: &Service, run: &pb::BillingRun, request_id: &str) -> pb::BillingRun {
    let mut runs = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    let request = pb::RefreshBillingRunRequest { name: run.name.clone(), request_id: request_id.into() };
    runs.refresh_billing_run(request).await.unwrap();
    crate::invoice::watched(&mut runs, &run.name).await
}

async fn drafts(service: &Service, run: &pb::BillingRun) -> Vec<pb::Invoice> {
    list(service, pb::ListInvoicesRequest { billing_run: run.name.clone(), ..all() }).await
}

#[tokio::test]
async fn each_instruction_groups_the_orders() {
    let service = Service::start().await;
    let sold = sell(&service, &FOUR).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    // The sums of what belongs together by advertiser, number and account.
    let expected = [
        (pb::Consolidation::PurchaseOrder, vec!["200.00", "400.00", "400.00"]),
        (pb::Consolidation::Advertiser, vec!["300.00", "700.00"]),
        (pb::Consolidation::Account, vec!["1000.00"]),
        (pb::Consolidation::Order, vec!["100.00", "200.00", "300.00", "400.00"]),
    ];
    for (consolidation, grosses) in expected {
        instruct(&service, &sold, consolidation).await;
        refreshed(&service, &run, consolidation.as_str_name()).await;
        let drafts = drafts(&service, &run).await;
        let mut found: Vec<&str> = drafts.iter().map(|draft| amount(&draft.gross)).collect();
        found.sort_unstable();
        assert_eq!(found, grosses, "{consolidation:?}");
        let orders: i32 = drafts.iter().map(|draft| draft.order_count).sum();
        assert_eq!(orders, 4, "{consolidation:?}");
    }
}

#[tokio::test]
async fn orders_of_two_advertisers_share_a_document_that_says_whose_each_line_is() {
    let service = Service::start().await;
    let sold = sell(&service, &[FOUR[0], FOUR[1], FOUR[3]]).await;
    instruct(&service, &sold, pb::Consolidation::Account).await;
    let name = bill(&service, &sold, "2026-01", "january").await.remove(0).name;
    let invoice = get(&service, &name).await;
    assert_eq!((invoice.order_count, invoice.purchase_order.as_str()), (3, ""));
    let lines: Vec<_> = invoice
        .lines
        .iter()
        .map(|line| {
            let order = (line.order_external_id.as_str(), line.advertiser.as_str());
            (order, line.purchase_order.as_str(), amount(&line.net))
        })
        .collect();
    let expected = [
        (("IO-1", "Acme"), "PO-1", "85.00"),
        (("IO-2", "Acme"), "PO-2", "170.00"),
        (("IO-4", "Zenith"), "", "340.00"),
    ];
    assert_eq!(lines, expected);
    assert_eq!((amount(&invoice.gross), amount(&invoice.total)), ("700.00", "595.00"));
    all_laws_hold(&service).await;
    for line in &invoice.lines {
        let of_order = pb::ListInvoicesRequest { order: line.order.clone(), ..all() };
        assert_eq!(list(&service, of_order).await.len(), 1, "it is found by each of its orders");
    }
    let mut files = InvoiceServiceClient::new(service.door("auditor_1", Role::Auditor));
    let request =
        |format: pb::InvoiceFormat| pb::DownloadInvoiceRequest { name: name.clone(), format: format.into() };
    let csv = files.download_invoice(request(pb::InvoiceFormat::Csv)).await.unwrap().into_inner().data;
    let csv = String::from_utf8(csv.to_vec()).unwrap();
    assert!(csv.contains(",IO-2,Acme,USD,2,L2,") && csv.contains(",PO-2,INVOICE,"), "{csv}");
    let pdf = files.download_invoice(request(pb::InvoiceFormat::Pdf)).await.unwrap().into_inner().data;
    assert_eq!(&pdf[..5], b"%PDF-");

    // PO-2 is used to its last cent by one line of the document.
    sync(&service, vec![ordered(&sold, ("IO-5", "Acme", Some(("PO-2", "170.00")), "0.10"))], "more")
        .await
        .unwrap();
    let run = review(&service, &sold, "2026-01", "again").await;
    let found = exceptions(&service, &run).await;
    assert!(found.iter().any(|found| found.reason == "PURCHASE_ORDER_USED_UP"), "{found:?}");
}

#[tokio::test]
async fn the_number_of_one_order_holds_up_its_document_until_another_is_typed_in() {
    let service = Service::start().await;
    let short = ("IO-2", "Acme", Some(("PO-2", "169.99")), "200.00");
    let sold = sell(&service, &[FOUR[0], short]).await;
    instruct(&service, &sold, pb::Consolidation::Advertiser).await;
    let run = review(&service, &sold, "2026-01", "january").await;
    let found = exceptions(&service, &run).await;
    let [used_up] = &found[..] else { panic!("one exception: {found:?}") };
    let draft = get(&service, &drafts(&service, &run).await[0].name).await;
    assert_eq!(
        (used_up.reason.as_str(), used_up.order.as_str()),
        ("PURCHASE_ORDER_USED_UP", draft.lines[1].order.as_str())
    );
    assert!(draft.waiting);
    let mut analyst = InvoiceServiceClient::new(service.door("analyst", Role::BillingAnalyst));
    let edit = pb::EditInvoiceRequest {
        name: draft.name.clone(),
        purchase_order: Some("PO-9".into()),
        request_id: "edit".into(),
        ..Default::default()
    };
    let edited = analyst.edit_invoice(edit).await.unwrap().into_inner();
    assert_eq!((edited.waiting, edited.purchase_order.as_str()), (false, "PO-9"));
    assert!(edited.lines.iter().all(|line| line.purchase_order == "PO-9"));
}

#[tokio::test]
async fn an_order_on_hold_waits_alone_and_the_others_go_on() {
    let service = Service::start().await;
    let sold = sell(&service, &FOUR).await;
    instruct(&service, &sold, pb::Consolidation::Account).await;
    let run = review(&service, &sold, "2026-01", "january").await;
    let whole = get(&service, &drafts(&service, &run).await[0].name).await;
    let mut holds = HoldServiceClient::new(service.door("billing_analyst_1", Role::BillingAnalyst));
    let hold =
        pb::Hold { reason: "disputed".into(), order: whole.lines[2].order.clone(), ..Default::default() };
    let request =
        pb::CreateHoldRequest { parent: sold.account.clone(), hold: Some(hold), request_id: "hold".into() };
    holds.create_hold(request).await.unwrap();
    let mut found: Vec<_> = drafts(&service, &run)
        .await
        .iter()
        .map(|draft| (draft.waiting, amount(&draft.gross).to_owned()))
        .collect();
    found.sort();
    assert_eq!(found, [(false, "700.00".into()), (true, "300.00".into())]);
    let mut runs = BillingRunServiceClient::new(service.door("auditor_1", Role::Auditor));
    let request = pb::GetBillingRunRequest { name: run.name.clone() };
    let run = runs.get_billing_run(request).await.unwrap().into_inner();
    approve(&service, &run).await;
    issue(&service, &run).await;
    all_laws_hold(&service).await;
    let again = review(&service, &sold, "2026-01", "again").await;
    assert_eq!(
        amount(&drafts(&service, &again).await[0].gross),
        "300.00",
        "what was held is billed once it can be"
    );
}
