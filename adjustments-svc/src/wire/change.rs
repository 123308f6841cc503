//! Change ↔ domain: a request as its method takes it, which is known only by its descriptor.

use adjustments_domain::{
    adjustment::Ending,
    change::{Change, State, Wanted},
    subject::{SubjectKind, hexadecimal},
};
use anyhow::Context;
use billing_proto::{DESCRIPTOR_POOL, billing::adjustments::v1 as pb};
use chassis::allow::Method;
use prost_reflect::{DynamicMessage, Value};
use prost_types::Any;
use refusal::{Refusal, Violations};

use super::{alike, name, text, time};

/// How many bytes a request may have.
const REQUEST_MAX_BYTES: usize = 256 * 1024;

/// What a message proposes, and the method that makes it.
pub fn parse(given: Option<&pb::Change>) -> Result<(&'static Method, Wanted), Refusal> {
    let mut v = Violations::new();
    let Some(given) = given else {
        v.add("change", "must be given");
        return Err(v.refusal());
    };
    let parsed = v.within("change", |v| {
        let read = request(v, given.request.as_ref());
        let reason = text::required(v, "reason", &given.reason, 1_000);
        let ((method, kind, message), any, reason) = (read?, given.request.as_ref()?, reason?);
        let resource = resource(&message);
        let wanted = Wanted {
            kind,
            method: method.path().to_owned(),
            request: any.value.clone(),
            entity: id_in(&resource, "billingEntities/"),
            account: id_in(&resource, "accounts/"),
            resource,
            reason,
        };
        Some((method, wanted))
    });
    let Some(parsed) = parsed else { return Err(v.refusal()) };
    v.check()?;
    Ok(parsed)
}

/// The request, its method, and what is asked to be approved.
fn request(
    v: &mut Violations,
    given: Option<&Any>,
) -> Option<(&'static Method, SubjectKind, DynamicMessage)> {
    let Some(any) = given else {
        v.add("request", "must be given");
        return None;
    };
    let taken = any.type_url.rsplit('/').next().unwrap_or_default();
    let known = Method::of_two().find(|method| method.takes() == taken);
    let Some((method, kind)) = known.and_then(|method| Some((method, kind(method)?))) else {
        v.add("request", format!("is {taken:?}; what is proposed is {}", proposed().join(", ")));
        return None;
    };
    let length = any.value.len();
    if length > REQUEST_MAX_BYTES {
        v.add("request", format!("has {length} bytes; at most {REQUEST_MAX_BYTES} are taken"));
        return None;
    }
    let decoded = decode(method, &any.value).map_err(|error| format!("is no {taken}: {error:#}"));
    let message = v.take("request", decoded)?;
    if !text_of(&message, "request_id").is_empty() {
        v.add("request.request_id", "must be empty: the approval gives it");
        return None;
    }
    Some((method, kind, message))
}

/// The messages that can be proposed.
fn proposed() -> Vec<&'static str> {
    let mut taken: Vec<&str> = Method::of_two().map(Method::takes).collect();
    taken.sort_unstable();
    taken
}

fn kind(method: &Method) -> Option<SubjectKind> {
    pb::SubjectKind::from_str_name(method.second_person()?).and_then(alike::kind)
}

fn decode(method: &Method, bytes: &[u8]) -> Result<DynamicMessage, anyhow::Error> {
    let descriptor = DESCRIPTOR_POOL.get_message_by_name(method.takes());
    Ok(DynamicMessage::decode(descriptor.context("the contracts lack it")?, bytes)?)
}

/// The request that makes an approved change, under the id of its approval.
pub fn call(change: &Change) -> Result<(&'static Method, DynamicMessage), anyhow::Error> {
    let path = &change.wanted.method;
    let method = Method::of(path).with_context(|| format!("the contracts have no {path} any more"))?;
    let mut message = decode(method, &change.wanted.request)?;
    message.try_set_field_by_name("request_id", Value::String(change.approval.to_string()))?;
    Ok((method, message))
}

/// The name of what a request is about: its own `name`, or that of the resource in it; empty where there is none yet.
fn resource(message: &DynamicMessage) -> String {
    let own = text_of(message, "name");
    let inner = || message.fields().find_map(|(_, value)| Some(text_of(value.as_message()?, "name")));
    if own.is_empty() { inner().unwrap_or_default() } else { own }
}

/// The text of a field; empty where the message has none.
fn text_of(message: &DynamicMessage, field: &str) -> String {
    let value = message.get_field_by_name(field);
    value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The id that follows a collection at the beginning of a name.
fn id_in<T: std::str::FromStr>(name: &str, collection: &str) -> Option<T> {
    name.strip_prefix(collection)?.split('/').next()?.parse().ok()
}

/// The change as a message.
pub fn message(change: &Change, delay: &str) -> Result<pb::Change, anyhow::Error> {
    let Change { id, revision, wanted, made, approval, state } = change;
    let method = Method::of(&wanted.method).context("the contracts lack the method of a change")?;
    let executed = match state {
        State::Executed { at } => Some(time::message(*at)),
        State::Submitted | State::Approved | State::Ended(_) => None,
    };
    let request =
        Any { type_url: format!("type.googleapis.com/{}", method.takes()), value: wanted.request.clone() };
    Ok(pb::Change {
        name: name::change_name(*id),
        etag: revision.to_string(),
        request: Some(request),
        reason: wanted.reason.clone(),
        method: wanted.method.clone(),
        resource: wanted.resource.clone(),
        subject_kind: alike::kind_message(wanted.kind).into(),
        state: state_message(state).into(),
        approval: name::approval_name(*approval),
        made_by: made.by.clone(),
        create_time: Some(time::message(made.at)),
        execute_time: executed,
        digest: hexadecimal(&wanted.digest()),
        delay: delay.to_owned(),
    })
}

fn state_message(state: &State) -> pb::ChangeState {
    match state {
        State::Submitted => pb::ChangeState::Submitted,
        State::Approved => pb::ChangeState::Approved,
        State::Executed { .. } => pb::ChangeState::Executed,
        State::Ended(Ending::Rejected) => pb::ChangeState::Rejected,
        State::Ended(Ending::Returned) => pb::ChangeState::Returned,
        State::Ended(Ending::Withdrawn) => pb::ChangeState::Withdrawn,
        State::Ended(Ending::Expired) => pb::ChangeState::Expired,
        State::Ended(Ending::Voided) => pb::ChangeState::Voided,
    }
}

/// The name of a state that a list asks for, as the database writes it; `None` asks for all.
pub fn state_name(state: pb::ChangeState) -> Option<&'static str> {
    state.as_str_name().strip_prefix("CHANGE_STATE_").filter(|name| *name != "UNSPECIFIED")
}
