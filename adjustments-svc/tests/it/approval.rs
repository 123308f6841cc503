//! Requests, from submission to the last decision.

use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1::{self as pb, approval_service_client::ApprovalServiceClient},
    invoicing::v1::Money,
};
use chassis::caller::Grant;
use jiff::SignedDuration;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::service::{Door, Service, reason};

pub const DIGEST: &str = "abababababababababababababababababababababababababababababababab";

pub fn client(service: &Service, person: &str, role: Role) -> ApprovalServiceClient<Door> {
    ApprovalServiceClient::new(service.door(person, role))
}

pub fn analyst(service: &Service) -> ApprovalServiceClient<Door> {
    client(service, "analyst", Role::BillingAnalyst)
}

/// A count by hand of so much in GBP.
pub fn case(amount: &str) -> pb::ApprovalCase {
    pb::ApprovalCase {
        subject_kind: pb::SubjectKind::ManualCount.into(),
        amount: Some(Money { currency_code: "GBP".into(), amount: amount.into() }),
        functional_currency_code: "GBP".into(),
        ..pb::ApprovalCase::default()
    }
}

pub fn submission(subject: &str, amount: &str) -> pb::SubmitApprovalRequest {
    pb::SubmitApprovalRequest {
        approval_case: Some(case(amount)),
        subject: subject.into(),
        subject_digest: DIGEST.into(),
        summary: "a count of what ran".into(),
        involved: vec![pb::InvolvedPerson { person: "analyst".into(), part: pb::InvolvedPart::Maker.into() }],
        replaces: String::new(),
        request_id: format!("submit {subject}").replace(' ', "-"),
    }
}

pub async fn submit(service: &Service, subject: &str, amount: &str) -> pb::Approval {
    analyst(service).submit_approval(submission(subject, amount)).await.unwrap().into_inner()
}

pub async fn approve(
    service: &Service,
    approval: &pb::Approval,
    person: &str,
    role: Role,
) -> Result<pb::Approval, Status> {
    let request = pb::ApproveRequest {
        name: approval.name.clone(),
        subject_digest: DIGEST.into(),
        comment: String::new(),
        request_id: Uuid::now_v7().to_string(),
    };
    client(service, person, role).approve(request).await.map(tonic::Response::into_inner)
}

pub async fn get(service: &Service, name: &str) -> pb::Approval {
    let request = pb::GetApprovalRequest { name: name.into() };
    analyst(service).get_approval(request).await.unwrap().into_inner()
}

pub fn asked(approval: &pb::Approval) -> Vec<Vec<(pb::ApproverRole, i32)>> {
    let needs = |step: &pb::ApprovalStep| step.needs.iter().map(|need| (need.role(), need.quorum)).collect();
    approval.steps.iter().map(needs).collect()
}

#[tokio::test]
async fn a_manager_and_the_controller_approve_what_an_analyst_asks_for() {
    let service = Service::start().await;
    let approval = submit(&service, "accounts/a/adjustments/1", "10000.00").await;
    assert_eq!(approval.state(), pb::ApprovalState::Pending);
    assert_eq!(
        asked(&approval),
        [vec![(pb::ApproverRole::BillingManager, 1)], vec![(pb::ApproverRole::Controller, 1)]]
    );
    let own = approve(&service, &approval, "analyst", Role::BillingManager).await.unwrap_err();
    assert_eq!(reason(&own), "SELF_APPROVAL");
    let early = approve(&service, &approval, "controller", Role::Controller).await.unwrap_err();
    assert_eq!(reason(&early), "NOT_ASKED");
    let halfway = approve(&service, &approval, "manager", Role::BillingManager).await.unwrap();
    assert_eq!(halfway.state(), pb::ApprovalState::Pending);
    let again = approve(&service, &approval, "manager", Role::Controller).await.unwrap_err();
    assert_eq!(reason(&again), "ALREADY_DECIDED");
    let done = approve(&service, &approval, "controller", Role::Controller).await.unwrap();
    assert_eq!((done.state(), done.automatic), (pb::ApprovalState::Approved, false));
    assert_eq!(get(&service, &approval.name).await, done);
    let late = approve(&service, &approval, "cfo", Role::Cfo).await.unwrap_err();
    assert_eq!(reason(&late), "APPROVAL_STATE");
}

