//! Opens an improvement for each cause that comes back, once a month is over; after a pause month by month.

use std::collections::BTreeSet;

use chassis::failure::Failure;
use jiff::{ToSpan, civil::Date};
use outbox::{Voice, say};

use super::Worker;
use crate::{
    report::cause_trends::{self, Which},
    store::improvement as store,
    wire::{fact, root_cause as wire},
};

/// Looks at the first month that is over and that nobody has looked at. False: somebody has looked at all.
pub(super) async fn step(worker: &Worker) -> Result<bool, Failure> {
    let now = worker.clock.now();
    let today = wire::today(now);
    let last: Date = today.first_of_month().saturating_sub(1.month());
    let mut transaction = worker.pool.begin().await?;
    let Some(month) = store::look_at(&mut transaction, last).await? else { return Ok(false) };
    let which = Which {
        first: month,
        last: month,
        cause: None,
        by_account: false,
        by_detail: false,
        by_product: false,
        scope: None,
        skip: 0,
        limit: None,
    };
    let trends = cause_trends::load(&mut transaction, which).await?;
    let recurring: BTreeSet<String> =
        trends.into_iter().filter(|trend| trend.recurs).map(|trend| trend.cause).collect();
    let causes: Vec<String> = recurring.into_iter().collect();
    let opened = store::open(&mut transaction, &causes, month, now).await?;
    let mut facts = Vec::new();
    for id in opened {
        let kept = store::get(&mut transaction, id, today).await?;
        let message = wire::message(&kept.improvement, kept.adjusted);
        facts.push(fact::improvement("billing.adjustments.v1.improvement.opened", &message));
    }
    say(&mut transaction, &Voice::system("", now), facts).await?;
    transaction.commit().await?;
    Ok(true)
}
