//! What passes without its approvers.

use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1::{self as pb, subscription::Channel, work_queue_service_client::WorkQueueServiceClient},
};
use jiff::SignedDuration;
use tonic::Status;
use uuid::Uuid;

use crate::{
    approval::{analyst, client, get, submit},
    person::{enter, person},
    service::{Service, reason},
    subscription::{create, notifications},
};

async fn pass(
    service: &Service,
    approval: &pb::Approval,
    person: &str,
    incident: &str,
) -> Result<pb::Approval, Status> {
    let request = pb::PassInEmergencyRequest {
        name: approval.name.clone(),
        incident: incident.into(),
        reason: "the campaign starts tonight".into(),
        request_id: Uuid::now_v7().to_string(),
    };
    client(service, person, Role::BillingManager)
        .pass_in_emergency(request)
        .await
        .map(tonic::Response::into_inner)
}

async fn review(service: &Service, approval: &pb::Approval, person: &str) -> Result<pb::Approval, Status> {
    let request = pb::ReviewEmergencyRequest {
        name: approval.name.clone(),
        stands: true,
        request_id: format!("review-{person}"),
    };
    client(service, person, Role::Controller).review_emergency(request).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn an_incident_lets_something_pass_once_and_another_person_looks_at_it() {
    let service = Service::start().await;
    let first = submit(&service, "accounts/a/adjustments/1", "5000.00").await;
    assert_eq!(reason(&pass(&service, &first, "analyst", "INC-1").await.unwrap_err()), "SELF_APPROVAL");
    let passed = pass(&service, &first, "manager", "INC-1").await.unwrap();
    assert_eq!(passed.state(), pb::ApprovalState::PostReviewDue);
    let second = submit(&service, "accounts/a/adjustments/2", "1000.00").await;
    assert_eq!(reason(&pass(&service, &second, "manager", "INC-1").await.unwrap_err()), "INCIDENT_USED");
    let large = submit(&service, "accounts/a/adjustments/3", "20000.00").await;
    assert_eq!(reason(&pass(&service, &large, "manager", "INC-2").await.unwrap_err()), "BREAK_GLASS_CAP");
    assert_eq!(reason(&review(&service, &first, "manager").await.unwrap_err()), "ALREADY_DECIDED");
    let ratified = review(&service, &first, "controller").await.unwrap();
    assert_eq!(ratified.state(), pb::ApprovalState::Ratified);
    assert_eq!(ratified.break_glass.unwrap().reviewed_by, "controller");
}

#[tokio::test]
async fn what_nobody_looks_at_in_time_is_a_violation() {
    let service = Service::start().await;
    let approval = submit(&service, "accounts/a/adjustments/1", "5000.00").await;
    pass(&service, &approval, "manager", "INC-1").await.unwrap();
    service.clock.advance(SignedDuration::from_hours(24));
    let state = loop {
        let now = get(&service, &approval.name).await.state();
        if now != pb::ApprovalState::PostReviewDue {
            break now;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(state, pb::ApprovalState::Violation);
}

/// What the queue of somebody has of requests for approval.
async fn queue(service: &Service, person: &str, role: Role) -> Vec<pb::WorkItem> {
    let kinds = vec![pb::WorkItemKind::Approval.into()];
    let request = pb::ListWorkItemsRequest { kinds, ..pb::ListWorkItemsRequest::default() };
    let mut queue = WorkQueueServiceClient::new(service.door(person, role));
    queue.list_work_items(request).await.unwrap().into_inner().work_items
}

#[tokio::test]
async fn what_an_emergency_let_pass_stands_in_the_queue_of_those_who_may_look_at_it() {
    let service = Service::start().await;
    for (account, role) in
        [("controller", pb::ApproverRole::Controller), ("manager", pb::ApproverRole::BillingManager)]
    {
        enter(&service, "admin", person(account, &[role])).await.unwrap();
    }
    let approval = submit(&service, "accounts/a/adjustments/1", "5000.00").await;
    service.clock.advance(SignedDuration::from_hours(2));
    let passed = pass(&service, &approval, "manager", "INC-1").await.unwrap();
    let waiting = queue(&service, "controller", Role::Controller).await;
    let [item] = &waiting[..] else { panic!("{waiting:?}") };
    assert_eq!((item.name.as_str(), item.state.as_str()), (approval.name.as_str(), "POST_REVIEW_DUE"));
    // Its age counts from when it passed, two hours after it was asked for, and it is due when the review is.
    let glass = passed.break_glass.unwrap();
    assert_ne!(item.create_time, approval.submit_time);
    assert_eq!((&item.create_time, &item.due_time), (&glass.time, &glass.review_due_time));
    for (person, role) in [
        ("manager", Role::BillingManager),
        ("analyst", Role::Controller),
        ("product", Role::ProductOps),
        ("clerk", Role::BillingAnalyst),
    ] {
        assert_eq!(queue(&service, person, role).await, [], "{person} may not look at it");
    }
    let mine = pb::ListApprovalsRequest { waiting_for_me: true, ..pb::ListApprovalsRequest::default() };
    let mine = client(&service, "controller", Role::Controller).list_approvals(mine).await.unwrap();
    let names: Vec<String> = mine.into_inner().approvals.into_iter().map(|each| each.name).collect();
    assert_eq!(names, std::slice::from_ref(&approval.name));
    let who = pb::WhoCanApproveRequest { name: approval.name.clone() };
    let people = analyst(&service).who_can_approve(who).await.unwrap().into_inner().people;
    let may: Vec<(&str, bool)> =
        people.iter().map(|person| (person.person.as_str(), person.may_decide)).collect();
    // Who asks is told of themselves, too.
    assert_eq!(may, [("analyst", false), ("controller", true), ("manager", false)]);
    review(&service, &approval, "controller").await.unwrap();
    assert_eq!(queue(&service, "controller", Role::Controller).await, []);
}

#[tokio::test]
async fn who_wants_to_know_is_told_that_something_passed_in_an_emergency() {
    let service = Service::start().await;
    let subscription = create(&service, Channel::Email("audit@example.com".into())).await.unwrap();
    let approval = submit(&service, "accounts/a/adjustments/1", "5000.00").await;
    pass(&service, &approval, "manager", "INC-1").await.unwrap();
    let told = loop {
        let told = notifications(&service, &subscription).await;
        if told.len() == 2 {
            break told;
        }
        tokio::task::yield_now().await;
    };
    let mut kinds: Vec<&str> = told.iter().map(|told| told.event_type.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        ["billing.adjustments.v1.approval.passed_in_emergency", "billing.adjustments.v1.approval.submitted"]
    );
}
