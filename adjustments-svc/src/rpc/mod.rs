//! The calls: parse, transact, answer. One file per gRPC service; each handler opens and commits its one transaction.

mod adjustment_service;
mod approval_service;
pub(crate) mod ask;
mod case_service;
mod change_service;
mod changed;
mod delegation_service;
mod dispute_change;
mod dispute_service;
mod event_service;
mod person_service;
mod policies;
mod policy_service;
mod refund_service;
mod root_cause_service;
mod subscription_service;
mod work_out;
mod work_queue_service;

use adjustments_domain::{act::Act, policy::PolicyRefusal, role::Role, subscription::Allowed};
use billing_proto::billing::access::v1 as access;
use chassis::{
    background::Background,
    call::Call,
    failure::{Failure, OrRefuse},
    page::PageSeal,
};
use ids::{AccountId, EntityId};
use money::Rate;
use outbox::Feed;
use refusal::Violations;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

pub use policies::{Policies, begin_with_a_policy};

use crate::{invoicing::Invoicing, store::person, wire::case, work::Bell};

/// What the handlers work with.
#[derive(Clone)]
pub struct Rpc {
    pub pool: PgPool,
    pub seal: PageSeal,
    pub feed: Feed,
    pub background: Background,
    pub policies: Policies,
    pub invoicing: Invoicing,
    pub bell: Bell,
    /// Where subscribers may be told.
    pub allowed: Allowed,
}

fn act(call: &Call) -> Act {
    Act { by: call.caller.person.clone(), at: call.at }
}

/// The roles by which a caller can answer for something that belongs to an entity and an account: a grant counts as far as
/// it reaches.
fn roles(call: &Call, entity: Option<EntityId>, account: Option<AccountId>) -> Vec<Role> {
    // A grant that is limited to some accounts does not reach what belongs to none.
    let reaches =
        |limits: &[Uuid], id: Option<Uuid>| limits.is_empty() || id.is_some_and(|id| limits.contains(&id));
    let reaching = call.caller.grants.iter().filter(|grant| {
        reaches(&grant.entities, entity.map(EntityId::uuid))
            && reaches(&grant.accounts, account.map(AccountId::uuid))
            && grant.territories.is_empty()
    });
    let mut roles: Vec<Role> = reaching.filter_map(|grant| approver(grant.role)).collect();
    roles.sort();
    roles.dedup();
    roles
}

/// The rate that measures an amount of another currency, as a controller of the entity and the account says it.
fn rate_of(
    call: &Call,
    text: &str,
    (entity, account): (EntityId, AccountId),
) -> Result<Option<Rate>, Failure> {
    let mut v = Violations::new();
    let rate = case::rate(&mut v, "rate", text).ok_or_else(|| v.refusal())?;
    if rate.is_some() && !roles(call, Some(entity), Some(account)).contains(&Role::Controller) {
        return Err(PolicyRefusal::RateOfOthers).or_refuse();
    }
    Ok(rate)
}

/// Goes on where somebody to whom something is given is in the directory: nobody looks for it under a name that is nobody's.
async fn in_directory(connection: &mut PgConnection, field: &str, account: &str) -> Result<(), Failure> {
    if person::is_known(connection, account).await? {
        return Ok(());
    }
    let mut v = Violations::new();
    v.add(
        field,
        format!("is {account}, who is not in the directory; enter them first, PATCH /v1/people/{account}"),
    );
    Err(v.refusal().into())
}

/// The role as one that can approve.
fn approver(role: access::Role) -> Option<Role> {
    match role {
        access::Role::BillingManager => Some(Role::BillingManager),
        access::Role::Controller => Some(Role::Controller),
        access::Role::Cfo => Some(Role::Cfo),
        access::Role::ProductOps => Some(Role::ProductOps),
        access::Role::Unspecified
        | access::Role::BillingAnalyst
        | access::Role::Collections
        | access::Role::Sales
        | access::Role::OrderManagement
        | access::Role::Auditor
        | access::Role::AccessAdmin => None,
    }
}
