//! How far this service has heard a feed, kept in the transaction that does something with what it hears: each event
//! counts once, however often it is delivered.

use anyhow::anyhow;
use chassis::failure::Failure;
use sqlx::{PgConnection, query, query_scalar};

/// The last position heard of `feed`; 0 before the first. Read the feed from here on.
pub async fn position(connection: &mut PgConnection, feed: &str) -> Result<i64, sqlx::Error> {
    let heard: Option<i64> = query_scalar("select position from inbox where feed = $1")
        .bind(feed)
        .fetch_optional(connection)
        .await?;
    Ok(heard.unwrap_or(0))
}

/// Notes that the events at the positions `first` to `last` are heard. A gap before `first` is loss, an overlap a
/// repetition: both are a [`Failure::Fault`], and the transaction must not commit.
pub async fn advance(
    transaction: &mut PgConnection,
    feed: &str,
    first: i64,
    last: i64,
) -> Result<(), Failure> {
    query("insert into inbox (feed, position) values ($1, 0) on conflict do nothing")
        .bind(feed)
        .execute(&mut *transaction)
        .await?;
    let heard: i64 = query_scalar("select position from inbox where feed = $1 for update")
        .bind(feed)
        .fetch_one(&mut *transaction)
        .await?;
    if first != heard + 1 || last < first {
        return Err(anyhow!("the feed {feed} was heard up to {heard}, and now come {first} to {last}").into());
    }
    query("update inbox set position = $2 where feed = $1")
        .bind(feed)
        .bind(last)
        .execute(transaction)
        .await?;
    Ok(())
}
