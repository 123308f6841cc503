//! How severe checks are for an entity.

use billing_proto::billing::invoicing::v1 as pb;
use chassis::{call::Call, failure::Failure};
use ids::EntityId;
use invoicing_domain::exception::{Finding, Severity};
use outbox::{Begun, Once, Voice, say};
use refusal::Violations;
use tonic::Request;

use super::{Rpc, billing_run_service::act, changed};
use crate::{
    store,
    wire::{
        choice::{choice, given},
        fact, name,
    },
};

/// What an entity wants otherwise than usual.
pub async fn list(
    rpc: &Rpc,
    request: Request<pb::ListCheckSettingsRequest>,
) -> Result<pb::ListCheckSettingsResponse, Failure> {
    let call = Call::of(&request)?;
    let mut v = Violations::new();
    let Some(entity) = name::entity(&mut v, "parent", &request.get_ref().parent) else {
        return Err(v.refusal().into());
    };
    let mut connection = rpc.pool.acquire().await?;
    store::billing_entity::get(&mut connection, entity, call.scope.json().as_ref()).await?;
    let settings = store::check_severity::load(&mut connection, entity).await?;
    let check_settings =
        settings.into_iter().map(|(reason, severity)| setting(entity, reason, severity)).collect();
    Ok(pb::ListCheckSettingsResponse { check_settings, next_page_token: String::new() })
}

/// Says how severe a check is from now on.
pub async fn change(
    rpc: &Rpc,
    request: Request<pb::ChangeCheckSettingRequest>,
) -> Result<pb::CheckSetting, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    rpc.is_approved_change(&call, &message.parent)?;
    let mut v = Violations::new();
    let entity = name::entity(&mut v, "parent", &message.parent);
    let known = Finding::REASONS.iter().any(|(_, reason)| *reason == message.reason);
    if !known {
        v.add("reason", "must be the reason of a check, as docs/REASONS.md lists them");
    }
    let severity = choice::<pb::CheckSeverity>(&mut v, "severity", message.severity);
    let severity = severity.and_then(|severity| given(&mut v, "severity", wanted(severity)));
    let (Some(entity), Some(severity), true) = (entity, severity, known) else {
        return Err(v.refusal().into());
    };
    let mut transaction = rpc.pool.begin().await?;
    let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
        Begun::Answered(before) => return Ok(before),
        Begun::Fresh(once) => once,
    };
    store::billing_entity::get(&mut transaction, entity, call.scope.json().as_ref()).await?;
    changed::whole_entity(&call, entity)?;
    store::check_severity::record(&mut transaction, entity, (&message.reason, severity), &act(&call)).await?;
    let answer = setting(entity, message.reason.clone(), severity);
    say(&mut transaction, &Voice::of(&call), vec![fact::check_setting(entity, &answer)]).await?;
    once.answer(&mut transaction, &answer).await?;
    transaction.commit().await?;
    Ok(answer)
}

fn wanted(severity: pb::CheckSeverity) -> Option<Option<Severity>> {
    match severity {
        pb::CheckSeverity::Unspecified => None,
        pb::CheckSeverity::Off => Some(None),
        pb::CheckSeverity::Warn => Some(Some(Severity::Warn)),
        pb::CheckSeverity::Block => Some(Some(Severity::Block)),
    }
}

fn setting(entity: EntityId, reason: String, severity: Option<Severity>) -> pb::CheckSetting {
    let severity = match severity {
        None => pb::CheckSeverity::Off,
        Some(Severity::Warn) => pb::CheckSeverity::Warn,
        Some(Severity::Block) => pb::CheckSeverity::Block,
    };
    pb::CheckSetting { billing_entity: name::entity_name(entity), reason, severity: severity.into() }
}
