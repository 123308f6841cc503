//! Messages to keys and back.

use std::str::FromStr;

use billing_proto::billing::access::v1 as proto;
use chassis::{call::Call, caller::Grant};
use ids::{Id, KeyId, Kind};
use jiff::Timestamp;
use refusal::{Refusal, Violations};
use uuid::Uuid;

use super::key::{ApiKey, NewKey};

const ENTITIES: &str = "billingEntities/";
const ACCOUNTS: &str = "accounts/";
const KEYS: &str = "apiKeys/";

/// The key that a call asks for.
pub fn new_key(call: &Call, key: Option<proto::ApiKey>) -> Result<NewKey, Refusal> {
    let mut violations = Violations::new();
    let Some(key) = key else {
        violations.add("api_key", "is missing");
        return Err(violations.refusal());
    };
    // The name and the times but that of expiry are ours to say.
    let proto::ApiKey { name: _, person, kind, grants, create_time: _, expire_time, revoke_time: _ } = key;
    let parsed = violations.within("api_key", |violations| {
        if person.is_empty() || person.len() > 128 || !person.bytes().all(|byte| byte.is_ascii_graphic()) {
            violations.add("person", "must be 1 to 128 visible ASCII characters");
        }
        if grants.is_empty() {
            violations.add("grants", "must name at least one role");
        }
        let grants = grants.into_iter().enumerate().map(|(index, grant)| {
            violations.within(&format!("grants[{index}]"), |violations| self::grant(violations, grant))
        });
        let grants: Vec<Option<Grant>> = grants.collect();
        (principal_kind(violations, kind), grants, expiry(violations, call.at, expire_time))
    });
    match parsed {
        (Some(kind), grants, Some(expires_at)) => {
            violations.check()?;
            let (created_at, created_by) = (call.at, call.caller.person.clone());
            let grants = grants.into_iter().flatten().collect();
            Ok(NewKey { person, kind, grants, created_at, created_by, expires_at })
        }
        (None, ..) | (.., None) => Err(violations.refusal()),
    }
}

/// The id in `apiKeys/key_…`.
pub fn key_id(name: &str) -> Result<KeyId, Refusal> {
    let mut violations = Violations::new();
    let id = violations.take("name", resource(name, KEYS));
    id.ok_or_else(|| violations.refusal())
}

/// A key as it is answered.
pub fn api_key(key: &ApiKey) -> proto::ApiKey {
    proto::ApiKey {
        name: format!("{KEYS}{}", key.id),
        person: key.person.clone(),
        kind: key.kind.into(),
        grants: key.grants.iter().map(grant_message).collect(),
        create_time: Some(timestamp(key.created_at)),
        expire_time: key.expires_at.map(timestamp),
        revoke_time: key.revoked_at.map(timestamp),
    }
}

/// A grant as it is answered.
pub fn grant_message(grant: &Grant) -> proto::Grant {
    proto::Grant {
        role: grant.role.into(),
        billing_entities: names(ENTITIES, "ent", &grant.entities),
        territories: grant.territories.clone(),
        accounts: names(ACCOUNTS, "acc", &grant.accounts),
    }
}

fn grant(violations: &mut Violations, grant: proto::Grant) -> Option<Grant> {
    let proto::Grant { role, billing_entities, territories, accounts } = grant;
    let named = proto::Role::try_from(role).ok().filter(|role| *role != proto::Role::Unspecified);
    if named.is_none() {
        violations.add("role", "must be one of the roles");
    }
    if named == Some(proto::Role::AccessAdmin)
        && !(billing_entities.is_empty() && territories.is_empty() && accounts.is_empty())
    {
        violations
            .add("role", "is ROLE_ACCESS_ADMIN, which cannot be limited: it could grant more than it has");
    }
    for (index, territory) in territories.iter().enumerate() {
        if territory.is_empty() || territory.contains('\0') {
            violations.add(&format!("territories[{index}]"), "must not be empty or hold a NUL character");
        }
    }
    let entities = uuids::<ids::BillingEntity>(violations, "billing_entities", ENTITIES, &billing_entities);
    let accounts = uuids::<ids::Account>(violations, "accounts", ACCOUNTS, &accounts);
    Some(Grant { role: named?, entities, territories, accounts })
}

fn principal_kind(violations: &mut Violations, kind: i32) -> Option<proto::PrincipalKind> {
    let kind = proto::PrincipalKind::try_from(kind).ok().filter(|kind| match kind {
        proto::PrincipalKind::Person | proto::PrincipalKind::Platform => true,
        // A service signs for itself: a key of this kind would pass for one.
        proto::PrincipalKind::Unspecified | proto::PrincipalKind::Service => false,
    });
    if kind.is_none() {
        violations.add("kind", "must be PRINCIPAL_KIND_PERSON or PRINCIPAL_KIND_PLATFORM");
    }
    kind
}

/// `Some(None)`: it does not expire.
fn expiry(
    violations: &mut Violations,
    at: Timestamp,
    time: Option<prost_types::Timestamp>,
) -> Option<Option<Timestamp>> {
    let Some(time) = time else { return Some(None) };
    let expires = violations.take("expire_time", Timestamp::new(time.seconds, time.nanos))?;
    if expires <= at {
        violations.add("expire_time", "must be in the future");
    }
    Some(Some(expires))
}

fn uuids<K: Kind>(violations: &mut Violations, field: &str, prefix: &str, names: &[String]) -> Vec<Uuid> {
    let parsed = names.iter().enumerate().filter_map(|(index, name)| {
        violations.take(&format!("{field}[{index}]"), resource::<K>(name, prefix))
    });
    parsed.map(Id::uuid).collect()
}

fn resource<K: Kind>(name: &str, prefix: &str) -> Result<Id<K>, String> {
    let id = name.strip_prefix(prefix).and_then(|id| Id::from_str(id).ok());
    id.ok_or_else(|| format!("must look like {prefix}{}_… with 32 hexadecimal digits", K::PREFIX))
}

fn names(collection: &str, prefix: &str, ids: &[Uuid]) -> Vec<String> {
    ids.iter().map(|id| format!("{collection}{prefix}_{}", id.simple())).collect()
}

fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}
