//! The table that is printed at the end.

use comfy_table::{Cell, CellAlignment, Table, presets::UTF8_HORIZONTAL_ONLY};

use crate::figure::Ratio;

/// What is asked of a ratio.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    AtLeast(Ratio),
    AtMost(Ratio),
    /// It is printed for comparison.
    Nothing,
}

/// One comparison.
#[derive(Clone, Debug)]
pub struct Row {
    pub what: String,
    pub ours: String,
    pub limit: String,
    /// How the ratio is formed: `speed`, `time`.
    pub of: &'static str,
    pub ratio: Ratio,
    pub asked: Asked,
    pub peak_mb: Option<u64>,
}

impl Row {
    fn asked(&self) -> String {
        match self.asked {
            Asked::AtLeast(least) => format!("≥ {least}"),
            Asked::AtMost(most) => format!("≤ {most}"),
            Asked::Nothing => String::new(),
        }
    }

    fn verdict(&self) -> &'static str {
        match self.asked {
            Asked::AtLeast(least) if self.ratio >= least => "met",
            Asked::AtMost(most) if self.ratio <= most => "met",
            Asked::AtLeast(_) | Asked::AtMost(_) => "missed",
            Asked::Nothing => "",
        }
    }
}

/// Prints the rows.
pub fn print(rows: &[Row]) {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    table.set_header(["what", "ours", "limit", "ratio of", "ratio", "asked", "", "peak MB"]);
    for row in rows {
        let peak = row.peak_mb.map_or_else(String::new, |mb| mb.to_string());
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        table.add_row([
            Cell::new(&row.what),
            right(row.ours.clone()),
            right(row.limit.clone()),
            Cell::new(row.of),
            right(row.ratio.to_string()),
            right(row.asked()),
            Cell::new(row.verdict()),
            right(peak),
        ]);
    }
    println!("{table}");
}
