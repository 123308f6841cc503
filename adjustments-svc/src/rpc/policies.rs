//! The tables that requests are asked by, read once each.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use adjustments_domain::policy::Policy;
use anyhow::Context;
use chassis::failure::Failure;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool};

use crate::{
    store::policy::{self as store, Version},
    wire::table,
};

/// The tables by their versions. A version never changes, so what is read once stays true.
#[derive(Clone, Default)]
pub struct Policies(Arc<Mutex<BTreeMap<u32, Arc<Policy>>>>);

impl Policies {
    /// The table of a version.
    pub fn of(&self, version: &Version) -> Result<Arc<Policy>, Failure> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(policy) = known.get(&version.number) {
            return Ok(policy.clone());
        }
        let read =
            table::read(&version.yaml, version.number).context("a policy that was taken cannot be read")?;
        let policy = Arc::new(read);
        known.insert(version.number, policy.clone());
        Ok(policy)
    }

    /// The table that holds now.
    pub async fn in_force(
        &self,
        connection: &mut PgConnection,
        now: Timestamp,
    ) -> Result<Arc<Policy>, Failure> {
        self.of(&store::in_force(connection, now).await?)
    }
}

/// Keeps the standard policy as the first version, where there is none yet.
pub async fn begin_with_a_policy(pool: &PgPool, now: Timestamp) -> Result<(), Failure> {
    let mut transaction = pool.begin().await?;
    if store::next_number(&mut transaction).await? != 1 {
        return Ok(());
    }
    let standard = table::read(table::STANDARD, 1)?;
    let version = Version {
        number: 1,
        title: standard.name,
        yaml: table::STANDARD.to_owned(),
        digest: Sha256::digest(table::STANDARD).into(),
        effective: standard.effective_from,
        uploaded_by: "makegood".to_owned(),
        uploaded_at: now,
        approval: None,
        approval_state: None,
        has_come: true,
        is_past: false,
    };
    store::insert(&mut transaction, &version).await?;
    transaction.commit().await?;
    Ok(())
}
