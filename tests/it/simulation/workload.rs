//! The demo's orders and spots, made harder: caps lowered, rates of three decimals, spots that are restated.

use std::{collections::BTreeMap, fs::File};

use anyhow::{Context, Result};
use billing_proto::billing::invoicing::v1 as pb;
use serde::Deserialize;

use super::chance::Chance;
use crate::{oracle::Amount, repository, suite::day};

/// A row of `orders.csv`.
#[derive(Clone, Debug, Deserialize)]
pub struct Order {
    pub order_no: String,
    pub billing_calendar: String,
    pub flight_first: String,
    pub flight_last: String,
    #[serde(skip)]
    pub lines: Vec<Line>,
}

/// A row of `order_lines.csv`.
#[derive(Clone, Debug, Deserialize)]
pub struct Line {
    pub order_no: String,
    pub line: String,
    pub first_date: String,
    pub last_date: String,
    pub spots_listed: i128,
    pub unit_rate: String,
    #[serde(skip)]
    pub cap: Cap,
}

/// What limits a line.
#[derive(Clone, Debug, Default)]
pub enum Cap {
    #[default]
    Booked,
    Budget(Amount),
    Percent(i128),
    Uncapped,
}

/// A row of `airings.csv`, as it is said now.
#[derive(Clone, Debug, Deserialize)]
pub struct Spot {
    pub order_no: String,
    pub line: String,
    pub row: i32,
    pub date: String,
    pub time: String,
    pub spot_rate: String,
    pub status: String,
    pub makegood_for: String,
}

/// Orders and their spots.
#[derive(Clone, Debug)]
pub struct Workload {
    pub orders: Vec<Order>,
    pub spots: Vec<Spot>,
}

fn rows<T: for<'de> Deserialize<'de>>(file: &str) -> Result<Vec<T>> {
    let path = repository::root().join("demo/broadcast-2020").join(file);
    let file = File::open(&path).with_context(|| path.display().to_string())?;
    csv::Reader::from_reader(file).into_deserialize().map(|row| Ok(row?)).collect()
}

impl Workload {
    /// As the stations printed it.
    pub fn printed() -> Result<Self> {
        let mut lines: BTreeMap<String, Vec<Line>> = BTreeMap::new();
        for line in rows::<Line>("order_lines.csv")? {
            lines.entry(line.order_no.clone()).or_default().push(line);
        }
        let with_lines =
            |order: Order| Order { lines: lines.remove(&order.order_no).unwrap_or_default(), ..order };
        let orders = rows::<Order>("orders.csv")?.into_iter().map(with_lines).collect();
        let mut spots: Vec<Spot> = rows("airings.csv")?;
        for spot in &mut spots {
            spot.time = twenty_four_hours(&spot.time);
        }
        Ok(Self { orders, spots })
    }

    /// Every rate gets a third decimal.
    pub fn with_odd_rates(mut self, chance: &mut Chance) -> Self {
        for spot in &mut self.spots {
            spot.spot_rate = format!("{}{}", spot.spot_rate, chance.below(10));
        }
        self
    }

    /// Fewer spots may bill than aired, or less money.
    pub fn with_low_caps(mut self, chance: &mut Chance) -> Result<Self> {
        for line in self.orders.iter_mut().flat_map(|order| &mut order.lines) {
            let listed = u64::try_from(line.spots_listed)?;
            match chance.below(5) {
                0 => line.cap = Cap::Uncapped,
                1 => line.cap = Cap::Percent(i128::from(chance.below(120) + 1)),
                2 => {
                    line.cap = Cap::Budget(
                        Amount::parse(&line.unit_rate)?.times(i128::from(chance.below(listed) + 1))
                            - Amount::parse("0.01")?,
                    )
                }
                // A printed line without spots stays as it is.
                _ => line.spots_listed = i128::from(chance.below(listed.max(1)) + 1).min(line.spots_listed),
            }
        }
        Ok(self)
    }

