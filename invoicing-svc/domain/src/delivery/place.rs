use std::collections::HashMap;

use calendar::Days;
use ids::{AccountId, AiringId, LineId, OrderId};
use jiff::civil::Date;

use super::{Airing, Measure};

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
    Measure(Measure),
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
            "{day} lies in the future: today is {today} there",
        /// The line did not run on that day.
        StateForbids "OUT_OF_FLIGHT" OutOfFlight { day: Date, line: String, flight: Days } =>
            "{day} lies outside the flight of line {line}, {flight}; amend the order; a spot may also name the one that it makes good",
        /// The batch says that it is about other days.
        Malformed "NOT_REPLACED" NotReplaced { day: Date, replaced: Days } =>
            "{day} is none of the days that the batch says everything about, {replaced}; send it in a batch of its own",
        /// What waited is older than what is known.
        StateForbids "SAID_SINCE" SaidSince { day: Date, line: String } =>
            "{day} of line {line} was said by another row or by a later batch; there is nothing left to release",
        /// What is added up is not added up in part.
        StateForbids "DAY_INCOMPLETE" DayIncomplete { row: i64 } =>
            "row {row} may be of the same line and day, with which this one is added up, and cannot be used; release them together once it can be, or send all rows of the line and day in a new batch",
        /// The batch says one spot twice.
        Malformed "DUPLICATE_IN_BATCH" DuplicateInBatch { spot: String, order: String, line: String } =>
            "spot {spot} of order {order}, line {line} is in the batch before; the first row counts",
        /// A row that says nothing is no zero.
        Malformed "NOTHING_COUNTED" NothingCounted => "the row says nothing about the day; a count of nothing is written 0",
        /// Nothing is delivered less than not at all: what is taken back is restated.
        Malformed "NEGATIVE_COUNT" NegativeCount { measure: Measure, count: String } =>
            "{measure} is {count}; send what the day came to, which is not negative",
        /// Nobody clicks on what nobody was shown.
        Malformed "CLICKS_ABOVE_IMPRESSIONS" ClicksAboveImpressions { clicks: i64, impressions: i64 } =>
            "{clicks} clicks on {impressions} impressions; ask the source which one is right, and send the day again",
        /// What is in view was shown.
        Malformed "VIEWABLE_ABOVE_IMPRESSIONS" ViewableAboveImpressions { viewable: i64, impressions: i64 } =>
            "{viewable} viewable of {impressions} impressions; ask the source which one is right, and send the day again",
        /// What was viewed to the end was viewed.
        Malformed "COMPLETED_ABOVE_VIEWS" CompletedAboveViews { completed: i64, views: i64 } =>
            "{completed} completed of {views} views; ask the source which one is right, and send the day again",
        /// Gross is everything.
        Malformed "PARTS_ABOVE_GROSS" PartsAboveGross { parts: i64, gross: i64 } =>
            "impressions and invalid traffic are {parts} together, of {gross} gross; ask the source which one is right, and send the day again",
        /// What somebody typed in is believed once somebody else has looked.
        StateForbids "MANUAL_COUNT" ManualCount =>
            "it was typed in by hand; it counts once a second person has looked at the evidence of its batch and released it",
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
            Self::FutureDay { .. }
            | Self::OutOfFlight { .. }
            | Self::NotReplaced { .. }
            | Self::SaidSince { .. } => Some(Column::Date),
            Self::DayIncomplete { .. } | Self::NothingCounted | Self::ManualCount => None,
            Self::NegativeCount { measure, .. } => Some(Column::Measure(*measure)),
            Self::ClicksAboveImpressions { .. } => Some(Column::Measure(Measure::Clicks)),
            Self::ViewableAboveImpressions { .. } => Some(Column::Measure(Measure::ViewableImpressions)),
            Self::CompletedAboveViews { .. } => Some(Column::Measure(Measure::CompletedViews)),
            Self::PartsAboveGross { .. } => Some(Column::Measure(Measure::GrossImpressions)),
        }
    }
}

impl RowRefusal {
    /// What mends it is to send the row once more.
    pub fn is_sent_again(&self) -> bool {
        match self {
            Self::MalformedRow { .. }
            | Self::UnknownOrder { .. }
            | Self::UnknownLine { .. }
            | Self::NotReplaced { .. }
            | Self::DuplicateInBatch { .. }
            | Self::NothingCounted
            | Self::NegativeCount { .. }
            | Self::ClicksAboveImpressions { .. }
            | Self::ViewableAboveImpressions { .. }
            | Self::CompletedAboveViews { .. }
            | Self::PartsAboveGross { .. } => true,
            Self::FutureDay { .. }
            | Self::OutOfFlight { .. }
            | Self::SaidSince { .. }
            | Self::DayIncomplete { .. }
            | Self::ManualCount => false,
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
