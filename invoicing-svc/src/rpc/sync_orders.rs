//! The orders of a batch: each is taken or refused by itself, all that are taken are recorded together.

use std::collections::HashMap;

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use chassis::{call::Call, failure::Failure};
use ids::{AccountId, OrderId};
use invoicing_domain::order::{
    Booking, Decision, Facts, Guidelines, Order, OrderRefusal, OrderReview, ReviewState, sync as decide,
};
use outbox::Fact;
use prost::Message;
use refusal::Refusal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    report::order as report,
    store::{
        known_order::{self, KnownOrder},
        order::{self as store, References},
        order_money::{self, KnownMoney},
        order_review::{self, Waiting},
        taken_order::{self, Received, Taken},
    },
    wire::{fact, name, order as wire, order_batch::Batch},
};

/// What becomes of one order of the batch.
enum Outcome {
    Taken(Box<Order>, Booking),
    /// Received; somebody has to look at it.
    Review(Box<Order>, Vec<OrderReview>),
    Unchanged(AccountId, OrderId),
    Conflict(Box<Order>, Refusal),
    Stale(AccountId, OrderId, Refusal),
    Refused(Refusal),
}

/// Whether somebody has looked at the orders of the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookedAt {
    /// They come from their source.
    No,
    /// They are taken as they are.
    Approved,
}

/// Decides on every order of the batch and records what is taken, what waits and what is in conflict.
pub async fn sync(
    transaction: &mut PgConnection,
    call: &Call,
    (batch, looked_at): (&Batch, LookedAt),
    messages: &[pb::Order],
) -> Result<(pb::SyncOrdersResponse, Vec<Fact>), Failure> {
    let parsed: Vec<_> = messages.iter().map(|message| wire::parse(message, &batch.source_system)).collect();
    let orders: Vec<&Order> = parsed.iter().flatten().collect();
    let ids: Vec<String> = orders.iter().map(|order| order.external_id.id.clone()).collect();
    let known = known_order::load(transaction, &batch.source_system, &ids).await?;
    let accounts: Vec<Uuid> = orders.iter().map(|order| order.account.uuid()).collect();
    let entities: Vec<Uuid> = orders.iter().map(|order| order.entity.uuid()).collect();
    let products: Vec<Uuid> =
        orders.iter().flat_map(|order| &order.lines).map(|line| line.product.uuid()).collect();
    let scope = call.scope.json();
    let references =
        store::references(transaction, (&accounts, &entities, &products), scope.as_ref()).await?;
    let rejected = match looked_at {
        LookedAt::No => order_review::rejected(transaction, &orders).await?,
        LookedAt::Approved => Vec::new(),
    };
    let mut money = order_money::load(transaction, &orders).await?;
    let with = Looking { batch, known: &known, references: &references, rejected: &rejected, looked_at };
    let mut outcomes = Vec::with_capacity(parsed.len());
    for parsed in parsed {
        let outcome = match parsed {
            Ok(order) => outcome(call, &with, (order, &money))?,
            Err(refusal) => Outcome::Refused(refusal),
        };
        if let Outcome::Taken(order, booking) = &outcome {
            money.take(order, booking)?;
        }
        outcomes.push(outcome);
    }
    let mut facts = record(transaction, call, &known, messages, &outcomes).await?;
    facts.extend(record_reviews(transaction, call, (messages, &outcomes), &references).await?);
    let results = messages
        .iter()
        .zip(&outcomes)
        .map(|(message, outcome)| result(batch, &known, message, outcome))
        .collect();
    Ok((pb::SyncOrdersResponse { results }, facts))
}

/// What the orders of a batch are looked at with.
struct Looking<'a> {
    batch: &'a Batch,
    known: &'a HashMap<String, KnownOrder>,
    references: &'a References,
    rejected: &'a [(OrderId, i64)],
    looked_at: LookedAt,
}

