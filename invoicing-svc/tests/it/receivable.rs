//! What customers owe and pay, and what becomes of it.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, billing_entity_service_client::BillingEntityServiceClient,
        ledger_service_client::LedgerServiceClient, receivable_service_client::ReceivableServiceClient,
    },
};
use prost_types::FieldMask;
use tonic::{Code, Status};

use crate::{
    invoice::bill,
    ledger::broken,
    note::{self, amount, credit, invoiced, sell},
    order::{Sold, day},
    service::{Door, Service, reason},
};

pub type Client = ReceivableServiceClient<Door>;

pub fn collections(service: &Service) -> Client {
    ReceivableServiceClient::new(service.door("collections_1", Role::Collections))
}

pub fn controller(service: &Service) -> Client {
    ReceivableServiceClient::new(service.door("controller_1", Role::Controller))
}

pub fn pounds(amount: &str) -> Option<pb::Money> {
    Some(pb::Money { currency_code: "GBP".into(), amount: amount.into() })
}

/// The GL codes without which nothing is settled, changed as an approval does it.
pub async fn with_codes(service: &Service, sold: &Sold) {
    let mut client = BillingEntityServiceClient::new(service.service_door("adjustments", Role::Controller));
    let codes = pb::SettlementCodes {
        cash: "1000".into(),
        unapplied_cash: "2300".into(),
        bad_debt: "6500".into(),
        bad_debt_recovered: "6510".into(),
        tax_relief: "2210".into(),
    };
    let request = pb::UpdateBillingEntityRequest {
        billing_entity: Some(pb::BillingEntity {
            name: sold.entity.clone(),
            settlement_codes: Some(codes),
            ..pb::BillingEntity::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["settlement_codes".into()] }),
        request_id: "codes".into(),
    };
    client.update_billing_entity(request).await.unwrap();
}

/// An invoice of 40,800.00 of a British entity that may settle.
pub async fn owed(service: &Service) -> (Sold, pb::Invoice) {
    let (sold, invoice) = invoiced(service).await;
    with_codes(service, &sold).await;
    (sold, invoice)
}

pub fn paid(sold: &Sold, amount: &str, request_id: &str) -> pb::RecordReceiptRequest {
    let receipt = pb::Receipt {
        billing_entity: sold.entity.clone(),
        amount: pounds(amount),
        method: "WIRE".into(),
        reference: "INV 2026-000001".into(),
        ..pb::Receipt::default()
    };
    pb::RecordReceiptRequest {
        parent: sold.account.clone(),
        receipt: Some(receipt),
        allocations: vec![],
        oldest_first: true,
        request_id: request_id.into(),
    }
}

pub async fn receive(service: &Service, request: pb::RecordReceiptRequest) -> Result<pb::Receipt, Status> {
    Ok(collections(service).record_receipt(request).await?.into_inner())
}

pub async fn open(service: &Service, document: &pb::Invoice, as_of: Option<&str>) -> pb::OpenDocument {
    let request = pb::GetOpenDocumentRequest { name: document.name.clone(), as_of: as_of.map(day) };
    collections(service).get_open_document(request).await.unwrap().into_inner()
}

/// Open, disputed and undisputed.
pub fn parts(document: &pb::OpenDocument) -> [&str; 3] {
    [&document.open, &document.disputed, &document.undisputed].map(amount)
}

async fn dispute(
    service: &Service,
    document: &pb::Invoice,
    amount: &str,
    id: &str,
) -> Result<pb::OpenDocument, Status> {
    let request = pb::SetDisputedAmountRequest {
        name: document.name.clone(),
        amount: pounds(amount),
        dispute: "disputes/dsp_1".into(),
        request_id: id.into(),
    };
    Ok(collections(service).set_disputed_amount(request).await?.into_inner())
}

async fn credited(service: &Service, invoice: &pb::Invoice, gross: &str, id: &str) -> pb::Invoice {
    note::client(service).issue_credit_note(credit(invoice, gross, id)).await.unwrap().into_inner()
}

