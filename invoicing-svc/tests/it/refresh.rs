//! Runs whose inputs change under them: what is stale, what a refresh rates again, what previews and comparisons show.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, billing_run_service_client::BillingRunServiceClient,
        invoice_service_client::InvoiceServiceClient,
    },
};
use sqlx::Connection;
use tonic::Code;

use crate::{
    exception::exceptions,
    invoice::{all, bill, get, list, review, watched},
    order::{Sold, order, reference_data, sync},
    reference::{create_account, create_series},
    service::{Door, Service, reason},
};

type Client = BillingRunServiceClient<Door>;

fn manager(service: &Service, person: &str) -> Client {
    BillingRunServiceClient::new(service.door(person, Role::BillingManager))
}

/// Accounts A, B and C with an order each, whose fee of 10,000.00 bills 3,333.34 in January.
pub async fn three_accounts(service: &Service) -> (Sold, Vec<pb::Order>) {
    let sold = reference_data(service).await;
    let entity =
        pb::BillingEntity { name: sold.entity.clone(), code: "NYC".into(), ..pb::BillingEntity::default() };
    create_series(service, &entity).await;
    let mut orders = Vec::new();
    for code in ["A", "B", "C"] {
        let account = create_account(service, code, "EAST").await.name;
        let mut order = order(&sold, &format!("IO-{code}"));
        order.lines.truncate(1);
        orders.push(pb::Order { account, ..order });
    }
    sync(service, orders.clone(), "orders").await.unwrap();
    (sold, orders)
}

/// What somebody changes of the account of an order: its name, as an approval does it.
pub async fn rename(service: &Service, account: &str) {
    rename_to(service, account, "Renamed, Inc.").await;
}

pub async fn rename_to(service: &Service, account: &str, legal_name: &str) {
    use billing_proto::billing::invoicing::v1::account_service_client::AccountServiceClient;
    let mut client = AccountServiceClient::new(service.service_door("adjustments", Role::BillingManager));
    let request = pb::UpdateAccountRequest {
        account: Some(pb::Account {
            name: account.into(),
            legal_name: legal_name.into(),
            ..pb::Account::default()
        }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["legal_name".into()] }),
        request_id: legal_name.replace(' ', "-"),
    };
    client.update_account(request).await.unwrap();
}

pub async fn refresh(service: &Service, name: &str, request_id: &str) -> pb::BillingRun {
    let request = pb::RefreshBillingRunRequest { name: name.into(), request_id: request_id.into() };
    let mut client = manager(service, "first");
    client.refresh_billing_run(request).await.unwrap();
    watched(&mut client, name).await
}

async fn get_run(service: &Service, name: &str) -> pb::BillingRun {
    let request = pb::GetBillingRunRequest { name: name.into() };
    manager(service, "first").get_billing_run(request).await.unwrap().into_inner()
}

async fn stale(service: &Service, run: &str) -> Vec<pb::StaleAccount> {
    let request =
        pb::ListStaleAccountsRequest { parent: run.into(), ..pb::ListStaleAccountsRequest::default() };
    manager(service, "first").list_stale_accounts(request).await.unwrap().into_inner().stale_accounts
}

pub async fn preview(service: &Service, sold: &Sold, month: &str, request_id: &str) -> pb::BillingRun {
    let request = pb::StartBillingRunRequest {
        billing_entity: sold.entity.clone(),
        month: month.into(),
        accounts: vec![],
        request_id: request_id.into(),
        preview: true,
    };
    let mut client = manager(service, "first");
    let run = client.start_billing_run(request).await.unwrap().into_inner();
    watched(&mut client, &run.name).await
}

/// The drafts of a run as they stand in the database, to the byte.
async fn rows(service: &Service, account: &str) -> Vec<String> {
    let account: uuid::Uuid = account.strip_prefix("accounts/acc_").unwrap().parse().unwrap();
    let sql = "select d::text || l::text || d.xmin || d.ctid from draft d join draft_line l using (account_id, invoice_id)
                where account_id = $1 order by 1";
    sqlx::query_scalar(sql).bind(account).fetch_all(&mut service.connection().await).await.unwrap()
}

