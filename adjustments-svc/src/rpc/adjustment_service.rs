//! AdjustmentService.

use std::ops::ControlFlow;

use adjustments_domain::{
    adjustment::{
        self as domain, Adjustment, AdjustmentRefusal, Evidence, EvidenceRefusal, Proposal, State, create,
        edit, mendable, settled, submit,
    },
    approval,
};
use billing_proto::{
    billing::adjustments::v1::{self as pb, adjustment_service_server::AdjustmentService},
    google::api::HttpBody,
};
use chassis::{
    attachment::answer_file,
    call::Call,
    failure::{Failure, OrRefuse, answer},
    mask::Mask,
    page::Page,
};
use futures::future::join;
use ids::{AccountId, AdjustmentId};
use outbox::{Begun, Once, Voice, say};
use refusal::Violations;
use sqlx::PgConnection;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    Rpc, act,
    approval_service::change,
    ask::{self, Answered, Asker},
    changed::next_revision,
    rate_of,
    work_out::{WorkedOut, asking, case, noticed, parts},
};
use crate::{
    store::{
        adjustment::{self as store, About, Content, Named, Which},
        cause_product,
        history::Whose,
        person, proposed_correction,
    },
    wire::{adjustment as wire, case::digest, document, fact, name, text},
};

#[tonic::async_trait]
impl AdjustmentService for Rpc {
    async fn create_adjustment(
        &self,
        request: Request<pb::CreateAdjustmentRequest>,
    ) -> Result<Response<pb::Adjustment>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let account = account(&message.parent)?;
            let (invoice, proposal) = wire::parse(account, message.adjustment.as_ref())?;
            let read = self.read(&call, (account, invoice), proposal.bill_to.as_ref(), None).await?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let lines = self.lines(&mut transaction, (&read, (account, invoice)), &proposal).await?;
            let id = AdjustmentId::from_uuid(Uuid::now_v7());
            let place = (read.entity.id, account, invoice, read.document.currency);
            let adjustment = create(id, place, (proposal, lines), act(&call));
            store::insert(&mut transaction, &adjustment).await?;
            let created = fact::adjustment("billing.adjustments.v1.adjustment.created", &adjustment);
            say(&mut transaction, &Voice::of(&call), vec![created]).await?;
            let answer = wire::message(&adjustment, "");
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn update_adjustment(
        &self,
        request: Request<pb::UpdateAdjustmentRequest>,
    ) -> Result<Response<pb::Adjustment>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let given = message.adjustment.clone().unwrap_or_default();
            let mask = Mask::of(message.update_mask.as_ref(), &wire::CHANGEABLE)?;
            let named = adjustment_id("adjustment.name", &given.name)?;
            let current = self.current(&call, named).await?;
            let place = (named.0, current.invoice);
            let merged = wire::merged(wire::message(&current, ""), &given, &mask);
            let (_, proposal) = wire::parse(named.0, Some(&merged))?;
            let read = self.read(&call, place, proposal.bill_to.as_ref(), Some(current.entity)).await?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let before = locked(&mut transaction, &call, named).await?;
            next_revision(&given.name, &given.etag, before.revision).or_refuse()?;
            // What was merged is what is there now.
            next_revision(&given.name, &current.revision.to_string(), before.revision).or_refuse()?;
            let proposal = Proposal { evidence: before.evidence.clone(), ..proposal };
            mendable(&before).or_refuse()?;
            let lines = self.lines(&mut transaction, (&read, place), &proposal).await?;
            let edited = edit(&before, (proposal, lines), &call.caller.person).or_refuse()?;
            let answer =
                record(&mut transaction, &call, ("billing.adjustments.v1.adjustment.updated", edited))
                    .await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn add_evidence(
        &self,
        request: Request<pb::AddEvidenceRequest>,
    ) -> Result<Response<pb::Adjustment>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let named = adjustment_id("name", &message.name)?;
            let file = evidence(&call, &message)?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let before = locked(&mut transaction, &call, named).await?;
            let known = before.evidence.iter().find(|known| known.sha256 == file.sha256).cloned();
            let answer = match known {
                Some(known) => sent_again(&mut transaction, &call, (before, &known)).await?,
                None => added(&mut transaction, &call, (before, &file), &message.content).await?,
            };
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn preview_adjustment(
        &self,
        request: Request<pb::PreviewAdjustmentRequest>,
    ) -> Result<Response<pb::AdjustmentEffect>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let account = account(&message.parent)?;
            let (invoice, proposal) = wire::parse(account, message.adjustment.as_ref())?;
            let place = (account, invoice);
            let read = self.read(&call, place, proposal.bill_to.as_ref(), None).await?;
            let rate = rate_of(&call, &message.rate, (read.entity.id, account))?;
            let mut connection = self.pool.acquire().await?;
            let WorkedOut { effect, lines } =
                self.work_out(&mut connection, (&read, place), &proposal).await?;
            let of = (read.entity.id, account, invoice, read.document.currency);
            let nobody = AdjustmentId::from_uuid(Uuid::nil());
            let draft = create(nobody, of, (proposal, lines), act(&call));
            let effect = noticed(effect, &draft, &read, rate)?;
            if domain::lacks_rate(&draft, read.entity.functional, rate) {
                return Ok(effect);
            }
            let case = case(&draft, &read, rate, call.at)?;
            let directory = person::directory(&mut connection).await?;
            let makers = ask::makers(&directory, &[], &call.caller.person);
            let whose = Whose { account: case.account, cause: case.cause, makers: &makers };
            let answered = ask::answer(&mut connection, &self.policies, call.at, (&case, whose)).await?;
            let Answered { plan, measure, .. } = answered;
            Ok(document::planned(effect, &plan, measure.as_ref()))
        })
        .await
    }

    async fn submit_adjustment(
        &self,
        request: Request<pb::SubmitAdjustmentRequest>,
    ) -> Result<Response<pb::Adjustment>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let named = adjustment_id("name", &message.name)?;
            let about = self.about(&call, named).await?;
            let place = (named.0, about.invoice);
            let opening = async {
                let mut transaction = self.pool.begin().await?;
                let begun = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                    Begun::Answered(before) => ControlFlow::Break(before),
                    Begun::Fresh(once) => {
                        // First the document: who asks for another part of it waits here, and sees this one.
                        store::lock_document(&mut transaction, place).await?;
                        ControlFlow::Continue((once, locked(&mut transaction, &call, named).await?))
                    }
                };
                Ok::<_, Failure>((transaction, begun))
            };
            // Invoicing reads meanwhile. What it says no to comes first, whatever else there is.
            let read = self.read(&call, place, about.bill_to.as_ref(), Some(about.entity));
            let (read, opened) = join(read, opening).await;
            let read = read?;
            let rate = rate_of(&call, &message.rate, (read.entity.id, named.0))?;
            let (mut transaction, begun) = opened?;
            let (once, before) = match begun {
                ControlFlow::Break(before) => return Ok(before),
                ControlFlow::Continue(begun) => begun,
            };
            next_revision(&message.name, &message.etag, before.revision).or_refuse()?;
            mendable(&before).or_refuse()?;
            let lines = self.lines(&mut transaction, (&read, place), &before.proposal()).await?;
            let comes_to_the_same = lines == before.lines;
            // As they come to now, which is what is measured and approved.
            let before = Adjustment { lines, ..before };
            let asking = asking(&before, &read, case(&before, &read, rate, call.at)?)?;
            let asked = ask::ask(&mut transaction, &self.policies, &Asker::of(&call), asking).await?;
            let subject = (named.0, named.1.uuid());
            cause_product::record(&mut transaction, subject, &parts(&before, &read)).await?;
            let answer = submitted(&mut transaction, &call, (before, comes_to_the_same), &asked).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            self.bell.ring_executors();
            Ok(answer)
        })
        .await
    }

    async fn download_evidence(
        &self,
        request: Request<pb::DownloadEvidenceRequest>,
    ) -> Result<Response<HttpBody>, Status> {
        answer_file(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let named = adjustment_id("name", &message.name)?;
            let mut v = Violations::new();
            let Some(sha256) = digest(&mut v, "sha256", &message.sha256) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            store::get(&mut connection, named, call.scope.json().as_ref()).await?;
            let found = store::content(&mut connection, named, &sha256).await?;
            let missing =
                || AdjustmentRefusal::NotFound { name: format!("{} of {}", message.sha256, message.name) };
            let Content { file_name, media_type, content } = found.ok_or_else(missing).or_refuse()?;
            let file = HttpBody { content_type: media_type, data: content.into(), extensions: Vec::new() };
            Ok((file_name, file))
        })
        .await
    }

    async fn withdraw_adjustment(
        &self,
        request: Request<pb::WithdrawAdjustmentRequest>,
    ) -> Result<Response<pb::Adjustment>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let named = adjustment_id("name", &message.name)?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let answer = withdraw(&mut transaction, &call, named).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn get_adjustment(
        &self,
        request: Request<pb::GetAdjustmentRequest>,
    ) -> Result<Response<pb::Adjustment>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let named = adjustment_id("name", &request.get_ref().name)?;
            let mut connection = self.pool.acquire().await?;
            let kept = store::get(&mut connection, named, call.scope.json().as_ref()).await?;
            Ok(wire::message(&kept.adjustment, &kept.delay))
        })
        .await
    }

    async fn list_adjustments(
        &self,
        request: Request<pb::ListAdjustmentsRequest>,
    ) -> Result<Response<pb::ListAdjustmentsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListAdjustmentsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let account = if message.parent == "accounts/-" { None } else { Some(account(&message.parent)?) };
            let mut v = Violations::new();
            let state: Option<pb::AdjustmentState> = text::optional_choice(&mut v, "state", message.state);
            let Some(state) = state else { return Err(v.refusal().into()) };
            let scope = call.scope.json();
            let which = Which {
                account,
                state: wire::state_name(state),
                before: page.after,
                scope: scope.as_ref(),
                limit: Some(page.fetch()),
                ..Which::default()
            };
            let mut connection = self.pool.acquire().await?;
            let loaded = store::load(&mut connection, which).await?;
            let (kept, next_page_token) = page.cut(loaded, |kept| kept.adjustment.id.uuid())?;
            let adjustments = kept.iter().map(|kept| wire::message(&kept.adjustment, &kept.delay)).collect();
            Ok(pb::ListAdjustmentsResponse { adjustments, next_page_token })
        })
        .await
    }
}