fn outcome(
    call: &Call,
    with: &Looking<'_>,
    (order, money): (Order, &KnownMoney),
) -> Result<Outcome, Failure> {
    let Looking { batch, known, references, rejected, looked_at } = *with;
    if batch.repeated.contains(&order.external_id.id) {
        let repeated = OrderRefusal::OrderRepeated { external_id: order.external_id.id };
        return Ok(Outcome::Refused(repeated.into()));
    }
    if rejected.contains(&(order.id(), order.revision)) {
        let (external_id, revision) = (order.external_id.id, order.revision);
        return Ok(Outcome::Refused(OrderRefusal::RevisionRejected { external_id, revision }.into()));
    }
    let known = known.get(&order.external_id.id);
    let account = references.accounts.get(&order.account).filter(|account| {
        let territory = order.territory.as_ref().unwrap_or(&account.territory);
        let covers = |territory| {
            call.scope.covers(Some(order.entity.uuid()), Some(territory), Some(order.account.uuid()))
        };
        // An order that is known in a territory outside the caller's scope does not exist for them either.
        covers(territory) && known.is_none_or(|known| covers(&known.territory))
    });
    let money = money.of(&order)?;
    let facts = Facts {
        account,
        entity: references.entities.get(&order.entity),
        products: &references.products,
        not_live: &references.not_live,
        guidelines: Guidelines {
            tolerance: references.tolerances.get(&order.entity).copied(),
            cards: &references.cards,
            last_days: &references.last_days,
            money: Some(&money),
        },
        is_approved: looked_at == LookedAt::Approved,
    };
    Ok(match decide(known.map(|known| &known.known), &order, facts) {
        Ok(Decision::Create(booking) | Decision::Amend(booking)) => Outcome::Taken(Box::new(order), booking),
        Ok(Decision::Review(findings)) => Outcome::Review(Box::new(order), findings),
        Ok(Decision::Unchanged) => Outcome::Unchanged(order.account, order.id()),
        Err(refusal @ OrderRefusal::RevisionConflict { .. }) => {
            Outcome::Conflict(Box::new(order), refusal.into())
        }
        Err(refusal @ OrderRefusal::RevisionStale { .. }) => {
            Outcome::Stale(order.account, order.id(), refusal.into())
        }
        Err(refusal) => Outcome::Refused(refusal.into()),
    })
}

async fn record(
    transaction: &mut PgConnection,
    call: &Call,
    known: &HashMap<String, KnownOrder>,
    messages: &[pb::Order],
    outcomes: &[Outcome],
) -> Result<Vec<Fact>, Failure> {
    let (mut taken, mut received, mut said) = (Vec::new(), Vec::new(), HashMap::new());
    for (message, outcome) in messages.iter().zip(outcomes) {
        let (order, kind, outcome) = match outcome {
            Outcome::Taken(order, booking) => {
                let known = known.get(&order.external_id.id).map(|known| &known.known);
                taken.push(Taken { order, booking, known });
                match known {
                    None => (order, Some("billing.invoicing.v1.order.created"), "CREATED"),
                    Some(_) => (order, Some("billing.invoicing.v1.order.amended"), "AMENDED"),
                }
            }
            Outcome::Conflict(order, _) => (order, Some("billing.invoicing.v1.order.conflicted"), "CONFLICT"),
            // It may be an order that nobody knows yet.
            Outcome::Review(order, _) => (order, None, "IN_REVIEW"),
            Outcome::Unchanged(_, _) | Outcome::Stale(_, _, _) | Outcome::Refused(_) => continue,
        };
        if let Some(kind) = kind {
            said.insert((order.account.uuid(), order.id().uuid()), kind);
        }
        received.push(Received {
            account: order.account,
            order: order.id(),
            revision: order.revision,
            content_digest: order.content_digest(),
            outcome,
            content: message.encode_to_vec(),
        });
    }
    if received.is_empty() {
        return Ok(Vec::new());
    }
    taken_order::record(transaction, &taken, call.at, &call.caller.person).await?;
    taken_order::insert_received(transaction, &received, call.at, &call.caller.person).await?;
    let ids: Vec<Uuid> = said.keys().map(|(_, order)| *order).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let limit = i64::try_from(ids.len()).context("more orders than there are numbers")?;
    let orders =
        report::whole(transaction, report::Which { orders: &ids, limit, ..report::Which::default() }).await?;
    let entities: HashMap<OrderId, _> =
        outcomes.iter().filter_map(Outcome::order).map(|o| (o.id(), o.entity)).collect();
    orders
        .iter()
        .map(|(place, message)| {
            let kind = said.get(place).context("an order that was not asked for")?;
            let order = OrderId::from_uuid(place.1);
            let entity = entities.get(&order).context("an order without its entity")?;
            Ok(fact::order(kind, *entity, AccountId::from_uuid(place.0), message))
        })
        .collect()
}

