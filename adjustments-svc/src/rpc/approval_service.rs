//! ApprovalService.

use std::collections::{BTreeMap, BTreeSet};

use adjustments_domain::{
    approval::{
        Approver, Ballot, Choice, Event, Facts, Glass, Request as Asked, RequestRefusal, Standing,
        break_glass, decide, evolve, may_decide, ratify, standing, subject_changed, withdraw,
    },
    role::Role,
    subject::Subject,
};
use billing_proto::billing::{
    access::v1::PrincipalKind,
    adjustments::v1::{self as pb, approval_service_server::ApprovalService},
};
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse, answer},
    page::Page,
};
use ids::{AccountId, ApprovalId, EntityId};
use outbox::{Begun, Once, Voice, say};
use prost::Message;
use refusal::Violations;
use sqlx::PgConnection;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    Rpc, act,
    ask::{self, Answered, Asker, Asking},
    roles,
};
use crate::{
    store::{
        approval::{self as store, NewDecisions, Which},
        delegation,
        history::Whose,
        person, policy,
    },
    wire::{approval as wire, case, explanation, fact, name, text},
    work,
};

/// How many requests are looked at at once for those that wait for somebody.
const LOOK_AT: i64 = 200;

#[tonic::async_trait]
impl ApprovalService for Rpc {
    async fn submit_approval(
        &self,
        request: Request<pb::SubmitApprovalRequest>,
    ) -> Result<Response<pb::Approval>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let asking = asking(&call, &message)?;
            let subject = &asking.subject;
            let of = (subject.entity.map(EntityId::uuid), subject.account.map(AccountId::uuid));
            if !call.scope.covers(of.0, None, of.1) {
                return Err(RequestRefusal::NotFound { name: message.subject }).or_refuse();
            }
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            if let Some(before) = asking.replaces {
                let before = store::get(&mut transaction, before, call.scope.json().as_ref()).await?;
                before.can_be_replaced().or_refuse()?;
            }
            let asked = ask::ask(&mut transaction, &self.policies, &Asker::of(&call), asking).await?;
            let answer = wire::message(&asked);
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn get_approval(
        &self,
        request: Request<pb::GetApprovalRequest>,
    ) -> Result<Response<pb::Approval>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let id = approval_id(&request.get_ref().name)?;
            let mut connection = self.pool.acquire().await?;
            Ok(wire::message(&store::get(&mut connection, id, call.scope.json().as_ref()).await?))
        })
        .await
    }

    async fn list_approvals(
        &self,
        request: Request<pb::ListApprovalsRequest>,
    ) -> Result<Response<pb::ListApprovalsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListApprovalsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let state: Option<pb::ApprovalState> = text::optional_choice(&mut v, "state", message.state);
            let Some(state) = state else { return Err(v.refusal().into()) };
            let scope = call.scope.json();
            let which = Which {
                state: wire::state_name(state),
                subject: Some(message.subject.as_str()).filter(|subject| !subject.is_empty()),
                before: page.after,
                scope: scope.as_ref(),
                limit: Some(page.fetch()),
                ..Which::default()
            };
            let mut connection = self.pool.acquire().await?;
            let loaded = if message.waiting_for_me {
                waiting(&mut connection, &call, which).await?
            } else {
                store::load(&mut connection, which).await?
            };
            let (approvals, next_page_token) = page.cut(loaded, |request| request.id.uuid())?;
            Ok(pb::ListApprovalsResponse {
                approvals: approvals.iter().map(wire::message).collect(),
                next_page_token,
            })
        })
        .await
    }

    async fn approve(&self, request: Request<pb::ApproveRequest>) -> Result<Response<pb::Approval>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let ballot = ballot(Choice::Approve, &message.subject_digest, &message.comment)?;
            self.vote(&call, &message, (&message.name, &message.request_id), ballot).await
        })
        .await
    }

    async fn reject(&self, request: Request<pb::RejectRequest>) -> Result<Response<pb::Approval>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let ballot = ballot(Choice::Reject, &message.subject_digest, &message.comment)?;
            self.vote(&call, &message, (&message.name, &message.request_id), ballot).await
        })
        .await
    }

    async fn send_back(
        &self,
        request: Request<pb::SendBackRequest>,
    ) -> Result<Response<pb::Approval>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let ballot = ballot(Choice::Return, &message.subject_digest, &message.comment)?;
            self.vote(&call, &message, (&message.name, &message.request_id), ballot).await
        })
        .await
    }

    async fn withdraw(
        &self,
        request: Request<pb::WithdrawRequest>,
    ) -> Result<Response<pb::Approval>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let by = act(&call);
            self.change(&call, &message, (&message.name, &message.request_id), async |_, asked, facts| {
                withdraw(asked, by, facts).or_refuse()
            })
            .await
        })
        .await
    }

    async fn compare_subject(
        &self,
        request: Request<pb::CompareSubjectRequest>,
    ) -> Result<Response<pb::Approval>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let Some(now) = case::digest(&mut v, "subject_digest", &message.subject_digest) else {
                return Err(v.refusal().into());
            };
            self.change(&call, &message, (&message.name, &message.request_id), async |_, asked, _| {
                compared_by_others(&asked.subject.name)?;
                Ok(subject_changed(asked, &now, call.at))
            })
            .await
        })
        .await
    }

    async fn pass_in_emergency(
        &self,
        request: Request<pb::PassInEmergencyRequest>,
    ) -> Result<Response<pb::Approval>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let incident = text::required(&mut v, "incident", &message.incident, 100);
            let reason = text::required(&mut v, "reason", &message.reason, 1_000);
            let (Some(incident), Some(reason)) = (incident, reason) else { return Err(v.refusal().into()) };
            self.change(
                &call,
                &message,
                (&message.name, &message.request_id),
                async |connection, asked, facts| {
                    // The limit, too, is that of the version that made the plan.
                    let version = policy::get(connection, asked.policy_version, call.at).await?;
                    let cap = self.policies.of(&version)?.break_glass_cap;
                    let used = store::incident_is_used(connection, &incident).await?;
                    let glass = Glass { incident, reason, used, cap };
                    break_glass(asked, &approver(&call, asked), glass, facts, call.at).or_refuse()
                },
            )
            .await
        })
        .await
    }

    async fn review_emergency(
        &self,
        request: Request<pb::ReviewEmergencyRequest>,
    ) -> Result<Response<pb::Approval>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            self.change(&call, &message, (&message.name, &message.request_id), async |_, asked, facts| {
                ratify(asked, &approver(&call, asked), message.stands, facts, call.at).or_refuse()
            })
            .await
        })
        .await
    }

    async fn simulate_approval(
        &self,
        request: Request<pb::SimulateApprovalRequest>,
    ) -> Result<Response<pb::SimulateApprovalResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let case = case::parse(message.approval_case.as_ref())?;
            let maker = if message.maker.is_empty() { &call.caller.person } else { &message.maker };
            let mut connection = self.pool.acquire().await?;
            let directory = person::directory(&mut connection).await?;
            let makers = ask::makers(&directory, &[], maker);
            let whose = Whose { account: case.account, cause: case.cause, makers: &makers };
            let answered = ask::answer(&mut connection, &self.policies, call.at, (&case, whose)).await?;
            let Answered { policy, plan, measure } = answered;
            Ok(pb::SimulateApprovalResponse {
                policy: name::policy_name(policy.version),
                steps: wire::steps(&plan),
                policy_rows: plan.rows,
                measure: measure.as_ref().map(wire::measure),
            })
        })
        .await
    }

    async fn who_can_approve(
        &self,
        request: Request<pb::WhoCanApproveRequest>,
    ) -> Result<Response<pb::WhoCanApproveResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let id = approval_id(&request.get_ref().name)?;
            let mut connection = self.pool.acquire().await?;
            let asked = store::get(&mut connection, id, call.scope.json().as_ref()).await?;
            let directory = person::directory(&mut connection).await?;
            let delegations = delegation::in_force(&mut connection, call.at).await?;
            let facts = Facts { directory: &directory, delegations: &delegations };
            let people = known(&call, &asked, facts);
            let people = people.iter().map(|(person, theirs)| {
                let theirs: Vec<_> = theirs.iter().copied().collect();
                wire::standing(person, &may_decide(&asked, person, &theirs, facts, call.at))
            });
            let people = people.collect();
            Ok(pb::WhoCanApproveResponse { people, waits_for: wire::waits_for(&asked, call.at) })
        })
        .await
    }

    async fn explain_request(
        &self,
        request: Request<pb::ExplainRequestRequest>,
    ) -> Result<Response<pb::ExplainRequestResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let id = approval_id(&request.get_ref().name)?;
            let mut connection = self.pool.acquire().await?;
            let asked = store::get(&mut connection, id, call.scope.json().as_ref()).await?;
            let directory = person::directory(&mut connection).await?;
            Ok(pb::ExplainRequestResponse { sentences: explanation::sentences(&asked, &directory) })
        })
        .await
    }
}

