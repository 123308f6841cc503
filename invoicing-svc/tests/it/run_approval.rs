//! Runs that are signed off by approvals of another service.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, billing_run_service_client::BillingRunServiceClient,
        invoice_service_client::InvoiceServiceClient,
    },
};
use tonic::{Code, Status};

use crate::{
    invoice::{self, all, issue, list, review},
    order::{Sold, days, order, reference_data, sync},
    reference::{create_account, create_series},
    refresh::{preview, refresh, rename, rename_to},
    service::{Door, Service, reason},
    two_processes::many_accounts,
};

pub fn adjustments(service: &Service) -> BillingRunServiceClient<Door> {
    BillingRunServiceClient::new(service.service_door("adjustments", Role::BillingManager))
}

/// Accounts with a fee each that is billed in January, without commission.
pub async fn fees(service: &Service, amounts: &[&str]) -> (Sold, Vec<String>) {
    let sold = reference_data(service).await;
    let entity =
        pb::BillingEntity { name: sold.entity.clone(), code: "NYC".into(), ..pb::BillingEntity::default() };
    create_series(service, &entity).await;
    let (mut orders, mut accounts) = (Vec::new(), Vec::new());
    for (code, amount) in ["A", "B", "C"].into_iter().zip(amounts) {
        let account = create_account(service, code, "EAST").await.name;
        let mut sale = order(&sold, &format!("IO-{code}"));
        sale.lines.truncate(1);
        sale.lines[0].amount = (*amount).into();
        sale.lines[0].flight = days("2026-01-01", "2026-01-31");
        let (flight, commission_percent) = (days("2026-01-01", "2026-01-31"), "0".into());
        orders.push(pb::Order {
            account: account.clone(),
            flight,
            commission_percent,
            purchase_orders: vec![],
            ..sale
        });
        accounts.push(account);
    }
    sync(service, orders, "orders").await.unwrap();
    (sold, accounts)
}

pub async fn add(service: &Service, account: &str, amount: i32) {
    let id: uuid::Uuid = account.strip_prefix("accounts/acc_").unwrap().parse().unwrap();
    let sql = "update schedule_part set amount = amount + $2 where account_id = $1";
    sqlx::query(sql).bind(id).bind(amount).execute(&mut service.connection().await).await.unwrap();
    rename_to(service, account, &format!("{amount} more for {account}")).await;
}

pub async fn approve(
    service: &Service,
    run: &pb::BillingRun,
    approvers: &[&str],
) -> Result<pb::BillingRun, Status> {
    let request = pb::ApproveBillingRunRequest {
        name: run.name.clone(),
        drafts_root: run.drafts_root.clone(),
        request_id: "apr_1".into(),
        approvers: approvers.iter().map(|person| (*person).into()).collect(),
    };
    Ok(adjustments(service).approve_billing_run(request).await?.into_inner())
}

pub fn totals(invoices: &[pb::Invoice]) -> Vec<&str> {
    let mut totals: Vec<_> =
        invoices.iter().map(|invoice| invoice.total.as_ref().unwrap().amount.as_str()).collect();
    totals.sort_unstable();
    totals
}

