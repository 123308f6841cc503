//! What went to the wrong place: credited there, and billed to whom it should have gone.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, account_service_client::AccountServiceClient, note_service_client::NoteServiceClient,
        receivable_service_client::ReceivableServiceClient,
    },
};
use chassis::caller::Grant;
use prost_types::FieldMask;
use tonic::{Code, Status};

use crate::{
    delivery::spot,
    explanation::{adds_up, bridge, explain},
    invoice::{self, bill, download, get, review},
    ledger::broken,
    note::{address, amount, amounts, client, credit, credit_on, invoiced, issue, posted},
    order::{Sold, day},
    reference::{account, create_account, create_series_of},
    service::{Service, reason},
    tax::{create_rate, rate, rows},
};

/// Another British agency in the territory.
pub async fn other(service: &Service, code: &str, change: fn(&mut pb::Account)) -> String {
    let mut other = pb::Account { address: address(), currency_code: "GBP".into(), ..account(code, "EAST") };
    other.legal_name = format!("{code} Media Ltd");
    change(&mut other);
    let request = pb::CreateAccountRequest { account: Some(other), request_id: code.into() };
    let mut accounts = AccountServiceClient::new(service.door("billing_manager_1", Role::BillingManager));
    accounts.create_account(request).await.unwrap().into_inner().name
}

pub fn rebill(invoice: &pb::Invoice, to: &str, request_id: &str) -> pb::RebillInvoiceRequest {
    let rebill = pb::Rebill {
        account: to.into(),
        reason: "Billed to the wrong agency".into(),
        ..pb::Rebill::default()
    };
    pb::RebillInvoiceRequest {
        invoice: invoice.name.clone(),
        rebill: Some(rebill),
        request_id: request_id.into(),
    }
}

/// Only so much of line 1.
pub fn of_gross(request: pb::RebillInvoiceRequest, gross: &str) -> pb::RebillInvoiceRequest {
    let line = pb::NoteLine { line: 1, by: Some(pb::note_line::By::Gross(gross.into())) };
    let rebill = request.rebill.map(|rebill| pb::Rebill { lines: vec![line], ..rebill });
    pb::RebillInvoiceRequest { rebill, ..request }
}

pub async fn done(
    service: &Service,
    request: pb::RebillInvoiceRequest,
) -> Result<(pb::Invoice, pb::Invoice), Status> {
    let pb::Rebilled { credit_note, invoice } = client(service).rebill_invoice(request).await?.into_inner();
    Ok((credit_note.unwrap(), invoice.unwrap()))
}

async fn open(service: &Service, document: &pb::Invoice) -> pb::OpenDocument {
    let mut client = ReceivableServiceClient::new(service.door("collections_1", Role::Collections));
    let request = pb::GetOpenDocumentRequest { name: document.name.clone(), as_of: None };
    client.get_open_document(request).await.unwrap().into_inner()
}

/// The sums of debits less credits of an account of the books, over some documents, in hundredths.
async fn booked(service: &Service, documents: &[&pb::Invoice], account: pb::LedgerAccount) -> i64 {
    let cents = |money: &Option<pb::Money>| amount(money).replace('.', "").parse::<i64>().unwrap();
    let mut sum = 0;
    for document in documents {
        let entries = posted(service, document).await;
        let of_account = entries.iter().filter(|entry| entry.ledger_account() == account);
        sum += of_account.map(|entry| cents(&entry.debit) - cents(&entry.credit)).sum::<i64>();
    }
    sum
}

/// Nothing is unexplained, of the accounts and of the entity.
async fn bridged(service: &Service, sold: &Sold, accounts: &[&str]) {
    for account in accounts.iter().copied().chain([""]) {
        let request = pb::BridgeRequest {
            billing_entity: sold.entity.clone(),
            account: account.into(),
            last_month: "2026-03".into(),
            ..pb::BridgeRequest::default()
        };
        bridge(service, request).await;
    }
}

