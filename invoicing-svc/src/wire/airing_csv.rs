//! Airings in a CSV file → domain.

use invoicing_domain::delivery::{Airing, AiringStatus, Column, DeliveryRefusal};
use money::Rate;
use refusal::Violations;

use super::{
    airing::{RowProblem, row, time},
    csv::{Columns, Record, day},
    order_line::{length, optional},
    text::{Text, text, texts},
};

/// The columns that every file of airings has.
pub const REQUIRED: [&str; 7] = ["order_no", "line", "row", "date", "time", "spot_rate", "status"];
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

/// The columns of a file of airings.
#[derive(Clone, Debug)]
pub struct AiringColumns {
    columns: Columns,
    /// The line that names them, as it came.
    header: String,
}

impl AiringColumns {
    /// The columns that the header names.
    pub fn of(header: &Record) -> Result<Self, DeliveryRefusal> {
        let columns = Columns::of(header, &REQUIRED, &OPTIONAL)?;
        if !columns.has("spot") && !columns.has("invoice_no") {
            let problem = "has to name the column spot, or invoice_no".to_owned();
            return Err(DeliveryRefusal::MalformedFile { line: header.line, problem });
        }
        Ok(Self { columns, header: header.raw.clone() })
    }

    /// The line that names them, as it came.
    pub fn header(&self) -> &str {
        &self.header
    }

    /// The airing of a record.
    pub fn parse(&self, record: &Record) -> Result<Airing, RowProblem> {
        let mut v = Violations::new();
        if self.columns.check(&mut v, record).is_none() {
            return Err(RowProblem::of(v));
        }
        let parsed = self.fields(&mut v, record);
        parsed.ok_or_else(|| RowProblem::of(v).naming(self.columns.value(record, "order_no")))
    }

    /// The rate of a record as it was sent.
    pub fn rate<'a>(&self, record: &'a Record) -> &'a str {
        self.columns.value(record, "spot_rate")
    }

    fn fields(&self, v: &mut Violations, record: &Record) -> Option<Airing> {
        let value = |column| self.columns.value(record, column);
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
        let spot = self.columns.value(record, "spot");
        if !spot.is_empty() {
            return text(v, "spot", spot, Text::Code(128));
        }
        let invoice = text(v, "invoice_no", self.columns.value(record, "invoice_no"), Text::Code(116))?;
        Some(format!("{invoice}:{}", self.columns.value(record, "row")))
    }
}

fn number(v: &mut Violations, column: &str, value: &str) -> Option<i32> {
    v.take(column, value.parse().map_err(|_| "is not a whole number"))
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
        Column::Measure(measure) => measure.name(),
    }
}
