//! Many at once: no decision is lost, and none counts twice.

use std::collections::BTreeMap;

use billing_proto::billing::{access::v1::Role, adjustments::v1 as pb};
use futures::future::join_all;

use crate::{
    approval::{analyst, approve, get, submission, submit},
    service::{Service, reason},
};

#[tokio::test]
async fn of_many_who_race_for_the_last_step_one_decides() {
    let service = Service::start().await;
    let approval = submit(&service, "accounts/a/adjustments/1", "600.00").await;
    let people: Vec<String> = (0..8).map(|number| format!("manager_{number}")).collect();
    let votes = people.iter().map(|person| approve(&service, &approval, person, Role::BillingManager));
    let votes = join_all(votes).await;
    let done = votes.iter().filter_map(|vote| vote.as_ref().ok()).count();
    let refused: Vec<String> = votes.iter().filter_map(|vote| vote.as_ref().err()).map(reason).collect();
    assert_eq!((done, refused), (1, vec!["APPROVAL_STATE".to_owned(); 7]));
    assert_eq!(get(&service, &approval.name).await.decisions.len(), 1);
}

#[tokio::test]
async fn five_hundred_approvals_of_fifty_subjects_are_decided_once_each() {
    let service = Service::start().await;
    let mut approvals = Vec::new();
    for number in 0..50 {
        let mut request = submission(&format!("amendments/{number}"), "0.00");
        let case = pb::ApprovalCase {
            subject_kind: pb::SubjectKind::Amendment.into(),
            ..pb::ApprovalCase::default()
        };
        request.approval_case = Some(case);
        approvals.push(analyst(&service).submit_approval(request).await.unwrap().into_inner());
    }
    let people: Vec<String> = (0..10).map(|number| format!("manager_{number}")).collect();
    let all = approvals.iter().flat_map(|approval| people.iter().map(move |person| (approval, person)));
    let votes = all.map(|(approval, person)| approve(&service, approval, person, Role::BillingManager));
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for vote in join_all(votes).await {
        let said = vote
            .map_or_else(|refused| reason(&refused), |approved| approved.state().as_str_name().to_owned());
        *told.entry(said).or_insert(0) += 1;
    }
    let want = [("APPROVAL_STATE".to_owned(), 450), ("APPROVAL_STATE_APPROVED".to_owned(), 50)];
    assert_eq!(told, want.into());
    for approval in &approvals {
        assert_eq!(get(&service, &approval.name).await.decisions.len(), 1);
    }
}
