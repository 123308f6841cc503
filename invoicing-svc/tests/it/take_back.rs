//! What is taken back of receivables: what was put on the wrong document, and money that did not come after all.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, ledger_service_client::LedgerServiceClient,
        receivable_service_client::ReceivableServiceClient,
    },
};
use chassis::caller::Grant;
use tonic::Status;

use crate::{
    invoice::bill,
    ledger::broken,
    note::{amount, sell},
    order::day,
    receivable::{ageing, collections, controller, open, owed, paid, parts, pounds, receive},
    service::{Service, reason},
};

async fn bounce(service: &Service, receipt: &pb::Receipt, id: &str) -> Result<pb::Receipt, Status> {
    let request = pb::ReverseReceiptRequest {
        name: receipt.name.clone(),
        day: None,
        reason: "Returned unpaid".into(),
        request_id: id.into(),
    };
    Ok(collections(service).reverse_receipt(request).await?.into_inner())
}

async fn take_off(
    service: &Service,
    receipt: &pb::Receipt,
    document: &pb::Invoice,
    on: Option<&str>,
) -> Result<pb::Receipt, Status> {
    let request = pb::ReverseAllocationRequest {
        name: receipt.name.clone(),
        document: document.name.clone(),
        day: on.map(day),
        reason: "It paid the other one".into(),
        request_id: format!("off-{on:?}").replace(' ', ""),
    };
    Ok(collections(service).reverse_allocation(request).await?.into_inner())
}

fn allocated(receipt: &pb::Receipt) -> Vec<&str> {
    receipt.allocations.iter().map(|allocation| amount(&allocation.amount)).collect()
}

