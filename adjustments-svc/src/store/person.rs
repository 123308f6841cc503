//! The directory.

use adjustments_domain::directory::{Directory, DirectoryRefusal, Entry};
use anyhow::{Context, anyhow};
use chassis::failure::Failure;
use ids::Revision;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::written::{Written, revision, revision_number};

/// An entry with its account.
#[derive(Clone, Debug)]
pub struct Listed {
    pub account: String,
    pub revision: Revision,
    pub entry: Entry,
}

/// Everybody.
pub async fn directory(connection: &mut PgConnection) -> Result<Directory, Failure> {
    let all = page(connection, None, None).await?;
    Ok(Directory { entries: all.into_iter().map(|listed| (listed.account, listed.entry)).collect() })
}

/// Lets nobody else change the directory until the transaction ends: whether a change closes a circle is a matter of all
/// of it.
pub async fn lock(connection: &mut PgConnection) -> Result<(), Failure> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('directory', 0))::text as \"locked!\"")
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// The entries after an account, by the alphabet.
pub async fn page(
    connection: &mut PgConnection,
    after: Option<&str>,
    limit: Option<i64>,
) -> Result<Vec<Listed>, Failure> {
    let rows = sqlx::query!(
        "select account, revision, same_person_as, reports_to, reports_to_said_by, roles from person
          where $1::text is null or account > $1 order by account limit $2",
        after,
        limit
    )
    .fetch_all(connection)
    .await?;
    let listed = rows.into_iter().map(|row| {
        let roles = Written::read_all(&row.roles)?.into_iter().collect();
        let entry = Entry {
            same_person_as: row.same_person_as,
            reports_to: row.reports_to,
            reports_to_said_by: row.reports_to_said_by,
            roles,
        };
        Ok(Listed { account: row.account, revision: revision(row.revision)?, entry })
    });
    listed.collect()
}

/// The entry of an account.
pub async fn find(connection: &mut PgConnection, account: &str) -> Result<Option<Listed>, Failure> {
    let row = sqlx::query!(
        "select revision, same_person_as, reports_to, reports_to_said_by, roles from person where account = $1",
        account
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        let roles = Written::read_all(&row.roles)?.into_iter().collect();
        let entry = Entry {
            same_person_as: row.same_person_as,
            reports_to: row.reports_to,
            reports_to_said_by: row.reports_to_said_by,
            roles,
        };
        Ok(Listed { account: account.to_owned(), revision: revision(row.revision)?, entry })
    })
    .transpose()
}

/// The entry of an account, or that there is none.
pub async fn get(connection: &mut PgConnection, account: &str) -> Result<Listed, Failure> {
    let missing = || refusal::Refusal::from(DirectoryRefusal::NotFound { name: format!("people/{account}") });
    Ok(find(connection, account).await?.ok_or_else(missing)?)
}

/// Whether an account is in the directory, or stands for one that is.
pub async fn is_known(connection: &mut PgConnection, account: &str) -> Result<bool, Failure> {
    let known = sqlx::query_scalar!(
        "select exists (select from person where account = $1 or same_person_as = $1) as \"known!\"",
        account
    )
    .fetch_one(connection)
    .await?;
    Ok(known)
}

/// Keeps who has said that these accounts are not another one's person any more: so they have said whom they report to.
pub async fn record_parted(
    connection: &mut PgConnection,
    accounts: &[String],
    (by, at): (&str, Timestamp),
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into person (account, revision, reports_to_said_by, roles, changed_by, changed_at)
         select account, $2::bigint, $3::text, '{}'::text[], $3, $4::timestamptz from unnest($1::text[]) as parted(account)
         on conflict (account) do update set reports_to_said_by = excluded.reports_to_said_by",
        accounts,
        revision_number(Revision::FIRST)?,
        by,
        at.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records an entry at a revision: the first one, or the one after the one that is there.
pub async fn record(
    connection: &mut PgConnection,
    listed: &Listed,
    (by, at): (&str, Timestamp),
) -> Result<(), Failure> {
    let roles: Vec<String> = listed.entry.roles.iter().map(|role| role.to_string()).collect();
    let own = || DirectoryRefusal::OwnEntry { person: by.to_owned() };
    let recorded = sqlx::query!(
        "insert into person
           (account, revision, same_person_as, reports_to, reports_to_said_by, roles, changed_by, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (account) do update set revision = excluded.revision, same_person_as = excluded.same_person_as,
           reports_to = excluded.reports_to, reports_to_said_by = excluded.reports_to_said_by, roles = excluded.roles,
           changed_by = excluded.changed_by, changed_at = excluded.changed_at
         where person.revision = excluded.revision - 1",
        listed.account,
        revision_number(listed.revision)?,
        listed.entry.same_person_as,
        listed.entry.reports_to,
        listed.entry.reports_to_said_by,
        &roles,
        by,
        at.to_sqlx() as _
    )
    .execute(connection)
    .await
    .map_err(|error| Failure::from_constraint(error, &[("person_is_changed_by_another", own().into())]))?;
    if recorded.rows_affected() != 1 {
        return Err(anyhow!(
            "the entry of the directory was not at the revision before {} any more",
            listed.revision
        ))
        .context("it was locked")?;
    }
    Ok(())
}