#[tokio::test]
async fn a_draft_that_is_restated_while_its_run_is_approved_drops_out_alone() {
    let service = Service::start_with_approvals().await;
    let (sold, accounts) = fees(&service, &["12000.00", "8000.00", "5000.00"]).await;
    let seen = review(&service, &sold, "2026-01", "run").await;
    add(&service, &accounts[2], 40).await;
    let standing = refresh(&service, &seen.name, "refresh").await;
    assert_ne!(standing.drafts_root, seen.drafts_root);

    let approved = approve(&service, &seen, &["controller_1", "cfo_1"]).await.unwrap();
    assert_eq!(approved.state(), pb::BillingRunState::Approved);
    assert_eq!((approved.approved_by.as_str(), approved.approval.as_str()), ("controller_1, cfo_1", "apr_1"));
    assert_eq!(approved.drafts_root, seen.drafts_root, "what was signed");
    let removed = [pb::Money { currency_code: "USD".into(), amount: "5040.00".into() }];
    assert_eq!((approved.drafts_removed, &approved.removed[..]), (1, &removed[..]));
    assert_eq!(
        approve(&service, &seen, &["controller_1", "cfo_1"]).await.unwrap(),
        approved,
        "the same again"
    );

    let drafts = list(&service, pb::ListInvoicesRequest { billing_run: seen.name.clone(), ..all() }).await;
    let waiting: Vec<_> = drafts.iter().filter(|draft| draft.waiting).cloned().collect();
    assert_eq!(totals(&waiting), ["5040.00"]);
    issue(&service, &seen).await;
    let issued = list(&service, pb::ListInvoicesRequest { billing_run: seen.name.clone(), ..all() }).await;
    assert_eq!(totals(&issued), ["12000.00", "8000.00"]);
    let next = review(&service, &sold, "2026-01", "next").await;
    let drafts = list(&service, pb::ListInvoicesRequest { billing_run: next.name.clone(), ..all() }).await;
    assert_eq!(totals(&drafts), ["5040.00"], "the next run bills it");
}

/// domain.md §6, a hundredth of it in drafts: 50,000 approved, 12 restated, 49,988 issue.
#[tokio::test]
async fn of_five_hundred_that_are_approved_twelve_are_restated_and_488_issue() {
    let service = Service::start_with_approvals().await;
    let sold = reference_data(&service).await;
    let entity =
        pb::BillingEntity { name: sold.entity.clone(), code: "NYC".into(), ..pb::BillingEntity::default() };
    create_series(&service, &entity).await;
    let flight = days("2026-01-01", "2026-01-31");
    let mut sale = pb::Order { flight, commission_percent: "0".into(), ..order(&sold, "IO-1") };
    sale.purchase_orders.clear();
    sale.lines.truncate(1);
    (sale.lines[0].amount, sale.lines[0].flight) = ("100.00".into(), flight);
    sync(&service, vec![sale], "orders").await.unwrap();
    let mut connection = service.connection().await;
    many_accounts(&mut connection, 499).await;
    let seen = review(&service, &sold, "2026-01", "run").await;
    assert_eq!(seen.progress.as_ref().unwrap().drafts, 500);

    let restated = "with restated as (select account_id from account where code like 'COPY-%' order by code limit 12),
                         parts as (update schedule_part set amount = amount + 1 where account_id in (select * from restated))
                    insert into input_change (account_id, cause) select account_id, 'ORDER' from restated";
    sqlx::query(restated).execute(&mut connection).await.unwrap();
    refresh(&service, &seen.name, "refresh").await;
    let approved = approve(&service, &seen, &["controller_1"]).await.unwrap();
    let removed = [pb::Money { currency_code: "USD".into(), amount: "1212.00".into() }];
    assert_eq!((approved.drafts_removed, &approved.removed[..]), (12, &removed[..]));
    let progress = issue(&service, &seen).await.progress.unwrap();
    assert_eq!((progress.drafts_issued, progress.drafts_dropped), (488, 12));
    let (numbers,): (i64,) =
        sqlx::query_as("select count(*) from issued_number").fetch_one(&mut connection).await.unwrap();
    assert_eq!(numbers, 488, "none of those numbers is lost");
}

#[tokio::test]
async fn a_draft_that_is_made_again_as_it_was_is_still_approved() {
    let service = Service::start_with_approvals().await;
    let (sold, accounts) = fees(&service, &["12000.00", "8000.00"]).await;
    let seen = review(&service, &sold, "2026-01", "run").await;
    rename(&service, &accounts[0]).await;
    refresh(&service, &seen.name, "refresh").await;
    let approved = approve(&service, &seen, &["controller_1"]).await.unwrap();
    assert_eq!((approved.drafts_removed, approved.progress.unwrap().drafts_waiting), (0, 0));
}

