//! Airings in a CSV file → domain.

use std::collections::HashMap;

use invoicing_domain::delivery::{Airing, AiringStatus, Column, DeliveryRefusal};
use jiff::civil::Date;
use money::Rate;
use refusal::Violations;

use super::{
    airing::{RowProblem, row, time},
    csv::Record,
    order_line::{length, optional},
    text::{Text, text, texts},
};

const REQUIRED: [&str; 7] = ["order_no", "line", "row", "date", "time", "spot_rate", "status"];
const OPTIONAL: [&str; 8] = [
    "spot",
    "invoice_no",
    "station",
    "length_s",
    "ad_id",
    "not_aired_reason",
    "makegood_for",
    "made_good_by",
];

/// The columns of a file, by its first line.
#[derive(Clone, Debug)]
pub struct Columns {
    places: HashMap<&'static str, usize>,
    count: usize,
}

impl Columns {
    /// The columns that the header names. One that is not known is refused: its values would be lost in silence.
    pub fn of(header: &Record) -> Result<Self, DeliveryRefusal> {
        let refused = |problem| Err(DeliveryRefusal::MalformedFile { line: header.line, problem });
        let mut places = HashMap::new();
        for (place, name) in header.fields.iter().enumerate() {
            let name = name.trim();
            let Some(known) = REQUIRED.into_iter().chain(OPTIONAL).find(|known| *known == name) else {
                return refused(format!("names the unknown column {name:?}"));
            };
            if places.insert(known, place).is_some() {
                return refused(format!("names the column {name} twice"));
            }
        }
        let missing: Vec<_> = REQUIRED.into_iter().filter(|name| !places.contains_key(name)).collect();
        if !missing.is_empty() {
            return refused(format!("has to name the columns; {} is missing", missing.join(", ")));
        }
        if !places.contains_key("spot") && !places.contains_key("invoice_no") {
            return refused("has to name the column spot, or invoice_no".to_owned());
        }
        Ok(Self { places, count: header.fields.len() })
    }

    /// The airing of a record.
    pub fn parse(&self, record: &Record) -> Result<Airing, RowProblem> {
        let mut v = Violations::new();
        if record.fields.len() != self.count {
            let (fields, columns) = (record.fields.len(), self.count);
            v.add("", format!("has {fields} fields where the header has {columns}"));
            return Err(RowProblem::of(v));
        }
        self.fields(&mut v, record).ok_or_else(|| RowProblem::of(v))
    }

    /// The rate of a record as it was sent.
    pub fn rate<'a>(&self, record: &'a Record) -> &'a str {
        self.value(record, "spot_rate")
    }

    fn value<'a>(&self, record: &'a Record, column: &str) -> &'a str {
        let value = self.places.get(column).and_then(|place| record.fields.get(*place));
        value.map_or("", |value| value.trim())
    }

    fn fields(&self, v: &mut Violations, record: &Record) -> Option<Airing> {
        let value = |column| self.value(record, column);
        let order = text(v, "order_no", value("order_no"), Text::Code(128));
        let line = text(v, "line", value("line"), Text::Code(64));
        let spot = self.spot(v, record);
        let row = number(v, "row", value("row")).and_then(|number| row(v, "row", number));
        let day = v.take("date", day(value("date")));
        let time = optional(v, "time", value("time"), time);
        let length_seconds = optional(v, "length_s", value("length_s"), number)
            .and_then(|seconds| seconds.map_or(Some(0), |seconds| length(v, "length_s", seconds)));
        let creative = text(v, "ad_id", value("ad_id"), Text::Optional(64));
        let rate = optional(v, "spot_rate", value("spot_rate"), |v, column, value| {
            v.take(column, Rate::parse(value))
        });
        let status = status(v, value("status"), value("not_aired_reason"));
        let makegood_for = spots(v, "makegood_for", value("makegood_for"));
        let made_good_by = spots(v, "made_good_by", value("made_good_by"));
        let station = text(v, "station", value("station"), Text::Optional(64));
        Some(Airing {
            order: order?,
            line: line?,
            spot: spot?,
            row: row?,
            day: day?,
            time: time?,
            length_seconds: length_seconds?,
            creative: creative?,
            rate: rate?,
            status: status?,
            makegood_for: makegood_for?,
            made_good_by: made_good_by?,
            station: station?,
        })
    }

    /// What the source calls the spot; else its row on the invoice that lists it.
    fn spot(&self, v: &mut Violations, record: &Record) -> Option<String> {
        let spot = self.value(record, "spot");
        if !spot.is_empty() {
            return text(v, "spot", spot, Text::Code(128));
        }
        let invoice = text(v, "invoice_no", self.value(record, "invoice_no"), Text::Code(116))?;
        Some(format!("{invoice}:{}", self.value(record, "row")))
    }
}

fn number(v: &mut Violations, column: &str, value: &str) -> Option<i32> {
    v.take(column, value.parse().map_err(|_| "is not a whole number"))
}

fn day(value: &str) -> Result<Date, &'static str> {
    let day = value
        .parse::<Date>()
        .ok()
        .filter(|day| day.to_string() == value && (1900..=2999).contains(&day.year()));
    day.ok_or("is no day of the calendar, such as 2020-05-29")
}

fn status(v: &mut Violations, status: &str, reason: &str) -> Option<AiringStatus> {
    let status = match (status, reason) {
        ("AIRED", "") => Ok(AiringStatus::Aired),
        ("NOT_AIRED", "" | "NOT_AIRED") => Ok(AiringStatus::NotAired),
        ("NOT_AIRED", "CREDITED") | ("CREDITED", "") => Ok(AiringStatus::Credited),
        ("NOT_AIRED", "UNRESOLVED") | ("UNRESOLVED", "") => Ok(AiringStatus::Unresolved),
        ("NOT_AIRED", "MADE_GOOD") | ("MADE_GOOD", "") => Ok(AiringStatus::MadeGood),
        (status, reason) => Err(format!(
            "must be AIRED, or NOT_AIRED with CREDITED, UNRESOLVED, MADE_GOOD or NOT_AIRED as its reason, not {status:?} with {reason:?}"
        )),
    };
    v.take("status", status)
}

fn spots(v: &mut Violations, column: &str, value: &str) -> Option<Vec<String>> {
    let spots: Vec<String> =
        value.split(',').map(str::trim).filter(|spot| !spot.is_empty()).map(str::to_owned).collect();
    texts(v, column, &spots, Text::Required(64), 100)
}

/// What the file calls a column.
pub fn column_name(column: Column) -> &'static str {
    match column {
        Column::Order => "order_no",
        Column::Line => "line",
        Column::Spot => "spot",
        Column::Date => "date",
    }
}
