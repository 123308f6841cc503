//! Credit and debit notes: what they take, what they post, and what runs bill after them.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, account_service_client::AccountServiceClient,
        ad_product_service_client::AdProductServiceClient,
        billing_entity_service_client::BillingEntityServiceClient,
        billing_run_service_client::BillingRunServiceClient, ledger_service_client::LedgerServiceClient,
        note_service_client::NoteServiceClient,
    },
};
use tonic::{Code, Status};

use crate::{
    invoice::{self, bill, download, get, review},
    ledger::broken,
    order::{Sold, batch, client as orders, day, days, order},
    reference::{account, create_series, create_series_of, entity, product},
    service::{Door, Service, reason},
    tax::{self, create_rate, rate},
};

pub fn client(service: &Service) -> NoteServiceClient<Door> {
    NoteServiceClient::new(service.door("controller_1", Role::Controller))
}

pub fn address() -> Option<pb::PostalAddress> {
    Some(pb::PostalAddress { country: "GB".into(), ..pb::PostalAddress::default() })
}

/// A British entity and an agency at 15 %, VAT of 20 %, series for all documents, and products.
pub async fn british(service: &Service) -> Sold {
    let bank_account = Some(pb::BankAccount {
        account_name: "Thames Broadcasting Ltd".into(),
        bank_name: "Example Bank".into(),
        account_number: "GB33BUKB20201555555555".into(),
        routing_number: "BUKBGB22".into(),
    });
    let made = pb::BillingEntity {
        address: address(),
        functional_currency: "GBP".into(),
        bank_account,
        ..entity("LON")
    };
    let request = pb::CreateBillingEntityRequest { billing_entity: Some(made), request_id: "e".into() };
    let mut entities = BillingEntityServiceClient::new(service.door("controller_1", Role::Controller));
    let entity = entities.create_billing_entity(request).await.unwrap().into_inner();
    create_series(service, &entity).await;
    create_series_of(service, &entity.name, pb::DocumentKind::CreditNote, "CN").await;
    create_series_of(service, &entity.name, pb::DocumentKind::DebitNote, "DN").await;
    let buyer = pb::Account { address: address(), currency_code: "GBP".into(), ..account("AG-1", "EAST") };
    let request = pb::CreateAccountRequest { account: Some(buyer), request_id: "a".into() };
    let mut accounts = AccountServiceClient::new(service.door("billing_manager_1", Role::BillingManager));
    let account = accounts.create_account(request).await.unwrap().into_inner();
    let mut products = AdProductServiceClient::new(service.door("product_ops_1", Role::ProductOps));
    let mut made = Vec::new();
    for (code, model) in [("SPONSORSHIP", pb::PricingModel::FlatFee), ("DISPLAY", pb::PricingModel::Cpm)] {
        let sold = pb::AdProduct { tax_code: "ADS".into(), ..product(code, model) };
        let request = pb::CreateAdProductRequest { ad_product: Some(sold), request_id: code.into() };
        made.push(products.create_ad_product(request).await.unwrap().into_inner().name);
    }
    create_rate(service, rate("GB", "20", "2011-01-04", None)).await.unwrap();
    let [fee, display] = <[String; 2]>::try_from(made).unwrap();
    Sold { entity: entity.name, account: account.name, fee, spots: display }
}

/// Fees that are billed in a month, each an order line of its own, without a purchase order.
pub async fn sell(service: &Service, sold: &Sold, id: &str, fees: &[&str]) {
    let flight = days("2026-01-01", "2026-01-31");
    let lines = (1..)
        .zip(fees)
        .map(|(number, amount)| pb::OrderLine {
            number: format!("L{number}"),
            ad_product: sold.fee.clone(),
            flight,
            amount: (*amount).into(),
            ..pb::OrderLine::default()
        })
        .collect();
    let sale =
        pb::Order { lines, flight, currency_code: "GBP".into(), purchase_orders: vec![], ..order(sold, id) };
    let results = orders(service).sync_orders(batch(vec![sale], id)).await.unwrap().into_inner().results;
    assert_eq!(results[0].outcome(), pb::SyncOutcome::Created, "{results:?}");
}