impl Rpc {
    async fn current(&self, call: &Call, named: Named) -> Result<Adjustment, Failure> {
        let mut connection = self.pool.acquire().await?;
        Ok(store::get(&mut connection, named, call.scope.json().as_ref()).await?.adjustment)
    }

    async fn about(&self, call: &Call, named: Named) -> Result<About, Failure> {
        let mut connection = self.pool.acquire().await?;
        store::about(&mut connection, named, call.scope.json().as_ref()).await
    }
}

/// The adjustment, locked until the transaction ends.
async fn locked(connection: &mut PgConnection, call: &Call, named: Named) -> Result<Adjustment, Failure> {
    store::lock(connection, named).await?;
    Ok(store::get(connection, named, call.scope.json().as_ref()).await?.adjustment)
}

async fn record(
    connection: &mut PgConnection,
    call: &Call,
    (kind, adjustment): (&'static str, Adjustment),
) -> Result<pb::Adjustment, Failure> {
    let recorded = store::record(connection, adjustment).await?;
    say(connection, &Voice::of(call), vec![fact::adjustment(kind, &recorded)]).await?;
    Ok(wire::message(&recorded, ""))
}

/// Takes a file in beside those that are there.
async fn added(
    connection: &mut PgConnection,
    call: &Call,
    (before, file): (Adjustment, &Evidence),
    content: &[u8],
) -> Result<pb::Adjustment, Failure> {
    let mut proposal = before.proposal();
    let ordinal = proposal.evidence.len();
    proposal.evidence.push(file.clone());
    // Who gives evidence has their own part in it, and need not be called an editor.
    let edited = edit(&before, (proposal, before.lines.clone()), &before.made.by).or_refuse()?;
    store::insert_evidence(connection, (before.account, before.id), (ordinal, file), content).await?;
    record(connection, call, ("billing.adjustments.v1.adjustment.evidence_added", edited)).await
}

/// A file that is there already is there once. Who sends somebody else's again has a part in it as an editor has.
async fn sent_again(
    connection: &mut PgConnection,
    call: &Call,
    (before, known): (Adjustment, &Evidence),
) -> Result<pb::Adjustment, Failure> {
    let edited = edit(&before, (before.proposal(), before.lines.clone()), &call.caller.person).or_refuse()?;
    if known.added.by == call.caller.person {
        return Ok(wire::message(&before, ""));
    }
    record(connection, call, ("billing.adjustments.v1.adjustment.updated", edited)).await
}

/// It is asked for; or approved at once, where the policy asks nobody.
async fn submitted(
    connection: &mut PgConnection,
    call: &Call,
    (before, comes_to_the_same): (Adjustment, bool),
    asked: &approval::Request,
) -> Result<pb::Adjustment, Failure> {
    let waiting = submit(&before, asked.id).or_refuse()?;
    let waiting = if comes_to_the_same {
        store::record_state(connection, waiting).await?
    } else {
        store::record(connection, waiting).await?
    };
    let mut facts = vec![fact::settled(&waiting)];
    let approved = settled(&waiting, &asked.state);
    let stands =
        if approved == waiting { waiting } else { store::record_state(connection, approved).await? };
    if stands.state != (State::Submitted { approval: asked.id }) {
        facts.push(fact::settled(&stands));
    }
    say(connection, &Voice::of(call), facts).await?;
    Ok(wire::message(&stands, ""))
}

/// What was asked for is withdrawn with its request, and locked after it.
async fn withdraw(
    connection: &mut PgConnection,
    call: &Call,
    named: Named,
) -> Result<pb::Adjustment, Failure> {
    let scope = call.scope.json();
    let asked = store::get(connection, named, scope.as_ref()).await?.adjustment;
    if let State::Submitted { approval } = asked.state {
        let by = act(call);
        change(connection, call, approval, async |_, asked, facts| {
            approval::withdraw(asked, by, facts).or_refuse()
        })
        .await?;
        return Ok(wire::message(&store::get(connection, named, scope.as_ref()).await?.adjustment, ""));
    }
    let before = locked(connection, call, named).await?;
    let name = name::adjustment_name(named.0, named.1);
    next_revision(&name, &asked.revision.to_string(), before.revision).or_refuse()?;
    // What was proposed was made by nobody who could take it back.
    let is_proposed =
        before.state == State::Draft && proposed_correction::is_proposed(connection, named).await?;
    let withdrawn =
        if is_proposed { domain::lapse(&before) } else { domain::withdraw(&before, &call.caller.person) };
    let withdrawn = withdrawn.or_refuse()?;
    record(connection, call, ("billing.adjustments.v1.adjustment.withdrawn", withdrawn)).await
}

fn evidence(call: &Call, message: &pb::AddEvidenceRequest) -> Result<Evidence, Failure> {
    let mut v = Violations::new();
    let file = text::required(&mut v, "file_name", &message.file_name, 200);
    let announced = digest(&mut v, "sha256", &message.sha256);
    let (Some(file), Some(announced)) = (file, announced) else { return Err(v.refusal().into()) };
    let named = (file, message.media_type.clone());
    let taken: Result<_, EvidenceRefusal> = domain::take(named, &announced, &message.content, act(call));
    taken.or_refuse()
}

fn account(parent: &str) -> Result<AccountId, Failure> {
    let mut v = Violations::new();
    name::account(&mut v, "parent", parent).ok_or_else(|| v.refusal().into())
}

fn adjustment_id(field: &str, name: &str) -> Result<Named, Failure> {
    let mut v = Violations::new();
    name::adjustment(&mut v, field, name).ok_or_else(|| v.refusal().into())
}
