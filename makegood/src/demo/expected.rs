//! What the stations charged, and how they split their contracts.

use calendar::Month;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::set::Set;
use crate::import::{
    contracts::COMPLETE,
    table::{self, Row},
};

/// The four figures that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Spots billed or booked.
    pub spots: Decimal,
    /// Before the agency's commission.
    pub gross: Decimal,
    /// The agency's.
    pub commission: Decimal,
    /// Gross less commission.
    pub net: Decimal,
}

/// The names of the figures, in the order of [`Figures::values`].
pub const FIGURES: [&str; 4] = ["spots", "gross", "commission", "net"];

impl Figures {
    /// The figures side by side.
    pub fn values(self) -> [Decimal; 4] {
        [self.spots, self.gross, self.commission, self.net]
    }
}

/// What one run of the demo is held against.
#[derive(Debug, Default)]
pub struct Expected {
    /// By order and month, as the run calls it.
    pub invoices: Vec<((String, String), Figures)>,
    /// By contract.
    pub contracts: Vec<(String, Figures)>,
    /// By contract and the last day that is printed; only of contracts whose weeks account for every spot.
    pub periods: Vec<((String, Date), Figures)>,
}

impl Expected {
    /// Reads what the set expects.
    pub fn of(set: &Set) -> Result<Self, anyhow::Error> {
        let columns = ["order_no", "invoice_month", "spots_billed", "gross", "agency_commission", "net_due"];
        let invoices = table::open(&set.source("expected_invoices.csv"), &columns)?.read(|row| {
            let of = (row.text("order_no")?.to_owned(), month(row)?.to_string());
            Ok((of, figures(row, "spots_billed", "agency_commission", "net_due")?))
        })?;

        let columns = ["contract", "spots", "gross", "commission", "net", "weeks_complete"];
        let mut complete = Vec::new();
        let contracts = table::open(&set.source("contracts.csv"), &columns)?.read(|row| {
            let contract = row.text("contract")?.to_owned();
            if row.choice("weeks_complete", &COMPLETE)? {
                complete.push(contract.clone());
            }
            Ok((contract, figures(row, "spots", "commission", "net")?))
        })?;

        let columns = ["contract", "period_last", "spots", "gross", "commission", "net"];
        let mut periods = table::open(&set.source("contract_periods.csv"), &columns)?.read(|row| {
            let of = (row.text("contract")?.to_owned(), row.day("period_last")?);
            Ok((of, figures(row, "spots", "commission", "net")?))
        })?;
        periods.retain(|((contract, _), _)| complete.contains(contract));
        Ok(Self { invoices, contracts, periods })
    }
}

/// Contracts print the commission below zero, invoices above.
fn figures(row: &Row<'_>, spots: &str, commission: &str, net: &str) -> Result<Figures, anyhow::Error> {
    Ok(Figures {
        spots: row.amount(spots)?,
        gross: row.amount("gross")?,
        commission: row.decimal(commission)?.abs(),
        net: row.amount(net)?,
    })
}

/// `May 2020`.
fn month(row: &Row<'_>) -> Result<Month, anyhow::Error> {
    let text = row.text("invoice_month")?;
    let parsed = jiff::fmt::strtime::parse("%B %Y", text).ok();
    let month = parsed.and_then(|parsed| Month::new(parsed.year()?, parsed.month()?).ok());
    month.ok_or_else(|| row.wrong("invoice_month", format!("`{text}` is not a month such as May 2020")))
}