#[tokio::test]
async fn below_the_limit_the_policy_approves_and_is_named() {
    let service = Service::start().await;
    let approval = submit(&service, "accounts/a/adjustments/1", "499.99").await;
    assert_eq!((approval.state(), approval.automatic), (pb::ApprovalState::Approved, true));
    assert_eq!(
        (approval.policy.as_str(), approval.policy_rows.as_slice()),
        ("policies/1", &["A1".to_owned()][..])
    );
}

#[tokio::test]
async fn the_same_request_again_is_answered_as_before_and_a_subject_is_asked_once() {
    let service = Service::start().await;
    let first = submit(&service, "accounts/a/adjustments/1", "600.00").await;
    assert_eq!(submit(&service, "accounts/a/adjustments/1", "600.00").await, first);
    let other = pb::SubmitApprovalRequest {
        request_id: "other".into(),
        ..submission("accounts/a/adjustments/1", "600.00")
    };
    assert_eq!(reason(&analyst(&service).submit_approval(other).await.unwrap_err()), "APPROVAL_OPEN");
}

#[tokio::test]
async fn a_stale_digest_approves_nothing_and_another_content_voids() {
    let service = Service::start().await;
    let approval = submit(&service, "accounts/a/adjustments/1", "600.00").await;
    let other = "cd".repeat(32);
    let stale = pb::ApproveRequest {
        name: approval.name.clone(),
        subject_digest: other.clone(),
        comment: String::new(),
        request_id: "stale".into(),
    };
    let refused = client(&service, "manager", Role::BillingManager).approve(stale).await.unwrap_err();
    assert_eq!(reason(&refused), "SUBJECT_CHANGED");
    approve(&service, &approval, "manager", Role::BillingManager).await.unwrap();
    let compare = |digest: &str| pb::CompareSubjectRequest {
        name: approval.name.clone(),
        subject_digest: digest.into(),
        request_id: format!("compare-{digest}"),
    };
    let same = analyst(&service).compare_subject(compare(DIGEST)).await.unwrap().into_inner();
    assert_eq!(same.state(), pb::ApprovalState::Approved);
    let voided = analyst(&service).compare_subject(compare(&other)).await.unwrap().into_inner();
    assert_eq!(voided.state(), pb::ApprovalState::Voided);
    assert!(voided.void_reason.contains(&other));
    let again = pb::SubmitApprovalRequest {
        subject_digest: other,
        replaces: approval.name.clone(),
        request_id: "again".into(),
        ..submission("accounts/a/adjustments/1", "600.00")
    };
    let again = analyst(&service).submit_approval(again).await.unwrap().into_inner();
    assert_eq!((again.state(), again.replaces), (pb::ApprovalState::Pending, approval.name));
}

#[tokio::test]
async fn a_platform_decides_nothing() {
    let service = Service::start().await;
    let approval = submit(&service, "accounts/a/adjustments/1", "600.00").await;
    let request = pb::ApproveRequest {
        name: approval.name,
        subject_digest: DIGEST.into(),
        comment: String::new(),
        request_id: "platform".into(),
    };
    let mut platform = ApprovalServiceClient::new(service.platform_door(Role::BillingManager));
    assert_eq!(reason(&platform.approve(request).await.unwrap_err()), "PERSON_REQUIRED");
}

#[tokio::test]
async fn one_no_ends_a_request_and_says_why() {
    let service = Service::start().await;
    for (number, returned) in [false, true].into_iter().enumerate() {
        let approval = submit(&service, &format!("accounts/a/adjustments/{number}"), "600.00").await;
        let (name, subject_digest) = (approval.name.clone(), DIGEST.to_owned());
        let mut manager = client(&service, "manager", Role::BillingManager);
        let done = if returned {
            let comment = "the wrong line".to_owned();
            manager
                .send_back(pb::SendBackRequest { name, subject_digest, comment, request_id: "return".into() })
                .await
        } else {
            let silent = pb::RejectRequest {
                name: name.clone(),
                subject_digest: subject_digest.clone(),
                comment: " ".into(),
                request_id: "silent".into(),
            };
            assert_eq!(manager.reject(silent).await.unwrap_err().code(), Code::InvalidArgument);
            let comment = "it ran".to_owned();
            manager
                .reject(pb::RejectRequest { name, subject_digest, comment, request_id: "reject".into() })
                .await
        };
        let state = if returned { pb::ApprovalState::Returned } else { pb::ApprovalState::Rejected };
        assert_eq!(done.unwrap().into_inner().state(), state);
    }
}

