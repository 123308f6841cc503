//! Cells that hold a name of the contract, or several entries: `A|B|C; D|E|F`.

use billing_proto::{billing::invoicing::v1 as pb, google::r#type::Date};
use jiff::civil;

use super::{
    orders::date,
    table::{Row, decimal},
};

/// The values of an enum of the contract are below it.
const VALUES_MAX: i32 = 64;

/// A value of an enum of the contract by its name without the prefix; 0 where the cell is empty.
pub fn named<E: TryFrom<i32>>(
    row: &Row<'_>,
    column: &str,
    prefix: &str,
    name: impl Fn(&E) -> &'static str,
) -> Result<i32, anyhow::Error> {
    let text = row.cell(column);
    if text.is_empty() {
        return Ok(0);
    }
    let known = (1..VALUES_MAX).filter_map(|value| Some((E::try_from(value).ok()?, value)));
    let known: Vec<(&str, i32)> =
        known.map(|(meant, value)| (name(&meant).trim_start_matches(prefix), value)).collect();
    row.choice(column, &known)
}

/// A decimal that is not negative, as it stands; empty where the cell is.
pub fn number(row: &Row<'_>, column: &str) -> Result<String, anyhow::Error> {
    if row.cell(column).is_empty() {
        return Ok(String::new());
    }
    row.amount(column).map(|_| row.cell(column).to_owned())
}

/// A day, if the cell has one.
pub fn optional_day(row: &Row<'_>, column: &str) -> Result<Option<Date>, anyhow::Error> {
    if row.cell(column).is_empty() {
        return Ok(None);
    }
    row.day(column).map(|day| Some(date(day)))
}

/// One of several entries of a cell.
pub struct Entry<'a> {
    row: &'a Row<'a>,
    column: &'a str,
    /// What its parts are, `A|B|C`.
    form: &'a str,
    text: &'a str,
}

/// Every entry of a cell. `form` names the parts of one.
pub fn entries<T>(
    row: &Row<'_>,
    column: &str,
    form: &str,
    make: impl Fn(&Entry<'_>) -> Result<T, anyhow::Error>,
) -> Result<Vec<T>, anyhow::Error> {
    let texts = row.cell(column).split(';').map(str::trim).filter(|text| !text.is_empty());
    texts
        .map(|text| {
            let entry = Entry { row, column, form, text };
            let (parts, known) = (text.split('|').count(), form.split('|').count());
            if parts > known {
                return Err(entry.wrong(&format!("has {parts} parts, and {form} has {known}")));
            }
            make(&entry)
        })
        .collect()
}

impl Entry<'_> {
    /// A part, which may be empty.
    pub fn optional_text(&self, part: usize) -> String {
        self.text.split('|').nth(part).map_or("", str::trim).to_owned()
    }

    /// A part that may not be empty.
    pub fn text(&self, part: usize) -> Result<String, anyhow::Error> {
        let text = self.optional_text(part);
        if text.is_empty() { Err(self.wrong(&format!("lacks {}", self.part_name(part)))) } else { Ok(text) }
    }

    /// A decimal that is not negative.
    pub fn number(&self, part: usize) -> Result<String, anyhow::Error> {
        let text = self.text(part)?;
        let is_amount = decimal(&text).is_some_and(|number| !number.is_sign_negative());
        if is_amount {
            return Ok(text);
        }
        let name = self.part_name(part);
        Err(self
            .wrong(&format!("has the {name} `{text}`, which is not a decimal such as 1250.00, not negative")))
    }

    /// A decimal that is not negative, or nothing.
    pub fn optional_number(&self, part: usize) -> Result<String, anyhow::Error> {
        if self.optional_text(part).is_empty() { Ok(String::new()) } else { self.number(part) }
    }

    /// A day.
    pub fn day(&self, part: usize) -> Result<Date, anyhow::Error> {
        let text = self.text(part)?;
        let day = text.parse::<civil::Date>().ok().filter(|day| day.to_string() == text);
        let name = self.part_name(part);
        let wrong = || self.wrong(&format!("has the {name} `{text}`, which is not a day such as 2020-01-31"));
        day.map(date).ok_or_else(wrong)
    }

    /// A day, or nothing.
    pub fn optional_day(&self, part: usize) -> Result<Option<Date>, anyhow::Error> {
        if self.optional_text(part).is_empty() { Ok(None) } else { self.day(part).map(Some) }
    }

    /// Two days, from the part on.
    pub fn days(&self, part: usize) -> Result<pb::Days, anyhow::Error> {
        Ok(pb::Days { first: Some(self.day(part)?), last: Some(self.day(part + 1)?) })
    }

    fn part_name(&self, part: usize) -> &str {
        self.form.split('|').nth(part).unwrap_or_default()
    }

    fn wrong(&self, problem: &str) -> anyhow::Error {
        let Self { row, column, form, text } = self;
        row.wrong(column, format!("`{text}` {problem}; write {form}, several of them with `;` between"))
    }
}
