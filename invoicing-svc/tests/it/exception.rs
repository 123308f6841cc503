//! What blocks a draft, and how it becomes free.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, billing_exception_service_client::BillingExceptionServiceClient,
        billing_run_service_client::BillingRunServiceClient, invoice_service_client::InvoiceServiceClient,
    },
};

use crate::{
    invoice::{all, approve, download, get, issue, list, review},
    order::{Sold, order, reference_data, sync},
    reference::create_series,
    service::{Door, Service, reason},
};

pub fn exceptions(service: &Service, person: &str) -> BillingExceptionServiceClient<Door> {
    BillingExceptionServiceClient::new(service.door(person, Role::BillingManager))
}

/// Two orders on one purchase order of 5,000.00; each bills 2,833.34 net in January.
async fn two_orders_on_one_number(service: &Service) -> Sold {
    let sold = reference_data(service).await;
    let entity =
        pb::BillingEntity { name: sold.entity.clone(), code: "NYC".into(), ..pb::BillingEntity::default() };
    create_series(service, &entity).await;
    let orders = ["IO-1", "IO-2"].map(|id| {
        let mut order = order(&sold, id);
        order.lines.truncate(1);
        order.purchase_orders[0].value =
            Some(pb::Money { currency_code: "USD".into(), amount: "5000.00".into() });
        order
    });
    sync(service, orders.to_vec(), "orders").await.unwrap();
    sold
}

async fn open(service: &Service, run: &pb::BillingRun) -> Vec<pb::BillingException> {
    let request = pb::ListBillingExceptionsRequest {
        parent: run.name.clone(),
        state: pb::ExceptionState::Open.into(),
        severity: pb::ExceptionSeverity::Block.into(),
        ..pb::ListBillingExceptionsRequest::default()
    };
    let mut client = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    client.list_billing_exceptions(request).await.unwrap().into_inner().exceptions
}

