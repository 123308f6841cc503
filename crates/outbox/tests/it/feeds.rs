//! Nothing is skipped, nothing waits for an open transaction, and whoever numbers can be replaced.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use billing_proto::billing::event::v1::{Event, StreamEventsRequest};
use chassis::{
    failure::Failure,
    scope::{Scope, ScopeGrant},
};
use futures::{StreamExt, pin_mut};
use ids::{AccountId, EntityId};
use outbox::{Fact, Sequencer, Voice, say};
use rand::Rng;
use sqlx::{Connection, query, query_scalar};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{Room, at, call, from, say_in, subjects};

struct Running {
    cancellation: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    async fn stop(self) {
        self.cancellation.cancel();
        self.task.await.unwrap().unwrap();
    }
}

fn sequence(room: &Room) -> Running {
    let cancellation = CancellationToken::new();
    let (sequencer, token) = (Sequencer::new(room.pool.clone()), cancellation.clone());
    Running { cancellation, task: tokio::spawn(async move { sequencer.run(token).await }) }
}

fn assert_gapless(events: &[Event]) {
    for (event, position) in events.iter().zip(1..) {
        assert_eq!(event.position, position);
    }
}

#[tokio::test]
async fn an_event_arrives_as_it_was_said() {
    let room = Room::new().await;
    let sequencer = sequence(&room);
    let (entity, account) =
        (EntityId::from_uuid(Uuid::from_u128(1)), AccountId::from_uuid(Uuid::from_u128(2)));
    let fact = Fact::new(
        "test.order.created",
        "orders/1",
        "google.protobuf.Timestamp",
        &prost_types::Timestamp::default(),
    );
    let mut transaction = room.pool.begin().await.unwrap();
    say(&mut transaction, &Voice::of(&call("ada")), vec![fact.of_entity(entity).of_account(account)])
        .await
        .unwrap();
    say(&mut transaction, &Voice::of(&call("ada")), Vec::new()).await.unwrap();
    transaction.commit().await.unwrap();

    let events = room.heard(1).await;
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!(
        (event.position, event.r#type.as_str(), event.subject.as_str()),
        (1, "test.order.created", "orders/1")
    );
    assert_eq!(event.billing_entity, format!("billingEntities/{entity}"));
    assert_eq!(event.account, format!("accounts/{account}"));
    assert_eq!((event.actor.as_str(), event.trace.len()), ("ada", 32));
    let time = event.time.unwrap();
    assert_eq!((time.seconds, time.nanos), (at().as_second(), at().subsec_nanosecond()));
    assert!(event.id.starts_with("evt_"));
    assert_eq!(event.payload.as_ref().unwrap().type_url, "type.googleapis.com/google.protobuf.Timestamp");
    sequencer.stop().await;
}

#[tokio::test]
async fn nothing_waits_for_an_open_transaction_and_nothing_of_it_is_skipped() {
    let room = Room::new().await;
    let sequencer = sequence(&room);
    let mut long = room.pool.begin().await.unwrap();
    say_in(&mut long, &["late 1", "late 2"]).await;

    let began = Instant::now();
    for subject in ["a", "b", "c"] {
        room.say(&[subject]).await;
    }
    assert_eq!(subjects(&room.heard(3).await), ["a", "b", "c"]);
    assert!(began.elapsed() < Duration::from_secs(5), "it took {:?}", began.elapsed());

    long.commit().await.unwrap();
    let mut undone = room.pool.begin().await.unwrap();
    say_in(&mut undone, &["never"]).await;
    undone.rollback().await.unwrap();
    room.say(&["d"]).await;
    let events = room.heard(6).await;
    assert_eq!(subjects(&events), ["a", "b", "c", "late 1", "late 2", "d"]);
    assert_gapless(&events);
    sequencer.stop().await;
}

#[tokio::test]
async fn however_writers_and_sequencers_interleave_a_live_reader_hears_everything_once() {
    const WRITERS: usize = 6;
    const TRANSACTIONS: usize = 25;
    let room = Room::new().await;
    let mut sequencers = vec![sequence(&room), sequence(&room)];
    let (feed, cancellation) = (room.feed(), CancellationToken::new());
    let (waking, ending) = (feed.clone(), cancellation.clone());
    let awake = tokio::spawn(async move { waking.run(ending).await });
    let reading = feed.stream(from(0), Scope::Everything, cancellation.clone());
    let reader = tokio::spawn(async move { reading.map(|event| event.unwrap()).collect::<Vec<_>>().await });

    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let pool = room.pool.clone();
        writers.spawn(async move {
            let mut said = Vec::new();
            for n in 0..TRANSACTIONS {
                let mut transaction = pool.begin().await.unwrap();
                let (events, pause, fails) = {
                    let mut random = rand::rng();
                    (random.random_range(1..5), random.random_range(0..15), random.random_bool(0.2))
                };
                let names: Vec<String> =
                    (0..events).map(|event| format!("{writer}/{n:02}/{event}")).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                say_in(&mut transaction, &names).await;
                tokio::time::sleep(Duration::from_millis(pause)).await;
                if fails {
                    transaction.rollback().await.unwrap();
                } else {
                    transaction.commit().await.unwrap();
                    said.extend(names.into_iter().map(str::to_owned));
                }
            }
            said
        });
    }
    // Whoever has the turn dies in the middle of it, a few times.
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(60)).await;
        let victim = sequencers.remove(0);
        victim.task.abort();
        sequencers.push(sequence(&room));
    }
    let said: Vec<String> = writers.join_all().await.concat();
    let events = room.heard(said.len()).await;
    assert_gapless(&events);
    let mut by_writer: BTreeMap<char, Vec<&str>> = BTreeMap::new();
    for subject in subjects(&events) {
        by_writer.entry(subject.chars().next().unwrap()).or_default().push(subject);
    }
    assert!(by_writer.values().all(|heard| heard.is_sorted()), "each writer's events come in its order");
    let (mut heard, mut expected) = (subjects(&events), said.iter().map(String::as_str).collect::<Vec<_>>());
    heard.sort_unstable();
    expected.sort_unstable();
    assert_eq!(heard, expected);

    // The stream ends within a second, after it has caught up.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    cancellation.cancel();
    assert_eq!(reader.await.unwrap(), events);
    awake.await.unwrap().unwrap();
    for sequencer in sequencers {
        sequencer.stop().await;
    }
}

