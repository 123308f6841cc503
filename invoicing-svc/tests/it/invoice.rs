//! Drafts and documents, from the airings to the files.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, billing_run_service_client::BillingRunServiceClient,
        invoice_service_client::InvoiceServiceClient,
    },
};
use chassis::caller::Grant;
use tonic::{Code, Status};

use crate::{
    delivery::{header, import, spot},
    order::{Sold, day, days, order, reference_data, sync},
    reference::create_series,
    service::{Door, Service, reason},
};

pub type Client = InvoiceServiceClient<Door>;

pub fn client(service: &Service) -> Client {
    InvoiceServiceClient::new(service.door("billing_analyst_1", Role::BillingAnalyst))
}

pub fn manager(service: &Service, person: &str) -> BillingRunServiceClient<Door> {
    BillingRunServiceClient::new(service.door(person, Role::BillingManager))
}

/// IO-1001 is sold, and two of its three spots aired in January.
pub async fn sold(service: &Service) -> Sold {
    let sold = reference_data(service).await;
    let entity =
        pb::BillingEntity { name: sold.entity.clone(), code: "NYC".into(), ..pb::BillingEntity::default() };
    create_series(service, &entity).await;
    sync(service, vec![order(&sold, "IO-1001")], "orders").await.unwrap();
    let missed = pb::Airing { status: pb::AiringStatus::MadeGood.into(), time: String::new(), ..spot(3) };
    import(service, header("B1", 3, "825.00"), &[spot(1), spot(2), missed]).await.unwrap();
    sold
}

pub async fn watched(client: &mut BillingRunServiceClient<Door>, name: &str) -> pb::BillingRun {
    let request = pb::WatchBillingRunRequest { name: name.into() };
    let mut stream = client.watch_billing_run(request).await.unwrap().into_inner();
    let mut last = None;
    while let Some(run) = stream.message().await.unwrap() {
        last = Some(run);
    }
    last.unwrap()
}

/// Starts a run of a month and waits for its review.
pub async fn review(service: &Service, sold: &Sold, month: &str, request_id: &str) -> pb::BillingRun {
    let request = pb::StartBillingRunRequest {
        billing_entity: sold.entity.clone(),
        month: month.into(),
        accounts: vec![],
        request_id: request_id.into(),
        ..pb::StartBillingRunRequest::default()
    };
    let mut first = manager(service, "first");
    let run = first.start_billing_run(request).await.unwrap().into_inner();
    watched(&mut first, &run.name).await
}

/// Has a second person approve a run.
pub async fn approve(service: &Service, run: &pb::BillingRun) {
    let request = pb::ApproveBillingRunRequest {
        name: run.name.clone(),
        drafts_root: run.drafts_root.clone(),
        request_id: run.name.clone(),
        approvers: Vec::new(),
    };
    manager(service, "second").approve_billing_run(request).await.unwrap();
}

/// Issues an approved run and waits for its end.
pub async fn issue(service: &Service, run: &pb::BillingRun) -> pb::BillingRun {
    let request =
        pb::IssueBillingRunRequest { name: run.name.clone(), issue_date: None, request_id: run.name.clone() };
    let mut second = manager(service, "second");
    second.issue_billing_run(request).await.unwrap();
    watched(&mut second, &run.name).await
}

/// Bills a month whole: the documents that it made.
pub async fn bill(service: &Service, sold: &Sold, month: &str, request_id: &str) -> Vec<pb::Invoice> {
    let run = review(service, sold, month, request_id).await;
    approve(service, &run).await;
    let run = issue(service, &run).await;
    assert_eq!(run.state(), pb::BillingRunState::Issued, "{}", run.failure);
    list(service, pb::ListInvoicesRequest { billing_run: run.name, ..all() }).await
}

pub fn all() -> pb::ListInvoicesRequest {
    pb::ListInvoicesRequest { parent: "accounts/-".into(), ..pb::ListInvoicesRequest::default() }
}

