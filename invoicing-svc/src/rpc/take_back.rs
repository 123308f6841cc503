//! What is taken back of receivables: what was put on the wrong document, and money that did not come after all.

use billing_proto::billing::invoicing::v1 as pb;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
};
use ids::{AccountId, ActivityId};
use invoicing_domain::receivable::{Activity, ReceivableRefusal, Reversal, bounced, taken_off};
use jiff::civil::Date;
use outbox::{Begun, Once, Voice, say};
use prost::Message;
use refusal::Violations;
use tonic::Request;
use uuid::Uuid;

use super::{Rpc, billing_run_service::act, settling::Settling};
use crate::{
    store,
    wire::{
        fact, name,
        period::optional_day,
        receivable as wire,
        text::{Text, text},
    },
};

pub(super) async fn allocation(
    rpc: &Rpc,
    request: Request<pb::ReverseAllocationRequest>,
) -> Result<pb::Receipt, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut v = Violations::new();
    let named = name::receipt(&mut v, "name", &message.name);
    let document = name::invoice(&mut v, "document", &message.document);
    let document = named.and_then(|(account, _)| wire::of_account(&mut v, "document", account, document));
    let day = optional_day(&mut v, "day", message.day.as_ref());
    let reason = text(&mut v, "reason", &message.reason, Text::Required(1_000));
    let (Some(named), Some(document), Some(day), Some(reason)) = (named, document, day, reason) else {
        return Err(v.refusal().into());
    };
    let asked = Asked {
        named,
        day,
        reason,
        request_id: &message.request_id,
        kind: "billing.invoicing.v1.receipt.allocation_reversed",
    };
    let back = |taken: &[Activity], reversal: &Reversal| taken_off(taken, document, reversal, id);
    rpc.take_back(&call, &message, asked, back).await
}

pub(super) async fn receipt(
    rpc: &Rpc,
    request: Request<pb::ReverseReceiptRequest>,
) -> Result<pb::Receipt, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut v = Violations::new();
    let named = name::receipt(&mut v, "name", &message.name);
    let day = optional_day(&mut v, "day", message.day.as_ref());
    let reason = text(&mut v, "reason", &message.reason, Text::Required(1_000));
    let (Some(named), Some(day), Some(reason)) = (named, day, reason) else { return Err(v.refusal().into()) };
    let asked = Asked {
        named,
        day,
        reason,
        request_id: &message.request_id,
        kind: "billing.invoicing.v1.receipt.reversed",
    };
    let back = |taken: &[Activity], reversal: &Reversal| bounced(taken, reversal, id);
    rpc.take_back(&call, &message, asked, back).await
}

fn id() -> ActivityId {
    ActivityId::from_uuid(Uuid::now_v7())
}

/// What is to be taken back.
struct Asked<'a> {
    named: (AccountId, ActivityId),
    /// `None`: today.
    day: Option<Date>,
    reason: String,
    request_id: &'a str,
    /// What the feed is told.
    kind: &'static str,
}

impl Rpc {
    async fn take_back(
        &self,
        call: &Call,
        message: &impl Message,
        asked: Asked<'_>,
        back: impl Fn(&[Activity], &Reversal) -> Result<Vec<Activity>, ReceivableRefusal>,
    ) -> Result<pb::Receipt, Failure> {
        let Asked { named, day, reason, request_id, kind } = asked;
        let mut transaction = self.pool.begin().await?;
        let once = match Once::begin(&mut transaction, call, request_id, message).await? {
            Begun::Answered(before) => return Ok(before),
            Begun::Fresh(once) => once,
        };
        store::account::lock(&mut transaction, named.0).await?;
        let scope = call.scope.json();
        let receipt = store::receivable::receipt(&mut transaction, named, scope.as_ref()).await?;
        let settling = Settling::begin(&mut transaction, call, (named.0, receipt.entity), None).await?;
        let taken = store::receivable::taken(&mut transaction, named).await?;
        let reversal = Reversal { day: day.unwrap_or(settling.today), reason, act: act(call) };
        let activities = back(&taken, &reversal).or_refuse()?;
        // Nothing is taken back before it was done.
        let is_back = |of: &&Activity| activities.iter().any(|activity| activity.reverses == Some(of.id));
        let first = taken.iter().filter(is_back).map(|of| of.day).max();
        settling.day(day, first)?;
        settling.record(&mut transaction, activities).await?;
        let receipt = store::receivable::receipt(&mut transaction, named, None).await?;
        let answer = wire::receipt(&receipt);
        let reversed = fact::receipt(kind, receipt.entity, named.0, &answer);
        say(&mut transaction, &Voice::of(call), vec![reversed]).await?;
        once.answer(&mut transaction, &answer).await?;
        transaction.commit().await?;
        Ok(answer)
    }
}
