//! `orders.csv` and `order_lines.csv` as orders of the contract. Account, entity and product are filled in later.

use std::collections::{BTreeMap, btree_map::Entry};

use billing_proto::billing::invoicing::v1 as pb;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::table::{Row, Table};

/// The billing calendars as the files write them.
pub const CALENDARS: [(&str, pb::BillingCalendar); 2] =
    [("Broadcast", pb::BillingCalendar::BroadcastMonth), ("Calendar", pb::BillingCalendar::CalendarMonth)];

/// A booked amount is sent with at most so many decimals; where rate × spots has more, the service rounds.
const AMOUNT_DECIMALS: u32 = 2;

/// The orders with their lines, in the order of the files.
pub fn read(orders: Table, lines: Table) -> Result<Vec<pb::Order>, anyhow::Error> {
    let mut read = Orders::default();
    orders.read(|row| read.add(row, "order_no", order(row)?))?;
    lines.read(|row| read.add_line(row, "order_no", line(row)?))?;
    Ok(read.orders)
}

/// Orders that are found again by their id.
#[derive(Default)]
pub struct Orders {
    pub orders: Vec<pb::Order>,
    at: BTreeMap<String, usize>,
}

impl Orders {
    /// One more order, whose id stands in `column`.
    pub fn add(&mut self, row: &Row<'_>, column: &str, order: pb::Order) -> Result<(), anyhow::Error> {
        match self.at.entry(row.text(column)?.to_owned()) {
            Entry::Occupied(known) => {
                Err(row.wrong(column, format!("`{}` stands in an earlier line already", known.key())))
            }
            Entry::Vacant(new) => {
                new.insert(self.orders.len());
                self.orders.push(order);
                Ok(())
            }
        }
    }

    /// One more line of the order whose id stands in `column`.
    pub fn add_line(
        &mut self,
        row: &Row<'_>,
        column: &str,
        line: pb::OrderLine,
    ) -> Result<(), anyhow::Error> {
        let id = row.text(column)?;
        let order = self.at.get(id).and_then(|at| self.orders.get_mut(*at));
        let order =
            order.ok_or_else(|| row.wrong(column, format!("`{id}` is not among the files' orders")))?;
        order.lines.push(line);
        Ok(())
    }
}

fn order(row: &Row<'_>) -> Result<pb::Order, anyhow::Error> {
    let terms = row.count("payment_terms_days")?;
    let terms = i32::try_from(terms).map_err(|_| row.wrong("payment_terms_days", "is too large"))?;
    Ok(pb::Order {
        external_id: external_id(row.text("order_no")?),
        revision: 1,
        advertiser: row.text("advertiser")?.to_owned(),
        currency_code: row.text("currency")?.to_owned(),
        commission_percent: row.amount("agency_commission_percent")?.to_string(),
        payment_terms_days: Some(terms),
        flight: Some(days(row.days("flight_first", "flight_last")?)),
        liability: pb::Liability::Advertiser.into(),
        billing_calendar: row.choice("billing_calendar", &CALENDARS)?.into(),
        billing_cycle: pb::BillingCycle::EndOfMonth.into(),
        ..pb::Order::default()
    })
}

fn line(row: &Row<'_>) -> Result<pb::OrderLine, anyhow::Error> {
    let (spots, rate) = (row.count("spots_listed")?, row.amount("unit_rate")?);
    let amount = Decimal::from(spots).checked_mul(rate).map(|amount| amount.normalize());
    let amount = amount.ok_or_else(|| row.wrong("unit_rate", "spots × rate has too many digits"))?;
    Ok(pb::OrderLine {
        number: row.text("line")?.to_owned(),
        flight: Some(days(row.days("first_date", "last_date")?)),
        rate: rate.to_string(),
        booked_units: spots.to_string(),
        amount: if amount.scale() <= AMOUNT_DECIMALS { amount.to_string() } else { String::new() },
        station: row.cell("station").to_owned(),
        spot_length_seconds: row.optional_count("length_s")?,
        ..pb::OrderLine::default()
    })
}

/// The id of an order; whose it is, is filled in when it is sent.
pub fn external_id(id: &str) -> Option<pb::ExternalId> {
    Some(pb::ExternalId { source_system: String::new(), id: id.to_owned() })
}

/// Days as the contract writes them.
pub fn days((first, last): (Date, Date)) -> pb::Days {
    pb::Days { first: Some(date(first)), last: Some(date(last)) }
}

/// A day as the contract writes it.
pub fn date(day: Date) -> billing_proto::google::r#type::Date {
    billing_proto::google::r#type::Date {
        year: day.year().into(),
        month: day.month().into(),
        day: day.day().into(),
    }
}
