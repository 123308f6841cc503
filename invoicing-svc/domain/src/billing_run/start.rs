use calendar::Month;
use ids::{AccountId, EntityId, Revision, RunId};
use jiff::civil::Date;

use super::{Act, BillingRun, BillingRunRefusal, State};

/// How many accounts a worker rates in one transaction, at most and, but for the last, at least.
const SHARD: (usize, usize) = (50, 250);

/// A run of the same entity that is neither issued nor cancelled, and no preview.
#[derive(Clone, Debug)]
pub struct OpenRun {
    pub id: RunId,
    pub month: Month,
    /// Empty: every account.
    pub accounts: Vec<AccountId>,
    pub state: String,
}

/// What a run is to be about.
#[derive(Clone, Debug)]
pub struct Asked {
    pub entity: EntityId,
    pub month: Month,
    /// Empty: every account.
    pub accounts: Vec<AccountId>,
    /// A preview bills nothing, so it may be started beside open runs.
    pub preview: bool,
}

/// Starts a run, unless its month has not begun, or an open one bills some of the same accounts: both would bill the
/// same delivery. `today` is the day in the entity's time zone.
///
/// Order of refusal: MONTH_IN_FUTURE, RUN_OPEN.
pub fn start(
    id: RunId,
    Asked { entity, month, mut accounts, preview }: Asked,
    open: &[OpenRun],
    (started, today): (Act, Date),
) -> Result<BillingRun, BillingRunRefusal> {
    if month.first_day() > today {
        return Err(BillingRunRefusal::MonthInFuture { month: month.to_string(), today: today.to_string() });
    }
    accounts.sort();
    accounts.dedup();
    let blocking = |other: &&OpenRun| !preview && overlap(&other.accounts, &accounts);
    if let Some(other) = open.iter().find(blocking) {
        return Err(BillingRunRefusal::RunOpen {
            run: other.id.to_string(),
            month: other.month.to_string(),
            state: other.state.clone(),
        });
    }
    let data_as_of = started.at;
    Ok(BillingRun {
        id,
        revision: Revision::FIRST,
        entity,
        month,
        accounts,
        preview,
        data_as_of,
        started,
        state: State::Created,
    })
}

fn overlap(one: &[AccountId], other: &[AccountId]) -> bool {
    one.is_empty() || other.is_empty() || one.iter().any(|account| other.contains(account))
}

/// The accounts in the portions that workers claim, the largest first: each is a part of what is left, so that workers
/// come to their end at about the same time. There is always one, so that an empty run comes to its review too.
pub fn shards(mut accounts: Vec<AccountId>) -> Vec<Vec<AccountId>> {
    accounts.sort();
    accounts.dedup();
    let (least, most) = SHARD;
    let mut shards = Vec::new();
    let mut rest = &accounts[..];
    while !rest.is_empty() || shards.is_empty() {
        let size = (rest.len() / 4).clamp(least, most).min(rest.len());
        let (shard, left) = rest.split_at(size);
        shards.push(shard.to_vec());
        rest = left;
    }
    shards
}
