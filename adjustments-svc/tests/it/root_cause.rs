//! Why things go wrong: what comes back becomes somebody's to improve, and what it saves is measured.

use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1::{
        self as pb, root_cause_service_client::RootCauseServiceClient,
        work_queue_service_client::WorkQueueServiceClient,
    },
    invoicing::v1::Money,
};
use chassis::caller::Grant;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use prost_types::FieldMask;
use rust_decimal::Decimal;
use tonic::Status;
use uuid::Uuid;

use crate::{
    person::{enter, person},
    service::{Door, Service, reason},
};

/// Whose everything is.
const ACCOUNT: Uuid = Uuid::from_u128(1);

fn client(service: &Service, person: &str, role: Role) -> RootCauseServiceClient<Door> {
    RootCauseServiceClient::new(service.door(person, role))
}

fn noon(day: &str) -> Timestamp {
    format!("{day}T12:00:00Z").parse().unwrap()
}

/// An adjustment of this gross, in GBP, that was executed on this day.
async fn executed(service: &Service, cause: &str, gross: &str, day: &str) {
    let (id, mut connection) = (Uuid::now_v7(), service.connection().await);
    sqlx::query(
        "insert into adjustment (account_id, adjustment_id, revision, entity_id, invoice_id, currency, kind, cause, reason, made_by,
           made_at, editors, state, approval_id, document, executed_at, delay)
         values ($1, $2, 1, $2, $2, 'GBP', 'CREDIT', $3, 'as agreed', 'analyst', $4, '{}', 'EXECUTED', $2, $2::text, $4, '')",
    )
    .bind(ACCOUNT)
    .bind(id)
    .bind(cause)
    .bind(noon(day).to_sqlx())
    .execute(&mut connection)
    .await
    .unwrap();
    sqlx::query(
        "insert into adjustment_line (account_id, adjustment_id, number, gross) values ($1, $2, 1, $3)",
    )
    .bind(ACCOUNT)
    .bind(id)
    .bind(gross.parse::<Decimal>().unwrap())
    .execute(&mut connection)
    .await
    .unwrap();
}

/// A dispute by a late count that was upheld in part on this day, by 60.00.
async fn resolved(service: &Service, day: &str) {
    sqlx::query(
        "insert into dispute (account_id, dispute_id, revision, entity_id, territory, invoice_id, invoice_number, currency, amount,
           lines, reason, words, contact, cause, cause_detail, opened_by, opened_at, due_at, state, owner, outcome, settled_by,
           explanation, settled, resolved_by, resolved_at)
         values ($1, $2, 1, $2, '', $2, 'IN-1', 'GBP', 100, '{}', 'QUANTITY_3P', 'less ran', '', 'DELIVERY_DISCREPANCY', 'LATE_COUNT',
           'collector', $3, $3, 'RESOLVED', 'analyst', 'PARTLY', '{}', 'credited in part', 60, 'analyst', $3)",
    )
    .bind(ACCOUNT)
    .bind(Uuid::now_v7())
    .bind(noon(day).to_sqlx())
    .execute(&mut service.connection().await)
    .await
    .unwrap();
}

async fn improvements(mut client: RootCauseServiceClient<Door>) -> Vec<pb::Improvement> {
    let request = pb::ListImprovementsRequest::default();
    client.list_improvements(request).await.unwrap().into_inner().improvements
}

/// The improvements as soon as there are some.
async fn opened(service: &Service) -> Vec<pb::Improvement> {
    loop {
        let found = improvements(client(service, "manager", Role::BillingManager)).await;
        if !found.is_empty() {
            return found;
        }
        tokio::task::yield_now().await;
    }
}

