//! What commits late gets a later position: the feed skips nothing, and nothing waits for a transaction that is open.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use billing_proto::billing::event::v1::{Event, StreamEventsRequest};
use sqlx::{Connection, PgConnection};
use tokio::time::timeout;
use tonic::Streaming;

use super::house::House;

const SOON: Duration = Duration::from_secs(10);
const LATE: &str = "billing.invoicing.v1.test.late";

/// The next events, up to one that is about this.
async fn heard_until(feed: &mut Streaming<Event>, about: impl Fn(&Event) -> bool) -> Result<Vec<Event>> {
    let mut heard = Vec::new();
    loop {
        let event = timeout(SOON, feed.message()).await.context("the feed waits for somebody")??;
        heard.push(event.context("the feed ended")?);
        if heard.last().is_some_and(&about) {
            return Ok(heard);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_waits_for_an_open_transaction_and_nothing_is_skipped() -> Result<()> {
    let house = House::open().await?;
    let mut feed = house.reader()?.events().stream_events(StreamEventsRequest::default()).await?.into_inner();
    let mut connection = PgConnection::connect(house.suite.database_url()).await?;
    let mut open = connection.begin().await?;
    sqlx::query(
        "insert into invoicing.outbox (event_id, type, subject, actor, trace, occurred_at, payload)
         values ('00000000-0000-7000-8000-000000000001', $1, 'somewhere', 'somebody', '', now(), '')",
    )
    .bind(LATE)
    .execute(&mut *open)
    .await?;
    let made = house.make_account("MEANWHILE").await?;
    let mut heard = heard_until(&mut feed, |event| event.subject == made).await?;
    ensure!(!heard.iter().any(|event| event.r#type == LATE), "heard before it was committed");
    open.commit().await?;
    heard.extend(heard_until(&mut feed, |event| event.r#type == LATE).await?);
    let after = house.make_account("AFTERWARDS").await?;
    heard.extend(heard_until(&mut feed, |event| event.subject == after).await?);
    let positions: Vec<i64> = heard.iter().map(|event| event.position).collect();
    let expected: Vec<i64> = (1..=i64::try_from(heard.len())?).collect();
    ensure!(positions == expected, "{positions:?}");
    let mut again = house
        .reader()?
        .events()
        .stream_events(StreamEventsRequest { until_now: true, ..StreamEventsRequest::default() })
        .await?
        .into_inner();
    for event in heard {
        ensure!(
            again.message().await?.as_ref() == Some(&event),
            "the feed tells it otherwise the second time: {event:?}"
        );
    }
    Ok(())
}