/// An invoice of gross 40,000.00, net 34,000.00 and total 40,800.00.
pub async fn invoiced(service: &Service) -> (Sold, pb::Invoice) {
    let sold = british(service).await;
    sell(service, &sold, "IO-1", &["40000.00"]).await;
    let invoice = bill(service, &sold, "2026-01", "january").await.remove(0);
    assert_eq!(amounts(&invoice), ["40000.00", "6000.00", "34000.00", "6800.00", "40800.00"]);
    (sold, invoice)
}

/// Gross, commission, net, tax and total.
pub fn amounts(invoice: &pb::Invoice) -> [&str; 5] {
    [&invoice.gross, &invoice.commission, &invoice.net, &invoice.tax, &invoice.total].map(amount)
}

pub fn amount(money: &Option<pb::Money>) -> &str {
    money.as_ref().map_or("none", |money| &money.amount)
}

fn by_gross(gross: &str) -> pb::NoteLine {
    pb::NoteLine { line: 1, by: Some(pb::note_line::By::Gross(gross.into())) }
}

fn note(basis: pb::NoteBasis, line: pb::NoteLine) -> Option<pb::Note> {
    Some(pb::Note {
        basis: basis.into(),
        reason: "The wrong creative ran".into(),
        lines: vec![line],
        ..pb::Note::default()
    })
}

pub fn credit(invoice: &pb::Invoice, gross: &str, request_id: &str) -> pb::IssueCreditNoteRequest {
    credit_on(invoice, pb::NoteBasis::Commercial, gross, request_id)
}

pub fn credit_on(
    invoice: &pb::Invoice,
    basis: pb::NoteBasis,
    gross: &str,
    request_id: &str,
) -> pb::IssueCreditNoteRequest {
    let (invoice, request_id) = (invoice.name.clone(), request_id.into());
    pb::IssueCreditNoteRequest { invoice, note: note(basis, by_gross(gross)), request_id }
}

pub async fn issue(service: &Service, request: pb::IssueCreditNoteRequest) -> Result<pb::Invoice, Status> {
    Ok(client(service).issue_credit_note(request).await?.into_inner())
}

async fn preview(service: &Service, request: &pb::IssueCreditNoteRequest) -> Result<pb::NotePreview, Status> {
    previewed(service, request, false).await
}

async fn previewed(
    service: &Service,
    request: &pb::IssueCreditNoteRequest,
    lines_only: bool,
) -> Result<pb::NotePreview, Status> {
    let (invoice, note) = (request.invoice.clone(), request.note.clone());
    let request = pb::PreviewCreditNoteRequest { invoice, note, lines_only };
    Ok(client(service).preview_credit_note(request).await?.into_inner())
}

/// Account, debit and credit of each posting.
pub fn postings(entries: &[pb::LedgerEntry]) -> Vec<(pb::LedgerAccount, &str, &str)> {
    entries
        .iter()
        .map(|entry| (entry.ledger_account(), amount(&entry.debit), amount(&entry.credit)))
        .collect()
}

pub async fn posted(service: &Service, document: &pb::Invoice) -> Vec<pb::LedgerEntry> {
    let request = pb::ListLedgerEntriesRequest {
        parent: document.account.clone(),
        invoice: document.name.clone(),
        ..Default::default()
    };
    let mut ledger = LedgerServiceClient::new(service.door("auditor_1", Role::Auditor));
    ledger.list_ledger_entries(request).await.unwrap().into_inner().ledger_entries
}