/// Orders that wait, and those that wait no more because something newer came. Answers what is said of them.
async fn record_reviews(
    transaction: &mut PgConnection,
    call: &Call,
    (messages, outcomes): (&[pb::Order], &[Outcome]),
    references: &References,
) -> Result<Vec<Fact>, Failure> {
    let (mut waiting, mut taken) = (Vec::new(), Vec::new());
    for (message, outcome) in messages.iter().zip(outcomes) {
        match outcome {
            Outcome::Review(order, findings) => {
                let account = references.accounts.get(&order.account).map(|account| &*account.territory);
                let territory =
                    order.territory.as_deref().or(account).context("an account that is not known")?;
                waiting.push(Waiting { order, territory, findings, content: message.encode_to_vec() });
            }
            Outcome::Taken(order, _) => taken.push((order.account.uuid(), order.id().uuid(), order.revision)),
            Outcome::Unchanged(_, _)
            | Outcome::Conflict(_, _)
            | Outcome::Stale(_, _, _)
            | Outcome::Refused(_) => {}
        }
    }
    let place = |waiting: &Waiting<'_>| {
        (waiting.order.account.uuid(), waiting.order.id().uuid(), waiting.order.revision)
    };
    let opened: Vec<_> = waiting.iter().map(place).collect();
    let mut superseded = order_review::supersede(transaction, &opened, true).await?;
    superseded.extend(order_review::supersede(transaction, &taken, false).await?);
    order_review::insert(transaction, &waiting, call.at, &call.caller.person).await?;
    let waits = (ReviewState::Waiting, "billing.invoicing.v1.order_review.opened");
    let mut facts = reviews(transaction, &opened, waits).await?;
    let gone = (ReviewState::Superseded, "billing.invoicing.v1.order_review.superseded");
    facts.extend(reviews(transaction, &superseded, gone).await?);
    Ok(facts)
}

/// What is said of reviews as they are left.
async fn reviews(
    transaction: &mut PgConnection,
    places: &[order_review::Place],
    (state, kind): (ReviewState, &'static str),
) -> Result<Vec<Fact>, Failure> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let said = |stored: &order_review::Stored| {
        let account = AccountId::from_uuid(stored.place.0);
        Ok(fact::order_review(kind, stored.entity, account, &super::order_review::message(stored)?))
    };
    let stored = order_review::of(transaction, places).await?;
    // What was decided before stays so, however often the order comes.
    stored.iter().filter(|stored| stored.review.state == state).map(said).collect()
}

impl Outcome {
    /// The order, where it is recorded that it was received.
    fn order(&self) -> Option<&Order> {
        match self {
            Self::Taken(order, _) | Self::Review(order, _) | Self::Conflict(order, _) => Some(order),
            Self::Unchanged(_, _) | Self::Stale(_, _, _) | Self::Refused(_) => None,
        }
    }
}

fn result(
    batch: &Batch,
    known: &HashMap<String, KnownOrder>,
    message: &pb::Order,
    outcome: &Outcome,
) -> pb::SyncOrderResult {
    let findings;
    let (outcome, order, refusal) = match outcome {
        Outcome::Taken(order, _) => {
            let is_new = !known.contains_key(&order.external_id.id);
            let outcome = if is_new { pb::SyncOutcome::Created } else { pb::SyncOutcome::Amended };
            (outcome, Some((order.account, order.id())), None)
        }
        Outcome::Review(order, found) => {
            findings = in_words(found);
            let known = known.contains_key(&order.external_id.id).then(|| (order.account, order.id()));
            (pb::SyncOutcome::InReview, known, findings.as_ref())
        }
        Outcome::Unchanged(account, order) => (pb::SyncOutcome::Unchanged, Some((*account, *order)), None),
        Outcome::Conflict(order, refusal) => {
            (pb::SyncOutcome::Conflict, Some((order.account, order.id())), Some(refusal))
        }
        Outcome::Stale(account, order, refusal) => {
            (pb::SyncOutcome::Stale, Some((*account, *order)), Some(refusal))
        }
        Outcome::Refused(refusal) => (pb::SyncOutcome::Refused, None, Some(refusal)),
    };
    let id = message.external_id.as_ref().map_or_else(String::new, |id| id.id.trim().to_owned());
    pb::SyncOrderResult {
        external_id: Some(pb::ExternalId { source_system: batch.source_system.clone(), id }),
        outcome: outcome.into(),
        order: order.map_or_else(String::new, |(account, order)| name::order_name(account, order)),
        reason: refusal.map_or_else(String::new, |refusal| refusal.reason.to_owned()),
        message: refusal.map_or_else(String::new, |refusal| refusal.message.clone()),
    }
}

/// The first finding, with the words of all.
fn in_words(findings: &[OrderReview]) -> Option<Refusal> {
    let words: Vec<String> = findings.iter().map(ToString::to_string).collect();
    let first = findings.first()?;
    Some(Refusal::new(first.class(), first.reason(), words.join("; ")))
}