#[tokio::test]
async fn what_is_on_the_wrong_document_is_put_on_the_right_one() {
    let service = Service::start().await;
    let (sold, invoice) = owed(&service).await;
    sell(&service, &sold, "IO-2", &["1000.00"]).await;
    let other = bill(&service, &sold, "2026-01", "again").await.remove(0);
    let received = receive(&service, paid(&sold, "1020.00", "paid")).await.unwrap();
    assert_eq!(amount(&open(&service, &invoice, None).await.open), "39780.00");
    service.clock.set("2026-04-20T12:00:00Z".parse().unwrap());
    let early = take_off(&service, &received, &invoice, Some("2026-04-01")).await.unwrap_err();
    assert_eq!(reason(&early), "DAY_TOO_EARLY");
    let back = take_off(&service, &received, &invoice, Some("2026-04-15")).await.unwrap();
    assert_eq!((allocated(&back), amount(&back.unapplied)), (vec!["1020.00", "-1020.00"], "1020.00"));
    assert_eq!(amount(&open(&service, &invoice, None).await.open), "40800.00");
    // As it stood before it was taken off.
    assert_eq!(amount(&open(&service, &invoice, Some("2026-04-14")).await.open), "39780.00");
    let refused = take_off(&service, &received, &invoice, Some("2026-04-16")).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_ALLOCATED");
    let put = pb::AllocateReceiptRequest {
        name: received.name.clone(),
        allocations: vec![pb::Allocation { document: other.name.clone(), ..pb::Allocation::default() }],
        request_id: "right".into(),
    };
    collections(&service).allocate_receipt(put).await.unwrap();
    assert_eq!(parts(&open(&service, &other, None).await)[0], "0.00");
    assert_eq!(broken(&service).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_bounced_receipt_leaves_everything_owed_as_old_as_it_is() {
    let service = Service::start().await;
    let (sold, invoice) = owed(&service).await;
    let received = receive(&service, paid(&sold, "41000.00", "paid")).await.unwrap();
    assert_eq!((amount(&received.unapplied), received.reversal_day), ("200.00", None));
    service.clock.set("2026-06-20T12:00:00Z".parse().unwrap());
    let bounced = bounce(&service, &received, "bounced").await.unwrap();
    assert_eq!((amount(&bounced.unapplied), allocated(&bounced)), ("0.00", vec!["40800.00", "-40800.00"]));
    let said = (bounced.reversal_day, bounced.reversal_reason.as_str());
    assert_eq!(said, (Some(day("2026-06-20")), "Returned unpaid"));
    // The same request again is the same answer; another one finds nothing to take back.
    assert_eq!(bounce(&service, &received, "bounced").await.unwrap(), bounced);
    assert_eq!(reason(&bounce(&service, &received, "twice").await.unwrap_err()), "RECEIPT_REVERSED");
    let due = open(&service, &invoice, None).await;
    assert_eq!((amount(&due.open), due.due_date, due.age()), ("40800.00", invoice.due_date, pb::Age::UpTo60));
    let row = ageing(&service, &sold, "2026-06-20").await;
    assert_eq!([amount(&row.open), amount(&row.unapplied_cash)], ["40800.00", "0.00"]);
    // Cash and unapplied cash are as if it had never come, and nothing is deleted.
    let request = pb::GetTrialBalanceRequest { billing_entity: sold.entity.clone(), ..Default::default() };
    let mut ledger = LedgerServiceClient::new(service.door("auditor_1", Role::Auditor));
    let balance = ledger.get_trial_balance(request).await.unwrap().into_inner();
    let cash = balance.rows.iter().find(|row| row.ledger_account() == pb::LedgerAccount::Cash).unwrap();
    assert_eq!([amount(&cash.debit), amount(&cash.credit)], ["41000.00", "41000.00"]);
    assert_eq!(broken(&service).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_given_back_of_a_receipt_cannot_have_bounced() {
    let service = Service::start().await;
    let (sold, _) = owed(&service).await;
    let received = receive(&service, paid(&sold, "41000.00", "paid")).await.unwrap();
    let refund = pb::RecordRefundRequest {
        parent: sold.account.clone(),
        refund: Some(pb::Refund {
            source: received.name.clone(),
            amount: pounds("200.00"),
            ..pb::Refund::default()
        }),
        request_id: "back".into(),
    };
    let refund = controller(&service).record_refund(refund).await.unwrap().into_inner();
    let refused = bounce(&service, &received, "bounced").await.unwrap_err();
    assert_eq!(reason(&refused), "RECEIPT_USED");
    assert!(refused.message().starts_with("200.00 of the receipt was given back"), "{refused}");

    let listed = pb::ListRefundsRequest { parent: sold.account.clone(), ..Default::default() };
    let listed = collections(&service).list_refunds(listed).await.unwrap().into_inner();
    assert_eq!(listed.refunds, [refund]);
    assert_eq!(broken(&service).await, Vec::<String>::new());
}

#[tokio::test]
async fn receipts_and_write_offs_are_listed_page_by_page() {
    let service = Service::start().await;
    let (sold, invoice) = owed(&service).await;
    let mut received = Vec::new();
    for (sum, id) in [("100.00", "a"), ("200.00", "b"), ("300.00", "c")] {
        received.push(receive(&service, paid(&sold, sum, id)).await.unwrap());
    }
    let mut client = collections(&service);
    let page = |token: String| pb::ListReceiptsRequest {
        parent: "accounts/-".into(),
        page_size: 2,
        page_token: token,
    };
    let first = client.list_receipts(page(String::new())).await.unwrap().into_inner();
    let rest = client.list_receipts(page(first.next_page_token)).await.unwrap().into_inner();
    assert_eq!([first.receipts, rest.receipts].concat(), received);
    assert_eq!(rest.next_page_token, "");
    let lost = pb::WriteOffDocumentRequest {
        document: invoice.name.clone(),
        amount: pounds("40.00"),
        day: None,
        reason: "Insolvent".into(),
        request_id: "lost".into(),
    };
    let lost = controller(&service).write_off_document(lost).await.unwrap().into_inner();
    let request = pb::ListWriteOffsRequest { parent: sold.account.clone(), ..Default::default() };
    assert_eq!(client.list_write_offs(request).await.unwrap().into_inner().write_offs, [lost]);
    // Whoever is limited to another account finds nothing.
    let grant = Grant {
        role: Role::Collections,
        entities: vec![],
        territories: vec![],
        accounts: vec![uuid::Uuid::nil()],
    };
    let mut limited = ReceivableServiceClient::new(service.limited_door("collections_2", vec![grant]));
    let seen = limited.list_receipts(page(String::new())).await.unwrap().into_inner();
    assert_eq!(seen.receipts, []);
    assert_eq!(broken(&service).await, Vec::<String>::new());
}
