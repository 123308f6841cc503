//! AccountingPeriod ↔ domain.

use billing_proto::billing::invoicing::v1 as pb;
use calendar::Month;
use ids::EntityId;
use invoicing_domain::period::{Books, Change, PeriodState};

use super::{
    name,
    period::{days_message, time_message},
};

/// The period as a message.
pub fn message(entity: EntityId, books: &Books, month: Month) -> pb::AccountingPeriod {
    pb::AccountingPeriod {
        name: name::accounting_period_name(entity, month),
        month: month.to_string(),
        days: Some(days_message(books.fiscal.days_of(month))),
        state: state(books.state(month)).into(),
        changes: books.changes(month).iter().map(change).collect(),
    }
}

fn change(change: &Change) -> pb::AccountingPeriodChange {
    pb::AccountingPeriodChange {
        state: state(change.state).into(),
        person: change.by.clone(),
        time: Some(time_message(change.at)),
        reason: change.reason.clone(),
    }
}

fn state(state: PeriodState) -> pb::AccountingPeriodState {
    match state {
        PeriodState::Open => pb::AccountingPeriodState::Open,
        PeriodState::SoftClosed => pb::AccountingPeriodState::SoftClosed,
        PeriodState::Closed => pb::AccountingPeriodState::Closed,
        PeriodState::Locked => pb::AccountingPeriodState::Locked,
    }
}