#[tokio::test]
async fn a_rebill_credits_here_and_bills_there_and_comes_to_nothing_over_both() {
    // Issue 4, story 5: of 40,000.00, 13,000.00 is credited; 24,000.00 goes to the right bill-to.
    let service = Service::start().await;
    let (sold, invoice) = invoiced(&service).await;
    for (gross, id) in [("10000.00", "first"), ("3000.00", "second")] {
        issue(&service, credit(&invoice, gross, id)).await.unwrap();
    }
    let right = other(&service, "AG-2", |_| {}).await;
    service.clock.set("2026-05-20T12:00:00Z".parse().unwrap());
    let request = of_gross(rebill(&invoice, &right, "apr_5"), "24000.00");
    let preview = pb::PreviewRebillRequest { invoice: invoice.name.clone(), rebill: request.rebill.clone() };
    let preview = client(&service).preview_rebill(preview).await.unwrap().into_inner();

    let (credit_note, billed) = done(&service, request.clone()).await.unwrap();
    let expected = ["24000.00", "3600.00", "20400.00", "4080.00", "24480.00"];
    assert_eq!((amounts(&credit_note), amounts(&billed)), (expected, expected));
    assert_eq!([&credit_note.number, &billed.number], ["CN2026-0003", "2026-000002"]);
    assert_eq!(
        (credit_note.kind(), billed.kind()),
        (pb::DocumentKind::CreditNote, pb::DocumentKind::Invoice)
    );
    assert_eq!((&billed.account, billed.basis()), (&right, pb::NoteBasis::Rebill));
    // Each names the other, and it ages from the old due date.
    assert_eq!((&billed.rebills, &billed.rebills_number), (&invoice.name, &invoice.number));
    let named = (&credit_note.rebilled_as, &credit_note.rebilled_as_number);
    assert_eq!((&credit_note.corrects, named), (&invoice.name, (&billed.name, &billed.number)));
    assert_eq!((billed.due_date, billed.issue_date), (invoice.due_date, Some(day("2026-05-20"))));
    let owed = open(&service, &billed).await;
    assert_eq!((amount(&owed.open), owed.age()), ("24480.00", pb::Age::UpTo30));
    assert_eq!(amount(&open(&service, &invoice).await.open), "3060.00");
    // Debits are credits, and nothing is earned or lost.
    for account in [pb::LedgerAccount::Revenue, pb::LedgerAccount::TaxPayable, pb::LedgerAccount::Receivables]
    {
        assert_eq!(booked(&service, &[&credit_note, &billed], account).await, 0, "{account:?}");
    }
    // The preview said so; and the same approval again is the same rebill.
    let [first, second] = [preview.credit_note.clone().and_then(|note| note.document), preview.invoice]
        .map(|document| document.unwrap());
    assert_eq!((amounts(&first), amounts(&second)), (expected, expected));
    assert_eq!([&first.number, &second.number, &first.rebilled_as_number], ["", "", ""]);
    let note = preview.credit_note.unwrap();
    assert_eq!((amount(&note.open_before), amount(&note.open_after)), ("27540.00", "3060.00"));
    assert_eq!(preview.ledger_entries.len(), posted(&service, &billed).await.len());
    assert_eq!(done(&service, request).await.unwrap(), (credit_note.clone(), billed.clone()));
    assert_eq!(
        [get(&service, &credit_note.name).await, get(&service, &billed.name).await],
        [credit_note, billed]
    );
    assert_eq!(broken(&service).await, Vec::<String>::new());
    bridged(&service, &sold, &[&sold.account, &right]).await;
    // The run billed 40,000.00, of which 13,000.00 and 24,000.00 are credited: 3,000.00 × 0.85 × 1.2 = 3,060.00. The new invoice
    // is none of its documents.
    let of_run = pb::BridgeRequest { billing_run: invoice.billing_run, ..pb::BridgeRequest::default() };
    let of_run = bridge(&service, of_run).await;
    let steps: Vec<&str> = of_run.currencies[0].steps.iter().map(|step| amount(&step.amount)).collect();
    assert_eq!(steps[5..8], ["40000.00", "3000.00", "3060.00"]);
}

