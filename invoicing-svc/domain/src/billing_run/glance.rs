use calendar::Month;
use ids::{EntityId, Revision, RunId};
use jiff::Timestamp;

use super::{Act, BillingRun, State};

/// A preview that nobody starts and nothing keeps: with it lines are rated as a run of the month would rate them now.
pub fn glance(entity: EntityId, month: Month, at: Timestamp) -> BillingRun {
    BillingRun {
        // Of no run, as no draft is made.
        id: RunId::derived(&[]),
        revision: Revision::FIRST,
        entity,
        month,
        accounts: Vec::new(),
        preview: true,
        data_as_of: at,
        started: Act { by: String::new(), at },
        state: State::Created,
    }
}
