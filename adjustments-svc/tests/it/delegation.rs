//! Who approves while somebody is away.

use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1::{self as pb, delegation_service_client::DelegationServiceClient},
};
use tonic::Status;

use crate::{
    approval::{self, approve, submit},
    person::{enter, person},
    service::{Door, Service, reason},
};

fn client(service: &Service, person: &str, role: Role) -> DelegationServiceClient<Door> {
    DelegationServiceClient::new(service.door(person, role))
}

fn moment(text: &str) -> Option<prost_types::Timestamp> {
    let at: jiff::Timestamp = text.parse().unwrap();
    Some(prost_types::Timestamp { seconds: at.as_second(), nanos: 0 })
}

/// Offers authority from today on to somebody who is in the directory.
async fn offer(service: &Service, from: &str, to: &str) -> Result<pb::Delegation, Status> {
    enter(service, "clerk", person(to, &[])).await?;
    offer_from(service, (from, to), "2026-04-02T00:00:00Z").await
}

async fn offer_from(
    service: &Service,
    (from, to): (&str, &str),
    begins: &str,
) -> Result<pb::Delegation, Status> {
    let delegation = pb::Delegation {
        delegate: to.into(),
        role: pb::ApproverRole::BillingManager.into(),
        begin_time: moment(begins),
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

#[tokio::test]
async fn nobody_lends_to_somebody_unknown_nor_from_yesterday_on() {
    let service = Service::start().await;
    let unknown = offer_from(&service, ("manager", "nobody"), "2026-04-02T00:00:00Z").await.unwrap_err();
    assert_eq!(reason(&unknown), "MALFORMED");
    let why = "delegation.delegate: is nobody, who is not in the directory";
    assert!(unknown.message().contains(why), "{}", unknown.message());
    enter(&service, "clerk", person("deputy", &[])).await.unwrap();
    let past = offer_from(&service, ("manager", "deputy"), "2026-04-01T23:59:59Z").await.unwrap_err();
    assert_eq!(reason(&past), "DELEGATION_TIME");
}

#[tokio::test]
async fn who_can_approve_are_delegates_too_and_who_asks_it() {
    let service = Service::start().await;
    let offered = offer(&service, "manager", "deputy").await.unwrap();
    accept(&service, &offered, "deputy").await.unwrap();
    let asked = submit(&service, "counts/1", "600.00").await;
    let mut caller = approval::client(&service, "manager_2", Role::BillingManager);
    let request = pb::WhoCanApproveRequest { name: asked.name.clone() };
    let who = caller.who_can_approve(request.clone()).await.unwrap().into_inner();
    let told: Vec<_> = who
        .people
        .iter()
        .map(|each| (each.person.as_str(), each.may_decide, each.on_behalf_of.as_str()))
        .collect();
    // Of the lender nobody has said which roles they have.
    assert_eq!(told, [("deputy", true, "manager"), ("manager", false, ""), ("manager_2", true, "")]);
    let waits: Vec<_> = who.waits_for.iter().map(|need| (need.role(), need.quorum)).collect();
    assert_eq!(waits, [(pb::ApproverRole::BillingManager, 1)]);
    approve(&service, &asked, "manager_2", Role::BillingManager).await.unwrap();
    let who = caller.who_can_approve(request).await.unwrap().into_inner();
    assert!(who.people.iter().all(|each| !each.may_decide), "{who:?}");
    assert_eq!(who.people[0].reason, "the request is APPROVED, and nobody decides on it any more");
    assert!(who.waits_for.is_empty());
}