#[tokio::test]
async fn what_is_billed_elsewhere_is_not_billed_again_and_can_be_corrected_there() {
    let service = Service::start().await;
    let (sold, invoice) = invoiced(&service).await;
    let right = other(&service, "AG-2", |_| {}).await;
    let (_, billed) = done(&service, rebill(&invoice, &right, "apr_1")).await.unwrap();
    assert_eq!(amounts(&billed), amounts(&invoice));
    assert_eq!(bill(&service, &sold, "2026-02", "february").await, [], "neither account is billed again");
    // Its line is explained by the document that it replaces.
    let explained = explain(&service, &billed.name, 1).await;
    adds_up(explained.tree.as_ref().unwrap());
    assert!(format!("{explained:?}").contains("Billed by 2026-000001, which it replaces"), "{explained:?}");

    issue(&service, credit(&billed, "1000.00", "goodwill")).await.unwrap();
    // Back again, as far as something is left.
    let (back, again) = done(&service, rebill(&billed, &sold.account, "apr_2")).await.unwrap();
    assert_eq!([amounts(&back)[0], amounts(&again)[0]], ["39000.00", "39000.00"]);
    assert_eq!((&again.account, &again.rebills), (&sold.account, &billed.name));
    let refused = done(&service, rebill(&billed, &sold.account, "apr_3")).await.unwrap_err();
    assert_eq!(reason(&refused), "NOTE_OF_NOTHING");
    assert_eq!(bill(&service, &sold, "2026-03", "march").await, []);
    assert_eq!(broken(&service).await, Vec::<String>::new());
    bridged(&service, &sold, &[&sold.account, &right]).await;
}

#[tokio::test]
async fn a_correction_there_counts_where_it_was_delivered() {
    let service = Service::start().await;
    let (sold, invoice) = invoiced(&service).await;
    let right = other(&service, "AG-2", |_| {}).await;
    let (_, billed) = done(&service, rebill(&invoice, &right, "apr_1")).await.unwrap();
    let correction = credit_on(&billed, pb::NoteBasis::Correction, "1000.00", "apr_2");
    issue(&service, correction).await.unwrap();
    bridged(&service, &sold, &[&sold.account, &right]).await;
    // The fee turns out to be 1,000.00 less: whoever corrected it first is not corrected again.
    let sql = "update schedule_part set amount = amount - 1000";
    sqlx::query(sql).execute(&mut service.connection().await).await.unwrap();
    let run = review(&service, &sold, "2026-03", "march").await;
    let progress = run.progress.unwrap();
    assert_eq!((progress.drafts, progress.exceptions), (0, 0), "nothing to bill, and nothing held");
    assert_eq!(broken(&service).await, Vec::<String>::new());
    bridged(&service, &sold, &[&sold.account, &right]).await;
}

