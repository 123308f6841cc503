//! What every change of the directory asks first.

use adjustments_domain::directory::DirectoryRefusal;
use chassis::{call::Call, scope::Scope};
use ids::Revision;
use refusal::{Class, Refusal};

/// The revision that an update makes. Without an etag the update goes on top of whatever is there.
pub fn next_revision(name: &str, etag: &str, current: Revision) -> Result<Revision, DirectoryRefusal> {
    let stale = || DirectoryRefusal::EtagMismatch { name: name.to_owned(), etag: etag.to_owned() };
    if !etag.is_empty() && etag != current.to_string() {
        return Err(stale());
    }
    current.next().ok_or_else(stale)
}

/// What is about everything is changed by callers without limits only.
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
