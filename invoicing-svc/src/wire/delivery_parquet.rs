//! Daily facts in a Parquet file → messages. What the file calls its columns and which types they have is checked before a
//! row is read.

use billing_proto::{billing::invoicing::v1 as pb, google::r#type::Date};
use invoicing_domain::delivery::{DeliveryRefusal, Measure};
use jiff::{ToSpan, civil};
use parquet::{
    basic::{Compression, ConvertedType, Type as PhysicalType},
    errors::ParquetError,
    file::{reader::FileReader, serialized_reader::SerializedFileReader},
    record::{Field, Row, reader::RowIter},
    schema::types::ColumnDescriptor,
};
use prost::bytes::Bytes;

use super::delivery_csv;

/// The end of the file says where its rows are, so that all of it has to be there.
const FILE_MAX_BYTES: usize = 128 * 1024 * 1024;

/// What every Parquet file begins and ends with.
const MARK: &[u8] = b"PAR1";

/// A file that arrives, and then is read.
pub enum ParquetFile {
    Arriving(Vec<u8>),
    Read(RowIter<'static>),
}

impl std::fmt::Debug for ParquetFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ParquetFile")
    }
}

impl ParquetFile {
    /// Before the first byte.
    pub fn new() -> Self {
        Self::Arriving(Vec::new())
    }

    /// Takes the next piece.
    pub fn take(&mut self, piece: &[u8]) -> Result<(), DeliveryRefusal> {
        match self {
            Self::Arriving(bytes) if bytes.len() + piece.len() <= FILE_MAX_BYTES => {
                bytes.extend_from_slice(piece);
                Ok(())
            }
            Self::Arriving(_) => Err(refused("is larger than 128 MiB; send it as several batches")),
            Self::Read(_) => Err(refused("goes on after its end")),
        }
    }

    /// The next rows, at most so many, once the file is there.
    pub fn next_rows(&mut self, at_most: usize) -> Result<Vec<pb::DeliveryFact>, DeliveryRefusal> {
        if let Self::Arriving(bytes) = self {
            let reader = open(std::mem::take(bytes))?;
            check(&reader)?;
            *self = Self::Read(RowIter::from_file_into(Box::new(reader)));
        }
        match self {
            Self::Read(rows) => {
                rows.take(at_most).map(|row| Ok(message(&row.map_err(unreadable)?))).collect()
            }
            Self::Arriving(_) => Ok(Vec::new()),
        }
    }
}

/// The file, whose mark is looked at first: what is no Parquet at all is told as that.
fn open(bytes: Vec<u8>) -> Result<SerializedFileReader<Bytes>, DeliveryRefusal> {
    if !bytes.starts_with(MARK) {
        return Err(refused("is none: it does not begin with PAR1; send it as csv, or write it as Parquet"));
    }
    if !bytes.ends_with(MARK) {
        return Err(refused("is not whole: it does not end with PAR1; send all of it, or write it again"));
    }
    SerializedFileReader::new(Bytes::from(bytes)).map_err(unreadable)
}

fn refused(problem: impl Into<String>) -> DeliveryRefusal {
    DeliveryRefusal::MalformedParquet { problem: problem.into() }
}

fn unreadable(error: ParquetError) -> DeliveryRefusal {
    refused(format!("cannot be read: {error}; write it again, and send all of it"))
}

fn measures() -> impl Iterator<Item = Measure> {
    Measure::COUNTS.into_iter().chain([Measure::Spend, Measure::Hours])
}

/// The columns that are needed are there, all are known, and each has its type.
fn check(file: &impl FileReader) -> Result<(), DeliveryRefusal> {
    let columns = file.metadata().file_metadata().schema_descr().columns();
    for column in columns {
        let path = column.path().string();
        let Some(expected) = expected(&path) else {
            return Err(refused(format!(
                "has the unknown column {path:?}; its columns are {}; rename it or leave it out",
                delivery_csv::columns()
            )));
        };
        if column.max_rep_level() > 0 || !expected.is(column) {
            let found = found(column);
            return Err(refused(format!(
                "has the column {path} as {found}; it has to be {}: cast it, and write the file again",
                expected.name()
            )));
        }
    }
    let has = |name: &str| columns.iter().any(|column| column.path().string() == name);
    let missing: Vec<_> = ["order_no", "line", "date"].into_iter().filter(|name| !has(name)).collect();
    if !missing.is_empty() {
        return Err(refused(format!(
            "has no column {}; its columns are {}",
            missing.join(", "),
            delivery_csv::columns()
        )));
    }
    if !measures().any(|measure| has(measure.name())) {
        return Err(refused(format!("has no measure; its columns are {}", delivery_csv::columns())));
    }
    check_compression(file)
}

