//! `insertion_orders.csv` and `insertion_order_lines.csv`: orders with every term that the contract knows. The page
//! docs/ORDER_FILES.md shows the columns.

use billing_proto::billing::invoicing::v1 as pb;

use super::{
    codes::Codes,
    entries::{entries, named, number, optional_day},
    layout::Layout,
    orders::{Orders, days, external_id},
    table::{Row, Table},
};

/// The columns of orders that may be absent.
pub const OF_ORDERS: &[&str] = &[
    "account",
    "commission_percent",
    "payment_terms_days",
    "liability",
    "billing_cycle",
    "territory",
    "signed_date",
    "purchase_orders",
    "discount_amount",
];

/// The columns of lines that may be absent.
pub const OF_LINES: &[&str] = &[
    "pricing_model",
    "description",
    "rate",
    "booked_units",
    "amount",
    "schedule",
    "milestones",
    "cap",
    "cap_percent",
    "cap_budget",
    "cap_window",
    "minimum",
    "minimum_window",
    "metric",
    "tiers",
    "tier_window",
    "package_units",
    "period_units",
    "quantities",
    "term_months",
    "proration",
    "markup_percent",
    "expense_cap",
    "discount_percent",
    "discount_amount",
    "delivery_source",
    "third_party",
    "third_party_controls",
    "tolerance_percent",
    "tolerance_base",
    "without_count",
    "count_due_days",
    "scopes",
    "cancelled_on",
    "short_rate",
    "opening_balances",
    "station",
    "program",
    "spot_length_seconds",
];

/// The orders with their lines, in the order of the files, and the codes that they name. A column that nobody knows is
/// refused: the term in it would be lost.
pub fn read(orders: Table, lines: Table, codes: &mut Codes) -> Result<Vec<pb::Order>, anyhow::Error> {
    orders.only(Layout::InsertionOrders.columns(), OF_ORDERS)?;
    lines.only(Layout::InsertionOrderLines.columns(), OF_LINES)?;
    let mut read = Orders::default();
    orders.read(|row| {
        codes.account(row)?;
        read.add(row, "order", order(row)?)
    })?;
    lines.read(|row| {
        codes.product(row)?;
        read.add_line(row, "order", line(row)?)
    })?;
    Ok(read.orders)
}

fn order(row: &Row<'_>) -> Result<pb::Order, anyhow::Error> {
    let or = |value: i32, usual: i32| if value == 0 { usual } else { value };
    let terms = row.cell("payment_terms_days");
    let terms = (!terms.is_empty()).then(|| row.optional_count("payment_terms_days")).transpose()?;
    let liability = named(row, "liability", "LIABILITY_", pb::Liability::as_str_name)?;
    let cycle = named(row, "billing_cycle", "BILLING_CYCLE_", pb::BillingCycle::as_str_name)?;
    Ok(pb::Order {
        account: row.cell("account").to_owned(),
        external_id: external_id(row.text("order")?),
        revision: row.count("revision")?.into(),
        advertiser: row.text("advertiser")?.to_owned(),
        currency_code: row.text("currency")?.to_owned(),
        commission_percent: number(row, "commission_percent")?,
        payment_terms_days: terms,
        flight: Some(days(row.days("flight_first", "flight_last")?)),
        signed_date: optional_day(row, "signed_date")?,
        liability: or(liability, pb::Liability::Advertiser.into()),
        billing_calendar: named(
            row,
            "billing_calendar",
            "BILLING_CALENDAR_",
            pb::BillingCalendar::as_str_name,
        )?,
        billing_cycle: or(cycle, pb::BillingCycle::EndOfMonth.into()),
        territory: row.cell("territory").to_owned(),
        purchase_orders: entries(row, "purchase_orders", "NUMBER|VALUE|LAST DAY", |entry| {
            let amount = entry.optional_number(1)?;
            let currency_code = row.cell("currency").to_owned();
            let value = (!amount.is_empty()).then_some(pb::Money { currency_code, amount });
            let number = entry.text(0)?;
            Ok(pb::PurchaseOrder { number, value, expires: entry.optional_day(2)? })
        })?,
        discount_amount: number(row, "discount_amount")?,
        ..pb::Order::default()
    })
}

fn line(row: &Row<'_>) -> Result<pb::OrderLine, anyhow::Error> {
    Ok(pb::OrderLine {
        number: row.text("line")?.to_owned(),
        ad_product: row.cell("product").to_owned(),
        description: row.cell("description").to_owned(),
        flight: Some(days(row.days("line_first", "line_last")?)),
        rate: number(row, "rate")?,
        booked_units: number(row, "booked_units")?,
        amount: number(row, "amount")?,
        cap: cap(row)?,
        schedule: named(row, "schedule", "SCHEDULE_", pb::Schedule::as_str_name)?,
        minimum: minimum(row)?,
        term_months: row.optional_count("term_months")?,
        proration: named(row, "proration", "PRORATION_", pb::Proration::as_str_name)?,
        package_units: number(row, "package_units")?,
        markup_percent: number(row, "markup_percent")?,
        expense_cap: number(row, "expense_cap")?,
        discount_percent: number(row, "discount_percent")?,
        discount_amount: number(row, "discount_amount")?,
        delivery_source: row.cell("delivery_source").to_owned(),
        third_party: third_party(row)?,
        scopes: scopes(row)?,
        cancelled_on: optional_day(row, "cancelled_on")?,
        short_rate: number(row, "short_rate")?,
        station: row.cell("station").to_owned(),
        program: row.cell("program").to_owned(),
        spot_length_seconds: row.optional_count("spot_length_seconds")?,
        ..by_entries(row)?
    })
}

