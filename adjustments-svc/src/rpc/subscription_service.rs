//! SubscriptionService.

use adjustments_domain::subscription::{end, subscribe};
use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1::{self as pb, subscription_service_server::SubscriptionService},
};
use chassis::{
    call::Call,
    failure::{OrRefuse, answer},
    page::Page,
};
use ids::SubscriptionId;
use outbox::{Begun, Once, Voice, say};
use refusal::Violations;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Rpc, act};
use crate::{
    report::notifications,
    store::subscription::{self as store, Which},
    wire::{fact, name, subscription as wire, text},
};

#[tonic::async_trait]
impl SubscriptionService for Rpc {
    async fn create_subscription(
        &self,
        request: Request<pb::CreateSubscriptionRequest>,
    ) -> Result<Response<pb::Subscription>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let id = SubscriptionId::from_uuid(Uuid::now_v7());
            let wanted = wire::parse(id, message.subscription.as_ref(), act(&call))?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let subscription = subscribe(wanted, &self.allowed).or_refuse()?;
            store::insert(&mut transaction, &subscription, call.scope.json().as_ref()).await?;
            let answer = wire::message(&subscription);
            let created = fact::subscription("billing.adjustments.v1.subscription.created", &answer);
            say(&mut transaction, &Voice::of(&call), vec![created]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn end_subscription(
        &self,
        request: Request<pb::EndSubscriptionRequest>,
    ) -> Result<Response<pb::Subscription>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let Some(id) = name::subscription(&mut v, "name", &message.name) else {
                return Err(v.refusal().into());
            };
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let found = store::get(&mut transaction, id, whose(&call)).await?;
            let ended = end(&found, call.at).or_refuse()?;
            store::record_ended(&mut transaction, &ended).await?;
            let answer = wire::message(&ended);
            let said = fact::subscription("billing.adjustments.v1.subscription.ended", &answer);
            say(&mut transaction, &Voice::of(&call), vec![said]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn list_subscriptions(
        &self,
        request: Request<pb::ListSubscriptionsRequest>,
    ) -> Result<Response<pb::ListSubscriptionsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments = pb::ListSubscriptionsRequest { page_size: 0, page_token: String::new() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let which =
                Which { id: None, subscriber: whose(&call), before: page.after, limit: Some(page.fetch()) };
            let mut connection = self.pool.acquire().await?;
            let loaded = store::load(&mut connection, which).await?;
            let (listed, next_page_token) = page.cut(loaded, |subscription| subscription.id.uuid())?;
            let subscriptions = listed.iter().map(wire::message).collect();
            Ok(pb::ListSubscriptionsResponse { subscriptions, next_page_token })
        })
        .await
    }

    async fn list_notifications(
        &self,
        request: Request<pb::ListNotificationsRequest>,
    ) -> Result<Response<pb::ListNotificationsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListNotificationsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<i64> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let id = name::subscription(&mut v, "parent", &message.parent);
            let state: Option<pb::NotificationState> = text::optional_choice(&mut v, "state", message.state);
            let (Some(id), Some(state)) = (id, state) else { return Err(v.refusal().into()) };
            let mut connection = self.pool.acquire().await?;
            store::get(&mut connection, id, whose(&call)).await?;
            let part = (page.after, page.fetch());
            let loaded = notifications::page(&mut connection, id, wire::state_name(state), part).await?;
            let (listed, next_page_token) = page.cut(loaded, |(position, _)| *position)?;
            let notifications = listed.into_iter().map(|(_, notification)| notification).collect();
            Ok(pb::ListNotificationsResponse { notifications, next_page_token })
        })
        .await
    }
}

/// Whose subscriptions the caller sees: their own, or those of everybody.
fn whose(call: &Call) -> Option<&str> {
    let sees_all = |role| matches!(role, Role::Controller | Role::Auditor);
    let all = call.caller.grants.iter().any(|grant| sees_all(grant.role));
    (!all).then_some(call.caller.person.as_str())
}
