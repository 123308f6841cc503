//! Agreements over the orders of several accounts, through whole runs.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, agreement::Kind, agreement_service_client::AgreementServiceClient,
        billing_run_service_client::BillingRunServiceClient, hold_service_client::HoldServiceClient,
        ledger_service_client::LedgerServiceClient,
    },
};
use jiff::SignedDuration;
use prost_types::FieldMask;
use tonic::{Code, Status};

use crate::{
    consolidation, explanation,
    invoice::{all, bill, get, list, review, watched},
    note,
    order::{Sold, days, order, reference_data, sync},
    reference::{create_account, create_product, create_series, create_series_of},
    service::{Door, Service, reason},
};

fn client(service: &Service) -> AgreementServiceClient<Door> {
    AgreementServiceClient::new(service.door("billing_manager_1", Role::BillingManager))
}

/// The seller with its number series, and two accounts that buy together.
pub async fn two_accounts(service: &Service) -> (Sold, String) {
    let sold = reference_data(service).await;
    let entity =
        pb::BillingEntity { name: sold.entity.clone(), code: "NYC".into(), ..pb::BillingEntity::default() };
    create_series(service, &entity).await;
    let other = create_account(service, "AG-2", "EAST").await.name;
    (sold, other)
}

/// Sells an account a fee for the days, without commission.
pub async fn sell(
    service: &Service,
    sold: &Sold,
    account: &str,
    (id, amount): (&str, &str),
    (first, last): (&str, &str),
) {
    let line = pb::OrderLine {
        number: "L1".into(),
        ad_product: sold.fee.clone(),
        flight: days(first, last),
        amount: amount.into(),
        ..pb::OrderLine::default()
    };
    let said = pb::Order {
        account: account.into(),
        flight: days(first, last),
        commission_percent: "0".into(),
        purchase_orders: vec![],
        lines: vec![line],
        ..order(sold, id)
    };
    assert_eq!(sync(service, vec![said], id).await.unwrap()[0].reason, "");
}

fn agreement(sold: &Sold, accounts: &[&str], product: &str, kind: Kind) -> pb::Agreement {
    pb::Agreement {
        code: "AGR-2026".into(),
        display_name: "Agreement of 2026".into(),
        billing_entity: sold.entity.clone(),
        account: sold.account.clone(),
        accounts: accounts.iter().map(|account| (*account).to_owned()).collect(),
        ad_product: product.into(),
        currency_code: "USD".into(),
        term: days("2026-01-01", "2026-02-28"),
        kind: Some(kind),
        ..pb::Agreement::default()
    }
}

async fn create(service: &Service, agreement: pb::Agreement) -> Result<pb::Agreement, Status> {
    let request =
        pb::CreateAgreementRequest { request_id: agreement.code.clone(), agreement: Some(agreement) };
    client(service).create_agreement(request).await.map(tonic::Response::into_inner)
}

fn minimum(amount: &str) -> Kind {
    Kind::MinimumAmount(amount.into())
}

fn rebate(tiers: &[(&str, &str)]) -> Kind {
    let tier = |(from, percent): &(&str, &str)| pb::RebateTier {
        from_amount: (*from).into(),
        percent: (*percent).into(),
    };
    Kind::VolumeRebate(pb::VolumeRebate { tiers: tiers.iter().map(tier).collect() })
}

/// What documents or drafts bill by line: its kind, quantity, rate and gross, in the order of the list.
pub async fn lines(service: &Service, invoices: &[pb::Invoice]) -> Vec<String> {
    let mut lines = Vec::new();
    for invoice in invoices {
        for line in get(service, &invoice.name).await.lines {
            let kind = line.kind().as_str_name().replace("INVOICE_LINE_KIND_", "");
            lines.push(format!("{kind} {} × {} = {}", line.quantity, line.rate, line.gross.unwrap().amount));
        }
    }
    lines.sort();
    lines
}