/// The terms that have several entries in a cell.
fn by_entries(row: &Row<'_>) -> Result<pb::OrderLine, anyhow::Error> {
    Ok(pb::OrderLine {
        metric: named(row, "metric", "METRIC_", pb::Metric::as_str_name)?,
        tiers: entries(row, "tiers", "LAST UNIT|RATE|FEE", |entry| {
            let (up_to, rate) = (entry.optional_number(0)?, entry.optional_number(1)?);
            Ok(pb::Tier { up_to, rate, flat: entry.optional_number(2)? })
        })?,
        tier_window: window(row, "tier_window")?,
        milestones: entries(row, "milestones", "DAY|AMOUNT|DESCRIPTION", |entry| {
            let (day, amount) = (Some(entry.day(0)?), entry.number(1)?);
            Ok(pb::Milestone { day, amount, description: entry.optional_text(2) })
        })?,
        period_units: entries(row, "period_units", "FIRST DAY|LAST DAY|UNITS", |entry| {
            Ok(pb::PeriodUnits { period: Some(entry.days(0)?), units: entry.number(2)? })
        })?,
        quantities: entries(row, "quantities", "FROM DAY|QUANTITY", |entry| {
            Ok(pb::QuantityFrom { day: Some(entry.day(0)?), quantity: entry.number(1)? })
        })?,
        opening_balances: entries(row, "opening_balances", "FIRST DAY|LAST DAY|UNITS|GROSS", |entry| {
            let (units, gross) = (entry.number(2)?, entry.number(3)?);
            Ok(pb::OpeningBalance { origin_period: Some(entry.days(0)?), units, gross })
        })?,
        ..pb::OrderLine::default()
    })
}

fn window(row: &Row<'_>, column: &str) -> Result<i32, anyhow::Error> {
    named(row, column, "WINDOW_", pb::Window::as_str_name)
}

fn cap(row: &Row<'_>) -> Result<Option<pb::Cap>, anyhow::Error> {
    let kind = named(row, "cap", "CAP_KIND_", pb::CapKind::as_str_name)?;
    let of = ["cap_percent", "cap_budget", "cap_window"].iter().find(|column| !row.cell(column).is_empty());
    match of {
        Some(column) if kind == 0 => Err(row.wrong(column, "needs a cap: say in the column `cap` which")),
        None if kind == 0 => Ok(None),
        Some(_) | None => Ok(Some(pb::Cap {
            kind,
            percent: number(row, "cap_percent")?,
            budget: number(row, "cap_budget")?,
            window: window(row, "cap_window")?,
        })),
    }
}

fn minimum(row: &Row<'_>) -> Result<Option<pb::Minimum>, anyhow::Error> {
    let (amount, window) = (number(row, "minimum")?, window(row, "minimum_window")?);
    match (amount.is_empty(), window) {
        (true, 0) => Ok(None),
        (true, _) => Err(row.wrong("minimum_window", "needs an amount in the column `minimum`")),
        (false, window) => Ok(Some(pb::Minimum { amount, window })),
    }
}

fn third_party(row: &Row<'_>) -> Result<Option<pb::ThirdParty>, anyhow::Error> {
    let source = row.cell("third_party").to_owned();
    let said =
        ["third_party_controls", "tolerance_percent", "tolerance_base", "without_count", "count_due_days"];
    if source.is_empty() {
        let without = said.iter().find(|column| !row.cell(column).is_empty());
        return without
            .map_or(Ok(None), |column| Err(row.wrong(column, "needs a source in the column `third_party`")));
    }
    let controls = match row.cell("third_party_controls") {
        "" => false,
        _ => row.choice("third_party_controls", &[("yes", true), ("no", false)])?,
    };
    let base = named(row, "tolerance_base", "TOLERANCE_BASE_", pb::ToleranceBase::as_str_name)?;
    let tolerance_percent = number(row, "tolerance_percent")?;
    Ok(Some(pb::ThirdParty {
        source,
        controls,
        tolerance_percent,
        tolerance_base: base,
        without_count: named(row, "without_count", "WITHOUT_COUNT_", pb::WithoutCount::as_str_name)?,
        count_due_days: row.optional_count("count_due_days")?,
    }))
}

fn scopes(row: &Row<'_>) -> Result<Vec<pb::TermScope>, anyhow::Error> {
    entries(row, "scopes", "TERM|FROM DAY or FROM_START|EVIDENCE", |entry| {
        let from_start = entry.optional_text(1) == "FROM_START";
        let from = if from_start { None } else { Some(entry.day(1)?) };
        let (term, evidence) = (entry.optional_text(0), entry.optional_text(2));
        Ok(pb::TermScope { term, from, from_start, evidence })
    })
}
