//! Signing a run off: by its own second person, or by an approval that was granted elsewhere.

use billing_proto::billing::{access::v1::PrincipalKind, invoicing::v1 as pb};
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
};
use invoicing_domain::billing_run::{self as domain, Approver, BillingRun, Granted, State};
use refusal::Violations;
use sqlx::PgConnection;
use tonic::Request;

use super::{
    Rpc,
    billing_run_service::{Asked, act, run_id},
};
use crate::{
    store,
    wire::{
        billing_run as wire,
        text::{Text, texts},
    },
    work,
};

/// How many persons may sign one run.
const APPROVERS_MAX: usize = 20;

pub(super) async fn approve(
    rpc: &Rpc,
    request: Request<pb::ApproveBillingRunRequest>,
) -> Result<pb::BillingRun, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let asked = Asked {
        name: &message.name,
        request_id: &message.request_id,
        kind: "billing.invoicing.v1.billing_run.approved",
    };
    refuse_preview(rpc, &call, &message.name).await?;
    if rpc.is_approved(&call, &message.name)? {
        let granted = granted(&call, &message)?;
        return rpc
            .act(&call, &message, asked, async |connection, run| {
                let approved = approve_granted(connection, run, granted).await?;
                store::review::approved(connection, run.id, true).await?;
                Ok(approved)
            })
            .await;
    }
    let mut v = Violations::new();
    let seen = wire::root(&mut v, "drafts_root", &message.drafts_root);
    if !message.approvers.is_empty() {
        v.add("approvers", "are told by the caller that is trusted with approvals, and by nobody else");
    }
    v.check()?;
    let is_person = call.caller.kind == PrincipalKind::Person;
    let approver = Approver { act: act(&call), is_person };
    let seen = seen.flatten();
    rpc.act(&call, &message, asked, async |connection, run| {
        let approved = domain::approve(run, approver, seen).or_refuse()?;
        store::review::approved(connection, run.id, false).await?;
        Ok(approved)
    })
    .await
}

/// Nobody asks for an approval that no preview ever gets.
async fn refuse_preview(rpc: &Rpc, call: &Call, name: &str) -> Result<(), Failure> {
    let id = run_id("name", name)?;
    let mut connection = rpc.pool.acquire().await?;
    let run = store::billing_run::get(&mut connection, id, call.scope.json().as_ref()).await?;
    domain::check_no_preview(&run).or_refuse()
}

fn granted(call: &Call, message: &pb::ApproveBillingRunRequest) -> Result<Granted, Failure> {
    let mut v = Violations::new();
    let root = wire::root(&mut v, "drafts_root", &message.drafts_root);
    if root == Some(None) {
        v.add("drafts_root", "must be the root that was approved");
    }
    let approvers = texts(&mut v, "approvers", &message.approvers, Text::Code(128), APPROVERS_MAX);
    if message.approvers.is_empty() {
        v.add("approvers", "must name the persons who approved");
    }
    match (root.flatten(), approvers) {
        (Some(root), Some(approvers)) if !approvers.is_empty() => {
            Ok(Granted { request: message.request_id.clone(), approvers, at: call.at, root })
        }
        _ => Err(v.refusal().into()),
    }
}

/// The run is locked, so no draft changes while this is decided.
async fn approve_granted(
    connection: &mut PgConnection,
    run: &BillingRun,
    granted: Granted,
) -> Result<BillingRun, Failure> {
    let (root, at) = (granted.root, granted.at);
    if matches!(run.state, State::InReview { root: standing } if standing == root) {
        return domain::approve_granted(run, granted, Some(&[])).or_refuse();
    }
    let Some(review) = store::review::with_root(connection, run.id, &root).await? else {
        return domain::approve_granted(run, granted, None).or_refuse();
    };
    let changed = store::review::changed(connection, run.id, review).await?;
    let approved = domain::approve_granted(run, granted, Some(&changed)).or_refuse()?;
    work::remove_changed(connection, run, (review, &changed), at).await?;
    Ok(approved)
}
