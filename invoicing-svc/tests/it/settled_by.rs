//! How accounts settle what they are billed: by terms, card, seller balance or wallet.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{self as pb, account_service_client::AccountServiceClient},
};
use prost_types::FieldMask;

use crate::{
    invoice::{self, bill, get},
    ledger::broken,
    note::{self, amount, british, credit, sell},
    order::{Sold, day},
    rebill::{self, of_gross, rebill},
    receivable::{collections, open, paid, parts, receive, with_codes},
    service::Service,
};

/// An account that settles like this, with so much paid ahead by each of its receipts.
async fn account(service: &Service, how: pb::SettledBy, ahead: &[&str]) -> (Sold, Vec<String>) {
    let sold = british(service).await;
    with_codes(service, &sold).await;
    settle(service, &sold, how).await;
    let mut receipts = Vec::new();
    for amount in ahead {
        receipts.push(receive(service, paid(&sold, amount, amount)).await.unwrap().name);
    }
    (sold, receipts)
}

async fn settle(service: &Service, sold: &Sold, how: pb::SettledBy) {
    let request = pb::UpdateAccountRequest {
        account: Some(pb::Account {
            name: sold.account.clone(),
            settled_by: how.into(),
            ..pb::Account::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["settled_by".into()] }),
        request_id: how.as_str_name().into(),
    };
    let mut client = AccountServiceClient::new(service.door("billing_manager_1", Role::BillingManager));
    assert_eq!(client.update_account(request).await.unwrap().into_inner().settled_by(), how);
}

async fn unapplied(service: &Service, receipt: &str) -> String {
    let request = pb::GetReceiptRequest { name: receipt.to_owned() };
    let receipt = collections(service).get_receipt(request).await.unwrap().into_inner();
    amount(&receipt.unapplied).to_owned()
}