pub async fn get_run(service: &Service, name: &str) -> pb::BillingRun {
    let mut client = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    client.get_billing_run(pb::GetBillingRunRequest { name: name.into() }).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_purchase_order_that_is_typed_in_frees_the_draft_at_once() {
    let service = Service::start().await;
    let sold = two_orders_on_one_number(&service).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    assert_eq!(run.progress.as_ref().unwrap().drafts_waiting, 1);
    let [blocked] = &open(&service, &run).await[..] else { panic!("one draft is blocked") };
    assert_eq!(blocked.reason, "PURCHASE_ORDER_USED_UP");
    let draft = get(&service, &blocked.invoice).await;
    assert!(draft.waiting && draft.purchase_order.is_empty(), "{draft:?}");

    let mut analyst = InvoiceServiceClient::new(service.door("analyst", Role::BillingAnalyst));
    let edit = pb::EditInvoiceRequest {
        name: draft.name.clone(),
        etag: draft.etag.clone(),
        purchase_order: Some("PO-2".into()),
        note: Some("As agreed by telephone".into()),
        request_id: "edit".into(),
        ..pb::EditInvoiceRequest::default()
    };
    let edited = analyst.edit_invoice(edit.clone()).await.unwrap().into_inner();
    assert_eq!((edited.waiting, edited.purchase_order.as_str()), (false, "PO-2"));
    let stale = pb::EditInvoiceRequest { request_id: "again".into(), ..edit };
    assert_eq!(reason(&analyst.edit_invoice(stale.clone()).await.unwrap_err()), "ETAG_MISMATCH");
    let request = pb::GetBillingExceptionRequest { name: blocked.name.clone() };
    let resolved = exceptions(&service, "first").get_billing_exception(request).await.unwrap().into_inner();
    assert_eq!((resolved.state(), resolved.settled_by.as_str()), (pb::ExceptionState::Resolved, "system"));

    let free = get_run(&service, &run.name).await;
    assert_ne!(free.drafts_root, run.drafts_root, "another draft is to be signed");
    approve(&service, &free).await;
    let issued = issue(&service, &free).await;
    assert_eq!(issued.progress.unwrap().drafts_issued, 2);
    let document = get(&service, &draft.name).await;
    assert_eq!(
        (document.purchase_order.as_str(), document.note.as_str()),
        ("PO-2", "As agreed by telephone")
    );
    let late = pb::EditInvoiceRequest { etag: String::new(), request_id: "late".into(), ..stale };
    assert_eq!(reason(&analyst.edit_invoice(late).await.unwrap_err()), "NOT_A_DRAFT");
}

/// What PO-1 has no room for stays without room, however its number is typed.
#[tokio::test]
async fn a_number_that_looks_like_the_one_that_is_used_up_frees_no_draft() {
    let service = Service::start().await;
    let sold = two_orders_on_one_number(&service).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    let [blocked] = &open(&service, &run).await[..] else { panic!("one draft is blocked") };
    let mut analyst = InvoiceServiceClient::new(service.door("analyst", Role::BillingAnalyst));
    let typed = [("hidden", "PO-1\u{200B}", true), ("case", "po-1", false), ("dash", "PO\u{2013}1", false)];
    for (request_id, number, is_refused) in typed {
        let edit = pb::EditInvoiceRequest {
            name: blocked.invoice.clone(),
            purchase_order: Some(number.into()),
            request_id: request_id.into(),
            ..pb::EditInvoiceRequest::default()
        };
        match analyst.edit_invoice(edit).await {
            Ok(edited) => assert_eq!((is_refused, edited.into_inner().waiting), (false, true), "{number}"),
            Err(refused) => {
                assert_eq!((is_refused, reason(&refused)), (true, "MALFORMED".into()), "{number}")
            }
        }
    }
}

#[tokio::test]
async fn what_blocks_is_overridden_by_a_second_person_with_a_reason() {
    let service = Service::start().await;
    let sold = two_orders_on_one_number(&service).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    let blocked = open(&service, &run).await.remove(0);
    let assign = pb::AssignBillingExceptionRequest {
        name: blocked.name.clone(),
        etag: blocked.etag.clone(),
        owner: "analyst".into(),
        request_id: "assign".into(),
    };
    let owned = exceptions(&service, "first").assign_billing_exception(assign).await.unwrap().into_inner();
    assert_eq!(owned.owner, "analyst");
    let request = |id: &str, reason: &str| pb::OverrideBillingExceptionRequest {
        name: blocked.name.clone(),
        etag: String::new(),
        reason: reason.into(),
        request_id: id.into(),
    };
    let mut first = exceptions(&service, "first");
    let refused = first.override_billing_exception(request("own", "because")).await.unwrap_err();
    assert_eq!(reason(&refused), "SAME_PERSON");
    let mut second = exceptions(&service, "second");
    let refused = second.override_billing_exception(request("silent", " ")).await.unwrap_err();
    assert_eq!(reason(&refused), "MALFORMED");
    let overridden = second.override_billing_exception(request("ok", "the customer pays")).await;
    let overridden = overridden.unwrap().into_inner();
    assert_eq!(
        (overridden.state(), overridden.settled_by.as_str(), overridden.resolution.as_str()),
        (pb::ExceptionState::Overridden, "second", "the customer pays")
    );
    let refused = second.override_billing_exception(request("twice", "again")).await.unwrap_err();
    assert_eq!(reason(&refused), "EXCEPTION_SETTLED");
    assert_eq!(get_run(&service, &run.name).await.progress.unwrap().drafts_waiting, 0);
}

#[tokio::test]
async fn what_still_waits_is_dropped_and_the_next_run_bills_it() {
    let service = Service::start().await;
    let sold = two_orders_on_one_number(&service).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    let blocked = open(&service, &run).await.remove(0);
    approve(&service, &run).await;
    let request = pb::AssignBillingExceptionRequest {
        name: blocked.name.clone(),
        request_id: "late".into(),
        ..pb::AssignBillingExceptionRequest::default()
    };
    let refused = exceptions(&service, "second").assign_billing_exception(request).await.unwrap_err();
    assert_eq!(reason(&refused), "RUN_NOT_IN_REVIEW");
    let issued = issue(&service, &run).await;
    let progress = issued.progress.unwrap();
    assert_eq!((progress.drafts_issued, progress.drafts_dropped, progress.drafts), (1, 1, 0));
    let again = review(&service, &sold, "2026-01", "again").await;
    let drafts = list(&service, pb::ListInvoicesRequest { billing_run: again.name, ..all() }).await;
    let [draft] = &drafts[..] else { panic!("what was dropped: {drafts:?}") };
    assert_eq!(draft.net.as_ref().unwrap().amount, "2833.34");
}

#[tokio::test]
async fn an_entity_says_how_severe_a_check_is() {
    let service = Service::start().await;
    let sold = two_orders_on_one_number(&service).await;
    let mut client = BillingExceptionServiceClient::new(service.door("controller_1", Role::Controller));
    let request = |reason: &str, id: &str| pb::ChangeCheckSettingRequest {
        parent: sold.entity.clone(),
        reason: reason.into(),
        severity: pb::CheckSeverity::Warn.into(),
        request_id: id.into(),
    };
    assert_eq!(reason(&client.change_check_setting(request("NO_SUCH", "1")).await.unwrap_err()), "MALFORMED");
    let set = client.change_check_setting(request("PURCHASE_ORDER_USED_UP", "2")).await.unwrap().into_inner();
    let list = pb::ListCheckSettingsRequest {
        parent: sold.entity.clone(),
        ..pb::ListCheckSettingsRequest::default()
    };
    assert_eq!(client.list_check_settings(list).await.unwrap().into_inner().check_settings, [set]);
    let run = review(&service, &sold, "2026-01", "run").await;
    let progress = run.progress.as_ref().unwrap();
    assert_eq!((progress.drafts_waiting, progress.exceptions), (0, 2), "it is worth a look and no more");
    let found = crate::tax::exceptions(&service, &run).await;
    let mut reasons: Vec<_> = found.iter().map(|found| found.reason.as_str()).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["DUPLICATE_CANDIDATE", "PURCHASE_ORDER_USED_UP"]);
}