/// The balances of the trial balance that are not nothing.
async fn balances(service: &Service, sold: &Sold) -> Vec<(pb::LedgerAccount, String)> {
    let mut ledger = LedgerServiceClient::new(service.door("controller_1", Role::Controller));
    let request = pb::GetTrialBalanceRequest { billing_entity: sold.entity.clone(), as_of: None };
    let rows = ledger.get_trial_balance(request).await.unwrap().into_inner().rows;
    let mut rows: Vec<_> =
        rows.iter().map(|row| (row.ledger_account(), amount(&row.balance).to_owned())).collect();
    rows.retain(|(_, balance)| balance != "0.00");
    rows.sort();
    rows
}

pub async fn ageing(service: &Service, sold: &Sold, as_of: &str) -> pb::AgeingRow {
    let request = pb::GetAgeingRequest {
        billing_entity: sold.entity.clone(),
        account: sold.account.clone(),
        as_of: Some(day(as_of)),
    };
    collections(service).get_ageing(request).await.unwrap().into_inner().rows.remove(0)
}

#[tokio::test]
async fn a_dispute_stands_apart_and_a_credit_settles_half_of_it() {
    let service = Service::start().await;
    let (_, invoice) = owed(&service).await;
    credited(&service, &invoice, "10000.00", "first").await;
    assert_eq!(parts(&open(&service, &invoice, None).await), ["30600.00", "0.00", "30600.00"]);
    let disputed = dispute(&service, &invoice, "6120.00", "dispute").await.unwrap();
    assert_eq!(parts(&disputed), ["30600.00", "6120.00", "24480.00"]);
    assert_eq!((disputed.due_date, disputed.dispute.as_str()), (invoice.due_date, "disputes/dsp_1"));
    credited(&service, &invoice, "3000.00", "half").await;
    assert_eq!(parts(&open(&service, &invoice, None).await), ["27540.00", "6120.00", "21420.00"]);
    let ended = dispute(&service, &invoice, "0.00", "ended").await.unwrap();
    assert_eq!(parts(&ended), ["27540.00", "0.00", "27540.00"]);
    let refused = dispute(&service, &invoice, "27540.01", "too-much").await.unwrap_err();
    assert_eq!(reason(&refused), "DISPUTE_ABOVE_OPEN");
    assert_eq!(broken(&service).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_receipt_pays_the_oldest_first_and_the_rest_is_unapplied() {
    let service = Service::start().await;
    let (sold, invoice) = owed(&service).await;
    service.clock.set("2026-04-20T12:00:00Z".parse().unwrap());
    sell(&service, &sold, "IO-2", &["1000.00"]).await;
    let later = bill(&service, &sold, "2026-01", "again").await.remove(0);
    dispute(&service, &invoice, "800.00", "dispute").await.unwrap();
    let receipt = receive(&service, paid(&sold, "40500.00", "1")).await.unwrap();
    // 40,000.00 undisputed, then 500.00 of what fell due later.
    let puts: Vec<_> = receipt.allocations.iter().map(|put| (&put.document, amount(&put.amount))).collect();
    assert_eq!(puts, [(&invoice.name, "40000.00"), (&later.name, "500.00")]);
    assert_eq!(amount(&receipt.unapplied), "0.00");
    assert_eq!(receive(&service, paid(&sold, "40500.00", "1")).await.unwrap(), receipt);
    let more = receive(&service, paid(&sold, "2000.00", "2")).await.unwrap();
    assert_eq!((more.allocations.len(), amount(&more.unapplied)), (2, "680.00"));
    assert_eq!(parts(&open(&service, &later, None).await), ["0.00", "0.00", "0.00"]);
    assert_eq!(
        amount(&open(&service, &invoice, Some("2026-04-19")).await.open),
        "40800.00",
        "as of the day before"
    );
    assert_eq!(
        balances(&service, &sold).await,
        [
            (pb::LedgerAccount::Revenue, "-41000.00".to_owned()),
            (pb::LedgerAccount::AgencyCommission, "6150.00".to_owned()),
            (pb::LedgerAccount::TaxPayable, "-6970.00".to_owned()),
            (pb::LedgerAccount::Cash, "42500.00".to_owned()),
            (pb::LedgerAccount::UnappliedCash, "-680.00".to_owned()),
        ]
    );
    assert_eq!(broken(&service).await, Vec::<String>::new());
}

#[tokio::test]
async fn nothing_is_paid_beyond_the_money_or_the_document() {
    let service = Service::start().await;
    let (sold, invoice) = owed(&service).await;
    let named = |asked: &str, id: &str| pb::RecordReceiptRequest {
        allocations: vec![pb::Allocation {
            document: invoice.name.clone(),
            amount: pounds(asked),
            day: None,
        }],
        oldest_first: false,
        ..paid(&sold, "41000.00", id)
    };
    for (asked, why) in [("40800.01", "ALLOCATION_ABOVE_OPEN"), ("0.00", "MALFORMED")] {
        assert_eq!(reason(&receive(&service, named(asked, why)).await.unwrap_err()), why);
    }
    let unapplied = pb::RecordReceiptRequest { oldest_first: false, ..paid(&sold, "30000.00", "kept") };
    let kept = receive(&service, unapplied).await.unwrap();
    assert_eq!((kept.allocations.len(), amount(&kept.unapplied)), (0, "30000.00"));
    // Two put all of it on one document at once: it is put there once.
    let allocate = |id: &str| pb::AllocateReceiptRequest {
        name: kept.name.clone(),
        allocations: vec![pb::Allocation {
            document: invoice.name.clone(),
            amount: pounds("30000.00"),
            day: None,
        }],
        request_id: id.into(),
    };
    let (mut one, mut other) = (collections(&service), collections(&service));
    let (one, other) =
        tokio::join!(one.allocate_receipt(allocate("a")), other.allocate_receipt(allocate("b")));
    let refused = [one, other].into_iter().find_map(Result::err).expect("one is refused");
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(amount(&open(&service, &invoice, None).await.open), "10800.00");
    let tomorrow = paid(&sold, "1.00", "tomorrow");
    let receipt =
        tomorrow.receipt.clone().map(|receipt| pb::Receipt { day: Some(day("2026-04-03")), ..receipt });
    let refused = receive(&service, pb::RecordReceiptRequest { receipt, ..tomorrow }).await.unwrap_err();
    assert_eq!(reason(&refused), "DAY_IN_FUTURE");
    assert_eq!(broken(&service).await, Vec::<String>::new());
}

#[tokio::test]
async fn credit_that_is_left_is_put_elsewhere_or_given_back() {
    let service = Service::start().await;
    let (sold, invoice) = owed(&service).await;
    receive(&service, paid(&sold, "40800.00", "all")).await.unwrap();
    let credit_note = credited(&service, &invoice, "10000.00", "credit").await;
    assert_eq!(parts(&open(&service, &credit_note, None).await)[0], "-10200.00", "nothing was open to pay");
    sell(&service, &sold, "IO-2", &["5000.00"]).await;
    let later = bill(&service, &sold, "2026-01", "again").await.remove(0);
    let refund = |amount: &str, id: &str| pb::RecordRefundRequest {
        parent: sold.account.clone(),
        refund: Some(pb::Refund {
            source: credit_note.name.clone(),
            amount: pounds(amount),
            ..pb::Refund::default()
        }),
        request_id: id.into(),
    };
    // 5,100.00 is open against it.
    let request =
        pb::GetRefundableRequest { account: sold.account.clone(), source: credit_note.name.clone() };
    let shown = collections(&service).get_refundable(request).await.unwrap().into_inner();
    assert_eq!(
        [&shown.left, &shown.credit, &shown.owed, &shown.refundable].map(amount),
        ["10200.00", "10200.00", "5100.00", "5100.00"]
    );
    let request = pb::GetRefundableRequest { account: sold.account.clone(), source: invoice.name.clone() };
    let refused = collections(&service).get_refundable(request).await.unwrap_err();
    assert_eq!(reason(&refused), "DOCUMENT_NOT_OPEN", "an invoice is no credit");
    let refused = controller(&service).record_refund(refund("5100.01", "above")).await.unwrap_err();
    assert_eq!(reason(&refused), "REFUND_ABOVE_CREDIT");
    assert!(refused.message().starts_with("5,100.00 can be given back"), "{}", refused.message());
    controller(&service).record_refund(refund("5100.00", "back")).await.unwrap();
    let apply = pb::ApplyCreditRequest {
        name: credit_note.name.clone(),
        allocations: vec![],
        request_id: "apply".into(),
    };
    let applied = collections(&service).apply_credit(apply).await.unwrap().into_inner();
    assert_eq!(amount(&applied.open), "0.00");
    assert_eq!(amount(&open(&service, &later, None).await.open), "0.00");
    let listed = pb::ListOpenDocumentsRequest { parent: sold.account.clone(), ..Default::default() };
    let listed = collections(&service).list_open_documents(listed).await.unwrap().into_inner();
    assert_eq!(listed.open_documents, []);
    assert_eq!(broken(&service).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_debt_is_given_up_relieved_and_recovered() {
    let service = Service::start().await;
    let (sold, _) = owed(&service).await;
    let (all, _) = (paid(&sold, "40800.00", "all"), ());
    receive(&service, all).await.unwrap();
    // Gross 10,000.00 is net 8,500.00 and VAT of 1,700.00.
    sell(&service, &sold, "IO-2", &["10000.00"]).await;
    let invoice = bill(&service, &sold, "2026-01", "again").await.remove(0);
    let before = balances(&service, &sold).await;
    let write_off = |amount: &str, id: &str| pb::WriteOffDocumentRequest {
        document: invoice.name.clone(),
        amount: pounds(amount),
        day: None,
        reason: "insolvent".into(),
        request_id: id.into(),
    };
    dispute(&service, &invoice, "200.00", "dispute").await.unwrap();
    let refused =
        controller(&service).write_off_document(write_off("10200.00", "disputed")).await.unwrap_err();
    assert_eq!(reason(&refused), "WRITE_OFF_ABOVE_UNDISPUTED");
    dispute(&service, &invoice, "0.00", "ended").await.unwrap();
    let lost =
        controller(&service).write_off_document(write_off("10200.00", "lost")).await.unwrap().into_inner();
    assert_eq!(amount(&open(&service, &invoice, None).await.open), "0.00");
    let claim =
        |id: &str| pb::ClaimTaxReliefRequest { name: lost.name.clone(), day: None, request_id: id.into() };
    let relieved = controller(&service).claim_tax_relief(claim("claim")).await.unwrap().into_inner();
    assert_eq!(amount(&relieved.tax_relief), "1700.00");
    let refused = controller(&service).claim_tax_relief(claim("again")).await.unwrap_err();
    assert_eq!(reason(&refused), "TAX_RELIEF_CLAIMED");
    let change = |after: &[(pb::LedgerAccount, String)], account| {
        after.iter().find(|(of, _)| *of == account).map_or_else(|| "0.00".to_owned(), |(_, sum)| sum.clone())
    };
    let after = balances(&service, &sold).await;
    assert_eq!(change(&before, pb::LedgerAccount::Receivables), "10200.00");
    for (account, sum) in [
        (pb::LedgerAccount::Receivables, "0.00"),
        (pb::LedgerAccount::BadDebt, "8500.00"),
        (pb::LedgerAccount::TaxRelief, "1700.00"),
    ] {
        assert_eq!(change(&after, account), sum, "{account:?}");
    }
    let cash = pb::RecordReceiptRequest { oldest_first: false, ..paid(&sold, "5100.00", "late") };
    let cash = receive(&service, cash).await.unwrap();
    let recover = pb::RecoverWriteOffRequest {
        name: lost.name.clone(),
        receipt: cash.name.clone(),
        amount: None,
        day: None,
        request_id: "recover".into(),
    };
    let recovered = collections(&service).recover_write_off(recover).await.unwrap().into_inner();
    assert_eq!(amount(&recovered.recovered), "5100.00");
    let after = balances(&service, &sold).await;
    for (account, sum) in [
        (pb::LedgerAccount::BadDebtRecovered, "-4250.00"),
        (pb::LedgerAccount::TaxRelief, "850.00"),
        (pb::LedgerAccount::UnappliedCash, "0.00"),
    ] {
        assert_eq!(change(&after, account), sum, "{account:?}");
    }
    assert_eq!(broken(&service).await, Vec::<String>::new());
}

/// domain.md §8: the write-off is approved; that its tax is claimed back follows from it on a day of its own.
#[tokio::test]
async fn where_approvals_are_configured_tax_relief_is_claimed_directly_and_a_refund_is_not() {
    let service = Service::start_with_approvals().await;
    let (sold, invoice) = note::invoiced_by_approval(&service).await;
    with_codes(&service, &sold).await;
    let write_off = pb::WriteOffDocumentRequest {
        document: invoice.name.clone(),
        amount: pounds("10200.00"),
        day: None,
        reason: "insolvent".into(),
        request_id: "apr_2".into(),
    };
    let refused = controller(&service).write_off_document(write_off.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), "APPROVAL_REQUIRED");
    let way = format!("CreateAdjustment, POST /v1/{}/adjustments;", sold.account);
    assert!(refused.message().contains(&way), "{refused}");
    let refused = dispute(&service, &invoice, "200.00", "dispute").await.unwrap_err();
    assert_eq!(reason(&refused), "APPROVAL_REQUIRED");
    let way = format!("OpenDispute, POST /v1/{}/disputes;", sold.account);
    assert!(refused.message().contains(&way), "{refused}");
    let door = service.service_door("adjustments", Role::Controller);
    let lost = ReceivableServiceClient::new(door).write_off_document(write_off).await.unwrap().into_inner();
    // Of 40,800.00 with VAT of 6,800.00, 10,200.00 has 1,700.00.
    let claim = |on: Option<&str>, id: &str| pb::ClaimTaxReliefRequest {
        name: lost.name.clone(),
        day: on.map(day),
        request_id: id.into(),
    };
    let mut manager = ReceivableServiceClient::new(service.door("billing_manager_1", Role::BillingManager));
    let refused = manager.claim_tax_relief(claim(Some("2026-04-01"), "before")).await.unwrap_err();
    assert_eq!(reason(&refused), "DAY_TOO_EARLY", "before the write-off");
    let relieved = manager.claim_tax_relief(claim(None, "claim")).await.unwrap().into_inner();
    assert_eq!(amount(&relieved.tax_relief), "1700.00");
    let refused = manager.claim_tax_relief(claim(None, "again")).await.unwrap_err();
    assert_eq!(reason(&refused), "TAX_RELIEF_CLAIMED");
    let cash = pb::RecordReceiptRequest { oldest_first: false, ..paid(&sold, "1000.00", "cash") };
    let cash = receive(&service, cash).await.unwrap();
    let refund = pb::RecordRefundRequest {
        parent: sold.account.clone(),
        refund: Some(pb::Refund { source: cash.name, amount: pounds("1.00"), ..pb::Refund::default() }),
        request_id: "direct".into(),
    };
    let refused = manager.record_refund(refund).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "APPROVAL_REQUIRED"));
    let way = format!("RequestRefund, POST /v1/{}/refundRequests", sold.account);
    assert!(refused.message().contains(&way), "{}", refused.message());
    assert_eq!(broken(&service).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_write_off_is_shown_with_what_it_would_post() {
    let service = Service::start().await;
    let (_, invoice) = owed(&service).await;
    let preview = async |amount: &str| {
        let request = pb::PreviewWriteOffRequest { document: invoice.name.clone(), amount: pounds(amount) };
        controller(&service).preview_write_off(request).await.map(tonic::Response::into_inner)
    };
    let shown = preview("10200.00").await.unwrap();
    assert_eq!(
        note::postings(&shown.ledger_entries),
        [
            (pb::LedgerAccount::BadDebt, "10200.00", "0.00"),
            (pb::LedgerAccount::Receivables, "0.00", "10200.00"),
        ]
    );
    assert!(shown.ledger_entries.iter().all(|entry| entry.name.is_empty() && entry.activity.is_empty()));
    assert_eq!((amount(&shown.open_before), amount(&shown.open_after)), ("40800.00", "30600.00"));
    assert_eq!(amount(&open(&service, &invoice, None).await.open), "40800.00", "nothing was done");
    dispute(&service, &invoice, "40000.00", "dispute").await.unwrap();
    let refused = preview("10200.00").await.unwrap_err();
    assert_eq!(reason(&refused), "WRITE_OFF_ABOVE_UNDISPUTED", "as when it is done");
}

#[tokio::test]
async fn what_is_owed_ages_as_of_any_day_and_a_statement_adds_up() {
    let service = Service::start().await;
    // Issued on 2 April, due on 2 May.
    let (sold, invoice) = owed(&service).await;
    dispute(&service, &invoice, "800.00", "dispute").await.unwrap();
    service.clock.set("2026-06-10T12:00:00Z".parse().unwrap());
    receive(&service, paid(&sold, "10000.00", "part")).await.unwrap();
    credited(&service, &invoice, "1000.00", "credit").await;
    for (as_of, bucket, undisputed) in [
        ("2026-04-30", 0, "40000.00"),
        ("2026-05-02", 0, "40000.00"),
        ("2026-05-03", 1, "40000.00"),
        ("2026-06-09", 2, "40000.00"),
        ("2026-06-10", 2, "28980.00"),
        ("2026-07-31", 3, "28980.00"),
        ("2026-08-01", 4, "28980.00"),
    ] {
        let row = ageing(&service, &sold, as_of).await;
        let found: Vec<_> = row.buckets.iter().map(|bucket| amount(&bucket.amount)).collect();
        let mut expected = ["0.00"; 5];
        expected[bucket] = undisputed;
        assert_eq!(found, expected, "{as_of}");
        assert_eq!(amount(&row.disputed), "800.00", "{as_of}");
    }
    let request = pb::GetStatementRequest {
        account: sold.account.clone(),
        currency_code: String::new(),
        first: Some(day("2026-05-01")),
        last: Some(day("2026-06-30")),
    };
    let statement = collections(&service).get_statement(request).await.unwrap().into_inner();
    let lines: Vec<_> = statement
        .lines
        .iter()
        .map(|line| (line.kind(), amount(&line.amount), amount(&line.balance)))
        .collect();
    assert_eq!(amount(&statement.opening), "40800.00");
    assert_eq!(
        lines,
        [
            (pb::StatementLineKind::Receipt, "-10000.00", "30800.00"),
            (pb::StatementLineKind::CreditNote, "-1020.00", "29780.00"),
        ]
    );
    assert_eq!(amount(&statement.closing), "29780.00");
}

#[tokio::test]
async fn without_gl_codes_or_past_approvals_nothing_is_settled() {
    let service = Service::start().await;
    let (sold, invoice) = invoiced(&service).await;
    let refused = receive(&service, paid(&sold, "1.00", "codes")).await.unwrap_err();
    assert_eq!(reason(&refused), "SETTLEMENT_CODES_MISSING");
    let mut sales = ReceivableServiceClient::new(service.door("sales_1", Role::Sales));
    let refused = sales.record_receipt(paid(&sold, "1.00", "sales")).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let elsewhere = pb::GetOpenDocumentRequest {
        name: invoice.name.replace("accounts/acc_0", "accounts/acc_f"),
        as_of: None,
    };
    assert_eq!(collections(&service).get_open_document(elsewhere).await.unwrap_err().code(), Code::NotFound);
}
