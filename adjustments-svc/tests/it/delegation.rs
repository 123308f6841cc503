//! Who approves while somebody is away.

use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1::{self as pb, delegation_service_client::DelegationServiceClient},
};
use tonic::Status;

use crate::{
    approval::{approve, submit},
    service::{Door, Service, reason},
};

fn client(service: &Service, person: &str, role: Role) -> DelegationServiceClient<Door> {
    DelegationServiceClient::new(service.door(person, role))
}

fn moment(text: &str) -> Option<prost_types::Timestamp> {
    let at: jiff::Timestamp = text.parse().unwrap();
    Some(prost_types::Timestamp { seconds: at.as_second(), nanos: 0 })
}

async fn offer(service: &Service, from: &str, to: &str) -> Result<pb::Delegation, Status> {
    let delegation = pb::Delegation {
        delegate: to.into(),
        role: pb::ApproverRole::BillingManager.into(),
        begin_time: moment("2026-04-01T00:00:00Z"),
        end_time: moment("2026-04-20T00:00:00Z"),
        ..pb::Delegation::default()
    };
    let request = pb::CreateDelegationRequest {
        delegation: Some(delegation),
        request_id: format!("offer-{from}-{to}"),
    };
    client(service, from, Role::BillingManager)
        .create_delegation(request)
        .await
        .map(tonic::Response::into_inner)
}

async fn accept(
    service: &Service,
    delegation: &pb::Delegation,
    person: &str,
) -> Result<pb::Delegation, Status> {
    let request =
        pb::AcceptDelegationRequest { name: delegation.name.clone(), request_id: format!("accept-{person}") };
    client(service, person, Role::BillingAnalyst)
        .accept_delegation(request)
        .await
        .map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_delegate_approves_once_they_have_accepted_until_it_is_revoked() {
    let service = Service::start().await;
    let offered = offer(&service, "manager", "deputy").await.unwrap();
    let first = submit(&service, "accounts/a/adjustments/1", "600.00").await;
    let early = approve(&service, &first, "deputy", Role::BillingAnalyst).await.unwrap_err();
    assert_eq!(reason(&early), "NOT_ASKED");
    assert_eq!(reason(&accept(&service, &offered, "analyst").await.unwrap_err()), "NOT_THEIR_DELEGATION");
    accept(&service, &offered, "deputy").await.unwrap();
    let done = approve(&service, &first, "deputy", Role::BillingAnalyst).await.unwrap();
    assert_eq!(
        (done.state(), done.decisions[0].on_behalf_of.as_str()),
        (pb::ApprovalState::Approved, "manager")
    );
    let revoke = pb::RevokeDelegationRequest { name: offered.name, request_id: "revoke".into() };
    client(&service, "manager", Role::BillingManager).revoke_delegation(revoke).await.unwrap();
    let second = submit(&service, "accounts/a/adjustments/2", "600.00").await;
    let over = approve(&service, &second, "deputy", Role::BillingAnalyst).await.unwrap_err();
    assert_eq!(reason(&over), "NOT_ASKED");
}

#[tokio::test]
async fn the_maker_approves_nothing_through_a_delegation() {
    let service = Service::start().await;
    let to_maker = offer(&service, "manager", "analyst").await.unwrap();
    accept(&service, &to_maker, "analyst").await.unwrap();
    let approval = submit(&service, "accounts/a/adjustments/1", "600.00").await;
    let own = approve(&service, &approval, "analyst", Role::BillingAnalyst).await.unwrap_err();
    assert_eq!(reason(&own), "SELF_APPROVAL");
    let from_maker = offer(&service, "analyst", "friend").await.unwrap();
    accept(&service, &from_maker, "friend").await.unwrap();
    let through = approve(&service, &approval, "friend", Role::BillingManager).await.unwrap_err();
    assert_eq!(reason(&through), "SELF_APPROVAL");
}

#[tokio::test]
async fn authority_does_not_go_in_a_circle() {
    let service = Service::start().await;
    for (from, to) in [("a", "b"), ("b", "c")] {
        let offered = offer(&service, from, to).await.unwrap();
        accept(&service, &offered, to).await.unwrap();
    }
    assert_eq!(reason(&offer(&service, "c", "a").await.unwrap_err()), "DELEGATION_CYCLE");
    let mine = client(&service, "b", Role::BillingManager)
        .list_delegations(pb::ListDelegationsRequest::default())
        .await;
    assert_eq!(mine.unwrap().into_inner().delegations.len(), 2);
    let nobodys = client(&service, "z", Role::BillingManager)
        .list_delegations(pb::ListDelegationsRequest::default())
        .await;
    assert!(nobodys.unwrap().into_inner().delegations.is_empty());
}
