//! What passes without its approvers.

use billing_proto::billing::{access::v1::Role, adjustments::v1 as pb};
use jiff::SignedDuration;
use tonic::Status;
use uuid::Uuid;

use crate::{
    approval::{client, get, submit},
    service::{Service, reason},
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
