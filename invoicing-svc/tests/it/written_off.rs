//! What was given up, and credited all the same.

use billing_proto::billing::invoicing::v1 as pb;

use crate::{
    ledger::broken,
    note::{amount, credit, issue},
    receivable::{collections, controller, owed, paid, pounds, receive},
    service::{Service, reason},
};

/// A customer who paid nothing gets nothing back when what was given up is credited.
#[tokio::test]
async fn what_was_written_off_stands_against_credit_as_far_as_it_is_not_recovered() {
    let service = Service::start().await;
    let (sold, invoice) = owed(&service).await;
    let write_off = pb::WriteOffDocumentRequest {
        document: invoice.name.clone(),
        amount: pounds("40800.00"),
        day: None,
        reason: "insolvent".into(),
        request_id: "lost".into(),
    };
    let lost = controller(&service).write_off_document(write_off).await.unwrap().into_inner();
    let credit_note = issue(&service, credit(&invoice, "10000.00", "credit")).await.unwrap();
    let shown = async || {
        let request =
            pb::GetRefundableRequest { account: sold.account.clone(), source: credit_note.name.clone() };
        let shown = collections(&service).get_refundable(request).await.unwrap().into_inner();
        [shown.left, shown.credit, shown.owed, shown.refundable].map(|money| amount(&money).to_owned())
    };
    let refund = |amount: &str, id: &str| pb::RecordRefundRequest {
        parent: sold.account.clone(),
        refund: Some(pb::Refund {
            source: credit_note.name.clone(),
            amount: pounds(amount),
            ..pb::Refund::default()
        }),
        request_id: id.into(),
    };
    assert_eq!(shown().await, ["10200.00", "10200.00", "40800.00", "0.00"]);
    let refused = controller(&service).record_refund(refund("0.01", "nothing")).await.unwrap_err();
    assert_eq!(reason(&refused), "REFUND_ABOVE_CREDIT");
    let cash = pb::RecordReceiptRequest { oldest_first: false, ..paid(&sold, "35700.00", "late") };
    let cash = receive(&service, cash).await.unwrap();
    let recover = pb::RecoverWriteOffRequest {
        name: lost.name.clone(),
        receipt: cash.name.clone(),
        amount: None,
        day: None,
        request_id: "recover".into(),
    };
    collections(&service).recover_write_off(recover).await.unwrap();
    // 40,800.00 − 35,700.00 were never paid.
    assert_eq!(shown().await, ["10200.00", "10200.00", "5100.00", "5100.00"]);
    let refused = controller(&service).record_refund(refund("5100.01", "above")).await.unwrap_err();
    assert_eq!(reason(&refused), "REFUND_ABOVE_CREDIT");
    controller(&service).record_refund(refund("5100.00", "back")).await.unwrap();
    assert_eq!(broken(&service).await, Vec::<String>::new());
}
