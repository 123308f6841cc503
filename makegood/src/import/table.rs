//! A CSV file with named columns. Whatever is wrong with a cell is said with file, line and column.

use std::io::Read;

use anyhow::{Context, anyhow, bail};
use csv::{Reader, ReaderBuilder, StringRecord};
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::source::{PlainText, Source};

/// A CSV file, open, its header read.
pub struct Table {
    name: String,
    header: StringRecord,
    reader: Reader<PlainText<Box<dyn Read + Send>>>,
}

/// One record of a table.
#[derive(Debug)]
pub struct Row<'a> {
    name: &'a str,
    header: &'a StringRecord,
    line: u64,
    record: StringRecord,
}

impl Table {
    /// Opens the file and reads its header.
    pub fn open(source: &Source) -> Result<Self, anyhow::Error> {
        let name = source.name().to_owned();
        // What becomes of a row of another length is for whoever reads it to say.
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(source.open_text()?);
        let header = reader.headers().map_err(|error| unreadable(&name, &error))?.clone();
        if header.iter().all(str::is_empty) {
            bail!("{name} is empty; its first line has to name the columns");
        }
        // Spreadsheets put a byte order mark before the first name.
        let header: StringRecord =
            header.iter().map(|column| column.trim_start_matches('\u{feff}').trim()).collect();
        for (at, column) in header.iter().enumerate() {
            if header.iter().take(at).any(|before| before == column) {
                bail!("{name} line 1: column `{column}` stands there twice");
            }
        }
        Ok(Self { name, header, reader })
    }

    /// What messages call the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which of the columns the header does not name.
    pub fn missing<'a>(&self, columns: &[&'a str]) -> Vec<&'a str> {
        columns.iter().copied().filter(|column| !self.header.iter().any(|named| named == *column)).collect()
    }

    /// Refuses a header that does not name all of the columns.
    pub fn require(&self, columns: &[&str]) -> Result<(), anyhow::Error> {
        match self.missing(columns).as_slice() {
            [] => Ok(()),
            [column] => bail!("{} line 1: column `{column}` is missing", self.name),
            several => bail!("{} line 1: columns `{}` are missing", self.name, several.join("`, `")),
        }
    }

    /// Refuses a header that names a column that is neither among these nor among those.
    pub fn only(&self, columns: &[&str], others: &[&str]) -> Result<(), anyhow::Error> {
        let known = |named: &str| columns.contains(&named) || others.contains(&named);
        match self.header.iter().find(|named| !known(named)) {
            None => Ok(()),
            Some(unknown) => bail!(
                "{} line 1: column `{unknown}` is not known; take it out, or write one of {}",
                self.name,
                [columns, others].concat().join(", ")
            ),
        }
    }

    /// The next record, however long; a cell that it lacks is empty.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, anyhow::Error> {
        let mut record = StringRecord::new();
        let more = self.reader.read_record(&mut record).map_err(|error| unreadable(&self.name, &error))?;
        if !more {
            return Ok(None);
        }
        let line = record.position().map_or(0, csv::Position::line);
        Ok(Some(Row { name: &self.name, header: &self.header, line, record }))
    }

    /// Every record, each as long as the header and made into something.
    pub fn read<T>(
        mut self,
        mut make: impl FnMut(&Row<'_>) -> Result<T, anyhow::Error>,
    ) -> Result<Vec<T>, anyhow::Error> {
        let mut made = Vec::new();
        while let Some(row) = self.next_row()? {
            let (found, expected) = (row.record.len(), row.header.len());
            if found != expected {
                return Err(
                    row.refused(format_args!("{found} cells, but the header names {expected} columns"))
                );
            }
            made.push(make(&row)?);
        }
        Ok(made)
    }
}

