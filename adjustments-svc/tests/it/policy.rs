//! The policy, version by version.

use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1::{self as pb, policy_service_client::PolicyServiceClient},
};
use billing_proto::google::r#type::Date;
use jiff::SignedDuration;
use tonic::Status;
use uuid::Uuid;

use crate::{
    approval::{approve, asked, client, get, submit},
    person::{enter, person},
    service::{Door, Service, reason, table},
};

fn policies(service: &Service, person: &str) -> PolicyServiceClient<Door> {
    PolicyServiceClient::new(service.door(person, Role::Controller))
}

/// The standard table from 10 April on, in which counts are automatic below 100.00 as credits are.
fn stricter() -> String {
    let later = table().replace("1970-01-01T00:00:00Z", "2026-04-10T00:00:00Z").replace("49_999", "9_999");
    later.replacen("[0, 50_000)", "[0, 10_000)", 1).replacen("[50_000, 1_000_000)", "[10_000, 1_000_000)", 1)
}

async fn upload(service: &Service, yaml: String) -> Result<pb::Policy, Status> {
    let request_id = Uuid::now_v7().to_string();
    let request = pb::UploadPolicyRequest { yaml, request_id };
    policies(service, "controller_1").upload_policy(request).await.map(tonic::Response::into_inner)
}

