//! Who works with a suite that is started on one machine: two people for each role that approves, one for each other,
//! and the order system. Their tokens are made once for a database and stay good.

use std::{collections::BTreeMap, path::Path};

use billing_proto::billing::access::v1::{PrincipalKind, Role};
use chassis::{caller::Grant, clock::Clock, configuration::Secret};
use gateway::access::{NewKey, Token, by_id, create_key};
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use crate::secret_file;

/// The person, and what they may do.
pub const PEOPLE: [(&str, PrincipalKind, Role); 13] = [
    ("billing_manager_1", PrincipalKind::Person, Role::BillingManager),
    ("billing_manager_2", PrincipalKind::Person, Role::BillingManager),
    ("controller_1", PrincipalKind::Person, Role::Controller),
    ("controller_2", PrincipalKind::Person, Role::Controller),
    ("cfo_1", PrincipalKind::Person, Role::Cfo),
    ("cfo_2", PrincipalKind::Person, Role::Cfo),
    ("billing_analyst", PrincipalKind::Person, Role::BillingAnalyst),
    ("collections", PrincipalKind::Person, Role::Collections),
    ("sales", PrincipalKind::Person, Role::Sales),
    ("product_ops", PrincipalKind::Person, Role::ProductOps),
    ("auditor", PrincipalKind::Person, Role::Auditor),
    ("access_admin", PrincipalKind::Person, Role::AccessAdmin),
    ("order_management", PrincipalKind::Platform, Role::OrderManagement),
];

/// The token of each person: those of the last start that are still good, and new ones for the others.
pub async fn tokens(
    folder: &Path,
    database: &str,
    access_url: &Secret,
    clock: &Clock,
) -> Result<BTreeMap<String, String>, anyhow::Error> {
    // Keys live in the database, so each database has its own tokens.
    let digest = hex::encode(Sha256::digest(database));
    let path = folder.join("tokens").join(format!("{}.json", digest.chars().take(16).collect::<String>()));
    let mut tokens: BTreeMap<String, String> = secret_file::read(&path)?.unwrap_or_default();
    let pool = gateway::connect(access_url, 1).await?;
    for (person, kind, role) in PEOPLE {
        let known = tokens.get(person).and_then(|token| token.parse::<Token>().ok());
        if is_good(&pool, known, clock).await? {
            continue;
        }
        let grant = Grant { role, entities: Vec::new(), territories: Vec::new(), accounts: Vec::new() };
        let new = NewKey {
            person: person.to_owned(),
            kind,
            grants: vec![grant],
            created_at: clock.now(),
            created_by: "makegood up".to_owned(),
            expires_at: None,
        };
        let token = create_key(&pool, new).await?;
        tokens.insert(person.to_owned(), token);
        secret_file::write(&path, &tokens)?;
    }
    pool.close().await;
    Ok(tokens)
}

async fn is_good(pool: &PgPool, token: Option<Token>, clock: &Clock) -> Result<bool, anyhow::Error> {
    let Some(token) = token else { return Ok(false) };
    let mut connection = pool.acquire().await?;
    let key = by_id(&mut connection, token.key).await?;
    Ok(key.is_some_and(|key| token.fits(&key.secret_hash) && key.is_good(clock.now())))
}
