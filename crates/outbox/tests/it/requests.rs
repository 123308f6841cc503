//! The same request again gets the same answer.

use std::time::Duration;

use billing_proto::billing::access::v1::{ApiKey, RevokeApiKeyRequest};
use chassis::{call::Call, failure::Failure};
use outbox::{Begun, Once};
use refusal::Class;
use sqlx::{PgPool, query_scalar};
use tokio::task::JoinSet;

use crate::{Room, call};

fn request(name: &str) -> RevokeApiKeyRequest {
    RevokeApiKeyRequest { name: name.to_owned(), request_id: String::new() }
}

/// Does a request; the answer says who did it.
async fn perform(pool: &PgPool, call: &Call, id: &str, name: &str, worker: &str) -> Result<String, Failure> {
    let mut transaction = pool.begin().await?;
    let once = match Once::begin::<ApiKey>(&mut transaction, call, id, &request(name)).await? {
        Begun::Answered(answer) => return Ok(answer.name),
        Begun::Fresh(once) => once,
    };
    tokio::time::sleep(Duration::from_millis(20)).await;
    let answer = ApiKey { name: worker.to_owned(), ..ApiKey::default() };
    once.answer(&mut transaction, &answer).await?;
    transaction.commit().await?;
    Ok(answer.name)
}

fn refused(failure: Failure) -> (Class, &'static str) {
    match failure {
        Failure::Refused(refusal) => (refusal.class, refusal.reason),
        Failure::Fault(fault) => panic!("{fault:#}"),
    }
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer_for_its_caller_and_method() {
    let room = Room::new().await;
    let done = async |call: &Call, id: &str, name: &str, worker: &str| {
        perform(&room.pool, call, id, name, worker).await
    };
    let ada = call("ada");
    assert_eq!(done(&ada, "r1", "x", "first").await.unwrap(), "first");
    assert_eq!(done(&ada, "r1", "x", "second").await.unwrap(), "first");
    assert_eq!(done(&ada, "r2", "x", "third").await.unwrap(), "third");
    assert_eq!(done(&call("bob"), "r1", "x", "fourth").await.unwrap(), "fourth");
    let elsewhere = Call { method: "/test.Service/Other", ..call("ada") };
    assert_eq!(done(&elsewhere, "r1", "x", "fifth").await.unwrap(), "fifth");
    let other = done(&ada, "r1", "y", "sixth").await.unwrap_err();
    assert_eq!(refused(other), (Class::StateForbids, "REQUEST_ID_REUSED"));
}

#[tokio::test]
async fn of_many_at_once_one_does_it_and_all_get_its_answer() {
    let room = Room::new().await;
    let mut tasks = JoinSet::new();
    for worker in 0..12 {
        let pool = room.pool.clone();
        tasks.spawn(
            async move { perform(&pool, &call("ada"), "race", "x", &worker.to_string()).await.unwrap() },
        );
    }
    let answers = tasks.join_all().await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn a_request_that_failed_may_come_again() {
    let room = Room::new().await;
    let mut failing = room.pool.begin().await.unwrap();
    let begun = Once::begin::<ApiKey>(&mut failing, &call("ada"), "r1", &request("x")).await.unwrap();
    assert!(matches!(begun, Begun::Fresh(_)));
    let pool = room.pool.clone();
    let waiting =
        tokio::spawn(async move { perform(&pool, &call("ada"), "r1", "x", "second").await.unwrap() });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!waiting.is_finished(), "it waits for the one that was first");
    failing.rollback().await.unwrap();
    assert_eq!(waiting.await.unwrap(), "second");
}

#[tokio::test]
async fn a_request_id_is_visible_ascii() {
    let room = Room::new().await;
    let long = "x".repeat(129);
    for id in ["", "a b", "é", "a\n", "\u{7f}", long.as_str()] {
        let failure = perform(&room.pool, &call("ada"), id, "x", "w").await.unwrap_err();
        assert_eq!(refused(failure), (Class::Malformed, "MALFORMED"), "{id:?}");
    }
    perform(&room.pool, &call("ada"), &long[..128], "x", "w").await.unwrap();
    let kept: i64 =
        query_scalar("select count(*) from answered_request").fetch_one(&room.pool).await.unwrap();
    assert_eq!(kept, 1);
}