async fn update(
    mut client: RootCauseServiceClient<Door>,
    changed: &pb::Improvement,
    path: &str,
) -> Result<pb::Improvement, Status> {
    let request = pb::UpdateImprovementRequest {
        improvement: Some(changed.clone()),
        update_mask: Some(FieldMask { paths: vec![path.into()] }),
        request_id: Uuid::now_v7().to_string(),
    };
    client.update_improvement(request).await.map(tonic::Response::into_inner)
}

async fn trends(service: &Service, request: pb::ListCauseTrendsRequest) -> Vec<pb::CauseTrend> {
    let mut auditor = client(service, "auditor", Role::Auditor);
    auditor.list_cause_trends(request).await.unwrap().into_inner().trends
}

fn amount(money: &Option<Money>) -> &str {
    money.as_ref().map_or("none", |money| &money.amount)
}

#[tokio::test]
async fn what_comes_back_for_three_months_is_improved_and_measured() {
    let service = Service::start().await;
    for day in ["2026-02-10", "2026-03-10", "2026-04-01"] {
        executed(&service, "SERVICE_FAILURE", "400.00", day).await;
    }
    // With a month without it in between.
    for day in ["2026-02-10", "2026-04-01"] {
        executed(&service, "PRICING", "700.00", day).await;
    }
    let manager = || client(&service, "manager", Role::BillingManager);
    assert!(improvements(manager()).await.is_empty(), "April is not over");
    service.clock.set("2026-05-01T00:00:00Z".parse().unwrap());
    let opened = opened(&service).await;
    let told = opened.iter().map(|each| (each.root_cause(), each.month.as_str())).collect::<Vec<_>>();
    assert_eq!(told, [(pb::RootCause::ServiceFailure, "2026-04")]);

    let done = pb::Improvement { state: pb::ImprovementState::Done.into(), ..opened[0].clone() };
    let early = update(manager(), &done, "state").await.unwrap_err();
    assert_eq!(reason(&early), "IMPROVEMENT_WITHOUT_OWNER");
    let owned = pb::Improvement {
        owner: "analyst".into(),
        action: "A second look at every placement".into(),
        expected_saving: Some(Money { currency_code: "GBP".into(), amount: "300.00".into() }),
        ..done.clone()
    };
    let unknown = update(manager(), &owned, "*").await.unwrap_err();
    assert!(unknown.message().contains("is analyst, who is not in the directory"), "{}", unknown.message());
    enter(&service, "clerk", person("analyst", &[])).await.unwrap();
    let owned = update(manager(), &owned, "*").await.unwrap();
    assert_eq!((owned.state(), &owned.measured_saving), (pb::ImprovementState::Done, &None));
    let stale = update(manager(), &done, "*").await.unwrap_err();
    assert_eq!(reason(&stale), "ETAG_MISMATCH");
    let again = pb::Improvement { state: pb::ImprovementState::Open.into(), ..owned };
    assert_eq!(reason(&update(manager(), &again, "state").await.unwrap_err()), "IMPROVEMENT_DONE");

    executed(&service, "SERVICE_FAILURE", "150.00", "2026-05-10").await;
    service.clock.set(noon("2026-06-02"));
    let measured = improvements(manager()).await;
    // 1,200.00 in three months are 400.00 a month; of that 150.00 are left.
    assert_eq!(amount(&measured[0].measured_saving), "250.00");
}

