//! `contracts.csv`, `contract_lines.csv` and `contract_weeks.csv` as orders of the contract. Account, entity, product
//! and currency are filled in later.

use std::collections::{BTreeMap, BTreeSet};

use billing_proto::billing::invoicing::v1 as pb;
use rust_decimal::{Decimal, RoundingStrategy};

use super::{
    orders::{CALENDARS, Orders, days, external_id},
    table::{Row, Table},
};

/// When a contract bills: at the end of the month, of the month or the contract, or weekly.
const CYCLES: [(&str, pb::BillingCycle); 3] = [
    ("EOM", pb::BillingCycle::EndOfMonth),
    ("EOM/EOC", pb::BillingCycle::EndOfMonthOrContract),
    ("WEEKLY", pb::BillingCycle::Weekly),
];

/// Whether the weekly rows of a contract account for every spot.
pub const COMPLETE: [(&str, bool); 2] = [("yes", true), ("no", false)];

/// The decimals of a commission percent at most.
const PERCENT_DECIMALS: u32 = 6;

/// The contracts with their lines, in the order of the files. Weeks that do not account for every spot of their contract
/// are no plan, and are left out.
pub fn read(contracts: Table, lines: Table, weeks: Option<Table>) -> Result<Vec<pb::Order>, anyhow::Error> {
    let mut read = Orders::default();
    let mut complete = BTreeSet::new();
    contracts.read(|row| {
        if row.choice("weeks_complete", &COMPLETE)? {
            complete.insert(row.text("contract")?.to_owned());
        }
        read.add(row, "contract", contract(row)?)
    })?;
    let mut plans: BTreeMap<(String, String), Vec<pb::PlanWeek>> = BTreeMap::new();
    if let Some(weeks) = weeks {
        weeks.read(|row| {
            let (contract, week) = (row.text("contract")?.to_owned(), week(row)?);
            if complete.contains(&contract) {
                plans.entry((contract, row.text("line")?.to_owned())).or_default().push(week);
            }
            Ok(())
        })?;
    }
    lines.read(|row| {
        let key = (row.text("contract")?.to_owned(), row.text("line")?.to_owned());
        let plan = plans.remove(&key).unwrap_or_default();
        read.add_line(row, "contract", pb::OrderLine { plan, ..line(row)? })
    })?;
    if let Some((contract, line)) = plans.into_keys().next() {
        anyhow::bail!("contract {contract}: the weeks name line {line}, which the lines do not have");
    }
    Ok(read.orders)
}

fn contract(row: &Row<'_>) -> Result<pb::Order, anyhow::Error> {
    Ok(pb::Order {
        external_id: external_id(row.text("contract")?),
        revision: 1,
        advertiser: row.text("advertiser")?.to_owned(),
        commission_percent: commission_percent(row)?.to_string(),
        flight: Some(days(row.days("flight_first", "flight_last")?)),
        liability: pb::Liability::Advertiser.into(),
        billing_calendar: row.choice("billing_calendar", &CALENDARS)?.into(),
        billing_cycle: row.choice("billing_cycle", &CYCLES)?.into(),
        ..pb::Order::default()
    })
}

fn line(row: &Row<'_>) -> Result<pb::OrderLine, anyhow::Error> {
    Ok(pb::OrderLine {
        number: row.text("line")?.to_owned(),
        flight: Some(days(row.days("line_first", "line_last")?)),
        booked_units: row.count("spots")?.to_string(),
        amount: row.amount("amount")?.to_string(),
        station: row.cell("station").to_owned(),
        program: row.cell("program").to_owned(),
        spot_length_seconds: row.optional_count("length_s")?,
        ..pb::OrderLine::default()
    })
}

fn week(row: &Row<'_>) -> Result<pb::PlanWeek, anyhow::Error> {
    Ok(pb::PlanWeek {
        days: Some(days(row.days("week_first", "week_last")?)),
        weekdays: row.text("days_pattern")?.to_owned(),
        units: row.count("spots")?.to_string(),
        rate: row.amount("unit_rate")?.to_string(),
    })
}

/// A contract prints its commission (below zero) and not the percent: the shortest percent that gives what is printed.
fn commission_percent(row: &Row<'_>) -> Result<Decimal, anyhow::Error> {
    let (gross, commission, net) =
        (row.amount("gross")?, row.decimal("commission")?.abs(), row.amount("net")?);
    if gross.is_zero() {
        return Ok(Decimal::ZERO);
    }
    let cents = commission.scale().max(net.scale());
    let round = |value: Decimal, decimals| {
        value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
    };
    let exact = (commission * Decimal::ONE_HUNDRED).checked_div(gross);
    let exact = exact.filter(|percent| *percent <= Decimal::ONE_HUNDRED);
    let exact = exact.ok_or_else(|| row.wrong("commission", format!("is more than the gross, {gross}")))?;
    let gives_net = |percent: &Decimal| {
        let kept = Decimal::ONE - *percent / Decimal::ONE_HUNDRED;
        gross.checked_mul(kept).is_some_and(|kept| round(kept, cents) == net)
    };
    let percents = (0..=PERCENT_DECIMALS).map(|decimals| round(exact, decimals));
    Ok(percents.clone().find(gives_net).unwrap_or(round(exact, PERCENT_DECIMALS)).normalize())
}
