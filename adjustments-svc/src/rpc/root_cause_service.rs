//! RootCauseService.

use adjustments_domain::root_cause::{ImprovementRefusal, update};
use billing_proto::billing::adjustments::v1::{self as pb, root_cause_service_server::RootCauseService};
use chassis::{
    call::Call,
    failure::{OrRefuse, answer},
    mask::Mask,
    page::Page,
};
use outbox::{Begun, Once, Voice, say};
use refusal::Violations;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Rpc, act, changed::unlimited, in_directory};
use crate::{
    report::{
        cause_trends::{self, Which as Trends},
        touches::{self, Which as Touches},
    },
    store::{
        improvement::{self as store, Which},
        touch::{self, Touch},
    },
    wire::{alike, fact, root_cause as wire, text, time},
};

#[tonic::async_trait]
impl RootCauseService for Rpc {
    async fn list_root_causes(
        &self,
        request: Request<pb::ListRootCausesRequest>,
    ) -> Result<Response<pb::ListRootCausesResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments = pb::ListRootCausesRequest::default();
            let page: Page<usize> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let skip = page.after.map_or(0, |last| last + 1);
            let rest: Vec<_> = wire::taxonomy().into_iter().enumerate().skip(skip).collect();
            let (part, next_page_token) = page.cut(rest, |(place, _)| *place)?;
            let root_causes = part.into_iter().map(|(_, detail)| detail).collect();
            Ok(pb::ListRootCausesResponse { root_causes, next_page_token })
        })
        .await
    }

    async fn list_cause_trends(
        &self,
        request: Request<pb::ListCauseTrendsRequest>,
    ) -> Result<Response<pb::ListCauseTrendsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListCauseTrendsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            // What has happened in a month does not change its place much: a page begins after so many rows.
            let page: Page<i64> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let (first, last) = wire::months(&message, call.at)?;
            let mut v = Violations::new();
            let Some(cause) = text::optional_choice(&mut v, "root_cause", message.root_cause) else {
                return Err(v.refusal().into());
            };
            let scope = call.scope.json();
            let skip = page.after.map_or(0, |last| last + 1);
            let which = Trends {
                first,
                last,
                cause: alike::cause(cause).map(|cause| cause.name()),
                by_account: message.by_account,
                by_detail: true,
                by_product: message.by_product,
                scope: scope.as_ref(),
                skip,
                limit: Some(page.fetch()),
            };
            let mut connection = self.pool.acquire().await?;
            let loaded = cause_trends::load(&mut connection, which).await?;
            let numbered: Vec<_> = (skip..).zip(loaded).collect();
            let (part, next_page_token) = page.cut(numbered, |(place, _)| *place)?;
            let trends = part.into_iter().map(|(_, trend)| trend.message).collect();
            Ok(pb::ListCauseTrendsResponse { trends, next_page_token })
        })
        .await
    }

    async fn list_improvements(
        &self,
        request: Request<pb::ListImprovementsRequest>,
    ) -> Result<Response<pb::ListImprovementsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListImprovementsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let Some(state) = text::optional_choice(&mut v, "state", message.state) else {
                return Err(v.refusal().into());
            };
            let scope = call.scope.json();
            let which = Which {
                state: wire::state_name(state),
                before: page.after,
                scope: scope.as_ref(),
                limit: Some(page.fetch()),
                ..Which::default()
            };
            let mut connection = self.pool.acquire().await?;
            let loaded = store::load(&mut connection, which, wire::today(call.at)).await?;
            let (kept, next_page_token) = page.cut(loaded, |kept| kept.improvement.id.uuid())?;
            let improvements = kept.iter().map(|kept| wire::message(&kept.improvement, kept.adjusted));
            Ok(pb::ListImprovementsResponse { improvements: improvements.collect(), next_page_token })
        })
        .await
    }

    async fn update_improvement(
        &self,
        request: Request<pb::UpdateImprovementRequest>,
    ) -> Result<Response<pb::Improvement>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let given = message.improvement.clone().unwrap_or_default();
            let mask = Mask::of(message.update_mask.as_ref(), &wire::CHANGEABLE)?;
            let id = wire::named(&given)?;
            unlimited(&call)?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            store::lock(&mut transaction, id).await?;
            let before = store::get(&mut transaction, id, wire::today(call.at)).await?;
            if !given.etag.is_empty() && given.etag != before.improvement.revision.to_string() {
                let (name, etag) = (given.name, given.etag);
                return Err(ImprovementRefusal::EtagMismatch { name, etag }).or_refuse();
            }
            let state = before.improvement.state;
            let wanted = wire::parse(&given, &mask, before.improvement)?;
            if let Some(owner) = wanted.owner.as_ref().filter(|_| mask.names("owner")) {
                in_directory(&mut transaction, "improvement.owner", owner).await?;
            }
            let changed = update(state, wanted).or_refuse()?;
            store::record(&mut transaction, changed).await?;
            let after = store::get(&mut transaction, id, wire::today(call.at)).await?;
            let answer = wire::message(&after.improvement, after.adjusted);
            let changed = fact::improvement("billing.adjustments.v1.improvement.updated", &answer);
            say(&mut transaction, &Voice::of(&call), vec![changed]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn record_touch(
        &self,
        request: Request<pb::RecordTouchRequest>,
    ) -> Result<Response<pb::Touch>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let (subject, kind, seconds, cause) = wire::touch(message.touch.as_ref())?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let touch = Touch { subject, kind, act: act(&call), seconds, cause };
            touch::insert(&mut transaction, &touch).await?;
            let answer = pb::Touch {
                subject: touch.subject,
                kind: touch.kind,
                person: touch.act.by,
                time: Some(time::message(touch.act.at)),
                seconds,
                root_cause: cause.map_or(pb::RootCause::Unspecified, alike::cause_message).into(),
            };
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn list_touches(
        &self,
        request: Request<pb::ListTouchesRequest>,
    ) -> Result<Response<pb::ListTouchesResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListTouchesRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let scope = call.scope.json();
            let some = |text: &str| !text.is_empty();
            let which = Touches {
                subject: Some(message.subject.as_str()).filter(|text| some(text)),
                person: Some(message.person.as_str()).filter(|text| some(text)),
                before: page.after,
                scope: scope.as_ref(),
                caller: &call.caller.person,
                limit: page.fetch(),
            };
            let mut connection = self.pool.acquire().await?;
            let loaded = touches::load(&mut connection, which).await?;
            let (part, next_page_token) = page.cut(loaded, |(id, _)| *id)?;
            let touches = part.into_iter().map(|(_, touch)| touch).collect();
            Ok(pb::ListTouchesResponse { touches, next_page_token })
        })
        .await
    }
}
