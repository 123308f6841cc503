//! Airing ↔ domain, for a batch that comes as messages.

use billing_proto::{DESCRIPTOR_POOL, billing::invoicing::v1 as pb};
use invoicing_domain::delivery::{Airing, AiringStatus, Column, RowRefusal};
use jiff::civil::Time;
use money::Rate;
use prost::Message;
use prost_reflect::DynamicMessage;
use refusal::Violations;

use super::{
    choice::{choice, given},
    order_line::{length, optional},
    period::day,
    text::{Text, text, texts},
};

/// How many spots one makes good at most.
const SPOTS_MAX: usize = 100;

/// Why a row cannot be used, and in which column; empty for the row as a whole.
#[derive(Clone, Debug)]
pub struct RowProblem {
    pub column: String,
    pub refusal: RowRefusal,
    /// The order that the row names, where that can be read.
    pub order: Option<Box<str>>,
}

impl RowProblem {
    /// The problem of a row whose columns are wrong: all of them in words, the first as the place.
    pub fn of(v: Violations) -> Self {
        let refusal = v.refusal();
        let column = refusal.violations.first().map_or_else(String::new, |violation| violation.field.clone());
        Self { column, refusal: RowRefusal::MalformedRow { problem: refusal.message }, order: None }
    }

    /// The same of a row that names an order, so that whoever may see the order may see the row.
    #[must_use]
    pub fn naming(self, order: &str) -> Self {
        let order = text(&mut Violations::new(), "order", order, Text::Code(128));
        Self { order: order.map(String::into_boxed_str), ..self }
    }
}

/// The airing that a message describes.
pub fn parse(message: &pb::Airing) -> Result<Airing, RowProblem> {
    let mut v = Violations::new();
    fields(&mut v, message).ok_or_else(|| RowProblem::of(v).naming(&message.order))
}

fn fields(v: &mut Violations, m: &pb::Airing) -> Option<Airing> {
    let order = text(v, "order", &m.order, Text::Code(128));
    let line = text(v, "line", &m.line, Text::Code(64));
    let spot = text(v, "spot", &m.spot, Text::Code(128));
    let row = row(v, "row", m.row);
    let day = day(v, "date", m.date.as_ref());
    let time = optional(v, "time", m.time.trim(), time);
    let length = length(v, "length_seconds", m.length_seconds);
    let creative = text(v, "creative", &m.creative, Text::Optional(64));
    let rate = optional(v, "rate", m.rate.trim(), |v, field, value| v.take(field, Rate::parse(value)));
    let status = status(v, m.status);
    let makegood_for = texts(v, "makegood_for", &m.makegood_for, Text::Required(64), SPOTS_MAX);
    let made_good_by = texts(v, "made_good_by", &m.made_good_by, Text::Required(64), SPOTS_MAX);
    let station = text(v, "station", &m.station, Text::Optional(64));
    Some(Airing {
        order: order?,
        line: line?,
        spot: spot?,
        row: row?,
        day: day?,
        time: time?,
        length_seconds: length?,
        creative: creative?,
        rate: rate?,
        status: status?,
        makegood_for: makegood_for?,
        made_good_by: made_good_by?,
        station: station?,
    })
}

/// A row's number in its document.
pub fn row(v: &mut Violations, field: &str, number: i32) -> Option<i32> {
    v.take(field, Some(number).filter(|number| *number >= 0).ok_or("must not be negative"))
}

/// A time of day `HH:MM`, or `H:MM AM` as stations print it.
pub fn time(v: &mut Violations, field: &str, value: &str) -> Option<Time> {
    let read = Time::strptime("%H:%M", value).or_else(|_| Time::strptime("%I:%M %p", value));
    v.take(field, read.map_err(|_| "is not a time such as 18:23 or 6:23 PM"))
}

fn status(v: &mut Violations, value: i32) -> Option<AiringStatus> {
    let status = match choice(v, "status", value)? {
        pb::AiringStatus::Unspecified => None,
        pb::AiringStatus::Aired => Some(AiringStatus::Aired),
        pb::AiringStatus::Credited => Some(AiringStatus::Credited),
        pb::AiringStatus::Unresolved => Some(AiringStatus::Unresolved),
        pb::AiringStatus::MadeGood => Some(AiringStatus::MadeGood),
        pb::AiringStatus::NotAired => Some(AiringStatus::NotAired),
    };
    given(v, "status", status)
}

/// A message of the contract as JSON, to be kept as it came.
pub fn content<M: Message + std::fmt::Debug>(name: &str, message: &M) -> String {
    let descriptor = DESCRIPTOR_POOL.get_message_by_name(name);
    let json = descriptor.and_then(|descriptor| {
        let known = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()).ok()?;
        serde_json::to_string(&known).ok()
    });
    // What has no JSON is still kept.
    json.unwrap_or_else(|| format!("{message:?}"))
}

/// A message of the contract that was kept as JSON.
pub fn of_content<M: Message + Default>(name: &str, content: &str) -> Option<M> {
    let descriptor = DESCRIPTOR_POOL.get_message_by_name(name)?;
    let mut reader = serde_json::Deserializer::from_str(content);
    DynamicMessage::deserialize(descriptor, &mut reader).ok()?.transcode_to().ok()
}

/// What the message calls a column.
pub fn column_name(column: Column) -> &'static str {
    match column {
        Column::Order => "order",
        Column::Line => "line",
        Column::Spot => "spot",
        Column::Date => "date",
        Column::Measure(measure) => measure.name(),
    }
}