#[tokio::test]
async fn more_than_half_is_asked_again() {
    let service = Service::start_with_approvals().await;
    let (sold, accounts) = fees(&service, &["12000.00", "8000.00"]).await;
    let seen = review(&service, &sold, "2026-01", "run").await;
    add(&service, &accounts[0], 40).await;
    let standing = refresh(&service, &seen.name, "refresh").await;
    let refused = approve(&service, &seen, &["controller_1"]).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Aborted, "DRAFTS_CHANGED"));
    assert_eq!(approve(&service, &standing, &["controller_1"]).await.unwrap().drafts_removed, 0);
}

#[tokio::test]
async fn where_approvals_are_configured_nobody_else_signs() {
    let service = Service::start_with_approvals().await;
    let (sold, _) = fees(&service, &["12000.00"]).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    let direct = pb::ApproveBillingRunRequest {
        name: run.name.clone(),
        drafts_root: run.drafts_root.clone(),
        request_id: "direct".into(),
        approvers: vec![],
    };
    for door in [
        service.door("second", Role::BillingManager),
        // A person who bears the service's name, and another service.
        service.door("adjustments", Role::BillingManager),
        service.service_door("controls", Role::BillingManager),
    ] {
        let mut client = BillingRunServiceClient::new(door);
        let refused = client.approve_billing_run(direct.clone()).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::PermissionDenied, "APPROVAL_REQUIRED")
        );
        assert!(refused.message().contains(&run.name), "{}", refused.message());
    }
    for (approvers, why) in
        [(&["first"][..], "SAME_PERSON"), (&["second", "first"], "SAME_PERSON"), (&[], "MALFORMED")]
    {
        assert_eq!(reason(&approve(&service, &run, approvers).await.unwrap_err()), why, "{approvers:?}");
    }
    let unseen = pb::BillingRun { drafts_root: "00".repeat(32), ..run.clone() };
    assert_eq!(reason(&approve(&service, &unseen, &["second"]).await.unwrap_err()), "DRAFTS_CHANGED");
    approve(&service, &run, &["second"]).await.unwrap();
}

/// An approval would not help: no preview gets one.
#[tokio::test]
async fn whoever_approves_a_preview_is_told_that_it_is_one() {
    let service = Service::start_with_approvals().await;
    let (sold, _) = fees(&service, &["12000.00"]).await;
    let preview = preview(&service, &sold, "2026-01", "preview").await;
    let ask = pb::ApproveBillingRunRequest {
        name: preview.name.clone(),
        drafts_root: String::new(),
        request_id: "direct".into(),
        approvers: vec![],
    };
    let mut second = BillingRunServiceClient::new(service.door("second", Role::BillingManager));
    let refused = second.approve_billing_run(ask).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "PREVIEW"));
    assert_eq!(reason(&approve(&service, &preview, &["second"]).await.unwrap_err()), "PREVIEW");
}

#[tokio::test]
async fn without_approvals_nobody_speaks_for_approvers() {
    let service = Service::start().await;
    let (sold, _) = fees(&service, &["12000.00"]).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    assert_eq!(reason(&approve(&service, &run, &["second"]).await.unwrap_err()), "MALFORMED");
    let refused = approve(&service, &run, &[]).await.unwrap_err();
    assert_eq!(reason(&refused), "PERSON_REQUIRED", "a service is no person");
}

/// Somebody writes on the draft of an account.
async fn write_on(service: &Service, run: &str, account: &str, note: &str) -> pb::Invoice {
    let drafts = list(service, pb::ListInvoicesRequest { billing_run: run.into(), ..all() }).await;
    let draft = drafts.into_iter().find(|draft| draft.account == account).unwrap();
    let request = pb::EditInvoiceRequest {
        name: draft.name,
        note: Some(note.into()),
        request_id: format!("edit-{note}"),
        ..pb::EditInvoiceRequest::default()
    };
    let mut analyst = InvoiceServiceClient::new(service.door("analyst", Role::BillingAnalyst));
    analyst.edit_invoice(request).await.unwrap().into_inner()
}

