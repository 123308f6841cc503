//! PolicyService.

use std::collections::{BTreeMap, BTreeSet};

use adjustments_domain::{
    approval::{Circumstances, Involved, Part, Request as Asked},
    policy::{Plan, Policy, admit, evaluate, lint},
    role::Role,
    subject::{Subject, SubjectKind},
};
use billing_proto::billing::adjustments::v1::{self as pb, policy_service_server::PolicyService};
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse, answer},
    page::Page,
};
use jiff::{SignedDuration, Timestamp};
use outbox::{Begun, Once, Voice, say};
use refusal::Violations;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use tonic::{Request, Response, Status};

use super::{
    Rpc,
    ask::{self, Asker, Asking},
    changed::unlimited,
};
use crate::{
    store::{
        approval::{self, Which},
        person,
        policy::{self as store, Version},
    },
    wire::{
        approval as wire_approval,
        case::Case,
        fact, name,
        policy::{self as wire, Uploaded},
        table, time,
    },
};

/// How many differences a replay tells.
const DIFFERENCES_MAX: usize = 1_000;

/// How many days a replay looks at, and how many are attached to an upload.
const REPLAY_DAYS_MAX: i64 = 366;
const ATTACHED_DAYS: i64 = 90;

#[tonic::async_trait]
impl PolicyService for Rpc {
    async fn upload_policy(
        &self,
        request: Request<pb::UploadPolicyRequest>,
    ) -> Result<Response<pb::Policy>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            unlimited(&call)?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let number = store::next_number(&mut transaction).await?;
            let policy = table::read(&message.yaml, number)?;
            let staff = staff(&mut transaction).await?;
            admit(&policy, &lint(&policy, staff.as_deref()), call.at).or_refuse()?;
            let replay = replay(&mut transaction, &policy, ninety_days(call.at)).await?;
            let digest: [u8; 32] = Sha256::digest(&message.yaml).into();
            let asking = change_of_policy(&call, &policy, digest, &replay.summary());
            let asked = ask::ask(&mut transaction, &self.policies, &Asker::of(&call), asking).await?;
            let version = Version {
                number,
                title: policy.name,
                yaml: message.yaml,
                digest,
                effective: policy.effective_from,
                uploaded_by: call.caller.person.clone(),
                uploaded_at: call.at,
                approval: Some(asked.id),
                approval_state: Some(asked.state.name().to_owned()),
                has_come: false,
                is_past: false,
            };
            store::insert(&mut transaction, &version).await?;
            let answer = self.policy(&version)?;
            say(&mut transaction, &Voice::of(&call), vec![fact::policy(&answer)]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn get_policy(
        &self,
        request: Request<pb::GetPolicyRequest>,
    ) -> Result<Response<pb::Policy>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let mut v = Violations::new();
            let Some(number) = name::policy(&mut v, "name", &request.get_ref().name) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            let version = match number {
                Some(number) => store::get(&mut connection, number, call.at).await?,
                None => store::in_force(&mut connection, call.at).await?,
            };
            self.policy(&version)
        })
        .await
    }

    async fn list_policies(
        &self,
        request: Request<pb::ListPoliciesRequest>,
    ) -> Result<Response<pb::ListPoliciesResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments = pb::ListPoliciesRequest { page_size: 0, page_token: String::new() };
            let page: Page<i32> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut connection = self.pool.acquire().await?;
            let loaded =
                store::page(&mut connection, (None, page.after), call.at, Some(page.fetch())).await?;
            let (versions, next_page_token) =
                page.cut(loaded, |version| i32::try_from(version.number).unwrap_or(i32::MAX))?;
            let policies = versions.iter().map(|version| self.policy(version)).collect::<Result<_, _>>()?;
            Ok(pb::ListPoliciesResponse { policies, next_page_token })
        })
        .await
    }

    async fn lint_policy(
        &self,
        request: Request<pb::LintPolicyRequest>,
    ) -> Result<Response<pb::LintPolicyResponse>, Status> {
        answer(async {
            let policy = table::read(&request.get_ref().yaml, 1)?;
            let staff = staff(&mut *self.pool.acquire().await?).await?;
            let findings = lint(&policy, staff.as_deref()).iter().map(wire::finding).collect();
            Ok(pb::LintPolicyResponse { findings })
        })
        .await
    }

    async fn replay_policy(
        &self,
        request: Request<pb::ReplayPolicyRequest>,
    ) -> Result<Response<pb::ReplayPolicyResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let days = days(&message)?;
            let mut connection = self.pool.acquire().await?;
            let policy = self.table(&mut connection, &call, &message).await?;
            let replay = replay(&mut connection, &policy, days).await?;
            Ok(pb::ReplayPolicyResponse {
                requests: i32::try_from(replay.requests).unwrap_or(i32::MAX),
                summary: replay.summary(),
                differences: replay.differences.into_iter().take(DIFFERENCES_MAX).collect(),
            })
        })
        .await
    }
}

impl Rpc {
    fn policy(&self, version: &Version) -> Result<pb::Policy, Failure> {
        let policy = self.policies.of(version)?;
        Ok(wire::message(&Uploaded {
            policy: &policy,
            yaml: &version.yaml,
            digest: version.digest,
            by: &version.uploaded_by,
            at: version.uploaded_at,
            approval: version.approval.map_or_else(String::new, name::approval_name),
            state: wire::state((version.has_come, version.is_past), version.approval_state.as_deref()),
        }))
    }

