//! What a subscriber was told, and what waits.

use billing_proto::billing::adjustments::v1 as pb;
use chassis::failure::Failure;
use ids::SubscriptionId;
use sqlx::PgConnection;

use crate::{
    store::written::count,
    wire::{name, time},
};

/// The notifications of a subscription by their positions, the latest first.
pub async fn page(
    connection: &mut PgConnection,
    subscription: SubscriptionId,
    state: Option<&str>,
    (before, limit): (Option<i64>, i64),
) -> Result<Vec<(i64, pb::Notification)>, Failure> {
    let rows = sqlx::query!(
        "with told as (
           select n.*, o.type as kind, o.subject,
                  case when n.delivered_at is not null then 'DELIVERED' when n.attempt_at is null then 'GIVEN_UP' else 'WAITING' end as state
             from notification n join outbox o using (position)
            where n.subscription_id = $1 and ($2::bigint is null or n.position < $2)
         )
         select position as \"position!\", kind as \"kind!\", subject as \"subject!\", state as \"state!\", attempts as \"attempts!\",
                failure as \"failure!\", attempt_at, delivered_at
           from told where $3::text is null or state = $3 order by position desc limit $4",
        subscription.uuid(),
        before,
        state,
        limit
    )
    .fetch_all(connection)
    .await?;
    let notification = rows.into_iter().map(|row| {
        let state = pb::NotificationState::from_str_name(&format!("NOTIFICATION_STATE_{}", row.state));
        let message = pb::Notification {
            name: format!("{}/notifications/{}", name::subscription_name(subscription), row.position),
            event_type: row.kind,
            subject: row.subject,
            state: state.map_or(0, i32::from),
            attempts: count(row.attempts)?,
            failure: row.failure,
            next_time: row.attempt_at.map(|at| time::message(at.to_jiff())),
            deliver_time: row.delivered_at.map(|at| time::message(at.to_jiff())),
        };
        Ok((row.position, message))
    });
    notification.collect()
}
