//! The stream of ImportAirings: its header, and its rows as messages or as pieces of a file.

use billing_proto::billing::invoicing::v1::{self as pb, import_airings_request::Part};
use invoicing_domain::{
    control_total::ControlTotal,
    delivery::{Airing, BatchTotals, Column, DeliveryRefusal},
};
use refusal::{Refusal, Violations};

use super::{
    airing::{self, RowProblem},
    airing_csv::{self, AiringColumns},
    choice::optional_choice,
    csv::{CsvReader, Record},
    order::source_system,
    order_batch::sequence,
    text::{Text, text},
};

/// How many rows a batch has at most: what is remembered of each until the end has to fit in memory.
const ROWS_MAX: i64 = 2_000_000;

/// What a batch says about itself.
#[derive(Clone, Debug)]
pub struct Header {
    pub source: String,
    /// The source's id of the batch.
    pub batch_id: String,
    pub sequence: Option<i64>,
    pub order_source_system: String,
    pub said: BatchTotals,
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

fn header_fields(v: &mut Violations, m: &pb::AiringBatchHeader) -> Option<Header> {
    let source = source_system(v, "source", &m.source);
    let batch_id = text(v, "batch_id", &m.batch_id, Text::Code(128));
    let sequence = m.sequence.map(|number| sequence(v, "sequence", number));
    if optional_choice(v, "mode", m.mode) == Some(pb::BatchMode::Replace) {
        v.add("mode", "cannot be REPLACE for airings: a spot is not absent because nobody says it");
    }
    let order_source_system = source_system(v, "order_source_system", &m.order_source_system);
    let Some(said) = &m.control_totals else {
        v.add("control_totals", "must be given");
        return None;
    };
    if !(0..=ROWS_MAX).contains(&said.rows) {
        v.add("control_totals.rows", format!("must be 0 to {ROWS_MAX}; send more in several batches"));
    }
    let amount = v.take("control_totals.amount", ControlTotal::parse(&said.amount));
    Some(Header {
        source: source?,
        batch_id: batch_id?,
        sequence: sequence.flatten(),
        order_source_system: order_source_system?,
        said: BatchTotals { rows: said.rows, amount: amount? },
    })
}

/// A row of the batch.
#[derive(Debug)]
pub struct Row {
    /// As it came.
    content: Content,
    pub parsed: Result<Airing, RowProblem>,
    /// The rate as it was sent; empty where it has none.
    pub rate: String,
}

#[derive(Debug)]
enum Content {
    Message(Box<pb::Airing>),
    Record(String),
}

impl Row {
    fn of_message(message: pb::Airing) -> Self {
        let (parsed, rate) = (airing::parse(&message), message.rate.trim().to_owned());
        Self { content: Content::Message(Box::new(message)), parsed, rate }
    }

    /// The order that the row names, where that can be read.
    pub fn order(&self) -> Option<&str> {
        match &self.parsed {
            Ok(airing) => Some(&airing.order),
            Err(problem) => problem.order.as_deref(),
        }
    }

    /// The row as it came: the message as JSON, or the record of the file.
    pub fn content(&self) -> String {
        match &self.content {
            Content::Message(message) => airing::content("billing.invoicing.v1.Airing", message),
            Content::Record(raw) => raw.clone(),
        }
    }

    /// What the row calls a column.
    pub fn column_name(&self, column: Column) -> &'static str {
        match &self.content {
            Content::Message(_) => airing::column_name(column),
            Content::Record(_) => airing_csv::column_name(column),
        }
    }
}

/// Reads the rows out of the parts of a stream: all messages, or all pieces of one file.
#[derive(Debug)]
pub enum Rows {
    /// Nothing but the header has come.
    Begin,
    Messages,
    /// A file, with its columns once its first line is complete.
    File {
        reader: CsvReader,
        columns: Option<AiringColumns>,
    },
}

impl Rows {
    /// The rows that a part completes.
    pub fn read(&mut self, part: Option<Part>) -> Result<Vec<Row>, Refusal> {
        match (&mut *self, part) {
            (Self::Begin, Some(Part::Csv(piece))) => {
                *self = Self::File { reader: CsvReader::new(), columns: None };
                self.read(Some(Part::Csv(piece)))
            }
            (Self::Begin | Self::Messages, Some(Part::Airing(message))) => {
                *self = Self::Messages;
                Ok(vec![Row::of_message(message)])
            }
            (Self::File { reader, columns }, Some(Part::Csv(piece))) => {
                let records = reader.read(&piece)?;
                records
                    .into_iter()
                    .filter_map(|record| row(columns, record).transpose())
                    .collect::<Result<_, _>>()
                    .map_err(Refusal::from)
            }
            (Self::Begin | Self::Messages | Self::File { .. }, part) => Err(out_of_turn(part.as_ref())),
        }
    }

    /// The first line of the file, if it is one.
    pub fn file_header(&self) -> Option<&str> {
        match self {
            Self::File { columns, .. } => columns.as_ref().map(AiringColumns::header),
            Self::Begin | Self::Messages => None,
        }
    }

    /// The row that the end of the stream completes.
    pub fn end(&mut self) -> Result<Option<Row>, Refusal> {
        let Self::File { reader, columns } = self else { return Ok(None) };
        let last = reader.end()?.map(|record| row(columns, record)).transpose()?.flatten();
        if columns.is_none() {
            return Err(DeliveryRefusal::MalformedFile {
                line: 1,
                problem: format!("has to name the columns: {}", airing_csv::REQUIRED.join(", ")),
            }
            .into());
        }
        Ok(last)
    }
}

/// Reads a row of the quarantine again: the record of a file with this first line, or a message as JSON. `None`: it is
/// neither.
pub fn read_again(file_header: Option<&str>, content: &str) -> Result<Option<Row>, DeliveryRefusal> {
    let Some(header) = file_header else {
        let message = airing::of_content("billing.invoicing.v1.Airing", content);
        return Ok(message.map(Row::of_message));
    };
    let (mut columns, mut reader) = (None, CsvReader::new());
    let records = reader.read(format!("{header}\n{content}\n").as_bytes())?;
    let rows = records.into_iter().map(|record| row(&mut columns, record));
    let rows: Vec<Option<Row>> = rows.collect::<Result<_, _>>()?;
    Ok(rows.into_iter().flatten().next())
}

/// The row of a record; none of the header.
fn row(columns: &mut Option<AiringColumns>, record: Record) -> Result<Option<Row>, DeliveryRefusal> {
    let Some(known) = columns else {
        *columns = Some(AiringColumns::of(&record)?);
        return Ok(None);
    };
    let (parsed, rate) = (known.parse(&record), known.rate(&record).to_owned());
    Ok(Some(Row { content: Content::Record(record.raw), parsed, rate }))
}

fn out_of_turn(part: Option<&Part>) -> Refusal {
    let mut v = Violations::new();
    match part {
        None => v.add("", "a message of the stream is empty; it has to have header, airing or csv"),
        Some(Part::Header(_)) => v.add("header", "must come first and only first"),
        Some(Part::Airing(_)) => v.add("airing", "does not go into one stream with csv"),
        Some(Part::Csv(_)) => v.add("csv", "does not go into one stream with airing"),
    }
    v.refusal()
}