pub async fn look(service: &Service, run: &str) -> pb::BillingRun {
    let request = pb::GetBillingRunRequest { name: run.into() };
    adjustments(service).get_billing_run(request).await.unwrap().into_inner()
}

pub async fn issued(service: &Service, run: &pb::BillingRun) -> (pb::BillingRun, Vec<pb::Invoice>) {
    let issued = issue(service, run).await;
    let all = list(service, pb::ListInvoicesRequest { billing_run: run.name.clone(), ..all() }).await;
    (issued, all)
}

pub fn removed(run: &pb::BillingRun) -> (i64, Vec<&str>) {
    (run.drafts_removed, run.removed.iter().map(|removed| removed.amount.as_str()).collect())
}

#[tokio::test]
async fn a_draft_that_somebody_writes_on_while_its_run_is_approved_drops_out_alone() {
    let service = Service::start_with_approvals().await;
    let (sold, accounts) = fees(&service, &["12000.00", "8000.00", "5000.00"]).await;
    let seen = review(&service, &sold, "2026-01", "run").await;
    write_on(&service, &seen.name, &accounts[2], "pay-elsewhere").await;
    let standing = look(&service, &seen.name).await;
    assert_ne!(standing.drafts_root, seen.drafts_root, "the words are signed, too");
    assert_eq!(standing.editors, ["analyst"]);
    write_on(&service, &seen.name, &accounts[2], "").await;
    let taken_back = look(&service, &seen.name).await;
    assert_ne!(taken_back.drafts_root, seen.drafts_root, "somebody wrote on it all the same");

    let approved = approve(&service, &seen, &["controller_1"]).await.unwrap();
    assert_eq!(removed(&approved), (1, vec!["5000.00"]));
    assert_eq!(totals(&issued(&service, &seen).await.1), ["12000.00", "8000.00"]);
}

#[tokio::test]
async fn what_is_written_on_a_draft_stays_approved_when_it_is_rated_again_as_it_was() {
    let service = Service::start_with_approvals().await;
    let (sold, accounts) = fees(&service, &["12000.00", "8000.00"]).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    write_on(&service, &run.name, &accounts[0], "as-agreed").await;
    let seen = look(&service, &run.name).await;
    rename(&service, &accounts[0]).await;
    let standing = refresh(&service, &seen.name, "refresh").await;
    assert_eq!(standing.drafts_root, seen.drafts_root);
    let approved = approve(&service, &seen, &["controller_1"]).await.unwrap();
    assert_eq!(removed(&approved), (0, vec![]));
    let (_, documents) = issued(&service, &seen).await;
    let notes: Vec<_> = documents.iter().filter(|document| document.note == "as-agreed").collect();
    assert_eq!(totals(&documents), ["12000.00", "8000.00"]);
    assert_eq!(notes.len(), 1);
}

/// Story 8 at the door: 12,000.00, 8,000.00 and 5,000.00 are approved, and the third is restated by 40.00.
#[tokio::test]
async fn a_run_that_is_approved_is_refreshed_and_what_changed_drops_out_alone() {
    let service = Service::start_with_approvals().await;
    let (sold, accounts) = fees(&service, &["12000.00", "8000.00", "5000.00"]).await;
    let seen = review(&service, &sold, "2026-01", "run").await;
    let approved = approve(&service, &seen, &["controller_1"]).await.unwrap();
    add(&service, &accounts[2], 40).await;
    rename(&service, &accounts[0]).await;
    let standing = refresh(&service, &seen.name, "refresh").await;
    assert_eq!(
        (standing.state(), &standing.approved_by, &standing.approval, &standing.drafts_root),
        (pb::BillingRunState::Approved, &approved.approved_by, &approved.approval, &seen.drafts_root),
        "{}",
        standing.failure
    );
    assert_eq!((removed(&standing), standing.stale_accounts), ((1, vec!["5040.00"]), 0));
    let drafts = list(&service, pb::ListInvoicesRequest { billing_run: seen.name.clone(), ..all() }).await;
    let waiting: Vec<_> = drafts.into_iter().filter(|draft| draft.waiting).collect();
    assert_eq!(totals(&waiting), ["5040.00"]);

    // The third once more, and what has dropped out is told once.
    add(&service, &accounts[2], 10).await;
    let again = refresh(&service, &seen.name, "again").await;
    assert_eq!((again.state(), removed(&again)), (pb::BillingRunState::Approved, (1, vec!["5050.00"])));
    let (run, documents) = issued(&service, &seen).await;
    assert_eq!(totals(&documents), ["12000.00", "8000.00"]);
    assert_eq!(run.progress.unwrap().drafts_dropped, 1);
    let next = review(&service, &sold, "2026-01", "next").await;
    let drafts = list(&service, pb::ListInvoicesRequest { billing_run: next.name.clone(), ..all() }).await;
    assert_eq!(totals(&drafts), ["5050.00"], "the next run bills it");
}