#[tokio::test]
async fn a_sequencer_that_is_cut_off_hands_over_within_seconds() {
    let room = Room::new().await;
    let first = sequence(&room);
    room.say(&["a"]).await;
    room.heard(1).await;
    let second = sequence(&room);
    let holder = "select pid from pg_locks where locktype = 'advisory' and granted
        and database = (select oid from pg_database where datname = current_database())";
    let pid: i32 = query_scalar(holder).fetch_one(&room.pool).await.unwrap();
    query("select pg_terminate_backend($1)").bind(pid).execute(&room.pool).await.unwrap();
    room.say(&["b"]).await;
    assert_eq!(subjects(&room.heard(2).await), ["a", "b"]);
    assert!(first.task.await.unwrap().is_err(), "it says that it lost its turn");
    second.stop().await;
}

#[tokio::test]
async fn a_stream_is_woken_at_once_and_resumes_anywhere() {
    let room = Room::new().await;
    let (sequencer, feed, cancellation) = (sequence(&room), room.feed(), CancellationToken::new());
    let (waking, ending) = (feed.clone(), cancellation.clone());
    let awake = tokio::spawn(async move { waking.run(ending).await });
    room.say(&["a", "b"]).await;
    room.heard(2).await;
    let stream = feed.stream(from(1), Scope::Everything, cancellation.clone());
    pin_mut!(stream);
    assert_eq!(stream.next().await.unwrap().unwrap().subject, "b");
    let mut waits = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        room.say(&["c"]).await;
        assert_eq!(stream.next().await.unwrap().unwrap().subject, "c");
        waits.push(began.elapsed());
    }
    waits.sort_unstable();
    assert!(waits[2] < Duration::from_millis(500), "half of them are slower than {:?}", waits[2]);
    cancellation.cancel();
    assert!(stream.next().await.is_none(), "it ends when the service does");
    awake.await.unwrap().unwrap();
    sequencer.stop().await;
}

#[tokio::test]
async fn a_stream_shows_what_is_asked_for_and_within_the_scope() {
    let room = Room::new().await;
    let sequencer = sequence(&room);
    let account = Uuid::from_u128(7);
    let fact = |kind: &'static str, subject: &str| Fact::new(kind, subject, "test.Nothing", &());
    let facts = vec![
        fact("test.order.created", "mine").of_account(AccountId::from_uuid(account)),
        fact("test.order.created", "another's").of_account(AccountId::from_uuid(Uuid::from_u128(8))),
        fact("test.invoice.issued", "my invoice").of_account(AccountId::from_uuid(account)),
        fact("test.order.created", "nobody's"),
    ];
    let mut transaction = room.pool.begin().await.unwrap();
    say(&mut transaction, &Voice::system("", at()), facts).await.unwrap();
    transaction.commit().await.unwrap();
    room.heard(4).await;

    let limited = ScopeGrant { entities: Vec::new(), territories: Vec::new(), accounts: vec![account] };
    let shown = async |prefixes: &[&str], scope: Scope| {
        let type_prefixes = prefixes.iter().map(|prefix| (*prefix).to_owned()).collect();
        let request = StreamEventsRequest { after_position: 0, type_prefixes, until_now: true };
        let stream = room.feed().stream(request, scope, CancellationToken::new());
        stream.map(|event| event.unwrap().subject).collect::<Vec<_>>().await
    };
    let mine = Scope::Grants(vec![limited]);
    assert_eq!(shown(&[], Scope::Everything).await, ["mine", "another's", "my invoice", "nobody's"]);
    assert_eq!(shown(&[], mine.clone()).await, ["mine", "my invoice"]);
    assert_eq!(shown(&["test.order."], mine).await, ["mine"]);
    sequencer.stop().await;
}

#[tokio::test]
async fn a_gap_and_a_feed_that_grew_shorter_are_reported() {
    let room = Room::new().await;
    let sequencer = sequence(&room);
    room.say(&["a", "b", "c"]).await;
    room.heard(3).await;
    sequencer.stop().await;

    let ahead = room.feed().stream(from(4), Scope::Everything, CancellationToken::new());
    pin_mut!(ahead);
    let Failure::Refused(refusal) = ahead.next().await.unwrap().unwrap_err() else { panic!("a fault") };
    assert_eq!(refusal.reason, "FEED_TOO_SHORT");

    let mut admin = sqlx::PgConnection::connect(room._database.url()).await.unwrap();
    query("delete from outbox_test.outbox where position = 2").execute(&mut admin).await.unwrap();
    let lost = room.feed().read(0, 10).await.unwrap_err();
    assert_eq!(lost.to_string(), "the feed lost events: position 3 follows 1");
}