    /// What some spots are said to be later: not aired after all, or at another price.
    pub fn restatements(&self, chance: &mut Chance) -> Vec<Spot> {
        let ordinary =
            self.spots.iter().filter(|spot| spot.makegood_for.is_empty() && spot.status == "AIRED");
        let some: Vec<Spot> = ordinary.filter(|_| chance.once_in(30)).cloned().collect();
        let restate = |mut spot: Spot| {
            if chance.once_in(2) {
                "NOT_AIRED".clone_into(&mut spot.status);
            } else {
                spot.spot_rate = format!("{}.125", chance.below(500) + 1);
            }
            spot
        };
        some.into_iter().map(restate).collect()
    }
}

/// `4:38 PM` is `16:38`.
fn twenty_four_hours(time: &str) -> String {
    let Some((clock, half)) = time.split_once(' ') else { return time.to_owned() };
    let Some((hour, minute)) = clock.split_once(':') else { return time.to_owned() };
    let hour = hour.parse::<u32>().map_or(0, |hour| hour % 12) + if half == "PM" { 12 } else { 0 };
    format!("{hour:02}:{minute}")
}

impl Spot {
    pub fn message(&self) -> Result<pb::Airing> {
        let status =
            if self.status == "AIRED" { pb::AiringStatus::Aired } else { pb::AiringStatus::NotAired };
        let made_good = self.makegood_for.split(',').filter(|name| !name.is_empty());
        Ok(pb::Airing {
            order: self.order_no.clone(),
            line: self.line.clone(),
            // Unlike any name that a makegood gives to what it makes good.
            spot: format!("row {}", self.row).replace(' ', "-"),
            row: self.row,
            date: Some(day(&self.date)?),
            time: self.time.clone(),
            length_seconds: 30,
            rate: self.spot_rate.clone(),
            status: status.into(),
            makegood_for: made_good.map(str::to_owned).collect(),
            ..pb::Airing::default()
        })
    }

    /// Which spot of which line this is.
    pub fn key(&self) -> (String, String, i32) {
        (self.order_no.clone(), self.line.clone(), self.row)
    }
}

impl Order {
    pub fn message(&self, house: &super::house::House, system: &str) -> Result<pb::Order> {
        let calendar = match self.billing_calendar.as_str() {
            "Broadcast" => pb::BillingCalendar::BroadcastMonth,
            _ => pb::BillingCalendar::CalendarMonth,
        };
        Ok(pb::Order {
            account: house.account.clone(),
            billing_entity: house.entity.clone(),
            external_id: Some(pb::ExternalId { source_system: system.to_owned(), id: self.order_no.clone() }),
            revision: 1,
            advertiser: "An advertiser".to_owned(),
            currency_code: "USD".to_owned(),
            commission_percent: "15".to_owned(),
            flight: Some(pb::Days {
                first: Some(day(&self.flight_first)?),
                last: Some(day(&self.flight_last)?),
            }),
            liability: pb::Liability::Advertiser.into(),
            billing_calendar: calendar.into(),
            billing_cycle: pb::BillingCycle::EndOfMonth.into(),
            lines: self.lines.iter().map(|line| line.message(house)).collect::<Result<_>>()?,
            ..pb::Order::default()
        })
    }
}

impl Line {
    fn message(&self, house: &super::house::House) -> Result<pb::OrderLine> {
        let (kind, percent, budget) = match &self.cap {
            Cap::Booked => (pb::CapKind::LesserOfBookedAndDelivered, String::new(), String::new()),
            Cap::Budget(budget) => (pb::CapKind::Budget, String::new(), budget.to_string()),
            Cap::Percent(percent) => (pb::CapKind::Percent, percent.to_string(), String::new()),
            Cap::Uncapped => (pb::CapKind::Uncapped, String::new(), String::new()),
        };
        Ok(pb::OrderLine {
            number: self.line.clone(),
            ad_product: house.product.clone(),
            flight: Some(pb::Days { first: Some(day(&self.first_date)?), last: Some(day(&self.last_date)?) }),
            rate: self.unit_rate.clone(),
            booked_units: self.spots_listed.to_string(),
            amount: self.booked()?.rounded().to_string(),
            cap: Some(pb::Cap { kind: kind.into(), percent, budget, ..pb::Cap::default() }),
            ..pb::OrderLine::default()
        })
    }

    /// What the line is booked for.
    pub fn booked(&self) -> Result<Amount> {
        Ok(Amount::parse(&self.unit_rate)?.times(self.spots_listed))
    }
}