impl Row<'_> {
    /// The cell as it stands, which may be empty. The column was required when the table was opened.
    pub fn cell(&self, column: &str) -> &str {
        let at = self.header.iter().position(|named| named == column);
        at.and_then(|at| self.record.get(at)).map_or("", str::trim)
    }

    /// A cell that may not be empty.
    pub fn text(&self, column: &str) -> Result<&str, anyhow::Error> {
        match self.cell(column) {
            "" => Err(self.wrong(column, "must not be empty")),
            text => Ok(text),
        }
    }

    /// A day, `2020-01-31`.
    pub fn day(&self, column: &str) -> Result<Date, anyhow::Error> {
        let text = self.text(column)?;
        let parsed = text.parse::<Date>().ok().filter(|day| day.to_string() == text);
        parsed.ok_or_else(|| self.wrong(column, format!("`{text}` is not a day such as 2020-01-31")))
    }

    /// Days from the first to the last.
    pub fn days(&self, first: &str, last: &str) -> Result<(Date, Date), anyhow::Error> {
        let days = (self.day(first)?, self.day(last)?);
        if days.1 < days.0 {
            return Err(self.wrong(last, format!("{} is before {first}, {}", days.1, days.0)));
        }
        Ok(days)
    }

    /// A decimal, `-1250.00`, of at most 28 digits.
    pub fn decimal(&self, column: &str) -> Result<Decimal, anyhow::Error> {
        let text = self.text(column)?;
        decimal(text).ok_or_else(|| {
            self.wrong(column, format!("`{text}` is not a decimal such as 1250.00, of at most 28 digits"))
        })
    }

    /// A decimal that is not negative.
    pub fn amount(&self, column: &str) -> Result<Decimal, anyhow::Error> {
        let amount = self.decimal(column)?;
        if amount.is_sign_negative() && !amount.is_zero() {
            return Err(self.wrong(column, format!("{amount} is negative")));
        }
        Ok(amount)
    }

    /// A whole number that is not negative.
    pub fn count(&self, column: &str) -> Result<u32, anyhow::Error> {
        let text = self.text(column)?;
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let parsed = text.parse().ok().filter(|_| digits);
        parsed.ok_or_else(|| {
            self.wrong(column, format!("`{text}` is not a count: a whole number, not negative"))
        })
    }

    /// A whole number; 0 when the cell is empty.
    pub fn optional_count(&self, column: &str) -> Result<i32, anyhow::Error> {
        if self.cell(column).is_empty() {
            return Ok(0);
        }
        i32::try_from(self.count(column)?).map_err(|_| self.wrong(column, "is too large"))
    }

    /// One of the words that the column may hold, and what it stands for.
    pub fn choice<T: Copy>(&self, column: &str, words: &[(&str, T)]) -> Result<T, anyhow::Error> {
        let text = self.text(column)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        found.ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.wrong(column, format!("`{text}` is none of {}", known.join(", ")))
        })
    }

    /// The record as a whole is wrong.
    pub fn refused(&self, problem: impl std::fmt::Display) -> anyhow::Error {
        anyhow!("{} line {}: {problem}", self.name, self.line)
    }

    /// A cell is wrong.
    pub fn wrong(&self, column: &str, problem: impl std::fmt::Display) -> anyhow::Error {
        self.refused(format_args!("column `{column}`: {problem}"))
    }

    /// Where a cell stands.
    pub fn place(&self, column: &str) -> String {
        format!("{} line {}: column `{column}`", self.name, self.line)
    }
}

/// A decimal `-?digits[.digits]` of at most 28 digits.
pub fn decimal(text: &str) -> Option<Decimal> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (plain(whole) && plain(fraction)).then(|| Decimal::from_str_exact(text).ok()).flatten()
}

fn unreadable(name: &str, error: &csv::Error) -> anyhow::Error {
    let line = error.position().map_or(0, csv::Position::line);
    match error.kind() {
        // What `PlainText` refuses names its line itself.
        csv::ErrorKind::Io(error) => anyhow!("{name}: {error}"),
        csv::ErrorKind::Utf8 { err, .. } => {
            anyhow!(
                "{name} line {line}, cell {}: the text is not UTF-8; save the file as UTF-8",
                err.field() + 1
            )
        }
        _ => anyhow!("{name} line {line}: {error}"),
    }
}

/// Opens a file whose columns are known beforehand.
pub fn open(source: &Source, columns: &[&str]) -> Result<Table, anyhow::Error> {
    let table = Table::open(source)?;
    table
        .require(columns)
        .with_context(|| format!("{} has not the layout that was expected", source.name()))?;
    Ok(table)
}
