//! Heard once.

use outbox::inbox::{advance, position};

use crate::Room;

#[tokio::test]
async fn a_feed_is_heard_without_gap_and_without_repetition() {
    let room = Room::new().await;
    let mut transaction = room.pool.begin().await.unwrap();
    assert_eq!(position(&mut transaction, "invoicing").await.unwrap(), 0);
    advance(&mut transaction, "invoicing", 1, 3).await.unwrap();
    transaction.commit().await.unwrap();

    for (first, last) in [(5, 6), (3, 4), (1, 3), (4, 3)] {
        let mut transaction = room.pool.begin().await.unwrap();
        let error = advance(&mut transaction, "invoicing", first, last).await.unwrap_err();
        assert!(error.to_string().contains("heard up to 3"), "{error}");
    }
    let mut transaction = room.pool.begin().await.unwrap();
    advance(&mut transaction, "invoicing", 4, 4).await.unwrap();
    advance(&mut transaction, "adjustments", 1, 1).await.unwrap();
    assert_eq!(position(&mut transaction, "invoicing").await.unwrap(), 4);
    transaction.rollback().await.unwrap();

    let mut connection = room.pool.acquire().await.unwrap();
    assert_eq!(position(&mut connection, "invoicing").await.unwrap(), 3);
}
