//! Daily facts in a CSV file → domain.

use invoicing_domain::delivery::{Column, DailyFact, DeliveryRefusal, Measure, Measured};
use refusal::Violations;

use super::{
    airing::RowProblem,
    csv::{Columns, Record, day},
    delivery_fact::{About, amount, counts},
    text::{Text, text},
};

const REQUIRED: [&str; 3] = ["order_no", "line", "date"];

/// The columns of a file of daily facts.
#[derive(Clone, Debug)]
pub struct FactColumns {
    columns: Columns,
    raw: String,
}

impl FactColumns {
    /// The columns that the header names: the line, the day, and at least one measure.
    pub fn of(header: &Record) -> Result<Self, DeliveryRefusal> {
        let measures: Vec<&'static str> = measures().map(Measure::name).collect();
        let columns = Columns::of(header, &REQUIRED, &measures)?;
        if !measures.iter().any(|measure| columns.has(measure)) {
            let problem = format!("has to name a measure: {}", measures.join(", "));
            return Err(DeliveryRefusal::MalformedFile { line: header.line, problem });
        }
        Ok(Self { columns, raw: header.raw.clone() })
    }

    /// The first line of the file as it came.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The fact of a record.
    pub fn parse(&self, record: &Record) -> Result<DailyFact, RowProblem> {
        let order = self.columns.value(record, "order_no");
        self.read(record).map_err(|problem| problem.naming(order))
    }

    fn read(&self, record: &Record) -> Result<DailyFact, RowProblem> {
        let mut v = Violations::new();
        if self.columns.check(&mut v, record).is_none() {
            return Err(RowProblem::of(v));
        }
        let spend = amount(Measure::Spend, self.columns.value(record, Measure::Spend.name()))?;
        let hours = amount(Measure::Hours, self.columns.value(record, Measure::Hours.name()))?;
        let order = text(&mut v, "order_no", self.columns.value(record, "order_no"), Text::Code(128));
        let line = text(&mut v, "line", self.columns.value(record, "line"), Text::Code(64));
        let day = v.take("date", day(self.columns.value(record, "date")));
        let counts = self.counts(&mut v, record);
        match (order, line, day, counts) {
            (Some(order), Some(line), Some(day), Some(counts)) => {
                Ok(DailyFact { order, line, day, measured: Measured { counts, spend, hours } })
            }
            (_, _, _, _) => Err(RowProblem::of(v)),
        }
    }

    /// Where a record belongs that has no fact, if it names a line.
    pub fn about(&self, record: &Record) -> Option<About> {
        let v = &mut Violations::new();
        let line = text(v, "line", self.columns.value(record, "line"), Text::Code(64))?;
        Some(About { line, day: day(self.columns.value(record, "date")).ok() })
    }

    fn counts(&self, v: &mut Violations, record: &Record) -> Option<[Option<i64>; 9]> {
        let read = Measure::COUNTS.map(|measure| match self.columns.value(record, measure.name()) {
            "" => Some(None),
            written => {
                let count = written.parse::<i64>().map_err(|_| "is not a whole number");
                v.take(measure.name(), count).map(Some)
            }
        });
        let read: Option<Vec<Option<i64>>> = read.into_iter().collect();
        counts(v, read?.try_into().ok()?)
    }

    /// The value of a measure as it was sent; `None` where it has none.
    pub fn sent(&self, record: &Record, measure: Measure) -> Option<String> {
        Some(self.columns.value(record, measure.name()).to_owned()).filter(|written| !written.is_empty())
    }
}

fn measures() -> impl Iterator<Item = Measure> {
    Measure::COUNTS.into_iter().chain([Measure::Spend, Measure::Hours])
}

/// The columns that a file may have, in words.
pub fn columns() -> String {
    let measures: Vec<&str> = measures().map(Measure::name).collect();
    format!("{} and at least one of {}", REQUIRED.join(", "), measures.join(", "))
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