#[tokio::test]
async fn a_credit_takes_commission_and_tax_along_and_its_preview_says_so_before() {
    let service = Service::start().await;
    let (_, invoice) = invoiced(&service).await;
    let request = credit(&invoice, "10000.00", "apr_1");
    let preview = preview(&service, &request).await.unwrap();
    let expected = ["10000.00", "1500.00", "8500.00", "1700.00", "10200.00"];
    let document = preview.document.unwrap();
    assert_eq!((amounts(&document), document.number.as_str()), (expected, ""));
    assert_eq!((amount(&preview.open_before), amount(&preview.open_after)), ("40800.00", "30600.00"));
    assert_eq!(amount(&preview.lines_left[0].gross), "30000.00");

    let issued = issue(&service, request.clone()).await.unwrap();
    assert_eq!(amounts(&issued), expected);
    assert_eq!((issued.number.as_str(), issued.kind()), ("CN2026-0001", pb::DocumentKind::CreditNote));
    assert_eq!((&issued.corrects, &issued.corrects_number), (&invoice.name, &invoice.number));
    assert_eq!((issued.basis(), issued.lines[0].corrects_line), (pb::NoteBasis::Commercial, 1));
    assert_eq!((issued.state(), issued.billing_run.as_str()), (pb::InvoiceState::Issued, ""));
    let entries = posted(&service, &issued).await;
    assert_eq!(postings(&entries), postings(&preview.ledger_entries));
    assert_eq!(
        postings(&entries),
        [
            (pb::LedgerAccount::AgencyCommission, "0.00", "1500.00"),
            (pb::LedgerAccount::Receivables, "0.00", "10200.00"),
            (pb::LedgerAccount::Revenue, "10000.00", "0.00"),
            (pb::LedgerAccount::TaxPayable, "1700.00", "0.00"),
        ]
    );
    // The same approval again is the same note.
    assert_eq!(issue(&service, request).await.unwrap(), issued);
    assert_eq!(get(&service, &issued.name).await, issued);
    assert_eq!(broken(&service).await, Vec::<String>::new());

    let (content_type, pdf) = download(&service, &issued.name, pb::InvoiceFormat::Pdf).await.unwrap();
    assert_eq!((content_type.as_str(), &pdf[..5]), ("application/pdf", &b"%PDF-"[..]));
    let (_, csv) = download(&service, &issued.name, pb::InvoiceFormat::Csv).await.unwrap();
    let row = String::from_utf8(csv).unwrap().lines().nth(1).unwrap().to_owned();
    assert!(row.ends_with(",CREDIT_NOTE,2026-000001,1,COMMERCIAL,,"), "{row}");
}

#[tokio::test]
async fn what_the_lines_of_a_note_come_to_is_told_without_making_it() {
    let service = Service::start().await;
    let (_, invoice) = invoiced(&service).await;
    // 3,000.00 of 40,000.00 were credited before.
    issue(&service, credit(&invoice, "3000.00", "before")).await.unwrap();
    let request = credit(&invoice, "10000.00", "apr_1");
    let whole = preview(&service, &request).await.unwrap();
    let told = previewed(&service, &request, true).await.unwrap();
    let lines = |preview: &pb::NotePreview| -> Vec<_> {
        let lines = &preview.document.as_ref().unwrap().lines;
        let figures = |of: &pb::InvoiceLine| {
            let amounts = [&of.gross, &of.commission, &of.net, &of.tax].map(|of| amount(of).to_owned());
            (of.corrects_line, amounts)
        };
        lines.iter().map(figures).collect()
    };
    let expected = ["10000.00", "1500.00", "8500.00", "1700.00"].map(str::to_owned);
    assert_eq!((lines(&told), lines(&whole)), (vec![(1, expected.clone())], vec![(1, expected)]));
    assert_eq!(amount(&told.lines_left[0].gross), "27000.00");
    assert_eq!(told.lines_left, whole.lines_left);
    assert_eq!((told.open_before, told.ledger_entries), (None, Vec::new()), "nothing else is told");
    let beyond = previewed(&service, &credit(&invoice, "37000.01", ""), true).await.unwrap_err();
    assert_eq!(reason(&beyond), "CREDIT_ABOVE_LEFT");
    let issued = issue(&service, request).await.unwrap();
    assert_eq!(issued.number, "CN2026-0002", "what was only told took no number");
}

#[tokio::test]
async fn a_line_is_never_credited_beyond_what_is_left_also_when_two_ask_at_once() {
    let service = Service::start().await;
    let (_, invoice) = invoiced(&service).await;
    issue(&service, credit(&invoice, "13000.00", "first")).await.unwrap();
    let asked = ["a", "b"].map(|id| issue(&service, credit(&invoice, "14000.00", id)));
    let [one, other] = asked;
    let (one, other) = tokio::join!(one, other);
    let refused = [one, other].into_iter().find_map(Result::err).expect("one is refused");
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "CREDIT_ABOVE_LEFT"));
    assert!(refused.message().contains("13,000.00 left"), "{}", refused.message());
    let last = issue(&service, credit(&invoice, "13000.00", "last")).await.unwrap();
    assert_eq!(last.number, "CN2026-0003", "what was refused took no number");
    assert_eq!(broken(&service).await, Vec::<String>::new());
}