async fn in_force(service: &Service) -> pb::Policy {
    let request = pb::GetPolicyRequest { name: "policies/-".into() };
    policies(service, "controller_1").get_policy(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_policy_is_changed_by_two_and_from_its_day_on() {
    let service = Service::start().await;
    let before = submit(&service, "accounts/a/adjustments/1", "200.00").await;
    let uploaded = upload(&service, stricter()).await.unwrap();
    assert_eq!((uploaded.name.as_str(), uploaded.state()), ("policies/2", pb::PolicyState::PendingApproval));
    let get = pb::GetApprovalRequest { name: uploaded.approval.clone() };
    let approval = client(&service, "cfo", Role::Cfo).get_approval(get).await.unwrap().into_inner();
    assert!(
        approval.summary.contains("1 requests, 1 asked otherwise. 1 would have needed BILLING_MANAGER."),
        "{}",
        approval.summary
    );
    let approve = |id: &str| pb::ApproveRequest {
        name: approval.name.clone(),
        subject_digest: approval.subject_digest.clone(),
        comment: String::new(),
        request_id: id.into(),
    };
    let own = client(&service, "controller_1", Role::Controller).approve(approve("own")).await.unwrap_err();
    assert_eq!(reason(&own), "SELF_APPROVAL");
    client(&service, "controller_2", Role::Controller).approve(approve("second")).await.unwrap();
    assert_eq!(in_force(&service).await.name, "policies/1", "its day has not come");
    service.clock.advance(SignedDuration::from_hours(24 * 8));
    assert_eq!(in_force(&service).await.name, "policies/2");
    let after = submit(&service, "accounts/a/adjustments/2", "200.00").await;
    assert_eq!((before.policy.as_str(), before.automatic), ("policies/1", true));
    assert_eq!((after.policy.as_str(), after.automatic), ("policies/2", false));
    let listed =
        policies(&service, "controller_1").list_policies(pb::ListPoliciesRequest::default()).await.unwrap();
    let states: Vec<_> = listed.into_inner().policies.iter().map(pb::Policy::state).collect();
    assert_eq!(states, [pb::PolicyState::Active, pb::PolicyState::Superseded]);
}

/// Has a second controller approve a table, and waits for its day.
async fn put_in_force(service: &Service, yaml: String) {
    let uploaded = upload(service, yaml).await.unwrap();
    let approval = get(service, &uploaded.approval).await;
    let request = pb::ApproveRequest {
        name: approval.name,
        subject_digest: approval.subject_digest,
        comment: String::new(),
        request_id: "in-force".into(),
    };
    client(service, "controller_2", Role::Controller).approve(request).await.unwrap();
    service.clock.advance(SignedDuration::from_hours(24 * 8));
    assert_eq!(in_force(service).await.name, uploaded.name);
}

#[tokio::test]
async fn a_pending_request_keeps_the_plan_that_it_was_submitted_with() {
    let service = Service::start().await;
    let pending = submit(&service, "accounts/a/adjustments/1", "600.00").await;
    // From 500.00 on the controller is asked, too.
    let both = r#"["BILLING_MANAGER:1", "CONTROLLER:1"]"#;
    let second = |yaml: String, place: &str| {
        let manager = format!(r#"{place}["BILLING_MANAGER:1"]"#);
        assert!(yaml.contains(&manager), "{yaml}");
        yaml.replacen(&manager, &format!("{place}{both}"), 1)
    };
    let both_asked = second(stricter(), r#""[10_000, 1_000_000)", require: "#);
    put_in_force(&service, second(both_asked, "GOODWILL, amount: 50_000}, want: ")).await;
    let now = get(&service, &pending.name).await;
    assert_eq!(
        (&now.policy, &now.steps, &now.plan_digest),
        (&pending.policy, &pending.steps, &pending.plan_digest)
    );
    let done = approve(&service, &pending, "manager", Role::BillingManager).await.unwrap();
    assert_eq!(done.state(), pb::ApprovalState::Approved, "as it was asked");
    let later = submit(&service, "accounts/a/adjustments/2", "600.00").await;
    assert_eq!((later.policy.as_str(), asked(&later).len()), ("policies/2", 2));
}

#[tokio::test]
async fn a_row_that_nothing_reaches_or_that_asks_nobody_is_not_taken() {
    let service = Service::start().await;
    let (older, controller) = ("  # A document that is older", r#"["CONTROLLER:1"]"#);
    let beside =
        r#"  - {id: A9, type: [CREDIT], amount: "[2_000_000, 3_000_000)", require: ["BILLING_MANAGER:1"]}"#;
    let cases = [
        (older, format!("{beside}\n{older}"), "DEAD_ROW: "),
        (controller, r#"["CONTROLLER:0"]"#.to_owned(), "ZERO_APPROVERS: A5"),
        (controller, "[]".to_owned(), "ZERO_APPROVERS: A5"),
    ];
    for (place, other, want) in cases {
        let refused = upload(&service, stricter().replacen(place, &other, 1)).await.unwrap_err();
        assert_eq!(reason(&refused), "POLICY_HAS_ERRORS", "{want}");
        assert!(refused.message().contains(want), "{want}: {}", refused.message());
    }
    assert_eq!(in_force(&service).await.name, "policies/1");
}

#[tokio::test]
async fn where_rows_overlap_nothing_is_automatic_that_one_of_them_asks_about() {
    // Automatic below 200.00, and a manager from 100.00 on.
    let service = Service::start().await;
    let overlapping = stricter().replacen("[0, 10_000)", "[0, 20_000)", 1);
    let lint = pb::LintPolicyRequest { yaml: overlapping.clone() };
    let found = policies(&service, "controller_1").lint_policy(lint).await.unwrap().into_inner().findings;
    let warned = |finding: &pb::PolicyFinding| finding.rule == "AUTOMATIC_OVERLAP" && !finding.is_error;
    assert!(!found.is_empty() && found.iter().all(warned), "{found:?}");
    put_in_force(&service, overlapping).await;
    let asked = submit(&service, "accounts/a/adjustments/1", "150.00").await;
    assert_eq!((asked.automatic, asked.policy_rows), (false, vec!["A1".to_owned(), "A2".to_owned()]));
}

#[tokio::test]
async fn a_policy_with_errors_or_of_yesterday_is_not_taken() {
    let service = Service::start().await;
    let hole = stricter().replacen("[10_000, 1_000_000)", "[20_000, 1_000_000)", 1);
    let refused = upload(&service, hole.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), "POLICY_HAS_ERRORS");
    assert!(refused.message().contains("GAP: no row fits"), "{}", refused.message());
    let past = stricter().replace("2026-04-10", "2026-04-02");
    assert_eq!(reason(&upload(&service, past).await.unwrap_err()), "POLICY_IN_PAST");
    let lint = pb::LintPolicyRequest { yaml: hole };
    let found = policies(&service, "controller_1").lint_policy(lint).await.unwrap().into_inner().findings;
    assert!(found.iter().any(|finding| finding.rule == "GAP" && finding.is_error), "{found:?}");
}

#[tokio::test]
async fn a_quorum_that_the_directory_cannot_meet_is_an_error() {
    let service = Service::start().await;
    enter(&service, "controller_1", person("controller_2", &[pb::ApproverRole::Controller])).await.unwrap();
    let lint = pb::LintPolicyRequest { yaml: table() };
    let found = policies(&service, "controller_1").lint_policy(lint).await.unwrap().into_inner().findings;
    assert!(found.iter().all(|finding| finding.rule == "QUORUM"), "{found:?}");
    assert!(!found.is_empty());
}

#[tokio::test]
async fn a_replay_says_what_another_table_would_have_asked() {
    let service = Service::start().await;
    let small = submit(&service, "accounts/a/adjustments/1", "200.00").await;
    submit(&service, "accounts/a/adjustments/2", "50.00").await;
    let day = |day| Some(Date { year: 2026, month: 4, day });
    let request = pb::ReplayPolicyRequest {
        yaml: stricter(),
        policy: String::new(),
        first_date: day(1),
        last_date: day(2),
    };
    let answer = policies(&service, "controller_1").replay_policy(request).await.unwrap().into_inner();
    assert_eq!(answer.requests, 2);
    let named: Vec<&str> = answer.differences.iter().map(|difference| difference.approval.as_str()).collect();
    assert!(named.contains(&small.name.as_str()), "{named:?}");
}
