//! The layouts of the files, each known by its header.

use anyhow::bail;

use super::{source::Source, table::Table};

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// An order a row.
    Orders,
    /// A line of an order a row.
    OrderLines,
    /// A contract a row.
    Contracts,
    /// A line of a contract a row.
    ContractLines,
    /// A week of a contract's line a row.
    ContractWeeks,
    /// A spot a row.
    Airings,
    /// An order of any terms a row.
    InsertionOrders,
    /// A line of any terms a row.
    InsertionOrderLines,
}

const ALL: [Layout; 8] = [
    Layout::Orders,
    Layout::OrderLines,
    Layout::Contracts,
    Layout::ContractLines,
    Layout::ContractWeeks,
    Layout::Airings,
    Layout::InsertionOrders,
    Layout::InsertionOrderLines,
];

impl Layout {
    /// The name that the file has in the demo.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Orders => "orders.csv",
            Self::OrderLines => "order_lines.csv",
            Self::Contracts => "contracts.csv",
            Self::ContractLines => "contract_lines.csv",
            Self::ContractWeeks => "contract_weeks.csv",
            Self::Airings => "airings.csv",
            Self::InsertionOrders => "insertion_orders.csv",
            Self::InsertionOrderLines => "insertion_order_lines.csv",
        }
    }

    /// The columns that it needs; others may stand beside them.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Orders => &[
                "order_no",
                "advertiser",
                "billing_calendar",
                "flight_first",
                "flight_last",
                "currency",
                "agency_commission_percent",
                "payment_terms_days",
            ],
            Self::OrderLines => &[
                "order_no",
                "line",
                "station",
                "first_date",
                "last_date",
                "length_s",
                "spots_listed",
                "unit_rate",
            ],
            Self::Contracts => &[
                "contract",
                "advertiser",
                "billing_cycle",
                "billing_calendar",
                "flight_first",
                "flight_last",
                "gross",
                "commission",
                "net",
                "weeks_complete",
            ],
            Self::ContractLines => &[
                "contract",
                "line",
                "station",
                "line_first",
                "line_last",
                "length_s",
                "program",
                "spots",
                "amount",
            ],
            Self::ContractWeeks => {
                &["contract", "line", "week_first", "week_last", "days_pattern", "spots", "unit_rate"]
            }
            Self::Airings => &["order_no", "line", "row", "date", "time", "spot_rate", "status"],
            Self::InsertionOrders => &[
                "order",
                "revision",
                "advertiser",
                "currency",
                "flight_first",
                "flight_last",
                "billing_calendar",
            ],
            Self::InsertionOrderLines => &["order", "line", "line_first", "line_last", "product"],
        }
    }

    /// The layout of a file by its header. A header that is none of them is compared with the nearest.
    pub fn of(source: &Source) -> Result<(Self, Table), anyhow::Error> {
        let table = Table::open(source)?;
        let lacks = |layout: &Self| table.missing(layout.columns()).len();
        let Some(nearest) = ALL.into_iter().min_by_key(lacks) else { bail!("no layout is known") };
        if lacks(&nearest) == nearest.columns().len() {
            let known = ALL.map(|layout| format!("  {}: {}", layout.file_name(), layout.columns().join(",")));
            bail!(
                "{} line 1: the header is of no known layout. Known are:\n{}",
                source.name(),
                known.join("\n")
            );
        }
        if let Err(missing) = table.require(nearest.columns()) {
            bail!("{missing}; the header looks like that of {}", nearest.file_name());
        }
        Ok((nearest, table))
    }
}