#[tokio::test]
async fn who_submitted_withdraws() {
    let service = Service::start().await;
    let approval = submit(&service, "accounts/a/adjustments/1", "600.00").await;
    let withdraw = |id: &str| pb::WithdrawRequest { name: approval.name.clone(), request_id: id.into() };
    let other = client(&service, "other", Role::BillingAnalyst).withdraw(withdraw("1")).await.unwrap_err();
    assert_eq!(reason(&other), "NOT_THE_SUBMITTER");
    let done = analyst(&service).withdraw(withdraw("2")).await.unwrap().into_inner();
    assert_eq!(done.state(), pb::ApprovalState::Withdrawn);
}

#[tokio::test]
async fn time_ends_a_request_and_approves_nothing() {
    let service = Service::start().await;
    // Thursday, 2 April: ten business days end on Thursday, 16 April.
    let approval = submit(&service, "accounts/a/adjustments/1", "600.00").await;
    service.clock.advance(SignedDuration::from_hours(24 * 14));
    let late = approve(&service, &approval, "manager", Role::BillingManager).await.unwrap_err();
    assert!(["APPROVAL_EXPIRED", "APPROVAL_STATE"].contains(&reason(&late).as_str()), "{late:?}");
    let expired = loop {
        let now = get(&service, &approval.name).await;
        if now.state() != pb::ApprovalState::Pending {
            break now;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(expired.state(), pb::ApprovalState::Expired);
}

#[tokio::test]
async fn the_database_lets_nobody_stand_on_both_sides() {
    let service = Service::start().await;
    let approval = submit(&service, "accounts/a/adjustments/1", "600.00").await;
    let id: Uuid = approval.name.trim_start_matches("approvals/apr_").parse().unwrap();
    let mut connection = service.connection().await;
    let sql = "insert into approval_side (approval_id, person, side) values ($1, 'analyst', 'DECIDES')";
    let refused = sqlx::query(sql).bind(id).execute(&mut connection).await.unwrap_err();
    let constraint = refused.as_database_error().unwrap().constraint().unwrap().to_owned();
    assert_eq!(constraint, "approval_side_is_one_only");
}

#[tokio::test]
async fn what_is_out_of_scope_does_not_exist() {
    let service = Service::start().await;
    let (ours, theirs) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let account = |id: Uuid| format!("accounts/acc_{}", id.simple());
    let mut request = submission("accounts/a/adjustments/1", "600.00");
    request.approval_case.as_mut().unwrap().account = account(theirs);
    let approval = analyst(&service).submit_approval(request).await.unwrap().into_inner();
    let grant =
        |accounts| Grant { role: Role::BillingManager, entities: vec![], territories: vec![], accounts };
    let limited =
        |accounts| ApprovalServiceClient::new(service.limited_door("manager", vec![grant(accounts)]));
    let elsewhere = pb::SubmitApprovalRequest {
        request_id: "elsewhere".into(),
        involved: vec![],
        ..submission("accounts/a/adjustments/2", "1.00")
    };
    let refused = limited(vec![ours]).submit_approval(elsewhere).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound, "nor for what belongs to no account");
    let get = pb::GetApprovalRequest { name: approval.name.clone() };
    assert_eq!(limited(vec![ours]).get_approval(get.clone()).await.unwrap_err().code(), Code::NotFound);
    let compare = pb::CompareSubjectRequest {
        name: approval.name.clone(),
        subject_digest: "cd".repeat(32),
        request_id: "compare".into(),
    };
    let voiding = limited(vec![ours]).compare_subject(compare).await.unwrap_err();
    assert_eq!(voiding.code(), Code::NotFound, "who does not see it does not void it");
    assert!(limited(vec![theirs]).get_approval(get).await.is_ok());
    let list = limited(vec![ours]).list_approvals(pb::ListApprovalsRequest::default()).await.unwrap();
    assert_eq!(list.into_inner().approvals, []);
}

#[tokio::test]
async fn everybody_finds_what_waits_for_them_and_who_else_could() {
    let service = Service::start().await;
    let first = submit(&service, "accounts/a/adjustments/1", "600.00").await;
    let second = submit(&service, "accounts/a/adjustments/2", "700.00").await;
    let waiting = async |person: &str, role: Role| {
        let request =
            pb::ListApprovalsRequest { waiting_for_me: true, ..pb::ListApprovalsRequest::default() };
        let answer = client(&service, person, role).list_approvals(request).await.unwrap().into_inner();
        answer.approvals.into_iter().map(|approval| approval.name).collect::<Vec<_>>()
    };
    assert_eq!(waiting("manager", Role::BillingManager).await, [second.name, first.name.clone()]);
    assert!(waiting("analyst", Role::BillingManager).await.is_empty());
    assert!(waiting("controller", Role::Controller).await.is_empty());
    let explain = pb::ExplainRequestRequest { name: first.name };
    let told = analyst(&service).explain_request(explain).await.unwrap().into_inner().sentences;
    assert!(told.iter().any(|sentence| sentence == "Step 1 asks for 1 BILLING_MANAGER."), "{told:#?}");
    assert!(told.last().unwrap().starts_with("It is PENDING: it waits for 1 BILLING_MANAGER"), "{told:#?}");
}

#[tokio::test]
async fn what_is_asked_for_by_itself_nobody_asks_for_besides() {
    let service = Service::start().await;
    let kinds = [
        pb::SubjectKind::Credit,
        pb::SubjectKind::Debit,
        pb::SubjectKind::Rebill,
        pb::SubjectKind::Makegood,
        pb::SubjectKind::WriteOff,
        pb::SubjectKind::Goodwill,
        pb::SubjectKind::TaxCorrection,
        pb::SubjectKind::RatingCorrection,
        pb::SubjectKind::Refund,
        pb::SubjectKind::BillingRun,
        pb::SubjectKind::PolicyChange,
    ];
    for kind in kinds {
        let case = pb::ApprovalCase { subject_kind: kind.into(), ..case("1000000.00") };
        let request =
            pb::SubmitApprovalRequest { approval_case: Some(case), ..submission("anything", "0.00") };
        let service_itself = ApprovalServiceClient::new(service.service_door(Role::BillingManager));
        for mut client in [analyst(&service), service_itself] {
            let refused = client.submit_approval(request.clone()).await.unwrap_err();
            assert_eq!(reason(&refused), "MALFORMED", "{kind:?}");
            assert!(refused.message().contains("approval_case.subject_kind"), "{}", refused.message());
        }
    }
}

#[tokio::test]
async fn a_person_names_nobody_who_would_then_have_no_say() {
    let service = Service::start().await;
    let of_others = pb::SubmitApprovalRequest {
        involved: vec![pb::InvolvedPerson {
            person: "manager".into(),
            part: pb::InvolvedPart::EvidenceGiver.into(),
        }],
        ..submission("counts/1", "600.00")
    };
    for mut client in
        [analyst(&service), ApprovalServiceClient::new(service.platform_door(Role::BillingAnalyst))]
    {
        let refused = client.submit_approval(of_others.clone()).await.unwrap_err();
        assert_eq!(reason(&refused), "MALFORMED");
        assert!(refused.message().contains("involved[0].person: is manager"), "{}", refused.message());
    }
    let mut other = ApprovalServiceClient::new(service.service_door(Role::BillingAnalyst));
    let asked = other.submit_approval(of_others).await.unwrap().into_inner();
    let own = approve(&service, &asked, "manager", Role::BillingManager).await.unwrap_err();
    assert_eq!(reason(&own), "SELF_APPROVAL");
}
