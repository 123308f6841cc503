//! The stream of ImportDelivery: its header, and its rows as messages of many or as pieces of a file.

use billing_proto::billing::invoicing::v1::{self as pb, import_delivery_request::Part};
use calendar::{Days, EntityZone};
use invoicing_domain::{
    control_total::ControlTotal,
    delivery::{BatchTotals, Column, DailyFact, DeliveryRefusal, Duplicates, Measure, RowRefusal},
};
use jiff::civil::Date;
use refusal::{Refusal, Violations};

use super::{
    airing::{self, RowProblem},
    choice::optional_choice,
    csv::{CsvReader, Record},
    delivery_csv::{self, FactColumns},
    delivery_fact::{About, about, content, measure, message, parse, sent},
    delivery_parquet::ParquetFile,
    order::source_system,
    order_batch::sequence,
    period,
    text::{Text, text},
};

/// How many rows a batch has at most: the sums of its lines have to fit in memory.
const ROWS_MAX: i64 = 2_000_000;

/// How many lines a batch may name that it says everything about.
const LINES_MAX: usize = 100_000;

/// How long evidence may be.
const EVIDENCE_MAX: usize = 1_000;

/// What a batch says about itself.
#[derive(Clone, Debug)]
pub struct Header {
    pub source: String,
    /// The source's id of the batch.
    pub batch_id: String,
    pub sequence: Option<i64>,
    pub replaces: Option<Replaces>,
    pub order_source_system: String,
    pub said: BatchTotals,
    /// What the control total is the sum of.
    pub measure: Option<Measure>,
    pub time_zone: Option<EntityZone>,
    pub duplicates: Option<Duplicates>,
    /// What proves counts that were typed in by hand.
    pub evidence: Option<String>,
}

/// What a batch says everything about.
#[derive(Clone, Debug)]
pub struct Replaces {
    pub days: Days,
    /// Order and line; none: all of which the source has said something on these days.
    pub lines: Vec<(String, String)>,
}

/// The header, which is the first part of a stream.
pub fn header(part: Option<Part>) -> Result<Header, Refusal> {
    let mut v = Violations::new();
    let Some(Part::Header(m)) = part else {
        v.add("header", "must be the first message of the stream");
        return Err(v.refusal());
    };
    let parsed = v.within("header", |v| header_fields(v, &m));
    match parsed {
        Some(header) => v.check().map(|()| header),
        None => Err(v.refusal()),
    }
}

fn header_fields(v: &mut Violations, m: &pb::DailyBatchHeader) -> Option<Header> {
    let source = source_system(v, "source", &m.source);
    let batch_id = text(v, "batch_id", &m.batch_id, Text::Code(128));
    let sequence = m.sequence.map(|number| sequence(v, "sequence", number));
    let replaces = replaces(v, m);
    let order_source_system = source_system(v, "order_source_system", &m.order_source_system);
    let totals = totals(v, m.control_totals.as_ref());
    let zone = Some(&m.time_zone).filter(|zone| !zone.is_empty());
    let time_zone = zone.map(|zone| v.take("time_zone", zone.parse::<EntityZone>()));
    let duplicates = match optional_choice(v, "duplicates", m.duplicates)? {
        pb::DuplicateFacts::Unspecified => None,
        pb::DuplicateFacts::Refuse => Some(Duplicates::Refuse),
        pb::DuplicateFacts::Sum => Some(Duplicates::Sum),
    };
    let (said, measure) = totals?;
    let evidence = text(v, "evidence", &m.evidence, Text::Optional(EVIDENCE_MAX))?;
    let evidence = Some(evidence).filter(|evidence| !evidence.is_empty());
    let replaces = replaces?;
    if evidence.is_some() && replaces.is_some() {
        v.add(
            "mode",
            "must be UPSERT where evidence is given: what is absent would be zero before anybody has looked",
        );
    }
    Some(Header {
        source: source?,
        batch_id: batch_id?,
        sequence: sequence.flatten(),
        replaces,
        order_source_system: order_source_system?,
        said,
        measure,
        time_zone: time_zone.flatten(),
        duplicates,
        evidence,
    })
}

/// What is replaced, if anything; the outer `None` is a violation.
fn replaces(v: &mut Violations, m: &pb::DailyBatchHeader) -> Option<Option<Replaces>> {
    match optional_choice(v, "mode", m.mode)? {
        pb::BatchMode::Unspecified | pb::BatchMode::Upsert => {
            if m.days.is_some() || !m.lines.is_empty() {
                v.add("mode", "must be REPLACE where days and lines are given");
                return None;
            }
            Some(None)
        }
        pb::BatchMode::Replace => {
            let days = period::days(v, "days", m.days.as_ref());
            if m.lines.len() > LINES_MAX {
                v.add("lines", format!("has {} entries; at most {LINES_MAX} are allowed", m.lines.len()));
                return None;
            }
            let line = |v: &mut Violations, (n, line): (usize, &pb::DeliveredLine)| {
                let order = text(v, &format!("lines[{n}].order"), &line.order, Text::Code(128));
                let number = text(v, &format!("lines[{n}].line"), &line.line, Text::Code(64));
                order.zip(number)
            };
            let lines: Option<Vec<_>> = m.lines.iter().enumerate().map(|each| line(v, each)).collect();
            Some(Some(Replaces { days: days?, lines: lines? }))
        }
    }
}

