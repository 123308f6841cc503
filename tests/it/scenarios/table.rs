//! Tables in stories: `| order | gross |`, the first row names the columns.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

/// A row by the names of its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(BTreeMap<String, String>);

impl Row {
    /// The cell, or the empty text where the table has no such column.
    pub fn cell(&self, column: &str) -> &str {
        self.0.get(column).map_or("", String::as_str)
    }

    /// The cell, empty as nothing.
    pub fn filled(&self, column: &str) -> Option<&str> {
        Some(self.cell(column)).filter(|cell| !cell.is_empty())
    }
}

/// The rows of a block. Amounts lose their thousands separators: the contracts know none.
pub fn rows(block: &[String]) -> Result<Vec<Row>> {
    let mut lines = block.iter().map(|line| cells(line));
    let columns = lines.next().context("a table is missing here")??;
    lines
        .map(|cells| {
            let cells = cells?;
            ensure!(
                cells.len() == columns.len(),
                "a row has {} cells, the head {}",
                cells.len(),
                columns.len()
            );
            Ok(Row(columns.iter().cloned().zip(cells).collect()))
        })
        .collect()
}

fn cells(line: &str) -> Result<Vec<String>> {
    let inner = line.trim().strip_prefix('|').and_then(|rest| rest.strip_suffix('|'));
    let inner = inner.with_context(|| format!("not a row of a table: {line}"))?;
    Ok(inner.split('|').map(|cell| plain(cell.trim())).collect())
}

fn plain(cell: &str) -> String {
    let amount = cell.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, ',' | '.' | '-'));
    if amount { cell.replace(',', "") } else { cell.to_owned() }
}

/// Compares a told table with what was found, in the told columns and in any order of the rows.
/// `found` gives the cells of each thing by column.
pub fn compare<'a>(block: &[String], found: impl Iterator<Item = Vec<(&'a str, String)>>) -> Result<()> {
    let expected = rows(block)?;
    let columns: Vec<String> = cells(block.first().context("a table is missing here")?)?;
    let mut got = Vec::new();
    for thing in found {
        let known: BTreeMap<String, String> =
            thing.into_iter().map(|(column, cell)| (column.to_owned(), cell)).collect();
        let cell =
            |column: &String| known.get(column).cloned().with_context(|| format!("no column {column} here"));
        got.push(Row(columns
            .iter()
            .map(|column| Ok((column.clone(), cell(column)?)))
            .collect::<Result<_>>()?));
    }
    let show = |rows: &[Row]| {
        let mut lines: Vec<String> = rows
            .iter()
            .map(|row| columns.iter().map(|each| row.cell(each)).collect::<Vec<_>>().join(" | "))
            .collect();
        lines.sort();
        lines.join("\n    ")
    };
    let (expected, got) = (show(&expected), show(&got));
    ensure!(expected == got, "expected\n    {expected}\n  got\n    {got}");
    Ok(())
}
