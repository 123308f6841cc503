//! What is outside a caller's scope does not exist for them, alike in answers, pages, files and streams.

use serde::Serialize;
use uuid::Uuid;

/// What one call may see: the union of the caller's grants whose role the method is open to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// No limit.
    Everything,
    /// Whatever at least one of these covers.
    Grants(Vec<ScopeGrant>),
}

/// A part of the scope. An empty list does not limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScopeGrant {
    /// Billing entities.
    pub entities: Vec<Uuid>,
    /// Territory codes.
    pub territories: Vec<String>,
    /// Accounts.
    pub accounts: Vec<Uuid>,
}

impl Scope {
    /// The scope as SQL takes it: `null` for everything, else an array of grants. With `$1::jsonb` it reads
    ///
    /// ```sql
    /// ($1::jsonb is null or exists (select from jsonb_array_elements($1::jsonb) g where
    ///      (g->'entities'    = '[]' or g->'entities'    ? entity_id::text)
    ///  and (g->'territories' = '[]' or g->'territories' ? territory)
    ///  and (g->'accounts'    = '[]' or g->'accounts'    ? account_id::text)))
    /// ```
    pub fn json(&self) -> Option<serde_json::Value> {
        match self {
            Self::Everything => None,
            Self::Grants(grants) => Some(serde_json::json!(grants)),
        }
    }

    /// Whether the scope covers something. `None` says that the thing has no such dimension, and then a grant that is
    /// limited in this dimension does not cover it: what nobody assigned is shown to those without limits only.
    pub fn covers(&self, entity: Option<Uuid>, territory: Option<&str>, account: Option<Uuid>) -> bool {
        match self {
            Self::Everything => true,
            Self::Grants(grants) => grants.iter().any(|grant| {
                among(&grant.entities, entity.as_ref())
                    && among(&grant.territories, territory)
                    && among(&grant.accounts, account.as_ref())
            }),
        }
    }
}

fn among<T: PartialEq<U>, U: ?Sized>(limits: &[T], value: Option<&U>) -> bool {
    limits.is_empty() || value.is_some_and(|value| limits.iter().any(|limit| limit == value))
}