/// 1,000.00 becomes 1,005.00 and drops out. Then 12,000.00 becomes 12,040.00: both are more than the 8,000.00 that would go on.
#[tokio::test]
async fn when_most_of_an_approved_run_changes_all_of_it_is_approved_anew() {
    let service = Service::start_with_approvals().await;
    let (sold, accounts) = fees(&service, &["12000.00", "8000.00", "1000.00"]).await;
    let seen = review(&service, &sold, "2026-01", "run").await;
    approve(&service, &seen, &["controller_1"]).await.unwrap();
    add(&service, &accounts[2], 5).await;
    let standing = refresh(&service, &seen.name, "refresh").await;
    assert_eq!((standing.state(), removed(&standing)), (pb::BillingRunState::Approved, (1, vec!["1005.00"])));
    add(&service, &accounts[0], 40).await;
    let anew = refresh(&service, &seen.name, "again").await;
    assert_eq!((anew.state(), removed(&anew)), (pb::BillingRunState::InReview, (0, vec![])));
    assert_eq!((anew.approved_by.as_str(), anew.progress.as_ref().unwrap().drafts_waiting), ("", 0));
    let request = pb::ApproveBillingRunRequest {
        name: anew.name.clone(),
        drafts_root: anew.drafts_root.clone(),
        request_id: "apr_2".into(),
        approvers: vec!["controller_1".into()],
    };
    adjustments(&service).approve_billing_run(request).await.unwrap();
    let (_, documents) = issued(&service, &anew).await;
    assert_eq!(totals(&documents), ["1005.00", "12040.00", "8000.00"]);
}

#[tokio::test]
async fn what_changed_after_the_approval_is_not_issued_though_nobody_refreshed_the_run() {
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
        add(&service, &accounts[2], 40).await;
        // Of the first only a name changes: it would be the same draft.
        rename(&service, &accounts[0]).await;
        let (run, documents) = issued(&service, &seen).await;
        assert_eq!(run.state(), pb::BillingRunState::Issued, "{}", run.failure);
        assert_eq!(totals(&documents), ["12000.00", "8000.00"]);
        assert_eq!(removed(&run), (1, vec!["5000.00"]), "what was approved of it");
        let said = exceptions(&service, &run.name, "CHANGED_SINCE_APPROVAL").await;
        assert_eq!(said.len(), 1, "{said:?}");
        let next = review(&service, &sold, "2026-01", "next").await;
        let drafts =
            list(&service, pb::ListInvoicesRequest { billing_run: next.name.clone(), ..all() }).await;
        assert_eq!(totals(&drafts), ["5040.00"], "the next run bills it");
    }
}

pub async fn exceptions(service: &Service, run: &str, reason: &str) -> Vec<pb::BillingException> {
    let request = pb::ListBillingExceptionsRequest {
        parent: run.into(),
        reason: reason.into(),
        ..pb::ListBillingExceptionsRequest::default()
    };
    let listed = adjustments(service).list_billing_exceptions(request).await.unwrap().into_inner();
    listed.exceptions
}
