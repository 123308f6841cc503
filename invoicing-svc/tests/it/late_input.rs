//! What comes between the approval of a run and its documents.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, hold_service_client::HoldServiceClient, invoice_service_client::InvoiceServiceClient,
    },
};

use crate::{
    daily::{fact, header, import},
    exception,
    invoice::{self, all, list, review},
    order::{Sold, days, order, reference_data, sync},
    reference::{create_product, create_series},
    refresh::{refresh, rename},
    run_approval::{add, adjustments, approve, exceptions, fees, issued, look, removed, totals},
    service::Service,
};

/// What came by then is looked at once: nothing is later than what the run has seen of its approval.
async fn has_seen_all(service: &Service) -> bool {
    let sql = "select not exists (select from billing_run r join input_change c on not pg_visible_in_snapshot(c.xid, r.approved_seen))";
    sqlx::query_scalar(sql).fetch_one(&mut service.connection().await).await.unwrap()
}

/// 12,000.00 would be 12,040.00, which is more than the 8,000.00 and 1,000.00 that would go on.
#[tokio::test]
async fn when_most_of_a_run_changed_by_the_time_it_is_issued_all_of_it_is_approved_anew() {
    let service = Service::start_with_approvals().await;
    let (sold, accounts) = fees(&service, &["12000.00", "8000.00", "1000.00"]).await;
    let seen = review(&service, &sold, "2026-01", "run").await;
    approve(&service, &seen, &["controller_1"]).await.unwrap();
    add(&service, &accounts[0], 40).await;
    let (anew, drafts) = issued(&service, &seen).await;
    assert_eq!(
        (anew.state(), removed(&anew)),
        (pb::BillingRunState::InReview, (0, vec![])),
        "{}",
        anew.failure
    );
    assert_eq!((anew.stale_accounts, anew.approved_by.as_str()), (0, ""));
    assert_eq!(totals(&drafts), ["1000.00", "12040.00", "8000.00"]);
    assert!(drafts.iter().all(|draft| draft.number.is_empty() && !draft.waiting), "{drafts:?}");
    let again = pb::ApproveBillingRunRequest {
        name: anew.name.clone(),
        drafts_root: anew.drafts_root.clone(),
        request_id: "apr_2".into(),
        approvers: vec!["controller_1".into()],
    };
    adjustments(&service).approve_billing_run(again).await.unwrap();
    let request =
        pb::IssueBillingRunRequest { name: anew.name.clone(), issue_date: None, request_id: "again".into() };
    let mut second = invoice::manager(&service, "second");
    second.issue_billing_run(request).await.unwrap();
    let run = invoice::watched(&mut second, &anew.name).await;
    assert_eq!((run.state(), run.progress.unwrap().drafts_issued), (pb::BillingRunState::Issued, 3));
}

#[tokio::test]
async fn what_came_after_an_approval_is_looked_at_once() {
    let service = Service::start_with_approvals().await;
    let (sold, accounts) = fees(&service, &["12000.00", "8000.00"]).await;
    let seen = review(&service, &sold, "2026-01", "run").await;
    approve(&service, &seen, &["controller_1"]).await.unwrap();
    rename(&service, &accounts[0]).await;
    assert!(!has_seen_all(&service).await);
    assert_eq!(totals(&issued(&service, &seen).await.1), ["12000.00", "8000.00"]);
    assert!(has_seen_all(&service).await);
}

/// Keeps an account from being billed.
async fn hold(service: &Service, account: &str) {
    let request = pb::CreateHoldRequest {
        parent: account.into(),
        hold: Some(pb::Hold { reason: "the customer asked".into(), ..pb::Hold::default() }),
        request_id: format!("hold {account}").replace(' ', "-"),
    };
    let mut holds = HoldServiceClient::new(service.door("billing_analyst_1", Role::BillingAnalyst));
    holds.create_hold(request).await.unwrap();
}

