use std::collections::HashMap;

use calendar::Days;
use ids::{AccountId, AiringId, LineId, OrderId};
use jiff::civil::Date;

use super::Airing;

/// What a row is placed with: an order that the caller may see.
#[derive(Clone, Debug)]
pub struct OrderFacts {
    pub account: AccountId,
    pub order: OrderId,
    /// The day that it is for the billing entity.
    pub today: Date,
    /// By number.
    pub lines: HashMap<String, LineFacts>,
}

/// A line that may be delivered.
#[derive(Clone, Copy, Debug)]
pub struct LineFacts {
    pub line: LineId,
    pub flight: Days,
}

/// Where a row that can be read is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Order,
    Line,
    Spot,
    Date,
}

refusal::refusals! {
    /// Why a row is quarantined, in the order in which it is looked at.
    pub enum RowRefusal {
        /// The row does not say what an airing says.
        Malformed "MALFORMED_ROW" MalformedRow { problem: String } => "{problem}; mend the row and send it in a new batch",
        /// The order does not exist, or not for this caller.
        Missing "UNKNOWN_ORDER" UnknownOrder { order: String, order_source_system: String } =>
            "order {order} of {order_source_system} is not known; sync the order and send the row in a new batch",
        /// The order has no such line.
        Missing "UNKNOWN_LINE" UnknownLine { order: String, line: String } =>
            "order {order} has no line {line}; sync the order with the line and send the row in a new batch",
        /// Nothing has aired yet.
        StateForbids "FUTURE_DAY" FutureDay { day: Date, today: Date } =>
            "{day} lies in the future: today is {today} for the billing entity",
        /// The line did not run on that day.
        StateForbids "OUT_OF_FLIGHT" OutOfFlight { day: Date, line: String, flight: Days } =>
            "{day} lies outside the flight of line {line}, {flight}; amend the order, or name the spot that this one makes good",
        /// The batch says one spot twice.
        Malformed "DUPLICATE_IN_BATCH" DuplicateInBatch { spot: String, order: String, line: String } =>
            "spot {spot} of order {order}, line {line} is in the batch before; the first row counts",
    }
}

impl RowRefusal {
    /// Where in the row it is; `None` for a row that cannot be read, whose reader knows the place.
    pub fn column(&self) -> Option<Column> {
        match self {
            Self::MalformedRow { .. } => None,
            Self::UnknownOrder { .. } => Some(Column::Order),
            Self::UnknownLine { .. } => Some(Column::Line),
            Self::DuplicateInBatch { .. } => Some(Column::Spot),
            Self::FutureDay { .. } | Self::OutOfFlight { .. } => Some(Column::Date),
        }
    }
}

/// Where a spot belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub account: AccountId,
    pub order: OrderId,
    pub line: LineId,
    pub airing: AiringId,
}

/// Finds the line that a spot was delivered for. `taken` answers whether a row of the batch that can be used was the
/// spot already.
pub fn place(
    airing: &Airing,
    source: &str,
    order_source_system: &str,
    order: Option<&OrderFacts>,
    taken: impl FnOnce(AiringId) -> bool,
) -> Result<Place, RowRefusal> {
    let order = order.ok_or_else(|| RowRefusal::UnknownOrder {
        order: airing.order.clone(),
        order_source_system: order_source_system.to_owned(),
    })?;
    let line = order
        .lines
        .get(&airing.line)
        .ok_or_else(|| RowRefusal::UnknownLine { order: airing.order.clone(), line: airing.line.clone() })?;
    let id = AiringId::of(source, order.order, &airing.line, &airing.spot);
    if airing.day > order.today {
        return Err(RowRefusal::FutureDay { day: airing.day, today: order.today });
    }
    if !airing.is_makegood() && !line.flight.contains(airing.day) {
        let (day, line, flight) = (airing.day, airing.line.clone(), line.flight);
        return Err(RowRefusal::OutOfFlight { day, line, flight });
    }
    if taken(id) {
        let Airing { spot, order, line, .. } = airing.clone();
        return Err(RowRefusal::DuplicateInBatch { spot, order, line });
    }
    Ok(Place { account: order.account, order: order.order, line: line.line, airing: id })
}