fn totals(
    v: &mut Violations,
    said: Option<&pb::DeliveryControlTotals>,
) -> Option<(BatchTotals, Option<Measure>)> {
    let Some(said) = said else {
        v.add("control_totals", "must be given");
        return None;
    };
    if !(0..=ROWS_MAX).contains(&said.rows) {
        v.add("control_totals.rows", format!("must be 0 to {ROWS_MAX}; send more in several batches"));
    }
    let measure = measure(v, "control_totals.measure", said.measure)?;
    let amount = match (measure, &*said.amount) {
        (Some(_), amount) => v.take("control_totals.amount", ControlTotal::parse(amount))?,
        (None, "") => ControlTotal::default(),
        (None, _) => {
            v.add("control_totals.measure", "must say what the amount is the sum of");
            return None;
        }
    };
    Some((BatchTotals { rows: said.rows, amount }, measure))
}

/// A row of the batch.
#[derive(Debug)]
pub struct Row {
    pub parsed: Result<DailyFact, Box<Unreadable>>,
    /// The value of the measure that the batch sums, as it was sent.
    pub summed: Option<String>,
    /// The record of a file.
    record: Option<String>,
    /// What the sender calls its columns.
    names: fn(Column) -> &'static str,
}

/// A row that does not say what a fact says.
#[derive(Debug)]
pub struct Unreadable {
    pub problem: RowProblem,
    /// As it came.
    pub content: String,
    /// Where in its order it belongs, as far as that can be read.
    about: Option<About>,
}

impl Row {
    fn of_message(m: &pb::DeliveryFact, summed: Option<Measure>, names: fn(Column) -> &'static str) -> Self {
        let unreadable = |problem| Box::new(Unreadable { problem, content: content(m), about: about(m) });
        let summed = summed.and_then(|measure| sent(m, measure));
        Self { parsed: parse(m, names(Column::Order)).map_err(unreadable), summed, record: None, names }
    }

    fn of_record(columns: &FactColumns, record: Record, summed: Option<Measure>) -> Self {
        let summed = summed.and_then(|measure| columns.sent(&record, measure));
        let unreadable = |problem| {
            let (content, about) = (record.raw.clone(), columns.about(&record));
            Box::new(Unreadable { problem, content, about })
        };
        let parsed = columns.parse(&record).map_err(unreadable);
        Self { parsed, summed, record: Some(record.raw), names: delivery_csv::column_name }
    }

    /// The row as it came: the message as JSON, or the record of the file.
    pub fn content(&self) -> String {
        match (&self.record, &self.parsed) {
            (Some(record), _) => record.clone(),
            (None, Ok(fact)) => content(&message(fact)),
            (None, Err(unreadable)) => unreadable.content.clone(),
        }
    }

    /// The record of the file that the row came in, if it was one.
    pub fn record(&self) -> Option<&str> {
        self.record.as_deref()
    }

    /// The order that the row names, where that can be read.
    pub fn order(&self) -> Option<&str> {
        match &self.parsed {
            Ok(fact) => Some(&fact.order),
            Err(unreadable) => unreadable.problem.order.as_deref(),
        }
    }

    /// The order, the line and the day that the row is about, as far as they can be read.
    pub fn about(&self) -> Option<(&str, &str, Option<Date>)> {
        match &self.parsed {
            Ok(fact) => Some((&fact.order, &fact.line, Some(fact.day))),
            Err(unreadable) => {
                let about = unreadable.about.as_ref()?;
                Some((self.order()?, &about.line, about.day))
            }
        }
    }

    /// Where the row is wrong, as it calls its columns.
    pub fn column_of(&self, refusal: &RowRefusal) -> String {
        match (&self.parsed, refusal.column()) {
            (Err(unreadable), _) => unreadable.problem.column.clone(),
            (Ok(_), column) => column.map_or_else(String::new, |column| (self.names)(column).to_owned()),
        }
    }
}

/// Reads the rows out of the parts of a stream: all messages, or all pieces of one file.
#[derive(Debug)]
pub struct Rows {
    summed: Option<Measure>,
    form: Form,
}

#[derive(Debug)]
enum Form {
    /// Nothing but the header has come.
    Begin,
    Messages,
    /// A file, with its columns once its first line is complete.
    File {
        reader: CsvReader,
        columns: Option<FactColumns>,
    },
    Parquet(ParquetFile),
}

impl Rows {
    /// Before the first row. `summed` is what the batch sums.
    pub fn new(summed: Option<Measure>) -> Self {
        Self { summed, form: Form::Begin }
    }

