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

/// How many characters the name of what it is about may have.
const NAME_MAX: usize = 300;

/// The methods that are about something of a billing entity, as the name in their requests says.
const OF_ENTITIES: [&str; 3] = [
    "/billing.invoicing.v1.AccountingPeriodService/ReopenAccountingPeriod",
    "/billing.invoicing.v1.BillingEntityService/UpdateBillingEntity",
    "/billing.invoicing.v1.BillingExceptionService/ChangeCheckSetting",
];

/// The same of an account.
const OF_ACCOUNTS: [&str; 4] = [
    "/billing.invoicing.v1.AccountService/UpdateAccount",
    "/billing.invoicing.v1.AdCreditService/CreateAdCredit",
    "/billing.invoicing.v1.AdCreditService/UpdateAdCredit",
    "/billing.invoicing.v1.MakegoodService/ReleaseMakegoodObligation",
];

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
        let resource = v.within("request", |v| resource(v, method, &message))?;
        let wanted = Wanted {
            kind,
            method: method.path().to_owned(),
            request: any.value.clone(),
            entity: id_of(method, &OF_ENTITIES, &resource, "billingEntities/"),
            account: id_of(method, &OF_ACCOUNTS, &resource, "accounts/"),
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
    if let Some(place) = unknown(&message, "") {
        v.add(
            "request",
            format!("has the field {place}, which this version of the contract does not know; leave it out"),
        );
        return None;
    }
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

/// The first field of a message that its type does not know, at any depth: who approves does not see it. By the names above it and its
/// number.
fn unknown(message: &DynamicMessage, above: &str) -> Option<String> {
    let own = message.unknown_fields().next().map(|field| format!("{above}{}", field.number()));
    let below = || {
        message.fields().find_map(|(field, value)| {
            let above = format!("{above}{}.", field.name());
            messages(value).into_iter().find_map(|message| unknown(message, &above))
        })
    };
    own.or_else(below)
}

/// The messages of a value: itself, or those in its list or map.
fn messages(value: &Value) -> Vec<&DynamicMessage> {
    let listed = value.as_list().into_iter().flatten();
    let mapped = value.as_map().into_iter().flat_map(|map| map.values());
    listed.chain(mapped).chain([value]).filter_map(Value::as_message).collect()
}

/// The name of what a request is about: its own, that of the resource in it, or of what that belongs to (`parent`); empty where it makes
/// something new that belongs to nothing.
fn resource(v: &mut Violations, method: &Method, message: &DynamicMessage) -> Option<String> {
    let named = named(message);
    let (_, call) = method.path().rsplit_once('/')?;
    if let Some((field, _)) = named.as_ref().filter(|_| call.starts_with("Create")) {
        v.add(field, "must be empty: what is new is named when it is made");
        return None;
    }
    let (field, name) = named.unwrap_or_else(|| ("parent".to_owned(), text_of(message, "parent")));
    if name.chars().count() > NAME_MAX || name.chars().any(|c| c.is_whitespace() || c.is_control()) {
        v.add(
            &field,
            format!("must be a resource name, of at most {NAME_MAX} characters and without spaces"),
        );
        return None;
    }
    Some(name)
}

/// The name in a request, or in the resource in it, with its field.
fn named(message: &DynamicMessage) -> Option<(String, String)> {
    let inner = message.fields().filter_map(|(field, value)| {
        Some((format!("{}.name", field.name()), text_of(value.as_message()?, "name")))
    });
    let own = ("name".to_owned(), text_of(message, "name"));
    [own].into_iter().chain(inner).find(|(_, name)| !name.is_empty())
}

/// The text of a field; empty where the message has none.
fn text_of(message: &DynamicMessage, field: &str) -> String {
    let value = message.get_field_by_name(field);
    value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The id that follows a collection at the beginning of a name; none where the method is about something else, whatever the name says.
fn id_of<T: std::str::FromStr>(method: &Method, methods: &[&str], name: &str, collection: &str) -> Option<T> {
    let is_one = methods.contains(&method.path());
    name.strip_prefix(collection).filter(|_| is_one)?.split('/').next()?.parse().ok()
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
