//! What every change of reference data asks first.

use chassis::{call::Call, scope::Scope};
use ids::{EntityId, Revision};
use invoicing_domain::resource::ResourceRefusal;
use refusal::{Class, Refusal};

/// The revision that an update makes. Without an etag the update goes on top of whatever is there.
pub fn next_revision(name: &str, etag: &str, current: Revision) -> Result<Revision, ResourceRefusal> {
    let stale = || ResourceRefusal::EtagMismatch { name: name.to_owned(), etag: etag.to_owned() };
    if !etag.is_empty() && etag != current.to_string() {
        return Err(stale());
    }
    current.next().ok_or_else(stale)
}

/// What belongs to no entity, territory or account yet is made by callers without limits only.
pub fn unlimited(call: &Call) -> Result<(), Refusal> {
    match call.scope {
        Scope::Everything => Ok(()),
        Scope::Grants(_) => Err(Refusal::new(
            Class::Forbidden,
            "SCOPE_LIMITED",
            "this key is limited to some entities, territories or accounts; this needs a key without limits",
        )),
    }
}

/// An entity and its number series are changed by callers who may see all of it.
pub fn whole_entity(call: &Call, entity: EntityId) -> Result<(), Refusal> {
    if call.scope.covers(Some(entity.uuid()), None, None) { Ok(()) } else { unlimited(call) }
}

/// An account in a territory is made and changed by callers who may see that territory.
pub fn within_territory(call: &Call, territory: &str) -> Result<(), Refusal> {
    if call.scope.covers(None, Some(territory), None) { Ok(()) } else { unlimited(call) }
}
