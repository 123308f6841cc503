//! Keys in the schema `access`.

use anyhow::anyhow;
use chassis::{
    caller::Grant,
    failure::{Failure, OrRefuse},
};
use ids::KeyId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool, query, query_scalar};
use uuid::Uuid;

use super::{
    key::{self, ApiKey, NewKey, compatible},
    refusal::AccessRefusal,
    token::Token,
};

/// Makes a key; answers it with its token.
pub async fn create(transaction: &mut PgConnection, new: NewKey) -> Result<(ApiKey, String), Failure> {
    check_person(transaction, &new).await?;
    let token = Token::new(KeyId::from_uuid(Uuid::now_v7()));
    let key = ApiKey {
        id: token.key,
        person: new.person,
        kind: new.kind,
        grants: new.grants,
        secret_hash: token.secret_hash(),
        created_at: new.created_at,
        expires_at: new.expires_at,
        revoked_at: None,
    };
    query!(
        "insert into api_key (key_id, person, kind, secret_hash, created_at, created_by, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        key.id.uuid(),
        key.person,
        key.kind.as_str_name(),
        key.secret_hash.as_slice(),
        key.created_at.to_sqlx() as _,
        new.created_by,
        key.expires_at.map(ToSqlx::to_sqlx) as _,
    )
    .execute(&mut *transaction)
    .await?;
    for (ordinal, grant) in (1..).zip(&key.grants) {
        query!(
            "insert into api_key_grant (key_id, ordinal, role, entities, territories, accounts)
             values ($1, $2, $3, $4, $5, $6)",
            key.id.uuid(),
            ordinal,
            grant.role.as_str_name(),
            &grant.entities,
            &grant.territories,
            &grant.accounts,
        )
        .execute(&mut *transaction)
        .await?;
    }
    Ok((key, token.reveal()))
}

/// What all live keys of a person open together counts, not what one of them opens.
async fn check_person(transaction: &mut PgConnection, new: &NewKey) -> Result<(), Failure> {
    // Two keys made for one person at once must see each other.
    query!("select pg_advisory_xact_lock(hashtextextended('api_key of ' || $1, 0))", new.person)
        .execute(&mut *transaction)
        .await?;
    let others = query!(
        "select k.kind, g.role from api_key k join api_key_grant g using (key_id)
         where k.person = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > $2)",
        new.person,
        new.created_at.to_sqlx() as _,
    )
    .fetch_all(&mut *transaction)
    .await?;
    if others.iter().any(|other| other.kind != new.kind.as_str_name()) {
        return Err(AccessRefusal::PersonKindConflict { person: new.person.clone() }).or_refuse();
    }
    let known = others.iter().map(|other| key::role(&other.role)).collect::<Result<Vec<_>, _>>()?;
    let roles = known.into_iter().chain(new.grants.iter().map(|grant| grant.role));
    if !compatible(roles.collect::<Vec<_>>().into_iter()) {
        return Err(AccessRefusal::RolesConflict { person: new.person.clone() }).or_refuse();
    }
    Ok(())
}

/// The key of this id, revoked or not.
pub async fn by_id(connection: &mut PgConnection, id: KeyId) -> Result<Option<ApiKey>, Failure> {
    Ok(load(connection, &[id.uuid()]).await?.pop())
}

/// At most `limit` keys after the given one, in the order in which they were made.
pub async fn page(
    connection: &mut PgConnection,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ApiKey>, Failure> {
    let after = after.unwrap_or(Uuid::nil());
    let ids =
        query_scalar!("select key_id from api_key where key_id > $1 order by key_id limit $2", after, limit)
            .fetch_all(&mut *connection)
            .await?;
    load(connection, &ids).await
}

/// Revokes the key, unless it is revoked already.
pub async fn revoke(
    transaction: &mut PgConnection,
    id: KeyId,
    at: Timestamp,
    by: &str,
) -> Result<(), sqlx::Error> {
    query!(
        "update api_key set revoked_at = $2, revoked_by = $3 where key_id = $1 and revoked_at is null",
        id.uuid(),
        at.to_sqlx() as _,
        by,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Whether the database answers.
pub async fn answers(pool: &PgPool) -> bool {
    query!("select true as answers").fetch_one(pool).await.is_ok()
}

/// One row for each grant of the keys; a key without a grant does not exist.
async fn load(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<ApiKey>, Failure> {
    let rows = query!(
        "select k.key_id, k.person, k.kind, k.secret_hash, k.created_at, k.expires_at, k.revoked_at,
                g.role, g.entities, g.territories, g.accounts
         from api_key k join api_key_grant g using (key_id)
         where k.key_id = any($1) order by k.key_id, g.ordinal",
        ids,
    )
    .fetch_all(connection)
    .await?;
    let mut keys: Vec<ApiKey> = Vec::new();
    for row in rows {
        let grant = Grant {
            role: key::role(&row.role)?,
            entities: row.entities,
            territories: row.territories,
            accounts: row.accounts,
        };
        let id = KeyId::from_uuid(row.key_id);
        if let Some(key) = keys.last_mut().filter(|key| key.id == id) {
            key.grants.push(grant);
            continue;
        }
        keys.push(ApiKey {
            id,
            person: row.person,
            kind: key::kind(&row.kind)?,
            grants: vec![grant],
            secret_hash: row.secret_hash.try_into().map_err(|_| anyhow!("a hash is not 32 bytes long"))?,
            created_at: row.created_at.to_jiff(),
            expires_at: row.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
            revoked_at: row.revoked_at.map(jiff_sqlx::Timestamp::to_jiff),
        });
    }
    Ok(keys)
}
