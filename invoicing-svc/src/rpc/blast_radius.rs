//! What a batch of delivery or a revision of an order touched.

use billing_proto::billing::invoicing::v1 as pb;
use chassis::{call::Call, failure::Failure, page::Page};
use ids::{AccountId, BatchId, OrderId};
use refusal::{Refusal, Violations};

use super::Rpc;
use crate::{
    report::{blast_radius as report, delivery, order},
    wire::name,
};

/// What is asked about.
enum Cause {
    Batch(BatchId),
    Revision((AccountId, OrderId), i64),
}

/// A page of what was touched, with the totals of all of it.
pub async fn answer(
    rpc: &Rpc,
    call: &Call,
    message: pb::BlastRadiusRequest,
) -> Result<pb::BlastRadiusResponse, Failure> {
    let arguments = pb::BlastRadiusRequest { page_size: 0, page_token: String::new(), ..message.clone() };
    let page: Page<report::Place> =
        Page::of(&rpc.seal, call, &arguments, message.page_size, &message.page_token)?;
    let cause = parse(&message)?;
    let scope = call.scope.json();
    // One snapshot: a draft that is issued meanwhile counts once.
    let mut transaction = rpc.pool.begin_with("begin isolation level repeatable read").await?;
    let mut touched = match cause {
        Cause::Batch(batch) => {
            let viewer = delivery::Viewer { scope: scope.as_ref(), person: &call.caller.person };
            delivery::batch(&mut transaction, batch, viewer).await?;
            report::of_batch(&mut transaction, batch, scope.as_ref()).await?
        }
        Cause::Revision(named, revision) => {
            order::must_exist(&mut transaction, named, scope.as_ref()).await?;
            report::of_revision(&mut transaction, named, revision, scope.as_ref()).await?
        }
    };
    let totals = report::totals(&touched)?;
    touched.retain(|touched| page.after.is_none_or(|after| touched.place() > after));
    let (touched, next_page_token) = page.cut(touched, report::Touched::place)?;
    let touched = touched.into_iter().map(report::Touched::message).collect();
    Ok(pb::BlastRadiusResponse { touched, next_page_token, totals })
}

fn parse(message: &pb::BlastRadiusRequest) -> Result<Cause, Refusal> {
    let mut v = Violations::new();
    let cause = match (message.delivery_batch.as_str(), message.order.as_str()) {
        ("", order) => {
            name::order(&mut v, "order", order).map(|order| Cause::Revision(order, message.revision))
        }
        (batch, "") => name::batch(&mut v, "delivery_batch", batch).map(Cause::Batch),
        (_, _) => {
            v.add("order", "must be empty where a batch is asked about");
            None
        }
    };
    cause.ok_or_else(|| v.refusal())
}
