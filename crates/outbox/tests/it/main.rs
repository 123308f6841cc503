//! The outbox on real PostgreSQL, in the role of a service that has only the verbs that it needs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod feeds;
mod inboxes;
mod requests;

use std::{borrow::Cow, time::Duration};

use billing_proto::billing::{
    access::v1::PrincipalKind,
    event::v1::{Event, StreamEventsRequest},
};
use chassis::{
    call::Call,
    caller::Caller,
    configuration::Secret,
    database::{Login, connect, migrate},
    scope::Scope,
};
use outbox::{Fact, Feed, Voice, say};
use sqlx::{
    PgConnection, PgPool, SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};
use testkit::TestDatabase;

const GRANTS: &str = "
    grant select, insert, update (position) on outbox to outbox_test_app;
    grant select, update on feed to outbox_test_app;
    grant select, insert, update on inbox to outbox_test_app;
    grant select, insert, update (answer) on answered_request to outbox_test_app;";

fn at() -> jiff::Timestamp {
    "2020-03-01T12:00:00.123456Z".parse().unwrap()
}

fn app(password: &Secret) -> Login<'_> {
    Login { role: "outbox_test_app", password }
}

/// The outbox of one test.
struct Room {
    pool: PgPool,
    _database: TestDatabase,
}

impl Room {
    async fn new() -> Self {
        let password = Secret::new("outbox");
        let database = TestDatabase::create("outbox", async |url| {
            let owner = Login { role: "outbox_test_owner", password: &password };
            let parts = [(1, outbox::TABLES), (2, GRANTS)];
            let migrations = parts.map(|(version, sql)| {
                Migration::new(
                    version,
                    Cow::Borrowed("outbox"),
                    MigrationType::Simple,
                    sql.into_sql_str(),
                    false,
                )
            });
            let migrations = Migrator::with_migrations(migrations.into());
            Ok(migrate(&Secret::new(url), "outbox_test", &owner, &app(&password), &migrations).await?)
        });
        let database = database.await.unwrap();
        let url = app(&password).url(&Secret::new(database.url())).unwrap();
        Self { pool: connect(&url, "outbox_test", 20).await.unwrap(), _database: database }
    }

    fn feed(&self) -> Feed {
        Feed::new(self.pool.clone())
    }

    async fn say(&self, subjects: &[&str]) {
        let mut transaction = self.pool.begin().await.unwrap();
        say_in(&mut transaction, subjects).await;
        transaction.commit().await.unwrap();
    }

    /// The feed from the beginning, as soon as it has this many events.
    async fn heard(&self, count: usize) -> Vec<Event> {
        for _ in 0..400 {
            let events = self.feed().read(0, 100_000).await.unwrap();
            if events.len() >= count {
                return events;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the feed did not come to {count} events");
    }
}

async fn say_in(transaction: &mut PgConnection, subjects: &[&str]) {
    let fact = |subject: &&str| Fact::new("test.said", *subject, "test.Nothing", &());
    say(transaction, &Voice::system("trace", at()), subjects.iter().map(fact).collect()).await.unwrap();
}

fn from(after_position: i64) -> StreamEventsRequest {
    StreamEventsRequest { after_position, ..StreamEventsRequest::default() }
}

fn subjects(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.subject.as_str()).collect()
}

fn call(person: &str) -> Call {
    let caller = Caller {
        person: person.to_owned(),
        kind: PrincipalKind::Person,
        key: "key_1".to_owned(),
        grants: Vec::new(),
    };
    Call { caller, scope: Scope::Everything, method: "/test.Service/Do", at: at(), trace: "0".repeat(32) }
}
