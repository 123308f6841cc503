use std::time::Duration;

use futures::{StreamExt, stream};
use tonic::Status;

use super::next;

const STALL_MAX: Duration = Duration::from_millis(20);

#[tokio::test]
async fn a_stream_may_end_and_break_but_not_stand_still() {
    let mut whole = stream::iter([Ok(1)]);
    assert_eq!(next(&mut whole, STALL_MAX).await.unwrap(), Some(1));
    assert_eq!(next(&mut whole, STALL_MAX).await.unwrap(), None);
    let mut broken = stream::iter([Err::<u8, _>(Status::unknown("cut"))]);
    assert_eq!(next(&mut broken, STALL_MAX).await.unwrap_err().reason(), "STREAM_BROKEN");
    let mut stalled = stream::iter([Ok(1)]).chain(stream::pending());
    assert_eq!(next(&mut stalled, STALL_MAX).await.unwrap(), Some(1));
    assert_eq!(next(&mut stalled, STALL_MAX).await.unwrap_err().reason(), "STREAM_STALLED");
}