#[tokio::test]
async fn a_hold_that_comes_after_the_approval_holds() {
    for by_approvals in [true, false] {
        let service =
            if by_approvals { Service::start_with_approvals().await } else { Service::start().await };
        let (sold, accounts) = fees(&service, &["12000.00", "8000.00", "5000.00"]).await;
        let seen = review(&service, &sold, "2026-01", "run").await;
        if by_approvals {
            approve(&service, &seen, &["controller_1"]).await.unwrap();
        } else {
            invoice::approve(&service, &seen).await;
        }
        hold(&service, &accounts[2]).await;
        let (run, documents) = issued(&service, &seen).await;
        assert_eq!(run.state(), pb::BillingRunState::Issued, "{}", run.failure);
        assert_eq!(totals(&documents), ["12000.00", "8000.00"]);
        assert_eq!(
            (removed(&run), run.progress.as_ref().unwrap().drafts_dropped),
            ((0, vec![]), 1),
            "it did not change"
        );
        let said = exceptions(&service, &run.name, "ON_HOLD").await;
        let [said] = &said[..] else { panic!("one draft is held: {said:?}") };
        assert_eq!((said.state(), said.severity()), (pb::ExceptionState::Open, pb::ExceptionSeverity::Block));
        assert_eq!(exceptions(&service, &run.name, "CHANGED_SINCE_APPROVAL").await, []);
    }
}

/// As in a run that was approved before it was kept what an approval has seen.
#[tokio::test]
async fn a_hold_holds_where_nobody_kept_what_the_approval_had_seen() {
    let service = Service::start_with_approvals().await;
    let (sold, accounts) = fees(&service, &["12000.00", "8000.00"]).await;
    let seen = review(&service, &sold, "2026-01", "run").await;
    approve(&service, &seen, &["controller_1"]).await.unwrap();
    let before = "update billing_run set approved_seen = null";
    sqlx::query(before).execute(&mut service.connection().await).await.unwrap();
    hold(&service, &accounts[1]).await;
    assert_eq!(totals(&issued(&service, &seen).await.1), ["12000.00"]);
}

/// A second person lets a draft go on.
async fn let_pass(service: &Service, found: pb::BillingException) {
    let request = pb::OverrideBillingExceptionRequest {
        name: found.name,
        reason: "the customer agreed".into(),
        request_id: "override".into(),
        ..pb::OverrideBillingExceptionRequest::default()
    };
    exception::exceptions(service, "second").override_billing_exception(request).await.unwrap();
}

#[tokio::test]
async fn a_hold_that_was_overridden_before_the_approval_does_not_hold_again() {
    let service = Service::start_with_approvals().await;
    let (sold, accounts) = fees(&service, &["12000.00", "8000.00"]).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    hold(&service, &accounts[0]).await;
    let held = exceptions(&service, &run.name, "ON_HOLD").await.remove(0);
    let_pass(&service, held).await;
    let seen = look(&service, &run.name).await;
    approve(&service, &seen, &["controller_1"]).await.unwrap();
    rename(&service, &accounts[0]).await;
    assert_eq!(totals(&issued(&service, &seen).await.1), ["12000.00", "8000.00"]);
}

/// It was rated again as it was, and then somebody wrote a number on it: that is not what was approved.
#[tokio::test]
async fn a_number_that_is_written_on_a_draft_which_was_made_again_drops_out_alone() {
    let service = Service::start_with_approvals().await;
    let (sold, accounts) = fees(&service, &["12000.00", "8000.00", "5000.00"]).await;
    let seen = review(&service, &sold, "2026-01", "run").await;
    rename(&service, &accounts[2]).await;
    refresh(&service, &seen.name, "refresh").await;
    let drafts = list(&service, pb::ListInvoicesRequest { billing_run: seen.name.clone(), ..all() }).await;
    let draft = drafts.into_iter().find(|draft| draft.account == accounts[2]).unwrap();
    let request = pb::EditInvoiceRequest {
        name: draft.name,
        purchase_order: Some("PO-9".into()),
        request_id: "edit".into(),
        ..pb::EditInvoiceRequest::default()
    };
    let mut analyst = InvoiceServiceClient::new(service.door("analyst", Role::BillingAnalyst));
    analyst.edit_invoice(request).await.unwrap();
    let approved = approve(&service, &seen, &["controller_1"]).await.unwrap();
    assert_eq!(removed(&approved), (1, vec!["5000.00"]));
}