impl Rpc {
    async fn vote(
        &self,
        call: &Call,
        message: &impl Message,
        named: (&str, &str),
        ballot: Ballot,
    ) -> Result<pb::Approval, Failure> {
        self.change(call, message, named, async |_, asked, facts| {
            decide(asked, &approver(call, asked), ballot, facts, call.at).or_refuse()
        })
        .await
    }

    /// One change of a request, in its one transaction: locked, decided, recorded, said, answered.
    async fn change(
        &self,
        call: &Call,
        message: &impl Message,
        (name, request_id): (&str, &str),
        decide: impl AsyncFnOnce(&mut PgConnection, &Asked, Facts<'_>) -> Result<Vec<Event>, Failure>,
    ) -> Result<pb::Approval, Failure> {
        let id = approval_id(name)?;
        let mut transaction = self.pool.begin().await?;
        let once = match Once::begin(&mut transaction, call, request_id, message).await? {
            Begun::Answered(before) => return Ok(before),
            Begun::Fresh(once) => once,
        };
        let recorded = change(&mut transaction, call, id, decide).await?;
        let answer = wire::message(&recorded);
        once.answer(&mut transaction, &answer).await?;
        transaction.commit().await?;
        self.bell.ring();
        Ok(answer)
    }
}

/// One change of a request, and of what follows it: locked, decided, recorded, said.
pub(super) async fn change(
    connection: &mut PgConnection,
    call: &Call,
    id: ApprovalId,
    decide: impl AsyncFnOnce(&mut PgConnection, &Asked, Facts<'_>) -> Result<Vec<Event>, Failure>,
) -> Result<Asked, Failure> {
    store::lock(connection, id).await?;
    let asked = store::get(connection, id, call.scope.json().as_ref()).await?;
    let directory = person::directory(connection).await?;
    let delegations = delegation::in_force(connection, call.at).await?;
    let facts = Facts { directory: &directory, delegations: &delegations };
    let events = decide(connection, &asked, facts).await?;
    // What stays as it is is neither recorded nor said.
    if events.is_empty() {
        return Ok(asked);
    }
    let before = asked.decisions.len();
    let after = events.iter().fold(asked, |request, event| evolve(&request, event));
    let new = after.decisions.get(before..).map(<[_]>::to_vec).into_iter().flatten().collect::<Vec<_>>();
    let recorded = store::record(connection, after, NewDecisions { before, new: &new }, call.at).await?;
    let facts = events.iter().map(|event| fact::approval(event, &recorded)).collect();
    let voice = Voice::of(call);
    say(connection, &voice, facts).await?;
    work::follow(connection, &voice, &recorded).await?;
    Ok(recorded)
}

/// Everybody of whom something is known, with the roles that they have as far as it is: the directory, who lends and to whom,
/// and the caller by their grants.
fn known<'a>(call: &'a Call, asked: &Asked, facts: Facts<'a>) -> BTreeMap<&'a str, BTreeSet<Role>> {
    let Facts { directory, delegations } = facts;
    let mut people = directory.people();
    for account in delegations.iter().flat_map(|lent| [&lent.from, &lent.to]) {
        people.entry(directory.person(account)).or_default();
    }
    if call.caller.kind == PrincipalKind::Person {
        let theirs = people.entry(directory.person(&call.caller.person)).or_default();
        theirs.extend(roles(call, asked.subject.entity, asked.subject.account));
    }
    people
}

/// Those of the requests that wait for the caller.
async fn waiting(
    connection: &mut PgConnection,
    call: &Call,
    which: Which<'_>,
) -> Result<Vec<Asked>, Failure> {
    let directory = person::directory(connection).await?;
    let delegations = delegation::in_force(connection, call.at).await?;
    let facts = Facts { directory: &directory, delegations: &delegations };
    let most = which.limit.map(usize::try_from).transpose().map_err(anyhow::Error::from)?;
    let (mut found, mut before) = (Vec::new(), which.before);
    loop {
        let looked_at = Which { waiting: true, before, limit: Some(LOOK_AT), ..which };
        let loaded = store::load(connection, looked_at).await?;
        before = loaded.last().map(|last| last.id.uuid());
        let may = |asked: &Asked| {
            let theirs = roles(call, asked.subject.entity, asked.subject.account);
            matches!(standing(asked, &call.caller.person, &theirs, facts), Standing::May(_))
        };
        found.extend(loaded.into_iter().filter(may));
        if before.is_none() || most.is_some_and(|most| found.len() >= most) {
            found.truncate(most.unwrap_or(usize::MAX));
            return Ok(found);
        }
    }
}

/// What this service asks for itself it compares itself; nobody else may end such a request by saying that it changed.
fn compared_by_others(subject: &str) -> Result<(), Failure> {
    if !name::is_asked_for_here(subject) {
        return Ok(());
    }
    let mut v = Violations::new();
    v.add(
        "name",
        "is about what is compared by itself: an adjustment, a refund, a change, or a billing run; withdraw it, or refresh the run",
    );
    Err(v.refusal().into())
}

/// How what this service asks for by itself is asked for.
const ASKED_FOR_BY_ITSELF: &str = "is asked for by itself: an adjustment by SubmitAdjustment, a refund by RequestRefund, a change by ProposeChange, a billing run when it is in review, a policy by UploadPolicy";

fn asking(call: &Call, message: &pb::SubmitApprovalRequest) -> Result<Asking, Failure> {
    let case = case::parse(message.approval_case.as_ref())?;
    let mut v = Violations::new();
    let name = text::required(&mut v, "subject", &message.subject, 300);
    if name.as_ref().is_some_and(|name| name::is_asked_for_here(name)) {
        v.add("subject", ASKED_FOR_BY_ITSELF);
        return Err(v.refusal().into());
    }
    if case.kind.is_asked_for_by_itself() {
        v.add("approval_case.subject_kind", ASKED_FOR_BY_ITSELF);
        return Err(v.refusal().into());
    }
    let digest = case::digest(&mut v, "subject_digest", &message.subject_digest);
    let summary = text::required(&mut v, "summary", &message.summary, 2_000);
    let is_service = call.caller.kind == PrincipalKind::Service;
    let only_of = (!is_service).then_some(call.caller.person.as_str());
    let involved = case::involved(&mut v, &message.involved, only_of);
    let replaces = match message.replaces.as_str() {
        "" => Some(None),
        before => name::approval(&mut v, "replaces", before).map(Some),
    };
    let (Some(name), Some(digest), Some(summary), Some(involved), Some(replaces)) =
        (name, digest, summary, involved, replaces)
    else {
        return Err(v.refusal().into());
    };
    let (kind, entity, account, cause) = (case.kind, case.entity, case.account, case.cause);
    let subject = Subject { kind, name, entity, account, cause, digest, summary };
    Ok(Asking { subject, case, involved, replaces })
}

fn ballot(choice: Choice, seen: &str, comment: &str) -> Result<Ballot, Failure> {
    let mut v = Violations::new();
    let seen = case::digest(&mut v, "subject_digest", seen);
    let comment = match choice {
        Choice::Approve => text::optional(&mut v, "comment", comment, 1_000),
        Choice::Reject | Choice::Return => text::required(&mut v, "comment", comment, 1_000),
    };
    match (seen, comment) {
        (Some(seen), Some(comment)) => Ok(Ballot { choice, seen, comment }),
        (_, _) => Err(v.refusal().into()),
    }
}

fn approver(call: &Call, asked: &Asked) -> Approver {
    Approver {
        account: call.caller.person.clone(),
        is_person: call.caller.kind == PrincipalKind::Person,
        roles: roles(call, asked.subject.entity, asked.subject.account),
    }
}

fn approval_id(name: &str) -> Result<ApprovalId, Failure> {
    let mut v = Violations::new();
    name::approval(&mut v, "name", name).ok_or_else(|| v.refusal().into())
}