#[tokio::test]
async fn the_tax_is_that_of_the_right_customer_at_the_old_tax_point() {
    let service = Service::start().await;
    let (_, invoice) = invoiced(&service).await;
    let invoice = get(&service, &invoice.name).await;
    create_rate(&service, rate("FR", "20", "2020-01-01", None)).await.unwrap();
    let french = |account: &mut pb::Account| {
        account.address = Some(pb::PostalAddress { country: "FR".into(), ..pb::PostalAddress::default() });
        account.tax_registrations = vec![pb::TaxRegistration {
            place: "FR".into(),
            number: "FR40303265045".into(),
            valid_from: Some(day("2020-01-01")),
            valid_to: None,
        }];
    };
    let abroad = other(&service, "AG-FR", french).await;
    let (credit_note, billed) = done(&service, rebill(&invoice, &abroad, "apr_1")).await.unwrap();
    assert_eq!(rows(&credit_note), [(pb::TaxCategory::S, "20", "34000.00", "6800.00")]);
    assert_eq!(rows(&billed), [(pb::TaxCategory::Ae, "0", "34000.00", "0.00")]);
    assert_eq!((amounts(&billed)[4], billed.lines[0].tax_place.as_str()), ("34000.00", "FR"));
    assert_eq!(billed.lines[0].tax_point, invoice.lines[0].tax_point);
    // Without its tax id it may not owe the tax itself: nothing is done at all.
    let nobody = |account: &mut pb::Account| {
        account.address = Some(pb::PostalAddress { country: "FR".into(), ..pb::PostalAddress::default() });
    };
    let nobody = other(&service, "AG-XX", nobody).await;
    let refused = done(&service, rebill(&billed, &nobody, "apr_2")).await.unwrap_err();
    assert_eq!(reason(&refused), "REVERSE_CHARGE_WITHOUT_TAX_ID");
    let (_, home) = done(&service, rebill(&billed, &invoice.account, "apr_3")).await.unwrap();
    assert_eq!((amounts(&home), home.number.as_str()), (amounts(&invoice), "2026-000003"));
    assert_eq!(broken(&service).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_same_account_gets_it_with_its_data_as_they_are_now() {
    let service = Service::start().await;
    let (_, invoice) = invoiced(&service).await;
    let mut accounts = AccountServiceClient::new(service.door("billing_manager_1", Role::BillingManager));
    let moved = pb::UpdateAccountRequest {
        account: Some(pb::Account {
            name: invoice.account.clone(),
            legal_name: "Riverside Media (Holdings) Ltd".into(),
            purchase_order_required: true,
            purchase_order_format: "PO-999".into(),
            ..pb::Account::default()
        }),
        update_mask: Some(FieldMask {
            paths: ["legal_name", "purchase_order_required", "purchase_order_format"]
                .map(String::from)
                .to_vec(),
        }),
        request_id: "moved".into(),
    };
    accounts.update_account(moved).await.unwrap();
    let with_number = |number: &str, id: &str| {
        let request = rebill(&invoice, &invoice.account, id);
        let rebill = request.rebill.map(|rebill| pb::Rebill { purchase_order: number.into(), ..rebill });
        pb::RebillInvoiceRequest { rebill, ..request }
    };
    let refused = done(&service, with_number("4711", "wrong")).await.unwrap_err();
    assert_eq!(reason(&refused), "REBILL_PURCHASE_ORDER");
    assert!(refused.message().contains("AG-1 pays by purchase orders written as PO-999"), "{refused}");
    let (credit_note, billed) = done(&service, with_number("PO-123", "right")).await.unwrap();
    assert_eq!((billed.purchase_order.as_str(), &billed.account), ("PO-123", &invoice.account));
    assert_eq!(billed.lines[0].purchase_order, "PO-123");
    for document in [&credit_note, &billed] {
        for format in [pb::InvoiceFormat::Pdf, pb::InvoiceFormat::Csv, pb::InvoiceFormat::Json] {
            assert!(!download(&service, &document.name, format).await.unwrap().1.is_empty());
        }
    }
    let (_, csv) = download(&service, &billed.name, pb::InvoiceFormat::Csv).await.unwrap();
    let row = String::from_utf8(csv).unwrap().lines().nth(1).unwrap().to_owned();
    assert!(row.ends_with(",PO-123,INVOICE,,1,REBILL,2026-000001,"), "{row}");
    assert_eq!(broken(&service).await, Vec::<String>::new());
}

#[tokio::test]
async fn spots_go_along_with_the_lines_that_bill_them() {
    let service = Service::start().await;
    let sold = invoice::sold(&service).await;
    create_series_of(&service, &sold.entity, pb::DocumentKind::CreditNote, "CN").await;
    let invoice = bill(&service, &sold, "2026-01", "january").await.remove(0);
    let invoice = get(&service, &invoice.name).await;
    let right = create_account(&service, "AG-2", "EAST").await.name;
    let (credit_note, billed) = done(&service, rebill(&invoice, &right, "apr_1")).await.unwrap();
    assert_eq!((amounts(&credit_note), amounts(&billed)), (amounts(&invoice), amounts(&invoice)));
    let spots = |document: &pb::Invoice| {
        let lines = document.lines.iter().flat_map(|line| &line.spots);
        lines
            .map(|spot| (spot.creative.clone(), spot.station.clone(), spot.program.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!((billed.spots, spots(&billed)), (invoice.spots, spots(&invoice)));
    assert_eq!(spots(&billed).len(), 2, "as {:?}", spot(1));
    // Whoever is limited to the right account sees the number of the other document, and not whose it was.
    let id = right.strip_prefix("accounts/").unwrap().parse::<ids::AccountId>().unwrap();
    let role = Role::BillingAnalyst;
    let grant = Grant { role, entities: vec![], territories: vec![], accounts: vec![id.uuid()] };
    let mut limited =
        pb::invoice_service_client::InvoiceServiceClient::new(service.limited_door("analyst_2", vec![grant]));
    let seen = limited.get_invoice(pb::GetInvoiceRequest { name: billed.name.clone() }).await;
    let seen = seen.unwrap().into_inner();
    assert_eq!((seen.rebills.as_str(), &seen.rebills_number), ("", &invoice.number));
    assert_eq!(bill(&service, &sold, "2026-01", "again").await, []);
    assert_eq!(broken(&service).await, Vec::<String>::new());
    bridged(&service, &sold, &[&sold.account, &right]).await;
}

#[tokio::test]
async fn nothing_goes_beyond_what_is_left_or_to_whom_the_caller_may_not_see() {
    let service = Service::start().await;
    let (sold, invoice) = invoiced(&service).await;
    let right = other(&service, "AG-2", |_| {}).await;
    let credited = issue(&service, credit(&invoice, "13000.00", "one")).await.unwrap();
    let refused = done(&service, of_gross(rebill(&invoice, &right, "above"), "27000.01")).await.unwrap_err();
    assert!(refused.message().contains("27,000.00 left"), "{refused}");
    let change = |change: fn(&mut pb::Rebill)| {
        let mut request = rebill(&invoice, &right, "refused");
        change(request.rebill.as_mut().unwrap());
        request
    };
    let nowhere = "accounts/acc_00000000000000000000000000000000";
    for (request, why) in [
        (rebill(&credited, &right, "credit"), "NOTE_OF_CREDIT_NOTE"),
        (rebill(&invoice, nowhere, "nowhere"), "NOT_FOUND"),
        (change(|rebill| rebill.reason = String::new()), "MALFORMED"),
        (change(|rebill| rebill.account = "AG-2".into()), "MALFORMED"),
        (change(|rebill| rebill.issue_date = Some(day("2026-04-03"))), "ISSUE_DATE_IN_FUTURE"),
        (pb::RebillInvoiceRequest { rebill: None, ..rebill(&invoice, &right, "none") }, "MALFORMED"),
        (
            change(|rebill| {
                let by = Some(pb::note_line::By::Rate("1".into()));
                rebill.lines = vec![pb::NoteLine { line: 1, by }];
            }),
            "MALFORMED",
        ),
    ] {
        let refused = done(&service, request.clone()).await.unwrap_err();
        assert_eq!(reason(&refused), why, "{request:?}");
    }
    // Neither document was made: the next numbers follow.
    let id = sold.account.strip_prefix("accounts/").unwrap().parse::<ids::AccountId>().unwrap();
    let role = Role::Controller;
    let grant = Grant { role, entities: vec![], territories: vec![], accounts: vec![id.uuid()] };
    let mut limited = NoteServiceClient::new(service.limited_door("controller_2", vec![grant]));
    let hidden = limited.rebill_invoice(rebill(&invoice, &right, "hidden")).await.unwrap_err();
    assert_eq!((hidden.code(), reason(&hidden).as_str()), (Code::NotFound, "NOT_FOUND"));
    // Two that cross and ask for the same: one gets it.
    let (one, other) = tokio::join!(
        done(&service, rebill(&invoice, &right, "a")),
        done(&service, rebill(&invoice, &right, "b"))
    );
    let (one, other) = if one.is_ok() { (one, other) } else { (other, one) };
    let (credit_note, billed) = one.unwrap();
    assert_eq!(reason(&other.unwrap_err()), "NOTE_OF_NOTHING");
    assert_eq!([&credit_note.number, &billed.number], ["CN2026-0002", "2026-000002"]);
    assert_eq!(broken(&service).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_paid_stays_with_the_account_as_credit() {
    let service = Service::start().await;
    let (sold, invoice) = crate::receivable::owed(&service).await;
    crate::receivable::receive(&service, crate::receivable::paid(&sold, "40800.00", "paid")).await.unwrap();
    let right = other(&service, "AG-2", |_| {}).await;
    let (credit_note, billed) = done(&service, rebill(&invoice, &right, "apr_1")).await.unwrap();
    let left = [&invoice, &credit_note, &billed];
    let mut amounts = Vec::new();
    for document in left {
        amounts.push(amount(&open(&service, document).await.open).to_owned());
    }
    assert_eq!(amounts, ["0.00", "-40800.00", "40800.00"]);
    assert_eq!(review(&service, &sold, "2026-02", "february").await.progress.unwrap().drafts, 0);
    assert_eq!(broken(&service).await, Vec::<String>::new());
}

#[tokio::test]
async fn where_approvals_are_configured_only_they_rebill() {
    let service = Service::start_with_approvals().await;
    let somebody = "accounts/acc_00000000000000000000000000000000";
    let invoice = pb::Invoice {
        name: format!("{somebody}/invoices/inv_00000000000000000000000000000000"),
        ..pb::Invoice::default()
    };
    let refused = done(&service, rebill(&invoice, somebody, "direct")).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "APPROVAL_REQUIRED"));
}