/// The months that were looked at, as soon as there are so many.
async fn looked_at(service: &Service, most: usize) -> Vec<String> {
    let mut connection = service.connection().await;
    loop {
        let sql = "select to_char(month, 'YYYY-MM') from cause_month_seen order by month";
        let months: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap();
        if months.len() >= most {
            return months;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn months_in_which_the_service_was_away_are_looked_at_one_after_the_other() {
    let service = Service::start().await;
    assert_eq!(looked_at(&service, 1).await, ["2026-03"]);
    // Three months running up to April, and none since.
    for day in ["2026-02-10", "2026-03-10", "2026-04-01"] {
        executed(&service, "PRICING", "400.00", day).await;
    }
    service.clock.set("2026-07-01T00:00:00Z".parse().unwrap());
    assert_eq!(looked_at(&service, 4).await, ["2026-03", "2026-04", "2026-05", "2026-06"]);
    let improved = improvements(client(&service, "manager", Role::BillingManager)).await;
    let told: Vec<_> = improved.iter().map(|each| (each.root_cause(), each.month.as_str())).collect();
    assert_eq!(told, [(pb::RootCause::Pricing, "2026-04")]);
}

#[tokio::test]
async fn what_goes_beyond_the_year_before_is_improved() {
    let service = Service::start().await;
    // What is older than a year is no history any more; what is no more than before is as ever.
    for (cause, first, last) in
        [("TAX", "100.00", "500.00"), ("DUPLICATE", "900.00", "500.00"), ("PRICING", "100.00", "100.00")]
    {
        executed(&service, cause, first, "2025-03-31").await;
        for day in ["2025-10-05", "2025-11-05", "2026-01-05"] {
            executed(&service, cause, "100.00", day).await;
        }
        executed(&service, cause, last, "2026-04-01").await;
    }
    service.clock.set("2026-05-01T00:00:00Z".parse().unwrap());
    let mut causes: Vec<pb::RootCause> =
        opened(&service).await.iter().map(pb::Improvement::root_cause).collect();
    causes.sort_by_key(|cause| cause.as_str_name());
    assert_eq!(causes, [pb::RootCause::Duplicate, pb::RootCause::Tax]);
}

#[tokio::test]
async fn trends_are_by_month_cause_detail_and_account() {
    let service = Service::start().await;
    for (cause, day) in
        [("TAX", "2025-12-31"), ("TAX", "2026-01-01"), ("TAX", "2026-01-31"), ("PRICING", "2026-01-05")]
    {
        executed(&service, cause, "10.00", day).await;
    }
    resolved(&service, "2026-01-20").await;
    let request = pb::ListCauseTrendsRequest { by_account: true, ..pb::ListCauseTrendsRequest::default() };
    let found = trends(&service, request).await;
    let told: Vec<_> = found
        .iter()
        .map(|each| {
            let what = (each.root_cause(), each.source(), each.root_cause_detail.as_str());
            (each.month.as_str(), what, (each.count, amount(&each.amount), each.months_running))
        })
        .collect();
    let (adjustment, dispute) = (pb::CauseSource::Adjustment, pb::CauseSource::Dispute);
    assert_eq!(
        told,
        [
            ("2026-01", (pb::RootCause::DeliveryDiscrepancy, dispute, "LATE_COUNT"), (1, "60.00", 1)),
            ("2026-01", (pb::RootCause::Pricing, adjustment, ""), (1, "10.00", 1)),
            ("2026-01", (pb::RootCause::Tax, adjustment, ""), (2, "20.00", 2)),
            ("2025-12", (pb::RootCause::Tax, adjustment, ""), (1, "10.00", 1)),
        ]
    );
    let account = format!("accounts/acc_{}", ACCOUNT.simple());
    assert!(found.iter().all(|each| each.account == account));
    let request = pb::ListCauseTrendsRequest {
        first_month: "2026-01".into(),
        last_month: "2026-01".into(),
        root_cause: pb::RootCause::Tax.into(),
        ..pb::ListCauseTrendsRequest::default()
    };
    let found = trends(&service, request).await;
    let told = found.iter().map(|each| (each.account.as_str(), each.months_running)).collect::<Vec<_>>();
    assert_eq!(told, [("", 2)], "the month before counts where it is not asked for");
    let wrong = pb::ListCauseTrendsRequest { first_month: "January".into(), ..Default::default() };
    let wrong = client(&service, "auditor", Role::Auditor).list_cause_trends(wrong).await.unwrap_err();
    assert_eq!(reason(&wrong), "MALFORMED");
    let turned = pb::ListCauseTrendsRequest {
        first_month: "2026-03".into(),
        last_month: "2026-01".into(),
        ..pb::ListCauseTrendsRequest::default()
    };
    let turned = client(&service, "auditor", Role::Auditor).list_cause_trends(turned).await.unwrap_err();
    let said = "last_month: must not be 2026-01, before the first month 2026-03";
    assert!(turned.message().contains(said), "{}", turned.message());
}

#[tokio::test]
async fn improvements_wait_in_the_queue_and_are_nothing_for_limited_keys() {
    let service = Service::start().await;
    for day in ["2026-02-10", "2026-03-10", "2026-04-01"] {
        executed(&service, "CREATIVE", "400.00", day).await;
    }
    service.clock.set("2026-05-01T00:00:00Z".parse().unwrap());
    let opened = opened(&service).await;
    let mut queue = WorkQueueServiceClient::new(service.door("manager", Role::BillingManager));
    let kinds = vec![pb::WorkItemKind::Improvement.into()];
    let request = pb::ListWorkItemsRequest { kinds, ..pb::ListWorkItemsRequest::default() };
    let waiting = queue.list_work_items(request).await.unwrap().into_inner();
    let told: Vec<_> = waiting.work_items.iter().map(|item| (item.kind(), item.name.as_str())).collect();
    assert_eq!(told, [(pb::WorkItemKind::Improvement, opened[0].name.as_str())]);
    let limited = || {
        let grant = Grant {
            role: Role::BillingManager,
            entities: vec![],
            territories: vec![],
            accounts: vec![ACCOUNT],
        };
        RootCauseServiceClient::new(service.limited_door("limited", vec![grant]))
    };
    assert!(improvements(limited()).await.is_empty());
    let refused = update(limited(), &opened[0], "owner").await.unwrap_err();
    assert_eq!(reason(&refused), "SCOPE_LIMITED");
}

#[tokio::test]
async fn the_ledger_holds_what_people_did_and_what_they_report() {
    let service = Service::start().await;
    let entered = enter(&service, "controller", person("analyst", &[])).await.unwrap();
    let report = |seconds| pb::RecordTouchRequest {
        touch: Some(pb::Touch {
            subject: entered.name.clone(),
            kind: "VIEWED".into(),
            seconds,
            root_cause: pb::RootCause::OrderEntry.into(),
            ..pb::Touch::default()
        }),
        request_id: format!("touch-{seconds}"),
    };
    let mut analyst = client(&service, "analyst", Role::BillingAnalyst);
    assert_eq!(reason(&analyst.record_touch(report(-1)).await.unwrap_err()), "MALFORMED");
    let touched = analyst.record_touch(report(90)).await.unwrap().into_inner();
    let again = analyst.record_touch(report(90)).await.unwrap().into_inner();
    assert_eq!(again, touched, "it is one touch");
    let request = pb::ListTouchesRequest { subject: entered.name.clone(), ..Default::default() };
    let mut auditor = client(&service, "auditor", Role::Auditor);
    let touches = auditor.list_touches(request).await.unwrap().into_inner().touches;
    let told: Vec<_> =
        touches.iter().map(|touch| (touch.kind.as_str(), touch.person.as_str(), touch.seconds)).collect();
    assert_eq!(told, [("VIEWED", "analyst", 90), ("billing.adjustments.v1.person.updated", "controller", 0)]);
    assert_eq!(touches[0], touched);
    let request = pb::ListRootCausesRequest { page_size: 1_000, ..pb::ListRootCausesRequest::default() };
    let causes = analyst.list_root_causes(request).await.unwrap().into_inner().root_causes;
    let of_discrepancies =
        causes.iter().filter(|cause| cause.root_cause() == pb::RootCause::DeliveryDiscrepancy);
    assert!(of_discrepancies.map(|cause| cause.detail.as_str()).any(|detail| detail == "THIRD_PARTY_COUNT"));
}