pub async fn drafts(service: &Service, run: &pb::BillingRun) -> Vec<pb::Invoice> {
    list(service, pb::ListInvoicesRequest { billing_run: run.name.clone(), ..all() }).await
}

/// Every amount of a draft or document is explained, and nothing of the months is without a name.
pub async fn is_explained(service: &Service, sold: &Sold, invoices: &[pb::Invoice]) {
    assert_eq!(unexplained(service, sold, invoices).await, Vec::<String>::new());
}

/// What the bridge has no name for; every amount of the documents is explained, and no law is broken.
async fn unexplained(service: &Service, sold: &Sold, invoices: &[pb::Invoice]) -> Vec<String> {
    for invoice in invoices {
        for line in get(service, &invoice.name).await.lines {
            explanation::adds_up(
                explanation::explain(service, &invoice.name, line.number).await.tree.as_ref().unwrap(),
            );
        }
    }
    let request = pb::BridgeRequest {
        billing_entity: sold.entity.clone(),
        last_month: "2026-03".into(),
        ..pb::BridgeRequest::default()
    };
    let bridge = explanation::client(service).bridge(request).await.unwrap().into_inner();
    let mut ledger = LedgerServiceClient::new(service.door("controller_1", Role::Controller));
    let laws = ledger.check_invariants(pb::CheckInvariantsRequest {}).await.unwrap().into_inner().results;
    let broken: Vec<_> = laws.iter().filter(|law| law.violations > 0).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    let steps = bridge.currencies.iter().flat_map(|currency| &currency.steps);
    let amounts = steps.map(|step| step.unexplained.as_ref().unwrap().amount.clone());
    amounts.filter(|amount| amount != "0.00").collect()
}

