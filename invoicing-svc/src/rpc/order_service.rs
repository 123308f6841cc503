//! OrderService.

use billing_proto::billing::invoicing::v1::{self as pb, order_service_server::OrderService};
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse, answer},
    page::Page,
};
use invoicing_domain::order;
use outbox::{Begun, Once, Voice, say};
use refusal::Violations;
use tonic::{Request, Response, Status, Streaming};

use super::{
    Rpc,
    arriving::{STALL_MAX, next},
    order_review, sync_orders,
};
use crate::{
    report::{order as report, order_reconciliation::Comparison},
    store,
    wire::{booked, name, order_batch, order_reconciliation, order_review as review},
};

/// How many orders are compared by one statement.
const RECONCILED_AT_ONCE: usize = 1_000;

#[tonic::async_trait]
impl OrderService for Rpc {
    async fn sync_orders(
        &self,
        request: Request<pb::SyncOrdersRequest>,
    ) -> Result<Response<pb::SyncOrdersResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let batch = order_batch::parse(&message)?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            store::order::lock_source(&mut transaction, &batch.source_system).await?;
            if let Some(sequence) = batch.sequence {
                let last = store::order::last_sequence(&mut transaction, &batch.source_system).await?;
                order::check_sequence(&batch.source_system, last, sequence).or_refuse()?;
            }
            order::check_totals(batch.said, batch.counted).or_refuse()?;
            if let Some(sequence) = batch.sequence {
                let (named, received) = ((&*batch.source_system, sequence), (call.at, &*call.caller.person));
                store::order::insert_batch(&mut transaction, named, &batch.counted, received).await?;
            }
            let (answer, facts) = sync_orders::sync(
                &mut transaction,
                &call,
                (&batch, sync_orders::LookedAt::No),
                &message.orders,
            )
            .await?;
            say(&mut transaction, &Voice::of(&call), facts).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn get_order(&self, request: Request<pb::GetOrderRequest>) -> Result<Response<pb::Order>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let mut v = Violations::new();
            let Some(named) = name::order(&mut v, "name", &request.get_ref().name) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            report::get(&mut connection, named, call.scope.json().as_ref()).await
        })
        .await
    }

    async fn list_orders(
        &self,
        request: Request<pb::ListOrdersRequest>,
    ) -> Result<Response<pb::ListOrdersResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListOrdersRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<report::Place> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let account = name::account_or_all(&mut v, "parent", &message.parent);
            let Some(account) = account else { return Err(v.refusal().into()) };
            let scope = call.scope.json();
            let which = report::Which {
                account,
                orders: &[],
                source_system: given(&message.source_system),
                external_id: given(&message.external_id),
                after: page.after,
                scope: scope.as_ref(),
                limit: page.fetch(),
            };
            let mut connection = self.pool.acquire().await?;
            if let Some(account) = account {
                store::account::get(&mut connection, account, scope.as_ref()).await?;
            }
            let loaded = report::heads(&mut connection, which).await?;
            let (orders, next_page_token) = page.cut(loaded, |(place, _)| *place)?;
            let orders = orders.into_iter().map(|(_, order)| order).collect();
            Ok(pb::ListOrdersResponse { orders, next_page_token })
        })
        .await
    }

    async fn booked_by_period(
        &self,
        request: Request<pb::BookedByPeriodRequest>,
    ) -> Result<Response<pb::BookedByPeriodResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let mut v = Violations::new();
            let Some(named) = name::order(&mut v, "name", &request.get_ref().name) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            let booked = store::order::booked(&mut connection, named, call.scope.json().as_ref()).await?;
            let by_period =
                order::by_period(&booked).map_err(|error| Failure::Fault(anyhow::Error::new(error)))?;
            Ok(booked::by_period_message(&by_period))
        })
        .await
    }

    async fn reconcile_orders(
        &self,
        request: Request<Streaming<pb::ReconcileOrdersRequest>>,
    ) -> Result<Response<pb::ReconcileOrdersResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let mut stream = request.into_inner();
            let first = next(&mut stream, STALL_MAX).await.or_refuse()?;
            let source_system = order_reconciliation::header(first.and_then(|message| message.part))?;
            let _room = self.arrivals.begin().or_refuse()?;
            let scope = call.scope.json();
            // One snapshot: an order that comes meanwhile is on neither side.
            let mut snapshot =
                self.pool.begin_with("begin isolation level repeatable read read only").await?;
            let mut comparison = Comparison::new(&source_system, scope.as_ref());
            let mut piece = Vec::with_capacity(RECONCILED_AT_ONCE);
            while let Some(message) = next(&mut stream, STALL_MAX).await.or_refuse()? {
                piece.push(order_reconciliation::order(message.part)?);
                if piece.len() == RECONCILED_AT_ONCE {
                    comparison.take(&mut snapshot, &piece).await?;
                    piece.clear();
                }
            }
            comparison.take(&mut snapshot, &piece).await?;
            comparison.end(&mut snapshot).await
        })
        .await
    }

    async fn list_order_reviews(
        &self,
        request: Request<pb::ListOrderReviewsRequest>,
    ) -> Result<Response<pb::ListOrderReviewsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListOrderReviewsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<store::order_review::Place> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let account = name::account_or_all(&mut v, "parent", &message.parent);
            let state = review::state(&mut v, message.state);
            let (Some(account), Some(state)) = (account, state) else { return Err(v.refusal().into()) };
            let scope = call.scope.json();
            let which = store::order_review::Which {
                account,
                places: None,
                state,
                after: page.after,
                scope: scope.as_ref(),
                limit: page.fetch(),
            };
            let mut connection = self.pool.acquire().await?;
            let loaded = store::order_review::load(&mut connection, which).await?;
            let (reviews, next_page_token) = page.cut(loaded, |review| review.place)?;
            let order_reviews = reviews.iter().map(order_review::message).collect::<Result<_, _>>()?;
            Ok(pb::ListOrderReviewsResponse { order_reviews, next_page_token })
        })
        .await
    }

    async fn approve_order_review(
        &self,
        request: Request<pb::ApproveOrderReviewRequest>,
    ) -> Result<Response<pb::OrderReview>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let (answer, facts) = order_review::approve(&mut transaction, &call, &message).await?;
            say(&mut transaction, &Voice::of(&call), facts).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn adjust_order_review(
        &self,
        request: Request<pb::AdjustOrderReviewRequest>,
    ) -> Result<Response<pb::OrderReview>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let (answer, facts) = order_review::adjust(&mut transaction, &call, &message).await?;
            say(&mut transaction, &Voice::of(&call), facts).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn reject_order_review(
        &self,
        request: Request<pb::RejectOrderReviewRequest>,
    ) -> Result<Response<pb::OrderReview>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let (answer, facts) = order_review::reject(&mut transaction, &call, &message).await?;
            say(&mut transaction, &Voice::of(&call), facts).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }
}

fn given(filter: &str) -> Option<&str> {
    Some(filter).filter(|filter| !filter.is_empty())
}