#[tokio::test]
async fn contact_and_attachment_are_written_on_a_draft_and_stand_on_the_document() {
    let service = Service::start().await;
    let sold = two_orders_on_one_number(&service).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    let drafts = list(&service, pb::ListInvoicesRequest { billing_run: run.name.clone(), ..all() }).await;
    let draft = drafts.iter().find(|draft| !draft.waiting).unwrap();
    let edit = |contact: &str, request_id: &str| pb::EditInvoiceRequest {
        name: draft.name.clone(),
        contact: Some(contact.into()),
        attachment: Some("Affidavit of performance, January".into()),
        request_id: request_id.into(),
        ..pb::EditInvoiceRequest::default()
    };
    let mut analyst = InvoiceServiceClient::new(service.door("analyst", Role::BillingAnalyst));
    let refused = analyst.edit_invoice(edit("株", "boxes")).await.unwrap_err();
    assert_eq!(reason(&refused), "MALFORMED");
    assert!(refused.message().contains("contact"), "{}", refused.message());
    let edited = analyst.edit_invoice(edit("Jo Smith, accounts payable", "edit")).await.unwrap().into_inner();
    assert_ne!(edited.digest, draft.digest, "the words are signed with the figures");
    let written = get_run(&service, &run.name).await;
    assert_ne!(written.drafts_root, run.drafts_root, "another root is to be signed");
    assert_eq!(written.editors, ["analyst"]);
    approve(&service, &written).await;
    issue(&service, &written).await;
    assert_eq!(get(&service, &draft.name).await.digest, edited.digest, "the document says what was signed");
    let (_, json) = download(&service, &draft.name, pb::InvoiceFormat::Json).await.unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["contact"], "Jo Smith, accounts payable");
    assert_eq!(json["attachment"], "Affidavit of performance, January");
    let (_, pdf) = download(&service, &draft.name, pb::InvoiceFormat::Pdf).await.unwrap();
    assert_eq!(&pdf[..5], b"%PDF-");
}