/// Credits a fee, and does not sell any more what was wrong.
async fn adjust(service: &Service, invoice: &pb::Invoice, basis: pb::NoteBasis, gross: &str) {
    let request = note::credit_on(invoice, basis, gross, basis.as_str_name());
    note::client(service).issue_credit_note(request).await.unwrap();
    if basis == pb::NoteBasis::Correction {
        let sql = "update schedule_part p set amount = p.amount - $2 from order_line l, insertion_order o
                    where (p.account_id, p.line_id) = (l.account_id, l.line_id) and o.order_id = l.order_id and o.external_id = $1";
        let gross: rust_decimal::Decimal = gross.parse().unwrap();
        let mut connection = service.connection().await;
        let query = sqlx::query(sql).bind(&invoice.order_external_id).bind(gross);
        query.execute(&mut connection).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_short_of_a_minimum_is_billed_and_what_comes_late_is_taken_off_it() {
    let service = Service::start().await;
    let (sold, other) = two_accounts(&service).await;
    sell(&service, &sold, &sold.account, ("IO-1", "700000.00"), ("2026-01-01", "2026-01-31")).await;
    sell(&service, &sold, &other, ("IO-2", "440000.00"), ("2026-02-01", "2026-02-28")).await;
    // Out of the term: it does not count.
    sell(&service, &sold, &other, ("IO-3", "5000.00"), ("2025-12-01", "2025-12-31")).await;
    let accounts = [sold.account.as_str(), other.as_str()];
    let made = create(&service, agreement(&sold, &accounts, &sold.fee, minimum("1200000.00"))).await.unwrap();
    let january = bill(&service, &sold, "2026-01", "january").await;
    assert_eq!(lines(&service, &january).await.len(), 2, "the term is not over");
    create_series_of(&service, &sold.entity, pb::DocumentKind::CreditNote, "CN").await;
    let sponsored = january.iter().find(|invoice| invoice.order_external_id == "IO-1").unwrap();
    adjust(&service, sponsored, pb::NoteBasis::Correction, "20000.00").await;
    adjust(&service, sponsored, pb::NoteBasis::Commercial, "30000.00").await;
    let run = review(&service, &sold, "2026-02", "preview").await;
    let february = drafts(&service, &run).await;
    let expected = ["SCHEDULE_PART 1 × 440000 = 440000.00", "TRUE_UP 1 × 80000 = 80000.00"];
    assert_eq!(lines(&service, &february).await, expected);
    let true_up = february.iter().find(|draft| draft.order == made.order).unwrap();
    assert_eq!(
        (true_up.account.as_str(), true_up.order_external_id.as_str()),
        (sold.account.as_str(), "AGR-2026")
    );
    is_explained(&service, &sold, &february).await;
    let cancel = pb::CancelBillingRunRequest { name: run.name, request_id: "cancel".into() };
    let mut manager = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    manager.cancel_billing_run(cancel).await.unwrap();
    let february = bill(&service, &sold, "2026-02", "february").await;
    assert_eq!(lines(&service, &february).await, expected);
    is_explained(&service, &sold, &february).await;

    sell(&service, &sold, &sold.account, ("IO-4", "15000.00"), ("2026-02-01", "2026-02-28")).await;
    let march = bill(&service, &sold, "2026-03", "march").await;
    let expected = ["SCHEDULE_PART 1 × 15000 = 15000.00", "TRUE_UP -1 × 15000 = -15000.00"];
    assert_eq!(lines(&service, &march).await, expected);
    assert_eq!(march[0].total.as_ref().unwrap().amount, "0.00");
    is_explained(&service, &sold, &march).await;
    assert_eq!(bill(&service, &sold, "2026-03", "again").await, [], "nothing bills twice");
}

/// What stands on a draft already is not taken back of the document besides.
#[tokio::test]
async fn what_an_agreement_gives_back_is_proposed_as_far_as_no_draft_has_room_for_it() {
    let service = Service::start().await;
    let (sold, other) = two_accounts(&service).await;
    sell(&service, &sold, &sold.account, ("IO-1", "700000.00"), ("2026-01-01", "2026-01-31")).await;
    sell(&service, &sold, &other, ("IO-2", "420000.00"), ("2026-02-01", "2026-02-28")).await;
    let accounts = [sold.account.as_str(), other.as_str()];
    let made = create(&service, agreement(&sold, &accounts, &sold.fee, minimum("1200000.00"))).await.unwrap();
    let february = bill(&service, &sold, "2026-02", "february").await;
    let true_up = february.iter().find(|invoice| invoice.order == made.order).unwrap();
    assert_eq!(
        lines(&service, std::slice::from_ref(true_up)).await,
        ["TRUE_UP 1 × 80000 = 80000.00"],
        "1,200,000.00 − 1,120,000.00"
    );
    let lower = pb::UpdateAgreementRequest {
        agreement: Some(pb::Agreement { kind: Some(minimum("1180000.00")), ..made.clone() }),
        update_mask: Some(FieldMask { paths: vec!["minimum_amount".into()] }),
        request_id: "lower".into(),
    };
    service.clock.advance(SignedDuration::from_hours(1));
    let mut second = AgreementServiceClient::new(service.door("billing_manager_2", Role::BillingManager));
    second.update_agreement(lower).await.unwrap();
    sell(&service, &sold, &sold.account, ("IO-4", "15000.00"), ("2026-02-01", "2026-02-28")).await;
    // 1,180,000.00 − 1,135,000.00 are 45,000.00: 35,000.00 are given back, and a document of 15,000.00 takes so much.
    let run = review(&service, &sold, "2026-03", "march").await;
    let march = drafts(&service, &run).await;
    let expected = ["SCHEDULE_PART 1 × 15000 = 15000.00", "TRUE_UP -1 × 15000 = -15000.00"];
    assert_eq!(lines(&service, &march).await, expected);
    let request = pb::ListBillingExceptionsRequest {
        parent: run.name.clone(),
        ..pb::ListBillingExceptionsRequest::default()
    };
    let mut manager = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    let found = manager.list_billing_exceptions(request).await.unwrap().into_inner().exceptions;
    let held = found.iter().find(|exception| exception.reason == "NEGATIVE_DELTA").unwrap();
    assert_eq!(note::amount(&held.amount), "-20000.00");
    let [taken] = &held.taken_back[..] else { panic!("{:?}", held.taken_back) };
    assert_eq!((taken.invoice.as_str(), note::amount(&taken.gross)), (true_up.name.as_str(), "20000.00"));
    assert_eq!(held.makers, ["billing_manager_2"], "who lowered the minimum, and not who made the agreement");
}

#[tokio::test]
async fn a_draft_that_waits_does_not_count_until_it_is_free() {
    let service = Service::start().await;
    let (sold, other) = two_accounts(&service).await;
    sell(&service, &sold, &sold.account, ("IO-1", "700000.00"), ("2026-01-01", "2026-01-31")).await;
    sell(&service, &sold, &other, ("IO-2", "440000.00"), ("2026-02-01", "2026-02-28")).await;
    let accounts = [sold.account.as_str(), other.as_str()];
    create(&service, agreement(&sold, &accounts, &sold.fee, minimum("1200000.00"))).await.unwrap();
    let run = review(&service, &sold, "2026-02", "february").await;
    let true_up = async || {
        let lines = lines(&service, &drafts(&service, &run).await).await;
        lines.into_iter().filter(|line| line.starts_with("TRUE_UP")).collect::<Vec<_>>()
    };
    assert_eq!(true_up().await, ["TRUE_UP 1 × 60000 = 60000.00"]);
    let mut holds = HoldServiceClient::new(service.door("billing_analyst_1", Role::BillingAnalyst));
    let request = pb::CreateHoldRequest {
        parent: other.clone(),
        hold: Some(pb::Hold { reason: "the customer asked".into(), ..pb::Hold::default() }),
        request_id: "hold".into(),
    };
    let hold = holds.create_hold(request).await.unwrap().into_inner();
    assert_eq!(true_up().await, ["TRUE_UP 1 × 500000 = 500000.00"]);
    let request =
        pb::ReleaseHoldRequest { name: hold.name, etag: String::new(), request_id: "release".into() };
    holds.release_hold(request).await.unwrap();
    assert_eq!(true_up().await, ["TRUE_UP 1 × 60000 = 60000.00"]);

    // Somebody else's order changes, and the run is refreshed: what is short changes with it.
    sell(&service, &sold, &other, ("IO-3", "10000.00"), ("2026-02-01", "2026-02-28")).await;
    let mut manager = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    let request = pb::RefreshBillingRunRequest { name: run.name.clone(), request_id: "refresh".into() };
    manager.refresh_billing_run(request).await.unwrap();
    watched(&mut manager, &run.name).await;
    assert_eq!(true_up().await, ["TRUE_UP 1 × 50000 = 50000.00"]);
}

#[tokio::test]
async fn a_rebate_goes_on_documents_that_have_room_for_it_and_the_rest_is_held() {
    let service = Service::start().await;
    let (sold, other) = two_accounts(&service).await;
    sell(&service, &sold, &sold.account, ("IO-1", "6000.00"), ("2026-02-01", "2026-02-28")).await;
    sell(&service, &sold, &other, ("IO-2", "594000.00"), ("2026-02-01", "2026-02-28")).await;
    let product = create_product(&service, "REBATE", pb::PricingModel::FlatFee).await.name;
    let accounts = [sold.account.as_str(), other.as_str()];
    let tiers = rebate(&[("100000.00", "1"), ("500000.00", "2")]);
    create(&service, agreement(&sold, &accounts, &product, tiers)).await.unwrap();
    let run = review(&service, &sold, "2026-02", "february").await;
    // 2 % of 600,000.00 are 12,000.00, of which the account's own documents carry 6,000.00.
    let expected = [
        "REBATE -1 × 6000 = -6000.00",
        "SCHEDULE_PART 1 × 594000 = 594000.00",
        "SCHEDULE_PART 1 × 6000 = 6000.00",
    ];
    assert_eq!(lines(&service, &drafts(&service, &run).await).await, expected);
    let request = pb::ListBillingExceptionsRequest {
        parent: run.name.clone(),
        ..pb::ListBillingExceptionsRequest::default()
    };
    let mut manager = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    let found = manager.list_billing_exceptions(request).await.unwrap().into_inner().exceptions;
    let held = found.iter().find(|exception| exception.reason == "NEGATIVE_DELTA").unwrap();
    assert_eq!(held.amount.as_ref().unwrap().amount, "-6000.00");
    is_explained(&service, &sold, &drafts(&service, &run).await).await;

    crate::invoice::approve(&service, &run).await;
    crate::invoice::issue(&service, &run).await;
    let mut ledger = LedgerServiceClient::new(service.door("controller_1", Role::Controller));
    let request = pb::GetTrialBalanceRequest {
        billing_entity: sold.entity.clone(),
        ..pb::GetTrialBalanceRequest::default()
    };
    let rows = ledger.get_trial_balance(request).await.unwrap().into_inner().rows;
    let contra = rows.iter().find(|row| row.ledger_account() == pb::LedgerAccount::ContraRevenue).unwrap();
    assert_eq!(contra.balance.as_ref().unwrap().amount, "6000.00");

    // The next document of the account has room for the rest.
    sell(&service, &sold, &sold.account, ("IO-3", "9000.00"), ("2026-03-01", "2026-03-31")).await;
    let march = bill(&service, &sold, "2026-03", "march").await;
    let expected = ["REBATE -1 × 6000 = -6000.00", "SCHEDULE_PART 1 × 9000 = 9000.00"];
    assert_eq!(lines(&service, &march).await, expected);
    is_explained(&service, &sold, &march).await;
}

#[tokio::test]
async fn what_is_given_back_on_a_document_of_several_orders_goes_with_one_that_bills() {
    let service = Service::start().await;
    let (sold, other) = two_accounts(&service).await;
    consolidation::instruct(&service, &sold, pb::Consolidation::Account).await;
    sell(&service, &sold, &sold.account, ("IO-1", "600000.00"), ("2026-02-01", "2026-02-28")).await;
    let accounts = [sold.account.as_str(), other.as_str()];
    create(&service, agreement(&sold, &accounts, &sold.fee, rebate(&[("100000.00", "2")]))).await.unwrap();
    let february = bill(&service, &sold, "2026-02", "february").await;
    let expected = ["REBATE -1 × 12000 = -12000.00", "SCHEDULE_PART 1 × 600000 = 600000.00"];
    assert_eq!(lines(&service, &february).await, expected);
    assert_eq!((february.len(), february[0].order_external_id.as_str()), (1, "IO-1"));
    is_explained(&service, &sold, &february).await;
}

#[tokio::test]
async fn a_run_without_all_of_the_accounts_leaves_the_agreement_to_one_that_has_them() {
    let service = Service::start().await;
    let (sold, other) = two_accounts(&service).await;
    sell(&service, &sold, &sold.account, ("IO-1", "700000.00"), ("2026-02-01", "2026-02-28")).await;
    let accounts = [sold.account.as_str(), other.as_str()];
    create(&service, agreement(&sold, &accounts, &sold.fee, minimum("1200000.00"))).await.unwrap();
    let request = pb::StartBillingRunRequest {
        billing_entity: sold.entity.clone(),
        month: "2026-02".into(),
        accounts: vec![sold.account.clone()],
        request_id: "run".into(),
        ..pb::StartBillingRunRequest::default()
    };
    let mut manager = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    let run = manager.start_billing_run(request).await.unwrap().into_inner();
    let run = watched(&mut manager, &run.name).await;
    assert_eq!(
        lines(&service, &drafts(&service, &run).await).await,
        ["SCHEDULE_PART 1 × 700000 = 700000.00"]
    );
}

#[tokio::test]
async fn an_agreement_is_made_read_listed_and_changed() {
    let service = Service::start().await;
    let (sold, other) = two_accounts(&service).await;
    let accounts = [sold.account.as_str(), other.as_str()];
    let asked = agreement(&sold, &accounts, &sold.fee, minimum("1200000.00"));
    let made = create(&service, asked.clone()).await.unwrap();
    assert_eq!((made.etag.as_str(), made.counts()), ("r1", pb::AgreementCounts::Gross));
    assert_eq!(create(&service, asked.clone()).await.unwrap(), made, "the same request");
    let mut client = client(&service);
    let read = pb::GetAgreementRequest { name: made.name.clone() };
    assert_eq!(client.get_agreement(read).await.unwrap().into_inner(), made);
    let of = |account: &str| pb::ListAgreementsRequest {
        account: account.into(),
        ..pb::ListAgreementsRequest::default()
    };
    assert_eq!(
        client.list_agreements(of(&other)).await.unwrap().into_inner().agreements,
        std::slice::from_ref(&made)
    );
    let order = crate::order::client(&service);
    let order = order.clone().get_order(pb::GetOrderRequest { name: made.order.clone() }).await.unwrap();
    assert_eq!(order.into_inner().external_id.unwrap().id, "AGR-2026");

    let change = |etag: &str, kind: Kind, id: &str| pb::UpdateAgreementRequest {
        agreement: Some(pb::Agreement {
            name: made.name.clone(),
            etag: etag.into(),
            kind: Some(kind),
            ..pb::Agreement::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["minimum_amount".into()] }),
        request_id: id.into(),
    };
    let stale = client.update_agreement(change("r9", minimum("1.00"), "1")).await.unwrap_err();
    assert_eq!(reason(&stale), "ETAG_MISMATCH");
    let moved = client.update_agreement(change("r1", rebate(&[("1.00", "1")]), "2")).await.unwrap_err();
    assert_eq!(reason(&moved), "AGREEMENT_KIND");
    let changed =
        client.update_agreement(change("r1", minimum("900000.00"), "3")).await.unwrap().into_inner();
    assert_eq!((changed.etag.as_str(), changed.kind), ("r2", Some(minimum("900000.00"))));
}

#[tokio::test]
async fn an_agreement_that_cannot_be_is_refused_with_its_place() {
    let service = Service::start().await;
    let (sold, other) = two_accounts(&service).await;
    let asked = agreement(&sold, &[&other], &sold.fee, minimum("1200000.00"));
    let cases = [
        (pb::Agreement { kind: None, ..asked.clone() }, "agreement.minimum_amount"),
        (pb::Agreement { kind: Some(minimum("0.00")), ..asked.clone() }, "agreement.minimum_amount"),
        (pb::Agreement { kind: Some(rebate(&[])), ..asked.clone() }, "agreement.volume_rebate.tiers"),
        (
            pb::Agreement { kind: Some(rebate(&[("2.00", "1"), ("2.00", "2")])), ..asked.clone() },
            "agreement.volume_rebate.tiers[1].from_amount",
        ),
        (pb::Agreement { accounts: vec![], ..asked.clone() }, "agreement.accounts"),
        (pb::Agreement { term: days("2026-02-01", "2026-01-01"), ..asked.clone() }, "agreement.term.last"),
    ];
    for (number, (asked, field)) in cases.into_iter().enumerate() {
        use tonic_types::StatusExt;
        let asked = pb::Agreement { code: format!("A-{number}"), ..asked };
        let refused = create(&service, asked).await.unwrap_err();
        let violations = refused.get_details_bad_request().unwrap().field_violations;
        assert!(violations.iter().any(|violation| violation.field == field), "{field}: {violations:?}");
    }
    let unknown = pb::Agreement { account: format!("accounts/acc_{}", "0".repeat(32)), ..asked };
    assert_eq!(create(&service, unknown).await.unwrap_err().code(), Code::NotFound);
}