/// Values that cannot be unpacked are told before a row is read.
fn check_compression(file: &impl FileReader) -> Result<(), DeliveryRefusal> {
    let chunks = file.metadata().row_groups().iter().flat_map(|group| group.columns());
    for chunk in chunks {
        let codec = match chunk.compression() {
            Compression::UNCOMPRESSED | Compression::SNAPPY => continue,
            Compression::GZIP(_) => "GZIP",
            Compression::ZSTD(_) => "ZSTD",
            Compression::BROTLI(_) => "BROTLI",
            Compression::LZO => "LZO",
            Compression::LZ4 | Compression::LZ4_RAW => "LZ4",
        };
        return Err(refused(format!(
            "has the column {} compressed with {codec}; write it with SNAPPY or uncompressed",
            chunk.column_path().string()
        )));
    }
    Ok(())
}

/// What a column has to be.
#[derive(Clone, Copy)]
enum Expected {
    Text,
    Day,
    Count,
    Amount,
}

/// What a whole number may say of itself.
const WHOLE: [ConvertedType; 9] = [
    ConvertedType::NONE,
    ConvertedType::INT_8,
    ConvertedType::INT_16,
    ConvertedType::INT_32,
    ConvertedType::INT_64,
    ConvertedType::UINT_8,
    ConvertedType::UINT_16,
    ConvertedType::UINT_32,
    ConvertedType::UINT_64,
];

fn expected(column: &str) -> Option<Expected> {
    match column {
        "order_no" | "line" => Some(Expected::Text),
        "date" => Some(Expected::Day),
        "spend" | "hours" => Some(Expected::Amount),
        count => Measure::COUNTS.iter().any(|measure| measure.name() == count).then_some(Expected::Count),
    }
}

impl Expected {
    fn is(self, column: &ColumnDescriptor) -> bool {
        let (physical, converted) = (column.physical_type(), column.converted_type());
        let is_text = physical == PhysicalType::BYTE_ARRAY && converted == ConvertedType::UTF8;
        match self {
            Self::Text => is_text,
            Self::Day => converted == ConvertedType::DATE,
            Self::Count => {
                matches!(physical, PhysicalType::INT32 | PhysicalType::INT64) && WHOLE.contains(&converted)
            }
            Self::Amount => is_text || converted == ConvertedType::DECIMAL,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "a string (BYTE_ARRAY, UTF8)",
            Self::Day => "a DATE",
            Self::Count => "INT64 or INT32",
            Self::Amount => "a DECIMAL or a string",
        }
    }
}

fn found(column: &ColumnDescriptor) -> String {
    let (physical, converted) = (column.physical_type(), column.converted_type());
    match converted {
        ConvertedType::NONE => physical.to_string(),
        converted => format!("{physical} ({converted})"),
    }
}

/// The row as a message. A null is what is absent; types were checked before.
fn message(row: &Row) -> pb::DeliveryFact {
    let mut message = pb::DeliveryFact::default();
    for (column, field) in row.get_column_iter() {
        match column.as_str() {
            "order_no" => message.order = text(field),
            "line" => message.line = text(field),
            "date" => message.date = day(field),
            "spend" => message.spend = text(field),
            "hours" => message.hours = text(field),
            "gross_impressions" => message.gross_impressions = count(field),
            "general_invalid" => message.general_invalid = count(field),
            "sophisticated_invalid" => message.sophisticated_invalid = count(field),
            "impressions" => message.impressions = count(field),
            "viewable_impressions" => message.viewable_impressions = count(field),
            "clicks" => message.clicks = count(field),
            "views" => message.views = count(field),
            "completed_views" => message.completed_views = count(field),
            "actions" => message.actions = count(field),
            _ => {}
        }
    }
    message
}

fn text(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        // A decimal, in digits.
        other => other.to_string(),
    }
}

fn count(field: &Field) -> Option<i64> {
    match field {
        Field::Byte(count) => Some(i64::from(*count)),
        Field::Short(count) => Some(i64::from(*count)),
        Field::Int(count) => Some(i64::from(*count)),
        Field::Long(count) => Some(*count),
        Field::UByte(count) => Some(i64::from(*count)),
        Field::UShort(count) => Some(i64::from(*count)),
        Field::UInt(count) => Some(i64::from(*count)),
        // The largest there is stands for all that is above it, and is too large for a count.
        Field::ULong(count) => Some(i64::try_from(*count).unwrap_or(i64::MAX)),
        _ => None,
    }
}

/// Parquet counts days from 1 January 1970.
fn day(field: &Field) -> Option<Date> {
    let Field::Date(days) = field else { return None };
    let day = civil::date(1970, 1, 1).checked_add(i64::from(*days).days()).ok()?;
    Some(super::period::day_message(day))
}