/// Two orders of January at 10.00: IO-1 of a line with its own count and of one whose count a verifier controls, IO-2 of the first alone.
async fn counted(service: &Service) -> Sold {
    let sold = reference_data(service).await;
    let entity =
        pb::BillingEntity { name: sold.entity.clone(), code: "NYC".into(), ..pb::BillingEntity::default() };
    create_series(service, &entity).await;
    let display = create_product(service, "DISPLAY", pb::PricingModel::Cpm).await.name;
    let own = pb::OrderLine {
        number: "L1".into(),
        ad_product: display,
        flight: days("2026-01-01", "2026-01-31"),
        rate: "10".into(),
        booked_units: "2000000".into(),
        ..pb::OrderLine::default()
    };
    let verifier = pb::ThirdParty { source: "verifier".into(), controls: true, ..pb::ThirdParty::default() };
    let theirs = pb::OrderLine { number: "L2".into(), third_party: Some(verifier), ..own.clone() };
    let sale = |id: &str, lines: Vec<pb::OrderLine>| pb::Order {
        commission_percent: "0".into(),
        purchase_orders: vec![],
        lines,
        ..order(&sold, id)
    };
    let sales = vec![sale("IO-1", vec![own.clone(), theirs]), sale("IO-2", vec![own])];
    let results = sync(service, sales, "orders").await.unwrap();
    assert!(results.iter().all(|result| result.outcome() == pb::SyncOutcome::Created), "{results:?}");
    sold
}

/// What the ad server counted of 10 January.
async fn land(service: &Service, batch: &str, counts: &[(&str, &str, i64)]) {
    let of = |(order, line, count): &(&str, &str, i64)| {
        let fact = fact(line, "2026-01-10", *count);
        pb::DeliveryFact { order: (*order).into(), ..fact }
    };
    let facts: Vec<_> = counts.iter().map(of).collect();
    let sum = counts.iter().map(|(_, _, count)| count).sum();
    let rows = i64::try_from(facts.len()).unwrap();
    import(service, header(batch, rows, sum), &facts).await.unwrap();
}

/// 12,000.00 and 5,000.00 are approved, the latter though a count of its order is missing. Then the 500,000 that it bills are none: what
/// was let pass was the missing count, not a document of nothing.
#[tokio::test]
async fn a_draft_that_would_not_be_made_any_more_is_not_issued_though_its_block_was_overridden() {
    let service = Service::start_with_approvals().await;
    let sold = counted(&service).await;
    let counts = [("IO-1", "L1", 500_000), ("IO-1", "L2", 300_000), ("IO-2", "L1", 1_200_000)];
    land(&service, "B1", &counts).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    let missing = exceptions(&service, &run.name, "THIRD_PARTY_COUNT_MISSING").await.remove(0);
    let_pass(&service, missing).await;
    let seen = look(&service, &run.name).await;
    assert_eq!(seen.progress.as_ref().unwrap().drafts_waiting, 0);
    approve(&service, &seen, &["controller_1"]).await.unwrap();
    land(&service, "B2", &[("IO-1", "L1", 0)]).await;
    let (run, documents) = issued(&service, &seen).await;
    assert_eq!((run.state(), totals(&documents)), (pb::BillingRunState::Issued, vec!["12000.00"]));
    assert_eq!((removed(&run), run.progress.as_ref().unwrap().drafts_dropped), ((1, vec!["5000.00"]), 1));
}
