//! (i) Many decisions at once: none is lost, and none counts twice.

use std::{collections::BTreeMap, time::Instant};

use anyhow::{Result, ensure};
use billing_proto::billing::adjustments::v1 as pb;
use futures::future::join_all;

use super::{Bench, said};
use crate::{
    door::Client,
    figure::{Ratio, grouped, per_second, seconds},
    table::{Asked, Row},
};

/// How many requests there are, and how many people decide each of them at the same time.
const SUBJECTS: usize = 50;
const PEOPLE: usize = 10;
/// What is approved, 64 hexadecimal digits.
const DIGEST: &str = "abababababababababababababababababababababababababababababababab";

impl Bench {
    /// Has everybody decide everything at once: the first of each request counts, and the others are told so.
    pub async fn approving(&mut self) -> Result<()> {
        let address = self.suite.endpoints.adjustments.clone();
        let analyst = Client::signed(&address, ("adjustments", "bench_analyst")).await?;
        let mut approvals = Vec::with_capacity(SUBJECTS);
        for number in 0..SUBJECTS {
            approvals.push(analyst.approvals().submit_approval(submission(number)).await?.into_inner());
        }
        let mut people = Vec::with_capacity(PEOPLE);
        for number in 0..PEOPLE {
            let person = format!("bench_manager_{number}");
            people.push(Client::signed(&address, ("adjustments", &person)).await?);
        }
        self.suite.forget_peak();
        let began = Instant::now();
        let all =
            approvals.iter().flat_map(|approval| people.iter().enumerate().map(move |of| (approval, of)));
        let votes = join_all(all.map(|(approval, (number, person))| vote(approval, person, number))).await;
        let ours = began.elapsed();
        let mut told: BTreeMap<bool, usize> = BTreeMap::new();
        for approved in votes {
            *told.entry(approved?).or_insert(0) += 1;
        }
        let want = BTreeMap::from([(true, SUBJECTS), (false, SUBJECTS * (PEOPLE - 1))]);
        ensure!(told == want, "decided and told to be late: {told:?} instead of {want:?}");
        for approval in &approvals {
            let request = pb::GetApprovalRequest { name: approval.name.clone() };
            let decided = analyst.approvals().get_approval(request).await?.into_inner().decisions.len();
            ensure!(decided == 1, "{} has {decided} decisions", approval.name);
        }
        said(&format!("decided {SUBJECTS} subjects {PEOPLE} times each"), ours);
        let votes = SUBJECTS * PEOPLE;
        self.rows.push(Row {
            what: format!("(i) {votes} decisions at once on {SUBJECTS} subjects"),
            ours: format!("{} · {}/s", seconds(ours), grouped(per_second(votes, ours))),
            limit: format!("{SUBJECTS} count"),
            of: "decisions that count",
            ratio: Ratio::of(u128::try_from(told[&true])?, u128::try_from(SUBJECTS)?),
            asked: Asked::AtMost(Ratio(1000)),
            peak_mb: self.suite.peak_mb(),
        });
        Ok(())
    }
}

fn submission(number: usize) -> pb::SubmitApprovalRequest {
    pb::SubmitApprovalRequest {
        approval_case: Some(pb::ApprovalCase {
            subject_kind: pb::SubjectKind::ManualCount.into(),
            functional_currency_code: "USD".to_owned(),
            ..pb::ApprovalCase::default()
        }),
        subject: format!("bench/{number}"),
        subject_digest: DIGEST.to_owned(),
        summary: "decided many times at once".to_owned(),
        involved: vec![pb::InvolvedPerson {
            person: "bench_analyst".to_owned(),
            part: pb::InvolvedPart::Maker.into(),
        }],
        replaces: String::new(),
        request_id: format!("bench-{number}"),
    }
}

/// Whether the decision counts; another one was first where it does not.
async fn vote(approval: &pb::Approval, person: &Client, number: usize) -> Result<bool> {
    let request = pb::ApproveRequest {
        name: approval.name.clone(),
        subject_digest: DIGEST.to_owned(),
        comment: String::new(),
        request_id: format!("{number}-{}", approval.name.replace('/', "-")),
    };
    match person.approvals().approve(request).await {
        Ok(_) => Ok(true),
        Err(late) if late.code() == tonic::Code::FailedPrecondition => Ok(false),
        Err(other) => Err(other.into()),
    }
}
