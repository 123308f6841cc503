//! A key and what it opens.

use anyhow::Context;
use billing_proto::billing::access::v1::{PrincipalKind, Role};
use chassis::caller::{Caller, Grant};
use ids::KeyId;
use jiff::Timestamp;

/// The roles that approve money.
pub const APPROVING: [Role; 3] = [Role::BillingManager, Role::Controller, Role::Cfo];

/// A key as it is kept: without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id, the public part of its token.
    pub id: KeyId,
    /// The person or platform behind it: 1–128 visible ASCII characters.
    pub person: String,
    /// Which of the two.
    pub kind: PrincipalKind,
    /// What it opens; at least one.
    pub grants: Vec<Grant>,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it opens nothing any more.
    pub expires_at: Option<Timestamp>,
    /// Since when it is revoked.
    pub revoked_at: Option<Timestamp>,
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The person or platform behind it: 1–128 visible ASCII characters.
    pub person: String,
    /// Which of the two.
    pub kind: PrincipalKind,
    /// What it opens; at least one.
    pub grants: Vec<Grant>,
    /// When it is made.
    pub created_at: Timestamp,
    /// Who makes it.
    pub created_by: String,
    /// From when on it opens nothing any more; after `created_at`.
    pub expires_at: Option<Timestamp>,
}

impl ApiKey {
    /// Who calls with this key.
    pub fn caller(&self) -> Caller {
        Caller {
            person: self.person.clone(),
            kind: self.kind,
            key: self.id.to_string(),
            grants: self.grants.clone(),
        }
    }

    /// Whether it opens anything at this time.
    pub fn is_good(&self, at: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires| at < expires)
    }
}

/// Whether one person may hold these roles: who grants roles may never approve money.
pub fn compatible(roles: impl Iterator<Item = Role> + Clone) -> bool {
    let mut granting = roles.clone().filter(|role| *role == Role::AccessAdmin);
    let mut approving = roles.filter(|role| APPROVING.contains(role));
    granting.next().is_none() || approving.next().is_none()
}

/// The role of this name in the contract, as it is stored.
pub fn role(name: &str) -> Result<Role, anyhow::Error> {
    Role::from_str_name(name).with_context(|| format!("no role {name}"))
}

/// The kind of this name in the contract, as it is stored.
pub fn kind(name: &str) -> Result<PrincipalKind, anyhow::Error> {
    PrincipalKind::from_str_name(name).with_context(|| format!("no kind {name}"))
}