    /// The rows that a part completes.
    pub fn read(&mut self, part: Option<Part>) -> Result<Vec<Row>, Refusal> {
        match (&mut self.form, part) {
            (Form::Begin, Some(Part::Csv(piece))) => {
                self.form = Form::File { reader: CsvReader::new(), columns: None };
                self.read(Some(Part::Csv(piece)))
            }
            (Form::Begin | Form::Messages, Some(Part::Facts(m))) => {
                self.form = Form::Messages;
                let row = |fact| Row::of_message(fact, self.summed, airing::column_name);
                Ok(m.facts.iter().map(row).collect())
            }
            (Form::File { reader, columns }, Some(Part::Csv(piece))) => {
                let records = reader.read(&piece)?.into_iter();
                let rows = records.filter_map(|record| row(columns, record, self.summed).transpose());
                rows.collect::<Result<_, _>>().map_err(Refusal::from)
            }
            (Form::Begin, Some(Part::Parquet(piece))) => {
                self.form = Form::Parquet(ParquetFile::new());
                self.read(Some(Part::Parquet(piece)))
            }
            (Form::Parquet(file), Some(Part::Parquet(piece))) => {
                file.take(&piece)?;
                Ok(Vec::new())
            }
            (Form::Begin | Form::Messages | Form::File { .. } | Form::Parquet(_), part) => {
                Err(out_of_turn(part.as_ref()))
            }
        }
    }

    /// The next rows, at most so many, that the end of the stream completes; none when there are no more.
    pub fn end(&mut self, at_most: usize) -> Result<Vec<Row>, Refusal> {
        match &mut self.form {
            Form::Begin | Form::Messages => Ok(Vec::new()),
            Form::File { reader, columns } => {
                let last = reader.end()?.map(|record| row(columns, record, self.summed)).transpose()?;
                if columns.is_none() {
                    let problem = format!("has to name the columns: {}", delivery_csv::columns());
                    return Err(DeliveryRefusal::MalformedFile { line: 1, problem }.into());
                }
                Ok(last.flatten().into_iter().collect())
            }
            Form::Parquet(file) => {
                let messages = file.next_rows(at_most)?;
                let row = |message| Row::of_message(message, self.summed, delivery_csv::column_name);
                Ok(messages.iter().map(row).collect())
            }
        }
    }

    /// The first line of a CSV file.
    pub fn file_header(&self) -> Option<&str> {
        match &self.form {
            Form::File { columns, .. } => columns.as_ref().map(FactColumns::raw),
            Form::Begin | Form::Messages | Form::Parquet(_) => None,
        }
    }
}

/// Reads a row of the quarantine again: the record of a file with this first line, or a message as JSON.
pub fn read_again(file_header: Option<&str>, content: &str) -> Result<Row, DeliveryRefusal> {
    let Some(header) = file_header else {
        return Ok(match airing::of_content("billing.invoicing.v1.DeliveryFact", content) {
            Some(message) => Row::of_message(&message, None, airing::column_name),
            None => unreadable(content),
        });
    };
    let mut columns = None;
    let mut reader = CsvReader::new();
    let records = reader.read(format!("{header}\n{content}\n").as_bytes())?;
    let rows = records.into_iter().map(|record| row(&mut columns, record, None));
    let rows: Vec<Option<Row>> = rows.collect::<Result<_, _>>()?;
    Ok(rows.into_iter().flatten().next().unwrap_or_else(|| unreadable(content)))
}

fn unreadable(content: &str) -> Row {
    let problem = "the row as it was kept cannot be read again".to_owned();
    let refusal = RowRefusal::MalformedRow { problem };
    let problem = RowProblem { column: String::new(), refusal, order: None };
    let unreadable = Unreadable { problem, content: content.to_owned(), about: None };
    Row { parsed: Err(Box::new(unreadable)), summed: None, record: None, names: airing::column_name }
}

/// The row of a record; none of the header.
fn row(
    columns: &mut Option<FactColumns>,
    record: Record,
    summed: Option<Measure>,
) -> Result<Option<Row>, DeliveryRefusal> {
    let Some(known) = columns else {
        *columns = Some(FactColumns::of(&record)?);
        return Ok(None);
    };
    Ok(Some(Row::of_record(known, record, summed)))
}

fn out_of_turn(part: Option<&Part>) -> Refusal {
    let mut v = Violations::new();
    match part {
        None => v.add("", "a message of the stream is empty; it has to have header, facts, csv or parquet"),
        Some(Part::Header(_)) => v.add("header", "must come first and only first"),
        Some(Part::Facts(_)) => v.add("facts", "does not go into one stream with a file"),
        Some(Part::Csv(_)) => v.add("csv", "does not go into one stream with facts or Parquet"),
        Some(Part::Parquet(_)) => v.add("parquet", "does not go into one stream with facts or CSV"),
    }
    v.refusal()
}
