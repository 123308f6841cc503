//! Tax rates in a CSV file → domain.

use ids::{Revision, TaxRateId};
use invoicing_domain::tax::{Filed, TaxRate, Treatment, Validity};
use refusal::{Refusal, Violations};

use super::{
    csv::{Columns, CsvReader, Record, day},
    money::percent,
    tax::place,
    tax_engine::category,
    text::{Text, text},
};

const REQUIRED: [&str; 5] = ["place", "tax_code", "category", "percent", "valid_from"];
const OPTIONAL: [&str; 3] = ["reason", "reverse_charged", "valid_to"];

/// Rates of a file at most.
const RATES_MAX: usize = 5_000;

/// The rates of a file as new ones. Every cell that cannot be read is named with its line and column.
pub fn parse(file: &str, mut id: impl FnMut() -> TaxRateId) -> Result<Vec<Filed>, Refusal> {
    let mut reader = CsvReader::new();
    let mut records = reader.read(file.as_bytes())?;
    records.extend(reader.end()?);
    let mut v = Violations::new();
    let Some((header, records)) = records.split_first() else {
        v.add("csv", format!("must begin with a record that names its columns: {}", REQUIRED.join(", ")));
        return Err(v.refusal());
    };
    if records.len() > RATES_MAX {
        v.add("csv", format!("has {} rates; at most {RATES_MAX} are allowed", records.len()));
        return Err(v.refusal());
    }
    let columns = Columns::of(header, &REQUIRED, &OPTIONAL)?;
    let mut read = Vec::with_capacity(records.len());
    for record in records {
        let rate = v.within(&at(record.line), |v| rate(v, &columns, record, id()));
        read.push(rate.map(|rate| Filed { line: record.line, rate }));
    }
    read.into_iter().collect::<Option<Vec<Filed>>>().ok_or_else(|| v.refusal())
}

/// A line of the file, as a field of the request.
pub fn at(line: u64) -> String {
    format!("csv[{line}]")
}

fn rate(v: &mut Violations, columns: &Columns, record: &Record, id: TaxRateId) -> Option<TaxRate> {
    columns.check(v, record)?;
    let value = |column| columns.value(record, column);
    let place = place(v, "place", value("place"));
    let tax_code = text(v, "tax_code", value("tax_code"), Text::Code(64));
    let known = category(value("category"));
    let category = v.take("category", known.ok_or("must be one of S, Z, E, AE, K, G"));
    let percent = percent(v, "percent", value("percent"));
    let reason = text(v, "reason", value("reason"), Text::Optional(200));
    let reverse_charged = v.take("reverse_charged", yes_or_no(value("reverse_charged")));
    let first = v.take("valid_from", day(value("valid_from")));
    let last = match value("valid_to") {
        "" => Some(None),
        written => v.take("valid_to", day(written)).map(Some),
    };
    Some(TaxRate {
        id,
        revision: Revision::FIRST,
        place: place?,
        tax_code: tax_code?,
        treatment: Treatment { category: category?, percent: percent?, reason: reason? },
        reverse_charged: reverse_charged?,
        valid: Validity { first: first?, last: last? },
    })
}

fn yes_or_no(value: &str) -> Result<bool, &'static str> {
    match value {
        "true" => Ok(true),
        "" | "false" => Ok(false),
        _ => Err("must be true or false"),
    }
}