#[tokio::test]
async fn only_the_account_that_changed_is_rated_again() {
    let service = Service::start().await;
    let (sold, orders) = three_accounts(&service).await;
    let before = preview(&service, &sold, "2026-01", "before").await;
    let run = review(&service, &sold, "2026-01", "run").await;
    assert_eq!((run.stale_accounts, stale(&service, &run.name).await.len()), (0, 0));
    let [a, b, c] = [0, 1, 2].map(|n| orders[n].account.clone());
    let untouched = [rows(&service, &a).await, rows(&service, &c).await];

    rename(&service, &b).await;
    let mut connection = service.connection().await;
    let id: uuid::Uuid = b.strip_prefix("accounts/acc_").unwrap().parse().unwrap();
    let cut =
        "update schedule_part set amount = amount - 96 where account_id = $1 and period_first = '2026-01-01'";
    sqlx::query(cut).bind(id).execute(&mut connection).await.unwrap();
    assert_eq!(get_run(&service, &run.name).await.stale_accounts, 1);
    let [account] = &stale(&service, &run.name).await[..] else { panic!("one account is stale") };
    assert_eq!(
        (account.account.as_str(), account.causes().collect::<Vec<_>>()),
        (b.as_str(), vec![pb::InputCause::Reference])
    );
    // 15 % of commission: 3,333.34 → 2,833.34, and 3,237.34 → 2,751.74.
    let difference = account.amounts[0].difference.as_ref().unwrap();
    assert_eq!((difference.amount.as_str(), account.amounts.len()), ("-81.60", 1));

    let refreshed = refresh(&service, &run.name, "refresh").await;
    assert_eq!((refreshed.state(), refreshed.stale_accounts), (pb::BillingRunState::InReview, 0));
    assert_ne!(refreshed.drafts_root, run.drafts_root);
    assert_eq!([rows(&service, &a).await, rows(&service, &c).await], untouched, "byte for byte");

    let request = pb::CompareBillingRunsRequest {
        left: before.name.clone(),
        right: run.name.clone(),
        ..pb::CompareBillingRunsRequest::default()
    };
    let compared = manager(&service, "first").compare_billing_runs(request).await.unwrap().into_inner();
    let [line] = &compared.differences[..] else { panic!("one line: {compared:?}") };
    assert_eq!(line.outcome(), pb::DifferenceOutcome::Changed);
    assert_eq!(line.difference.as_ref().unwrap().amount, "-96.00");
    let [totals] = &compared.totals[..] else { panic!("one currency") };
    assert_eq!((totals.same, totals.changed, totals.only_left, totals.only_right), (2, 1, 0, 0));
    assert_eq!(totals.difference.as_ref().unwrap().amount, "-96.00");
}

#[tokio::test]
async fn a_refresh_without_a_change_leaves_everything_as_it_is() {
    let service = Service::start().await;
    let (sold, _) = three_accounts(&service).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    let refreshed = refresh(&service, &run.name, "refresh").await;
    assert_eq!(
        (refreshed.state(), &refreshed.drafts_root),
        (pb::BillingRunState::InReview, &run.drafts_root)
    );
}

#[tokio::test]
async fn an_account_that_is_new_to_the_run_joins_it_with_a_refresh() {
    let service = Service::start().await;
    let (sold, orders) = three_accounts(&service).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    let account = create_account(&service, "D", "EAST").await.name;
    let mut late = pb::Order { account: account.clone(), ..orders[0].clone() };
    late.external_id = Some(pb::ExternalId { source_system: "io".into(), id: "IO-D".into() });
    sync(&service, vec![late], "late").await.unwrap();
    rename(&service, &account).await;
    let refreshed = refresh(&service, &run.name, "refresh").await;
    assert_eq!(refreshed.progress.unwrap().drafts, 4);
}

#[tokio::test]
async fn a_preview_is_looked_at_and_never_approved_or_issued() {
    let service = Service::start().await;
    let (sold, _) = three_accounts(&service).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    let preview = preview(&service, &sold, "2026-01", "preview").await;
    assert_eq!((preview.preview, preview.state()), (true, pb::BillingRunState::InReview));
    let ask = pb::ApproveBillingRunRequest {
        name: preview.name.clone(),
        drafts_root: String::new(),
        request_id: "approve".into(),
        approvers: Vec::new(),
    };
    let refused = manager(&service, "second").approve_billing_run(ask).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "PREVIEW"));
    let sql =
        "update billing_run set state = 'APPROVED', approved_by = 'x', approved_at = now() where preview";
    let refused = sqlx::query(sql).execute(&mut service.connection().await).await.unwrap_err();
    let constraint = refused.as_database_error().and_then(|error| error.constraint());
    assert_eq!(constraint, Some("billing_run_preview_is_never_approved"));

    let listed = list(&service, all()).await;
    assert!(
        listed.iter().all(|draft| draft.billing_run == run.name),
        "only what is to be billed: {listed:?}"
    );
    let own = list(&service, pb::ListInvoicesRequest { billing_run: preview.name.clone(), ..all() }).await;
    assert_eq!(own.len(), 3);
    assert_eq!(get(&service, &own[0].name).await.billing_run, preview.name);
}

