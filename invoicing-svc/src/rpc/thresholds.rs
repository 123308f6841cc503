//! Accounts that may be billed before their period ends.

use std::collections::BTreeMap;

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use calendar::Month;
use chassis::{call::Call, failure::Failure, page::Page};
use ids::AccountId;
use invoicing_domain::unbilled::{Reason, Why};
use money::Money;
use refusal::Violations;
use tonic::Request;
use uuid::Uuid;

use super::{
    Rpc,
    standing::{Question, lines},
};
use crate::{
    store,
    wire::{money::message as money, name},
};

/// A page of the accounts with a threshold: those that have reached it.
pub async fn list(
    rpc: &Rpc,
    request: Request<pb::ListThresholdsReachedRequest>,
) -> Result<pb::ListThresholdsReachedResponse, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let arguments =
        pb::ListThresholdsReachedRequest { page_size: 0, page_token: String::new(), ..message.clone() };
    let page: Page<Uuid> = Page::of(&rpc.seal, &call, &arguments, message.page_size, &message.page_token)?;
    let mut v = Violations::new();
    let Some(entity) = name::entity(&mut v, "parent", &message.parent) else {
        return Err(v.refusal().into());
    };
    let scope = call.scope.json();
    let scope = scope.as_ref();
    // One snapshot: what is rated, billed and drafted belong together.
    let mut transaction = rpc.pool.begin_with("begin isolation level repeatable read").await?;
    let entity = store::billing_entity::get(&mut transaction, entity, scope).await?;
    let after = (page.after, page.fetch());
    let loaded = store::account::with_threshold(&mut transaction, entity.id, after, scope).await?;
    let (known, next_page_token) = page.cut(loaded, |(account, _)| account.uuid())?;
    let accounts: Vec<AccountId> = known.iter().map(|(account, _)| *account).collect();
    let last = Month::of(entity.zone.day_of(call.at));
    let question = Question { entity: &entity, last, at: call.at, scope };
    let mut unbilled: BTreeMap<AccountId, Vec<Money>> = BTreeMap::new();
    for line in lines(&mut transaction, question, &accounts).await? {
        let amounts = line.reasons.iter().filter(|reason| is_open(reason)).filter_map(|reason| reason.amount);
        unbilled.entry(line.order.account).or_default().extend(amounts);
    }
    let mut reached = Vec::new();
    for (account, threshold) in known {
        let amounts = unbilled.remove(&account).unwrap_or_default().into_iter();
        let own = amounts.filter(|amount| amount.currency() == threshold.currency());
        let sum = Money::sum(threshold.currency(), own).context("an amount too large to be told")?;
        if sum.amount() >= threshold.amount() {
            reached.push(pb::ThresholdReached {
                account: name::account_name(account),
                unbilled: Some(money(sum)),
                billing_threshold: Some(money(threshold)),
            });
        }
    }
    Ok(pb::ListThresholdsReachedResponse { thresholds_reached: reached, next_page_token })
}

/// Whether a run that is started now would bill it.
fn is_open(reason: &Reason) -> bool {
    match reason.why {
        Why::Due | Why::NotYetDue | Why::StaleInput => true,
        Why::Blocked
        | Why::OnHold
        | Why::Held
        | Why::Apart
        | Why::InDraft
        | Why::CannotBeRated
        | Why::InOrderReview
        | Why::Quarantined
        | Why::OverCap => false,
    }
}