pub async fn list(service: &Service, request: pb::ListInvoicesRequest) -> Vec<pb::Invoice> {
    client(service).list_invoices(request).await.unwrap().into_inner().invoices
}

pub async fn get(service: &Service, name: &str) -> pb::Invoice {
    client(service).get_invoice(pb::GetInvoiceRequest { name: name.into() }).await.unwrap().into_inner()
}

pub async fn download(
    service: &Service,
    name: &str,
    format: pb::InvoiceFormat,
) -> Result<(String, Vec<u8>), Status> {
    let request = pb::DownloadInvoiceRequest { name: name.into(), format: format.into() };
    let file = client(service).download_invoice(request).await?.into_inner();
    Ok((file.content_type, file.data.to_vec()))
}

/// The name that a file of a document is saved under.
async fn saved_as(service: &Service, name: &str, format: pb::InvoiceFormat) -> String {
    let request = pb::DownloadInvoiceRequest { name: name.into(), format: format.into() };
    let file = client(service).download_invoice(request).await.unwrap();
    file.metadata().get("content-disposition").unwrap().to_str().unwrap().to_owned()
}

fn amounts(invoice: &pb::Invoice) -> [String; 3] {
    [&invoice.gross, &invoice.commission, &invoice.net].map(|money| money.as_ref().unwrap().amount.clone())
}

/// What all of a run comes to, and how much of it is issued.
fn amounts_of(run: &pb::BillingRun) -> ([String; 3], i64) {
    let [of] = &run.totals[..] else { panic!("one currency: {run:?}") };
    let amounts = [&of.gross, &of.commission, &of.net].map(|money| money.as_ref().unwrap().amount.clone());
    (amounts, run.progress.as_ref().unwrap().drafts_issued)
}

#[tokio::test]
async fn a_month_is_a_draft_and_then_a_document() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let run = review(&service, &sold, "2026-01", "january").await;
    let drafts = list(&service, all()).await;
    let [head] = &drafts[..] else { panic!("one draft: {drafts:?}") };
    assert_eq!((head.state(), head.number.as_str()), (pb::InvoiceState::Draft, ""));
    assert_eq!(amounts(head), ["3883.34", "582.50", "3300.84"]);
    assert_eq!(amounts_of(&run), (amounts(head), 0));
    assert_eq!((head.spots, head.invoice_period), (2, days("2026-01-01", "2026-01-31")));
    let refused = download(&service, &head.name, pb::InvoiceFormat::Pdf).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "NOT_ISSUED"));

    let draft = get(&service, &head.name).await;
    assert_eq!(pb::Invoice { lines: vec![], taxes: vec![], ..draft.clone() }, *head);
    let [fee, spots] = &draft.lines[..] else { panic!("two lines") };
    assert_eq!((fee.kind(), fee.order_line.as_str()), (pb::InvoiceLineKind::SchedulePart, "L2"));
    assert_eq!(
        (spots.kind(), spots.quantity.as_str(), spots.rate.as_str()),
        (pb::InvoiceLineKind::Spots, "2", "275")
    );
    assert_eq!((spots.spots.len(), spots.spots[0].time.as_str()), (2, "18:23"));
    assert_eq!(
        (spots.service_period, spots.tax_point),
        (days("2026-01-27", "2026-01-27"), Some(day("2026-01-27")))
    );

    approve(&service, &run).await;
    assert_eq!(get(&service, &head.name).await.state(), pb::InvoiceState::Approved);
    let done = issue(&service, &run).await;
    assert_eq!(amounts_of(&done), (amounts(head), 1));
    let issued = get(&service, &head.name).await;
    assert_eq!((issued.state(), issued.number.as_str()), (pb::InvoiceState::Issued, "2026-000001"));
    assert_eq!((issued.issue_date, issued.due_date), (Some(day("2026-04-02")), Some(day("2026-05-02"))));
    assert_eq!(
        (amounts(&issued), &issued.digest),
        (amounts(&draft), &draft.digest),
        "nothing but the number is added"
    );
    assert_eq!(issued.lines[0].accounting_month, "2026-04");
}