#[tokio::test]
async fn a_run_that_is_issued_is_compared_as_it_was_drafted() {
    let service = Service::start().await;
    let (sold, _) = three_accounts(&service).await;
    let preview = preview(&service, &sold, "2026-01", "preview").await;
    let issued = bill(&service, &sold, "2026-01", "january").await;
    let request = |include_same| pb::CompareBillingRunsRequest {
        left: preview.name.clone(),
        right: issued[0].billing_run.clone(),
        include_same,
        page_size: 2,
        page_token: String::new(),
    };
    let mut client = manager(&service, "first");
    let compared = client.compare_billing_runs(request(false)).await.unwrap().into_inner();
    assert_eq!((compared.differences.len(), compared.totals[0].same), (0, 3));
    let first = client.compare_billing_runs(request(true)).await.unwrap().into_inner();
    let second = pb::CompareBillingRunsRequest { page_token: first.next_page_token, ..request(true) };
    let second = client.compare_billing_runs(second).await.unwrap().into_inner();
    assert_eq!((first.differences.len(), second.differences.len()), (2, 1));
    let stale = pb::ListStaleAccountsRequest {
        parent: issued[0].billing_run.clone(),
        ..pb::ListStaleAccountsRequest::default()
    };
    assert_eq!(reason(&client.list_stale_accounts(stale).await.unwrap_err()), "RUN_STATE");
}

/// What the run's drafts say of inputs that came later, once there are so many that say it: severity and state of each.
async fn said_stale(
    service: &Service,
    run: &str,
    open: usize,
) -> Vec<(pb::ExceptionSeverity, pb::ExceptionState)> {
    let found = stale_exceptions(service, run, open).await;
    found.iter().map(|found| (found.severity(), found.state())).collect()
}

