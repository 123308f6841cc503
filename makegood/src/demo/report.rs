//! What the demo has to say when it is done. This is the result, so it goes to standard output.

use std::path::PathBuf;

use billing_proto::billing::invoicing::v1 as pb;
use comfy_table::{CellAlignment, Table, presets::UTF8_BORDERS_ONLY};

use super::{
    compare::{Comparison, Miss},
    disputes::Worked,
    expected::{FIGURES, Figures},
    obligations::Obligations,
};
use crate::{Verdict, run};

/// Everything that is reported.
pub struct Report {
    /// One for each month.
    pub runs: Vec<pb::BillingRun>,
    /// How many of them an earlier start had issued.
    pub issued_before: usize,
    /// By order and month.
    pub invoices: Comparison,
    /// By contract.
    pub contracts: Comparison,
    /// By contract and period.
    pub periods: Comparison,
    /// The books, a line for each currency.
    pub balance: Vec<String>,
    /// A few invoices as files.
    pub pdfs: Vec<PathBuf>,
    /// What was missed, and what makes it good.
    pub obligations: Obligations,
    /// What became of the scripted disputes.
    pub disputes: Worked,
}

impl Report {
    /// Prints it.
    pub fn print(&self) {
        println!("\n{}", by_month(&self.runs));
        let misses = [
            ("invoices that are not as expected", &self.invoices.misses),
            ("invoices that nobody expected", &self.invoices.unexpected),
            ("contracts that are not as printed", &self.contracts.misses),
            ("contract periods that are not as the station split them", &self.periods.misses),
        ];
        for (title, misses) in misses.iter().filter(|(_, misses)| !misses.is_empty()) {
            println!("\n{} {title}:\n{}", misses.len(), side_by_side(misses));
        }
        if !self.pdfs.is_empty() {
            println!("\nInvoices to look at:");
        }
        for pdf in &self.pdfs {
            println!("  {}", pdf.display());
        }
        println!("\ninvoices matched: {}", self.invoices);
        println!("unexpected: {}", self.invoices.unexpected.len());
        for line in &self.balance {
            println!("{line}");
        }
        println!("contracts matched: {}", self.contracts);
        println!("contract periods matched: {}", self.periods);
        self.print_second_act();
    }

    fn print_second_act(&self) {
        let Obligations { missed, airings, fulfilled } = self.obligations;
        println!("missed spots made good: {fulfilled} of {missed}, by {airings} airings");
        let Worked { disputes, rejected, credit_notes, refused, approvers, credited } = &self.disputes;
        if *disputes == 0 {
            return;
        }
        println!("scripted disputes settled: {disputes}, {rejected} of them rejected");
        let names: Vec<&str> = approvers.iter().map(String::as_str).collect();
        println!(
            "credit notes: {credit_notes}, gross {}, approved by {}",
            credited.join(" + "),
            names.join(", ")
        );
        println!("credits refused: {}, {}", refused.len(), refused.join(", "));
    }

    /// What to do where the files say something else than what was billed from them before.
    pub fn remedy(&self) -> Option<String> {
        (self.verdict() == Verdict::No && self.issued_before > 0).then(|| {
            format!(
                "{} of {} months were issued by an earlier start and stay as they were issued: what was mended in the files since is not in them. To bill the files from the beginning, name an empty folder: --data-dir NEW",
                self.issued_before,
                self.runs.len()
            )
        })
    }

    /// A station may place flexible spots as it likes, so periods do not decide.
    pub fn verdict(&self) -> Verdict {
        let wrong = [&self.invoices.misses, &self.invoices.unexpected, &self.contracts.misses];
        if wrong.iter().all(|wrong| wrong.is_empty()) { Verdict::Done } else { Verdict::No }
    }
}

/// A row for each run and currency, as the run says it.
fn by_month(runs: &[pb::BillingRun]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    table.set_header(["month", "run", "invoices", "spots", "gross", "commission", "net", "currency"]);
    for of in runs {
        let state = run::state(of).to_ascii_lowercase();
        if of.totals.is_empty() {
            table.add_row([&of.month, &state, "0"]);
        }
        for totals in &of.totals {
            let amount = run::amount;
            let currency = totals.gross.as_ref().map_or("", |gross| gross.currency_code.as_str());
            table.add_row([
                &of.month,
                &state,
                &totals.drafts.to_string(),
                &totals.spots.to_string(),
                amount(&totals.gross),
                amount(&totals.commission),
                amount(&totals.net),
                currency,
            ]);
        }
    }
    right(&mut table, 2..7);
    table
}

fn side_by_side(misses: &[Miss]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_header(["", "figure", "expected", "got"]);
    for miss in misses {
        let mut what = miss.what.as_str();
        let of =
            |figures: Option<Figures>| figures.map(|figures| figures.values().map(|value| value.to_string()));
        let (expected, got) = (of(miss.expected), of(miss.got));
        for (at, name) in FIGURES.iter().enumerate() {
            let said =
                |of: &Option<[String; 4]>| of.as_ref().map_or("nothing".to_owned(), |of| of[at].clone());
            table.add_row([what, name, &said(&expected), &said(&got)]);
            what = "";
        }
    }
    right(&mut table, 2..4);
    table
}

fn right(table: &mut Table, columns: std::ops::Range<usize>) {
    for at in columns {
        if let Some(column) = table.column_mut(at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}