#[tokio::test]
async fn each_month_bills_what_it_has() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    bill(&service, &sold, "2026-01", "january").await;
    let makegood = pb::Airing { date: Some(day("2026-02-10")), makegood_for: vec!["S3".into()], ..spot(4) };
    import(&service, header("B2", 1, "275.00"), &[makegood]).await.unwrap();
    let february = bill(&service, &sold, "2026-02", "february").await;
    assert_eq!(amounts(&february[0])[0], "3608.33");
    let line = get(&service, &february[0].name).await.lines.remove(1);
    assert_eq!((line.kind(), line.note.as_str()), (pb::InvoiceLineKind::Makegood, "Makegood for S3"));
    let march = bill(&service, &sold, "2026-03", "march").await;
    assert_eq!((amounts(&march[0])[0].as_str(), march[0].spots), ("3333.33", 0));
    assert_eq!(bill(&service, &sold, "2026-03", "march-again").await, []);

    import(&service, header("B3", 1, "275.00"), &[spot(5)]).await.unwrap();
    let april = bill(&service, &sold, "2026-04", "april").await;
    let [line] = &get(&service, &april[0].name).await.lines[..] else { panic!("one line") };
    assert_eq!((line.late, line.note.as_str()), (true, "January 2026 service"));
    assert_eq!(line.origin_period, days("2026-01-01", "2026-01-31"));
    let numbers: Vec<String> =
        list(&service, all()).await.into_iter().map(|invoice| invoice.number).collect();
    assert_eq!(numbers, ["2026-000001", "2026-000002", "2026-000003", "2026-000004"], "by billing month");
}