/// The same, whole.
async fn stale_exceptions(service: &Service, run: &str, open: usize) -> Vec<pb::BillingException> {
    let request = pb::ListBillingExceptionsRequest {
        parent: run.into(),
        reason: "STALE_INPUT".into(),
        ..pb::ListBillingExceptionsRequest::default()
    };
    loop {
        let found = manager(service, "first").list_billing_exceptions(request.clone()).await.unwrap();
        let found = found.into_inner().exceptions;
        let is_open = |found: &&pb::BillingException| found.state() == pb::ExceptionState::Open;
        if found.iter().filter(is_open).count() == open {
            return found;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_draft_says_that_an_input_came_later_until_a_refresh_takes_it_in() {
    use pb::{
        ExceptionSeverity::Warn,
        ExceptionState::{Open, Resolved},
    };
    let service = Service::start().await;
    let (sold, orders) = three_accounts(&service).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    assert_eq!(said_stale(&service, &run.name, 0).await, []);
    rename(&service, &orders[1].account).await;
    assert_eq!(said_stale(&service, &run.name, 1).await, [(Warn, Open)], "of one account of three");
    let claim = sqlx::query_scalar(include_str!("../../src/store/sql/claim_stale_run.sql"));
    let again: Option<uuid::Uuid> = claim.fetch_optional(&mut service.connection().await).await.unwrap();
    assert_eq!(again, None, "what came is looked at once");
    assert_eq!(get_run(&service, &run.name).await.drafts_root, run.drafts_root, "it holds nothing up");
    let refreshed = refresh(&service, &run.name, "refresh").await;
    assert_eq!(refreshed.stale_accounts, 0);
    assert_eq!(said_stale(&service, &run.name, 0).await, [(Warn, Resolved)]);
}

/// Waits until the inputs of a draft that is made again are read, and it stands before the locked table of the portions.
async fn inputs_are_read(service: &Service) {
    let mut connection = service.connection().await;
    let sql = "select count(*) from pg_stat_activity where datname = current_database()
                and wait_event_type = 'Lock' and query like 'insert into billing_run_shard%'";
    loop {
        let (waiting,): (i64,) = sqlx::query_as(sql).fetch_one(&mut connection).await.unwrap();
        if waiting == 1 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_comes_while_a_draft_is_made_again_is_said_of_it() {
    let service = Service::start().await;
    let (sold, orders) = three_accounts(&service).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    let drafts = list(&service, pb::ListInvoicesRequest { billing_run: run.name.clone(), ..all() }).await;
    let draft = drafts.into_iter().find(|draft| draft.account == orders[1].account).unwrap();
    let mut connection = service.connection().await;
    let mut locked = connection.begin().await.unwrap();
    sqlx::query("lock table billing_run_shard in exclusive mode").execute(&mut *locked).await.unwrap();
    let edit = pb::EditInvoiceRequest {
        name: draft.name,
        purchase_order: Some("PO-9".into()),
        request_id: "edit".into(),
        ..pb::EditInvoiceRequest::default()
    };
    let mut analyst = InvoiceServiceClient::new(service.door("analyst", Role::BillingAnalyst));
    let edited = tokio::spawn(async move { analyst.edit_invoice(edit).await });
    inputs_are_read(&service).await;
    rename(&service, &orders[1].account).await;
    locked.rollback().await.unwrap();
    edited.await.unwrap().unwrap();
    let said = said_stale(&service, &run.name, 1).await;
    assert_eq!(said, [(pb::ExceptionSeverity::Warn, pb::ExceptionState::Open)]);
}

/// A stale draft of the entity waits.
async fn let_stale_drafts_wait(service: &Service, sold: &Sold) {
    use billing_proto::billing::invoicing::v1::billing_exception_service_client::BillingExceptionServiceClient;
    let request = pb::ChangeCheckSettingRequest {
        parent: sold.entity.clone(),
        reason: "STALE_INPUT".into(),
        severity: pb::CheckSeverity::Block.into(),
        request_id: "block".into(),
    };
    let mut settings = BillingExceptionServiceClient::new(service.door("controller_1", Role::Controller));
    settings.change_check_setting(request).await.unwrap();
}

#[tokio::test]
async fn where_the_entity_wants_it_so_a_stale_draft_waits() {
    let service = Service::start().await;
    let (sold, orders) = three_accounts(&service).await;
    let_stale_drafts_wait(&service, &sold).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    rename(&service, &orders[1].account).await;
    let said = said_stale(&service, &run.name, 1).await;
    assert_eq!(said, [(pb::ExceptionSeverity::Block, pb::ExceptionState::Open)]);
    let waiting = get_run(&service, &run.name).await;
    assert_eq!(waiting.progress.unwrap().drafts_waiting, 1);
    assert_ne!(waiting.drafts_root, run.drafts_root, "another root is to be signed");
    let refreshed = refresh(&service, &run.name, "refresh").await;
    assert_eq!(refreshed.progress.unwrap().drafts_waiting, 0);
    assert_eq!(refreshed.drafts_root, run.drafts_root, "a name that changed bills nothing else");
}

#[tokio::test]
async fn an_override_of_a_stale_draft_covers_only_what_had_come_by_then() {
    use pb::{
        ExceptionSeverity::Block,
        ExceptionState::{Open, Overridden},
    };
    let service = Service::start().await;
    let (sold, orders) = three_accounts(&service).await;
    let_stale_drafts_wait(&service, &sold).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    let [b, c] = [1, 2].map(|n| orders[n].account.as_str());
    rename(&service, b).await;
    let stale = stale_exceptions(&service, &run.name, 1).await.remove(0);
    let request = pb::OverrideBillingExceptionRequest {
        name: stale.name.clone(),
        reason: "the name may stay".into(),
        request_id: "override".into(),
        ..pb::OverrideBillingExceptionRequest::default()
    };
    exceptions(&service, "second").override_billing_exception(request).await.unwrap();
    assert_eq!(get_run(&service, &run.name).await.progress.unwrap().drafts_waiting, 0);

    // Of another account something comes: the override stands.
    rename_to(&service, c, "Renamed besides, Inc.").await;
    let said = stale_exceptions(&service, &run.name, 1).await;
    let of_b = said.iter().find(|said| said.name == stale.name).unwrap();
    assert_eq!((said.len(), of_b.severity(), of_b.state()), (2, Block, Overridden));
    // Of the same account something comes: it was not accepted.
    rename_to(&service, b, "Renamed again, Inc.").await;
    assert_eq!(said_stale(&service, &run.name, 2).await, [(Block, Open); 2]);
    assert_eq!(get_run(&service, &run.name).await.progress.unwrap().drafts_waiting, 2);
}