/// Gross 1,000.00 less 15 % is 850.00, and 170.00 VAT: 1,020.00. The wallet has 800.00 and 300.00, of which 80.00 stay;
/// the next document of 1,020.00 takes those and leaves 940.00 open.
#[tokio::test]
async fn a_wallet_pays_a_document_as_it_is_issued() {
    let service = Service::start().await;
    let (sold, receipts) = account(&service, pb::SettledBy::Wallet, &["800.00", "300.00"]).await;
    sell(&service, &sold, "IO-1", &["1000.00"]).await;
    let invoice = bill(&service, &sold, "2026-01", "january").await.remove(0);
    assert_eq!(amount(&invoice.total), "1020.00");
    assert_eq!((invoice.settled_by(), invoice.payment_terms_days), (pb::SettledBy::Wallet, 0));
    assert_eq!(invoice.due_date, Some(day("2026-04-02")), "on the day of issue");
    assert_eq!(parts(&open(&service, &invoice, None).await), ["0.00", "0.00", "0.00"]);
    assert_eq!(unapplied(&service, &receipts[0]).await, "0.00", "the oldest goes first");
    assert_eq!(unapplied(&service, &receipts[1]).await, "80.00");

    sell(&service, &sold, "IO-2", &["1000.00"]).await;
    let next = bill(&service, &sold, "2026-01", "again").await.remove(0);
    assert_eq!(parts(&open(&service, &next, None).await), ["940.00", "0.00", "940.00"]);
    assert_eq!(unapplied(&service, &receipts[1]).await, "0.00");
    assert_eq!(broken(&service).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_card_is_charged_elsewhere_and_terms_give_time() {
    let service = Service::start().await;
    let (sold, receipts) = account(&service, pb::SettledBy::Card, &["2000.00"]).await;
    sell(&service, &sold, "IO-1", &["1000.00"]).await;
    let charged = bill(&service, &sold, "2026-01", "january").await.remove(0);
    assert_eq!((charged.settled_by(), charged.due_date), (pb::SettledBy::Card, Some(day("2026-04-02"))));
    assert_eq!(parts(&open(&service, &charged, None).await)[0], "1020.00", "until its receipt comes");

    settle(&service, &sold, pb::SettledBy::Terms).await;
    sell(&service, &sold, "IO-2", &["1000.00"]).await;
    let later = bill(&service, &sold, "2026-01", "again").await.remove(0);
    assert_eq!((later.settled_by(), later.due_date), (pb::SettledBy::Terms, Some(day("2026-05-02"))));
    assert_eq!(unapplied(&service, &receipts[0]).await, "2000.00", "only a wallet pays by itself");
    // What is issued says what held on its day.
    let charged = get(&service, &charged.name).await;
    assert_eq!(charged.settled_by(), pb::SettledBy::Card);
}

/// What becomes of a document of 1,020.00 with 1,100.00 paid ahead, when its account settles otherwise by the time that the draft is
/// approved as it is: the document, what is open on it, and what is left of the receipt.
async fn issued_after(approved: pb::SettledBy, changed: pb::SettledBy) -> (pb::Invoice, String, String) {
    let service = Service::start().await;
    let (sold, receipts) = account(&service, approved, &["1100.00"]).await;
    sell(&service, &sold, "IO-1", &["1000.00"]).await;
    let run = invoice::review(&service, &sold, "2026-01", "january").await;
    settle(&service, &sold, changed).await;
    invoice::approve(&service, &run).await;
    let of_run = pb::ListInvoicesRequest { billing_run: run.name.clone(), ..invoice::all() };
    let draft = invoice::list(&service, of_run).await.remove(0);
    assert_eq!(draft.settled_by(), approved);
    let run = invoice::issue(&service, &run).await;
    assert_eq!(run.state(), pb::BillingRunState::Issued, "{}", run.failure);
    let issued = get(&service, &draft.name).await;
    assert_eq!(issued.digest, draft.digest, "what was approved");
    assert_eq!(broken(&service).await, Vec::<String>::new());
    let left = parts(&open(&service, &issued, None).await)[0].to_owned();
    (issued, left, unapplied(&service, &receipts[0]).await)
}

#[tokio::test]
async fn a_document_is_settled_as_it_was_approved() {
    let due = Some(day("2026-04-02"));
    let (issued, left, ahead) = issued_after(pb::SettledBy::Wallet, pb::SettledBy::Terms).await;
    assert_eq!(
        (issued.settled_by(), issued.payment_terms_days, issued.due_date),
        (pb::SettledBy::Wallet, 0, due)
    );
    // 1,100.00 less 1,020.00.
    assert_eq!((left.as_str(), ahead.as_str()), ("0.00", "80.00"));
    let (issued, left, ahead) = issued_after(pb::SettledBy::Card, pb::SettledBy::Wallet).await;
    assert_eq!((issued.settled_by(), issued.due_date), (pb::SettledBy::Card, due));
    assert_eq!((left.as_str(), ahead.as_str()), ("1020.00", "1100.00"), "its card is charged for it");
}

/// Each debit note of gross 200.00 less 15 % is 170.00, and 34.00 VAT: 204.00. Of 1,320.00 the invoice takes 1,020.00.
#[tokio::test]
async fn a_wallet_pays_a_debit_note_as_it_is_issued() {
    let service = Service::start().await;
    let (sold, receipts) = account(&service, pb::SettledBy::Wallet, &["1320.00"]).await;
    sell(&service, &sold, "IO-1", &["1000.00"]).await;
    let invoice = bill(&service, &sold, "2026-01", "january").await.remove(0);
    // 300.00 less 204.00; then 204.00 less 96.00.
    for (request_id, left, ahead) in [("first", "0.00", "96.00"), ("second", "108.00", "0.00")] {
        let request = pb::IssueDebitNoteRequest {
            invoice: invoice.name.clone(),
            note: credit(&invoice, "200.00", request_id).note,
            request_id: request_id.into(),
        };
        let debit = note::client(&service).issue_debit_note(request).await.unwrap().into_inner();
        assert_eq!(amount(&debit.total), "204.00");
        assert_eq!((debit.settled_by(), debit.due_date), (pb::SettledBy::Wallet, debit.issue_date));
        assert_eq!(parts(&open(&service, &debit, None).await)[0], left);
        assert_eq!(unapplied(&service, &receipts[0]).await, ahead);
    }
    assert_eq!(broken(&service).await, Vec::<String>::new());
}

/// Each half of gross 1,000.00 less 15 % is 425.00, and 85.00 VAT: 510.00. The wallet has 600.00.
#[tokio::test]
async fn a_rebill_settles_as_its_new_buyer_does() {
    let service = Service::start().await;
    let (sold, _) = account(&service, pb::SettledBy::Terms, &[]).await;
    sell(&service, &sold, "IO-1", &["1000.00"]).await;
    let invoice = bill(&service, &sold, "2026-01", "january").await.remove(0);
    assert_eq!((invoice.settled_by(), invoice.due_date), (pb::SettledBy::Terms, Some(day("2026-05-02"))));
    let right = rebill::other(&service, "AG-2", |to| to.settled_by = pb::SettledBy::Wallet.into()).await;
    let ahead = pb::RecordReceiptRequest { parent: right.clone(), ..paid(&sold, "600.00", "ahead") };
    let ahead = receive(&service, ahead).await.unwrap().name;
    // Due at once, but what was due before keeps its age. 600.00 less 510.00; then 510.00 less 90.00.
    let halves =
        [("2026-04-10", "2026-04-10", "0.00", "90.00"), ("2026-05-20", "2026-05-02", "420.00", "0.00")];
    for (today, due, left, unused) in halves {
        service.clock.set(format!("{today}T12:00:00Z").parse().unwrap());
        let request = of_gross(rebill(&invoice, &right, today), "500.00");
        let (_, billed) = rebill::done(&service, request).await.unwrap();
        assert_eq!((amount(&billed.total), billed.settled_by()), ("510.00", pb::SettledBy::Wallet));
        assert_eq!((billed.payment_terms_days, billed.due_date), (0, Some(day(due))));
        assert_eq!(parts(&open(&service, &billed, None).await)[0], left);
        assert_eq!(unapplied(&service, &ahead).await, unused);
    }
    assert_eq!(broken(&service).await, Vec::<String>::new());
}