#[tokio::test]
async fn a_document_is_a_file_and_stays_the_same() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let name = bill(&service, &sold, "2026-01", "january").await.remove(0).name;
    let (kind, pdf) = download(&service, &name, pb::InvoiceFormat::Pdf).await.unwrap();
    assert_eq!((kind.as_str(), &pdf[..5]), ("application/pdf", &b"%PDF-"[..]));
    assert_eq!(download(&service, &name, pb::InvoiceFormat::Pdf).await.unwrap().1, pdf);

    let (kind, csv) = download(&service, &name, pb::InvoiceFormat::Csv).await.unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert_eq!((kind.as_str(), csv.lines().count()), ("text/csv; charset=utf-8", 3));
    assert!(csv.contains(",SPOTS,"), "{csv}");
    assert!(
        csv.contains(
            ",2,spot,275,550.00,82.50,467.50,2026-01-27,2026-01-27,2026-01-27,2026-04,1,US,O,0,0.00,PO-1,INVOICE,,,,,\r\n"
        ),
        "{csv}"
    );

    let (kind, json) = download(&service, &name, pb::InvoiceFormat::Json).await.unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!((kind.as_str(), &json["number"]), ("application/json", &"2026-000001".into()));
    for (format, extension) in [(pb::InvoiceFormat::Pdf, "pdf"), (pb::InvoiceFormat::Csv, "csv")] {
        let file_name = format!("2026-000001.{extension}");
        let told = saved_as(&service, &name, format).await;
        assert_eq!(told, format!("attachment; filename=\"{file_name}\"; filename*=UTF-8''{file_name}"));
    }
    assert_eq!(json["lines"][1]["gross"], serde_json::json!({ "currencyCode": "USD", "amount": "550.00" }));

    let unknown = download(&service, &name, pb::InvoiceFormat::Unspecified).await.unwrap_err();
    assert_eq!(unknown.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn what_is_issued_is_printed_without_being_asked_for() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    bill(&service, &sold, "2026-01", "january").await;
    let mut connection = service.connection().await;
    let printed = "select count(*) from document where sha256 = sha256(content)";
    for _ in 0..200 {
        let (printed,): (i64,) = sqlx::query_as(printed).fetch_one(&mut connection).await.unwrap();
        if printed == 1 {
            let due: (i64,) =
                sqlx::query_as("select count(*) from document_due").fetch_one(&mut connection).await.unwrap();
            assert_eq!(due.0, 0);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("nobody printed it");
}

#[tokio::test]
async fn what_cannot_be_printed_says_why() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    // A draft with such a name is held back; one that gets the name between review and issue is not.
    let run = review(&service, &sold, "2026-01", "january").await;
    let mut connection = service.connection().await;
    sqlx::query("update insertion_order set advertiser = '株式会社'").execute(&mut connection).await.unwrap();
    approve(&service, &run).await;
    issue(&service, &run).await;
    let issued =
        list(&service, pb::ListInvoicesRequest { parent: "accounts/-".into(), ..Default::default() }).await;
    let name = issued[0].name.clone();
    let refused = download(&service, &name, pb::InvoiceFormat::Pdf).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "UNPRINTABLE"));
    download(&service, &name, pb::InvoiceFormat::Csv).await.unwrap();
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    sync(&service, vec![order(&sold, "IO-1002")], "more").await.unwrap();
    let january = bill(&service, &sold, "2026-01", "january").await;
    let run = review(&service, &sold, "2026-02", "february").await;
    let count = async |request| list(&service, request).await.len();
    assert_eq!(count(all()).await, 4);
    assert_eq!(count(pb::ListInvoicesRequest { parent: sold.account.clone(), ..all() }).await, 4);
    assert_eq!(count(pb::ListInvoicesRequest { state: pb::InvoiceState::Draft.into(), ..all() }).await, 2);
    assert_eq!(count(pb::ListInvoicesRequest { state: pb::InvoiceState::Issued.into(), ..all() }).await, 2);
    assert_eq!(count(pb::ListInvoicesRequest { billing_run: run.name, ..all() }).await, 2);
    assert_eq!(count(pb::ListInvoicesRequest { billing_month: "2026-01".into(), ..all() }).await, 2);
    assert_eq!(count(pb::ListInvoicesRequest { order: january[0].order.clone(), ..all() }).await, 2);
    assert_eq!(count(pb::ListInvoicesRequest { number: "2026-000002".into(), ..all() }).await, 1);

    let whole = list(&service, all()).await;
    let (mut paged, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListInvoicesRequest { page_size: 3, page_token, ..all() };
        let page = client(&service).list_invoices(request).await.unwrap().into_inner();
        paged.extend(page.invoices);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, whole);
    let wrong = pb::ListInvoicesRequest { billing_month: "January".into(), ..all() };
    assert_eq!(client(&service).list_invoices(wrong).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_document_outside_the_scope_does_not_exist() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let name = bill(&service, &sold, "2026-01", "january").await.remove(0).name;
    let grant = |territory: &str| Grant {
        role: Role::BillingAnalyst,
        entities: vec![],
        territories: vec![territory.into()],
        accounts: vec![],
    };
    for (territory, found) in [("EAST", true), ("WEST", false)] {
        let mut limited = InvoiceServiceClient::new(service.limited_door("limited", vec![grant(territory)]));
        let listed = limited.list_invoices(all()).await.unwrap().into_inner().invoices;
        assert_eq!(listed.len(), usize::from(found));
        let read = limited.get_invoice(pb::GetInvoiceRequest { name: name.clone() }).await;
        let format = pb::InvoiceFormat::Pdf.into();
        let file = limited.download_invoice(pb::DownloadInvoiceRequest { name: name.clone(), format }).await;
        for code in [read.map(|_| ()).err(), file.map(|_| ()).err()]
            .map(|refused| refused.map(|status| status.code()))
        {
            assert_eq!(code, (!found).then_some(Code::NotFound));
        }
    }
}
