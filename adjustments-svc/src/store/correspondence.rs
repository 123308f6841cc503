//! What was written about disputes and cases; only ever added to.

use adjustments_domain::{act::Act, correspondence::Message};
use chassis::failure::Failure;
use ids::AccountId;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// What it is about: something of an account.
pub type About = (AccountId, Uuid);

/// Adds a message about something that is locked.
pub async fn insert(
    connection: &mut PgConnection,
    (account, about): About,
    (is_from_customer, words): (bool, &str),
    written: &Act,
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into correspondence (account_id, about, ordinal, is_from_customer, words, written_by, written_at)
         select $1, $2, 1 + coalesce(max(ordinal), 0), $3, $4, $5, $6
           from correspondence where account_id = $1 and about = $2",
        account.uuid(),
        about,
        is_from_customer,
        words,
        written.by,
        written.at.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The messages after one, in their order.
pub async fn page(
    connection: &mut PgConnection,
    (account, about): About,
    (after, limit): (Option<i32>, i64),
) -> Result<Vec<Message>, Failure> {
    let rows = sqlx::query!(
        "select ordinal, is_from_customer, words, written_by, written_at from correspondence
          where account_id = $1 and about = $2 and ($3::integer is null or ordinal > $3) order by ordinal limit $4",
        account.uuid(),
        about,
        after,
        limit
    )
    .fetch_all(connection)
    .await?;
    let message = rows.into_iter().map(|row| Message {
        ordinal: row.ordinal,
        is_from_customer: row.is_from_customer,
        words: row.words,
        written: Act { by: row.written_by, at: row.written_at.to_jiff() },
    });
    Ok(message.collect())
}