#[tokio::test]
async fn goodwill_is_not_billed_again_and_a_correction_not_made_again() {
    let service = Service::start().await;
    let (sold, invoice) = invoiced(&service).await;
    issue(&service, credit(&invoice, "500.00", "goodwill")).await.unwrap();
    assert_eq!(bill(&service, &sold, "2026-02", "february").await, [], "next run without delivery: nothing");
    // The fee turns out to be 1,000.00 less: whoever corrected it first is not corrected again.
    let corrected = pb::IssueCreditNoteRequest {
        note: note(pb::NoteBasis::Correction, by_gross("1000.00")),
        ..credit(&invoice, "", "correction")
    };
    issue(&service, corrected).await.unwrap();
    let sql = "update schedule_part set amount = amount - 1000";
    sqlx::query(sql).execute(&mut service.connection().await).await.unwrap();
    let run = review(&service, &sold, "2026-03", "march").await;
    let progress = run.progress.unwrap();
    assert_eq!((progress.drafts, progress.exceptions), (0, 0), "nothing to bill, and nothing held");
    assert_eq!(broken(&service).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_debit_note_bills_again_and_may_keep_the_age() {
    let service = Service::start().await;
    let (_, invoice) = invoiced(&service).await;
    let debit = |keep_due_date, request_id: &str| pb::IssueDebitNoteRequest {
        invoice: invoice.name.clone(),
        note: note(pb::NoteBasis::Commercial, by_gross("24000.00")).map(|note| pb::Note {
            keep_due_date,
            issue_date: Some(day("2026-04-02")),
            ..note
        }),
        request_id: request_id.into(),
    };
    let mut client = client(&service);
    service.clock.set("2026-04-20T12:00:00Z".parse().unwrap());
    let kept = client.issue_debit_note(debit(true, "kept")).await.unwrap().into_inner();
    assert_eq!((kept.kind(), kept.number.as_str()), (pb::DocumentKind::DebitNote, "DN2026-0001"));
    assert_eq!((kept.due_date, amounts(&kept)[4]), (invoice.due_date, "24480.00"));
    let fresh = pb::IssueDebitNoteRequest {
        note: debit(false, "").note.map(|note| pb::Note { issue_date: None, ..note }),
        ..debit(false, "fresh")
    };
    let fresh = client.issue_debit_note(fresh).await.unwrap().into_inner();
    assert_eq!(fresh.due_date, Some(day("2026-05-20")));
    let pdf = download(&service, &kept.name, pb::InvoiceFormat::Pdf).await.unwrap();
    assert_eq!(&pdf.1[..5], b"%PDF-");
    assert_eq!(broken(&service).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_cannot_be_corrected_is_refused() {
    let service = Service::start().await;
    let (sold, invoice) = invoiced(&service).await;
    let credited = issue(&service, credit(&invoice, "100.00", "one")).await.unwrap();
    sell(&service, &sold, "IO-2", &["1000.00"]).await;
    let run = review(&service, &sold, "2026-01", "again").await;
    let drafts =
        invoice::list(&service, pb::ListInvoicesRequest { billing_run: run.name, ..invoice::all() }).await;
    let change = |change: fn(&mut pb::Note)| {
        let mut request = credit(&invoice, "100.00", "refused");
        change(request.note.as_mut().unwrap());
        request
    };
    for (request, why) in [
        (credit(&drafts[0], "1.00", "draft"), "NOTE_OF_DRAFT"),
        (credit(&credited, "1.00", "credit"), "NOTE_OF_CREDIT_NOTE"),
        (change(|note| note.issue_date = Some(day("2026-04-03"))), "ISSUE_DATE_IN_FUTURE"),
        (change(|note| note.issue_date = Some(day("2026-04-01"))), "ISSUE_DATE_BEFORE_DOCUMENT"),
        (change(|note| note.lines[0].line = 2), "NOTE_LINE_UNKNOWN"),
        (change(|note| note.lines.push(note.lines[0].clone())), "MALFORMED"),
        (change(|note| note.keep_due_date = true), "MALFORMED"),
        (change(|note| note.basis = 0), "MALFORMED"),
        (change(|note| note.lines[0].by = Some(pb::note_line::By::Gross("0.001".into()))), "MALFORMED"),
        (pb::IssueCreditNoteRequest { note: None, ..credit(&invoice, "", "none") }, "MALFORMED"),
    ] {
        let refused = issue(&service, request.clone()).await.unwrap_err();
        assert_eq!(reason(&refused), why, "{request:?}");
    }
    let mut sales = NoteServiceClient::new(service.door("sales_1", Role::Sales));
    let refused = sales.issue_credit_note(credit(&invoice, "1.00", "sales")).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}

/// An invoice of 40,800.00 where approvals are configured.
pub async fn invoiced_by_approval(service: &Service) -> (Sold, pb::Invoice) {
    let sold = british(service).await;
    sell(service, &sold, "IO-1", &["40000.00"]).await;
    let run = review(service, &sold, "2026-01", "january").await;
    let approve = pb::ApproveBillingRunRequest {
        name: run.name.clone(),
        drafts_root: run.drafts_root.clone(),
        request_id: "apr_1".into(),
        approvers: vec!["second".into()],
    };
    let door = service.service_door("adjustments", Role::BillingManager);
    BillingRunServiceClient::new(door).approve_billing_run(approve).await.unwrap();
    invoice::issue(service, &run).await;
    (sold, invoice::list(service, invoice::all()).await.remove(0))
}

#[tokio::test]
async fn where_approvals_are_configured_only_they_issue_notes() {
    let service = Service::start_with_approvals().await;
    let (sold, invoice) = invoiced_by_approval(&service).await;
    let door = service.service_door("adjustments", Role::BillingManager);
    let refused = issue(&service, credit(&invoice, "100.00", "direct")).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "APPROVAL_REQUIRED"));
    let way =
        format!("{} goes through approvals here: ask for it with CreateAdjustment, POST /v1/", invoice.name);
    assert!(refused.message().starts_with(&format!("{way}{}/adjustments;", sold.account)), "{refused}");
    preview(&service, &credit(&invoice, "100.00", "")).await.unwrap();
    let request = credit(&invoice, "100.00", "apr_2");
    let issued = NoteServiceClient::new(door).issue_credit_note(request).await.unwrap().into_inner();
    assert_eq!(amounts(&issued)[0], "100.00");
}

/// domain.md §7: June is taxed at 19 %, and a credit of August, when 16 % hold, takes the 19 % back.
#[tokio::test]
async fn what_is_credited_in_august_keeps_the_rate_of_june() {
    let service = Service::start().await;
    let sold = tax::german(&service).await;
    tax::rates_of_2020(&service).await;
    create_series_of(&service, &sold.entity, pb::DocumentKind::CreditNote, "CN").await;
    tax::sell(&service, &sold, "IO-1", &[("L1", "2020-06-01", "2020-06-30", "1000.00")]).await;
    let run = review(&service, &sold, "2020-06", "june").await;
    invoice::approve(&service, &run).await;
    let mut runs = BillingRunServiceClient::new(service.door("second", Role::BillingManager));
    let request = pb::IssueBillingRunRequest {
        name: run.name.clone(),
        issue_date: Some(day("2020-06-30")),
        request_id: "june".into(),
    };
    runs.issue_billing_run(request).await.unwrap();
    invoice::watched(&mut runs, &run.name).await;
    let june = pb::ListInvoicesRequest { billing_run: run.name, ..invoice::all() };
    let june = invoice::list(&service, june).await.remove(0);

    let mut request = credit(&june, "1000.00", "august");
    request.note.as_mut().unwrap().issue_date = Some(day("2020-08-15"));
    let august = issue(&service, request).await.unwrap();
    assert_eq!(august.issue_date, Some(day("2020-08-15")));
    assert_eq!(amounts(&august), ["1000.00", "0.00", "1000.00", "190.00", "1190.00"]);
    assert_eq!(tax::rows(&august), [(pb::TaxCategory::S, "19", "1000.00", "190.00")]);
    let posted = posted(&service, &august).await;
    assert!(postings(&posted).contains(&(pb::LedgerAccount::TaxPayable, "190.00", "0.00")), "{posted:?}");
}
