//! A CSV file (RFC 4180) that comes in pieces, read record by record. What cannot be read is refused with its place.

use std::collections::HashMap;

use invoicing_domain::delivery::DeliveryRefusal;
use jiff::civil::Date;
use refusal::Violations;

const RECORD_MAX_BYTES: usize = 1024 * 1024;

/// What a file from Windows may begin with.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Reads the records of a file.
#[derive(Debug)]
pub struct CsvReader {
    state: State,
    /// Of the byte that comes next, counted from 1.
    line: u64,
    /// On which the record begins.
    record_line: u64,
    raw: Vec<u8>,
    fields: Vec<Vec<u8>>,
}

/// A record as it came, and its fields.
#[derive(Debug)]
pub struct Record {
    pub line: u64,
    pub raw: String,
    pub fields: Vec<String>,
}

/// The columns of a file, by its first line.
#[derive(Clone, Debug)]
pub struct Columns {
    places: HashMap<&'static str, usize>,
    /// As the file names them, in their order.
    named: Vec<&'static str>,
}

impl Columns {
    /// The columns that the header names. One that is not known is refused: its values would be lost in silence.
    pub fn of(
        header: &Record,
        required: &[&'static str],
        optional: &[&'static str],
    ) -> Result<Self, DeliveryRefusal> {
        let refused = |problem| Err(DeliveryRefusal::MalformedFile { line: header.line, problem });
        let (mut places, mut named) = (HashMap::new(), Vec::new());
        for (place, name) in header.fields.iter().enumerate() {
            let name = name.trim();
            let Some(known) = required.iter().chain(optional).find(|known| **known == name) else {
                let known = [required, optional].concat().join(", ");
                return refused(format!(
                    "names the unknown column {name:?}; take it out, or write one of {known}"
                ));
            };
            named.push(*known);
            if places.insert(*known, place).is_some() {
                return refused(format!("names the column {name} twice"));
            }
        }
        let missing: Vec<_> = required.iter().copied().filter(|name| !places.contains_key(name)).collect();
        if !missing.is_empty() {
            return refused(format!("has to name the columns; {} is missing", missing.join(", ")));
        }
        Ok(Self { places, named })
    }

    /// The file has the column.
    pub fn has(&self, column: &str) -> bool {
        self.places.contains_key(column)
    }

    /// Notes that a record has other columns than the header.
    pub fn check(&self, v: &mut Violations, record: &Record) -> Option<()> {
        let (line, fields, columns) = (record.line, record.fields.len(), self.named.len());
        if fields != columns {
            let named = self.named.join(", ");
            let problem = format!(
                "line {line} of the file has {fields} fields where its first line names {columns}: {named}; a value with a comma goes between quotes"
            );
            v.add("", problem);
        }
        (fields == columns).then_some(())
    }

    /// The value of a column without the white space around it; empty where there is no such column.
    pub fn value<'a>(&self, record: &'a Record, column: &str) -> &'a str {
        let value = self.places.get(column).and_then(|place| record.fields.get(*place));
        value.map_or("", |value| value.trim())
    }
}

/// A day `2020-05-29`.
pub fn day(value: &str) -> Result<Date, &'static str> {
    let day = value
        .parse::<Date>()
        .ok()
        .filter(|day| day.to_string() == value && (1900..=2999).contains(&day.year()));
    day.ok_or("is no day of the calendar, such as 2020-05-29")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing of the field is there.
    Begin,
    Plain,
    Quoted,
    /// After a quote in a quoted field: the field is closed, or the quote is doubled.
    Closed,
}

impl CsvReader {
    /// Before the first byte.
    pub fn new() -> Self {
        Self { state: State::Begin, line: 1, record_line: 1, raw: Vec::new(), fields: vec![Vec::new()] }
    }

    /// Reads the next piece and answers the records that it completes.
    pub fn read(&mut self, piece: &[u8]) -> Result<Vec<Record>, DeliveryRefusal> {
        let mut records = Vec::new();
        for byte in piece {
            if *byte == b'\n' && self.state != State::Quoted {
                records.extend(self.end_record()?);
            } else {
                self.take(*byte)?;
            }
        }
        Ok(records)
    }

    /// Ends the file, whose last record may lack its line break.
    pub fn end(&mut self) -> Result<Option<Record>, DeliveryRefusal> {
        if self.state == State::Quoted {
            return Err(self.refused("opens a quote that is never closed"));
        }
        self.end_record()
    }

    fn take(&mut self, byte: u8) -> Result<(), DeliveryRefusal> {
        self.raw.push(byte);
        if byte == 0 {
            return Err(self.refused(&format!("has a NUL byte at byte {}", self.raw.len())));
        }
        if self.raw.len() > RECORD_MAX_BYTES {
            return Err(self.refused("is longer than 1 MiB"));
        }
        match (self.state, byte) {
            (State::Begin, b'"') => self.state = State::Quoted,
            (State::Quoted, b'"') => self.state = State::Closed,
            (State::Closed, b'"') => {
                self.state = State::Quoted;
                self.push(byte);
            }
            (State::Begin | State::Plain | State::Closed, b',') => {
                self.state = State::Begin;
                self.fields.push(Vec::new());
            }
            // Before the line break of a file from Windows.
            (State::Closed, b'\r') => {}
            (State::Closed, _) => {
                return Err(
                    self.refused(&format!("has text after a closing quote at byte {}", self.raw.len()))
                );
            }
            (State::Quoted, _) => {
                self.line += u64::from(byte == b'\n');
                self.push(byte);
            }
            (State::Begin | State::Plain, _) => {
                self.state = State::Plain;
                self.push(byte);
            }
        }
        // It is no text of the first field, which may begin with a quote right after it.
        if self.record_line == 1 && self.raw == BYTE_ORDER_MARK {
            (self.state, self.fields) = (State::Begin, vec![Vec::new()]);
            self.raw.clear();
        }
        Ok(())
    }

    fn push(&mut self, byte: u8) {
        self.fields.last_mut().expect("there is always a field").push(byte);
    }

    fn end_record(&mut self) -> Result<Option<Record>, DeliveryRefusal> {
        if self.state == State::Plain && self.raw.ends_with(b"\r") {
            self.fields.last_mut().expect("there is always a field").pop();
        }
        if self.raw.ends_with(b"\r") {
            self.raw.pop();
        }
        let raw = match std::str::from_utf8(&self.raw) {
            Ok(raw) => raw.to_owned(),
            Err(error) => {
                return Err(self.refused(&format!("is not UTF-8 at byte {}", error.valid_up_to() + 1)));
            }
        };
        let fields = std::mem::replace(&mut self.fields, vec![Vec::new()]);
        // Parted at ASCII characters, every field of a UTF-8 record is UTF-8.
        let fields = fields.into_iter().map(|field| String::from_utf8_lossy(&field).into_owned()).collect();
        let record = Record { line: self.record_line, raw, fields };
        self.line += 1;
        self.record_line = self.line;
        self.state = State::Begin;
        self.raw.clear();
        // An empty line is no record.
        Ok(Some(record).filter(|record| !record.raw.is_empty()))
    }

    fn refused(&self, problem: &str) -> DeliveryRefusal {
        DeliveryRefusal::MalformedFile { line: self.record_line, problem: problem.to_owned() }
    }
}

#[cfg(test)]
mod tests;
