//! What somebody keeps from being billed, with a reason and an owner, until it is released or expires.

use ids::{AccountId, HoldId, LineId, OrderId, Revision, RunId};
use jiff::civil::Date;

use crate::billing_run::Act;

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub id: HoldId,
    pub revision: Revision,
    pub account: AccountId,
    pub what: Held,
    /// Only in this run: the next one bills it.
    pub run: Option<RunId>,
    pub reason: String,
    /// Who can say when it ends.
    pub owner: String,
    /// The last day.
    pub expires: Option<Date>,
    pub created: Act,
    pub released: Option<Act>,
}

/// What is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    Account,
    Order(OrderId),
    Line(OrderId, LineId),
}

refusal::refusals! {
    /// Why a hold is not made or changed.
    pub enum HoldRefusal {
        /// What is over holds nothing.
        Malformed "HOLD_EXPIRED" Expired { expires: Date, today: Date } =>
            "the last day of the hold, {expires}, is past: today is {today}; name a later day, or none to hold it until it is released",
        /// It ends once.
        StateForbids "HOLD_RELEASED" Released { hold: String, by: String } => "{hold} was released by {by}",
    }
}

/// Makes a hold. `today` is the earliest day that it is where the account is billed.
pub fn create(hold: Hold, today: Date) -> Result<Hold, HoldRefusal> {
    match hold.expires.filter(|expires| *expires < today) {
        Some(expires) => Err(HoldRefusal::Expired { expires, today }),
        None => Ok(hold),
    }
}

/// Ends a hold before it expires.
pub fn release(hold: &Hold, act: Act) -> Result<Hold, HoldRefusal> {
    match &hold.released {
        Some(before) => Err(HoldRefusal::Released { hold: hold.id.to_string(), by: before.by.clone() }),
        None => Ok(Hold { released: Some(act), ..hold.clone() }),
    }
}
