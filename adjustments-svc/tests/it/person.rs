//! The directory: who is who, and who may therefore not approve.

use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1::{self as pb, person_service_client::PersonServiceClient},
};
use prost_types::FieldMask;
use tonic::Status;

use crate::{
    approval::{analyst, approve, client, submission, submit},
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

/// Why somebody has no say whose reporting line the controller has said who asks.
const SAID_BY_REQUESTER: &str = "their reporting line was last said by controller_1, who is its requester, and an access \
                                 administrator has to say it again";

/// What a controller asks for, which a manager approves.
async fn asked(service: &Service, subject: &str) -> pb::Approval {
    let request = pb::SubmitApprovalRequest { involved: vec![], ..submission(subject, "600.00") };
    let mut maker = client(service, "controller_1", Role::Controller);
    maker.submit_approval(request).await.unwrap().into_inner()
}

async fn why(service: &Service, approval: &pb::Approval, person: &str) -> String {
    let who = pb::WhoCanApproveRequest { name: approval.name.clone() };
    let people = analyst(service).who_can_approve(who).await.unwrap().into_inner().people;
    people.into_iter().find(|each| each.person == person).unwrap().reason
}

#[tokio::test]
async fn whoever_asks_gives_nobody_a_say_by_changing_whom_they_report_to() {
    let service = Service::start().await;
    let junior = |etag: &str, to: &str| pb::Person {
        etag: etag.into(),
        reports_to: to.into(),
        ..person("junior", &[pb::ApproverRole::BillingManager])
    };
    enter(&service, "clerk", junior("", "people/controller_1")).await.unwrap();
    let before = asked(&service, "counts/1").await;
    enter(&service, "controller_1", junior("r1", "")).await.unwrap();
    let after = asked(&service, "counts/2").await;
    let reported = "they reported to controller_1, who is its requester, when it was submitted";
    let said = SAID_BY_REQUESTER;
    for (approval, reason_told) in [(&before, reported), (&after, said)] {
        let refused = approve(&service, approval, "junior", Role::BillingManager).await.unwrap_err();
        assert_eq!(reason(&refused), "SELF_APPROVAL");
        assert!(refused.message().contains(reason_told), "{}", refused.message());
        assert_eq!(why(&service, approval, "junior").await, reason_told);
        let explain = pb::ExplainRequestRequest { name: approval.name.clone() };
        let told = analyst(&service).explain_request(explain).await.unwrap().into_inner().sentences;
        assert!(told.contains(&format!("Nor has junior: {reason_told}.")), "{told:#?}");
    }
    // Somebody else has to say so, and then only of what is asked for later.
    enter(&service, "clerk", junior("r2", "people/boss")).await.unwrap();
    assert_eq!(why(&service, &before, "junior").await, reported);
    assert_eq!(why(&service, &after, "junior").await, "", "who may is told no reason");
    approve(&service, &after, "junior", Role::BillingManager).await.unwrap();
}

#[tokio::test]
async fn an_access_administrator_says_a_reporting_line_again_and_it_is_theirs() {
    let service = Service::start().await;
    let junior = person("junior", &[pb::ApproverRole::BillingManager]);
    enter(&service, "controller_1", junior.clone()).await.unwrap();
    let approval = asked(&service, "counts/1").await;
    assert_eq!(why(&service, &approval, "junior").await, SAID_BY_REQUESTER);
    let mut admin = PersonServiceClient::new(service.door("admin", Role::AccessAdmin));
    let mut say = async |etag: &str, field: &str| {
        let request = pb::UpdatePersonRequest {
            person: Some(pb::Person { etag: etag.into(), ..junior.clone() }),
            update_mask: Some(FieldMask { paths: vec![field.into()] }),
            allow_missing: false,
            request_id: field.into(),
        };
        admin.update_person(request).await.unwrap().into_inner().reports_to_said_by
    };
    assert_eq!(say("r1", "roles").await, "controller_1", "of the line nothing is said");
    assert_eq!(say("r2", "reports_to").await, "admin");
    approve(&service, &approval, "junior", Role::BillingManager).await.unwrap();
}

#[tokio::test]
async fn the_database_keeps_out_who_reported_to_the_maker() {
    let service = Service::start().await;
    let report = pb::Person { reports_to: "people/controller_1".into(), ..person("junior", &[]) };
    enter(&service, "clerk", report).await.unwrap();
    let approval = asked(&service, "counts/1").await;
    let id: uuid::Uuid = approval.name.trim_start_matches("approvals/apr_").parse().unwrap();
    let mut connection = service.connection().await;
    let sql = "insert into approval_side (approval_id, person, side) values ($1, 'junior', 'DECIDES')";
    let refused = sqlx::query(sql).bind(id).execute(&mut connection).await.unwrap_err();
    let constraint = refused.as_database_error().unwrap().constraint().unwrap().to_owned();
    assert_eq!(constraint, "approval_side_is_one_only");
}

#[tokio::test]
async fn whoever_parts_the_accounts_of_a_person_has_said_whom_they_report_to() {
    // Of the person is nothing known but that the second account is theirs, and reports to the controller.
    let service = Service::start().await;
    let second = |same: &str| pb::Person {
        same_person_as: same.into(),
        reports_to: "people/controller_1".into(),
        etag: if same.is_empty() { "r1".into() } else { String::new() },
        ..person("clerk.night", &[])
    };
    enter(&service, "access", second("people/day")).await.unwrap();
    enter(&service, "controller_1", second("")).await.unwrap();
    let approval = asked(&service, "counts/1").await;
    assert_eq!(why(&service, &approval, "day").await, SAID_BY_REQUESTER);
    let refused = approve(&service, &approval, "day", Role::BillingManager).await.unwrap_err();
    assert_eq!(reason(&refused), "SELF_APPROVAL");
}

#[tokio::test]
async fn who_gives_access_enters_people_and_reads_the_directory() {
    let service = Service::start().await;
    let mut admin = PersonServiceClient::new(service.door("admin", Role::AccessAdmin));
    let request = pb::UpdatePersonRequest {
        person: Some(person("new", &[])),
        update_mask: Some(FieldMask { paths: vec!["*".into()] }),
        allow_missing: true,
        request_id: "new".into(),
    };
    let entered = admin.update_person(request).await.unwrap().into_inner();
    let listed = admin.list_people(pb::ListPeopleRequest::default()).await.unwrap().into_inner();
    assert_eq!(entered.reports_to_said_by, "admin");
    assert_eq!(listed.people, [entered]);
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
