//! What an order is booked for: domain → message.

use billing_proto::billing::invoicing::v1 as pb;
use invoicing_domain::order::{BookedAmount, BookedByPeriod};

use super::{money, period::days_message};

/// The spread over the periods.
pub fn by_period_message(booked: &BookedByPeriod) -> pb::BookedByPeriodResponse {
    let period = |period: &invoicing_domain::order::BookedPeriod| pb::BookedPeriod {
        period: Some(days_message(period.period)),
        billing_month: period.month.to_string(),
        booked: Some(message(&period.booked)),
    };
    pb::BookedByPeriodResponse {
        periods: booked.periods.iter().map(period).collect(),
        unplanned: Some(message(&booked.unplanned)),
        total: Some(message(&booked.total)),
    }
}

/// Units and money.
pub fn message(booked: &BookedAmount) -> pb::BookedAmount {
    pb::BookedAmount {
        units: booked.units.normalize().to_string(),
        gross: Some(money::message(booked.gross)),
        commission: Some(money::message(booked.commission)),
        net: Some(money::message(booked.net)),
    }
}
