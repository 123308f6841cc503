//! The directory: who is who, and who may therefore not approve.

use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1::{self as pb, person_service_client::PersonServiceClient},
};
use prost_types::FieldMask;
use tonic::Status;

use crate::{
    approval::{analyst, approve, submit},
    service::{Service, reason},
};

pub async fn enter(service: &Service, by: &str, person: pb::Person) -> Result<pb::Person, Status> {
    let request = pb::UpdatePersonRequest {
        request_id: format!("enter-{}-{}", person.name, person.etag),
        person: Some(person),
        update_mask: Some(FieldMask { paths: vec!["*".into()] }),
        allow_missing: true,
    };
    let mut client = PersonServiceClient::new(service.door(by, Role::Controller));
    client.update_person(request).await.map(tonic::Response::into_inner)
}

pub fn person(account: &str, roles: &[pb::ApproverRole]) -> pb::Person {
    let roles = roles.iter().map(|role| (*role).into()).collect();
    pb::Person { name: format!("people/{account}"), roles, ..pb::Person::default() }
}

#[tokio::test]
async fn a_second_account_and_who_reports_to_the_maker_approve_nothing() {
    let service = Service::start().await;
    let manager = [pb::ApproverRole::BillingManager];
    let second = pb::Person { same_person_as: "people/analyst".into(), ..person("analyst.admin", &manager) };
    let report = pb::Person { reports_to: "people/analyst".into(), ..person("junior", &manager) };
    for entry in [second, report, person("manager", &manager), person("analyst", &[])] {
        enter(&service, "controller", entry).await.unwrap();
    }
    let approval = submit(&service, "accounts/a/adjustments/1", "600.00").await;
    for account in ["analyst", "analyst.admin", "junior"] {
        let refused = approve(&service, &approval, account, Role::BillingManager).await.unwrap_err();
        assert_eq!(reason(&refused), "SELF_APPROVAL", "{account}");
    }
    let who = pb::WhoCanApproveRequest { name: approval.name.clone() };
    let people = analyst(&service).who_can_approve(who).await.unwrap().into_inner().people;
    let told: Vec<(String, bool, String)> =
        people.into_iter().map(|person| (person.person, person.may_decide, person.reason)).collect();
    assert_eq!(
        told,
        [
            ("analyst".to_owned(), false, "analyst, an account of theirs, is its maker".to_owned()),
            ("junior".to_owned(), false, "they report to analyst, who is its maker".to_owned()),
            ("manager".to_owned(), true, String::new()),
        ]
    );
}

#[tokio::test]
async fn nobody_says_of_themselves_who_they_are() {
    let service = Service::start().await;
    let refused = enter(&service, "controller", person("controller", &[])).await.unwrap_err();
    assert_eq!(reason(&refused), "OWN_ENTRY");
    enter(
        &service,
        "other",
        pb::Person { same_person_as: "people/controller".into(), ..person("second", &[]) },
    )
    .await
    .unwrap();
    let refused = enter(&service, "controller", person("second", &[])).await.unwrap_err();
    assert_eq!(reason(&refused), "OWN_ENTRY", "nor of another account of theirs");
}

#[tokio::test]
async fn entries_change_by_their_etag_and_nobody_is_above_themselves() {
    let service = Service::start().await;
    let entered =
        enter(&service, "c", pb::Person { reports_to: "people/b".into(), ..person("a", &[]) }).await.unwrap();
    assert_eq!(entered.etag, "r1");
    let stale = enter(&service, "c", pb::Person { etag: "r7".into(), ..person("a", &[]) }).await.unwrap_err();
    assert_eq!(reason(&stale), "ETAG_MISMATCH");
    let circle = pb::Person { reports_to: "people/a".into(), ..person("b", &[]) };
    assert_eq!(reason(&enter(&service, "c", circle).await.unwrap_err()), "REPORTING_CYCLE");
    let mut client = PersonServiceClient::new(service.door("auditor", Role::Auditor));
    let listed = client.list_people(pb::ListPeopleRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.people, [entered]);
}