    /// The table that a replay names or brings.
    async fn table(
        &self,
        connection: &mut PgConnection,
        call: &Call,
        message: &pb::ReplayPolicyRequest,
    ) -> Result<Policy, Failure> {
        if !message.yaml.is_empty() {
            return Ok(table::read(&message.yaml, 1)?);
        }
        let mut v = Violations::new();
        let Some(number) = name::policy(&mut v, "policy", &message.policy) else {
            return Err(v.refusal().into());
        };
        let version = match number {
            Some(number) => store::get(connection, number, call.at).await?,
            None => store::in_force(connection, call.at).await?,
        };
        Ok(Policy::clone(&*self.policies.of(&version)?))
    }
}

/// The roles of everybody in the directory; `None` where nobody is in it.
async fn staff(connection: &mut PgConnection) -> Result<Option<Vec<BTreeSet<Role>>>, Failure> {
    let directory = person::directory(connection).await?;
    let staff: Vec<BTreeSet<Role>> = directory.people().into_values().collect();
    Ok(Some(staff).filter(|staff| !staff.is_empty()))
}

fn change_of_policy(call: &Call, policy: &Policy, digest: [u8; 32], replay: &[String]) -> Asking {
    let circumstances = Circumstances { entity: String::new(), share: 0, age_days: 0 };
    let kind = SubjectKind::PolicyChange;
    let summary = format!(
        "Version {} of the approval policy, {}, from {}. Over the last {ATTACHED_DAYS} days: {}",
        policy.version,
        policy.name,
        policy.effective_from,
        replay.join(" ")
    );
    let subject = Subject {
        kind,
        name: name::policy_name(policy.version),
        entity: None,
        account: None,
        cause: None,
        digest,
        summary,
    };
    let case = Case {
        kind,
        cause: None,
        entity: None,
        account: None,
        amount: None,
        said_rate: None,
        lacks_rate: false,
        circumstances,
    };
    let maker = Involved { account: call.caller.person.clone(), part: Part::Maker };
    Asking { subject, case, involved: vec![maker], replaces: None }
}

/// What another table would have asked for.
struct Replay {
    requests: usize,
    differences: Vec<pb::ReplayedApproval>,
    /// By role: how many requests would have needed more of it, and how many less.
    more: BTreeMap<Role, usize>,
    less: BTreeMap<Role, usize>,
    refused: usize,
}

impl Replay {
    fn summary(&self) -> Vec<String> {
        let mut told =
            vec![format!("{} requests, {} asked otherwise.", self.requests, self.differences.len())];
        told.extend(self.more.iter().map(|(role, count)| format!("{count} would have needed {role}.")));
        told.extend(self.less.iter().map(|(role, count)| format!("{count} would not have needed {role}.")));
        if self.refused > 0 {
            told.push(format!("For {} there is no row.", self.refused));
        }
        told
    }

    fn compare(&mut self, asked: &Asked, policy: &Policy) {
        let mut difference = pb::ReplayedApproval {
            approval: name::approval_name(asked.id),
            asked: wire_approval::steps(&asked.plan),
            ..pb::ReplayedApproval::default()
        };
        match evaluate(policy, &asked.input()) {
            Ok(plan) if plan.steps == asked.plan.steps => return,
            Ok(plan) => {
                difference.would_ask = wire_approval::steps(&plan);
                for role in Role::ALL {
                    let (before, after) = (asked_of(&asked.plan, *role), asked_of(&plan, *role));
                    let counted = if after > before { &mut self.more } else { &mut self.less };
                    if after != before {
                        *counted.entry(*role).or_insert(0) += 1;
                    }
                }
            }
            Err(refusal) => {
                difference.refusal = refusal.to_string();
                self.refused += 1;
            }
        }
        self.differences.push(difference);
    }
}

fn asked_of(plan: &Plan, role: Role) -> u32 {
    plan.needs().filter(|need| need.role == role).map(|need| need.quorum).sum()
}

async fn replay(
    connection: &mut PgConnection,
    policy: &Policy,
    (from, to): (Timestamp, Timestamp),
) -> Result<Replay, Failure> {
    let which = Which { from: Some(from), to: Some(to), ..Which::default() };
    let asked = approval::load(connection, which).await?;
    let (more, less) = (BTreeMap::new(), BTreeMap::new());
    let mut replay = Replay { requests: asked.len(), differences: Vec::new(), more, less, refused: 0 };
    for request in &asked {
        replay.compare(request, policy);
    }
    Ok(replay)
}

fn ninety_days(now: Timestamp) -> (Timestamp, Timestamp) {
    let before = now.checked_sub(SignedDuration::from_hours(24 * ATTACHED_DAYS));
    // What is submitted in this very moment is among them.
    let after = now.checked_add(SignedDuration::from_micros(1));
    (before.unwrap_or(Timestamp::MIN), after.unwrap_or(Timestamp::MAX))
}

fn days(message: &pb::ReplayPolicyRequest) -> Result<(Timestamp, Timestamp), Failure> {
    let mut v = Violations::new();
    let first = time::midnight(&mut v, "first_date", message.first_date.as_ref());
    let last = time::midnight(&mut v, "last_date", message.last_date.as_ref());
    let (Some((_, from)), Some((_, last))) = (first, last) else { return Err(v.refusal().into()) };
    let day = SignedDuration::from_hours(24);
    let to = last.checked_add(day).unwrap_or(Timestamp::MAX);
    if to <= from || to.duration_since(from) > day * i32::try_from(REPLAY_DAYS_MAX).unwrap_or(i32::MAX) {
        v.add("last_date", format!("must lie on or after first_date, at most {REPLAY_DAYS_MAX} days in all"));
    }
    v.check()?;
    Ok((from, to))
}
