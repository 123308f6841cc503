//! How lines are priced: the terms by day, and what a cap or a subscription counts.

use std::collections::HashMap;

use anyhow::Context;
use calendar::Days;
use chassis::failure::Failure;
use invoicing_domain::{
    pricing::{PeriodUnits, Tier, Tiers},
    rating::{Price, Segment, Terms, terms_nearest},
};
use jiff::civil::Date;
use money::{Currency, Money, Percent, Quantity, Rate};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{days, quantity, rate};

/// The terms of a line from one day to another.
pub(super) struct Agreed {
    days: Days,
    rate: Option<Rate>,
    tiers: Option<Value>,
    discount: Percent,
    booked_units: Option<Decimal>,
}

/// The terms by day, by line.
pub(super) async fn agreed(
    connection: &mut PgConnection,
    accounts: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Agreed>>, Failure> {
    let rows = sqlx::query!(
        "select line_id, first_day, last_day, rate, tiers, discount_percent, booked_units
           from term_segment where account_id = any($1) order by line_id, first_day",
        accounts
    )
    .fetch_all(connection)
    .await?;
    let mut agreed: HashMap<_, Vec<_>> = HashMap::with_capacity(rows.len());
    for row in rows {
        // Terms that say no discount have none.
        let discount = Percent::of(row.discount_percent.map_or(Decimal::ZERO, |percent| percent));
        agreed.entry(row.line_id).or_default().push(Agreed {
            days: days(row.first_day, row.last_day)?,
            rate: row.rate.map(rate).transpose()?,
            tiers: row.tiers,
            discount: discount.context("the database holds no percent")?,
            booked_units: row.booked_units,
        });
    }
    Ok(agreed)
}

/// The price of a spot of a day without one of its own.
pub(super) fn rate_on(agreed: &[Agreed], day: Date) -> Option<Rate> {
    terms_nearest(agreed, |agreed| agreed.days, day).and_then(|agreed| agreed.rate)
}

impl Agreed {
    /// As spots have it.
    pub(super) fn segment(&self) -> Result<Segment, Failure> {
        let booked = self.booked_units.context("a line of spots that are not booked")?;
        Ok(Segment { days: self.days, rate: self.rate, booked_units: quantity(booked)? })
    }

    /// As what is counted has it.
    pub(super) fn terms(&self, currency: Currency) -> Result<Terms, Failure> {
        let price = match (&self.tiers, self.rate) {
            (Some(tiers), _) => Some(Price::Tiers(read_tiers(tiers, currency)?)),
            (None, rate) => rate.map(Price::Rate),
        };
        Ok(Terms { days: self.days, price, discount: self.discount })
    }
}

/// `[{"up_to": "100000", "rate": "10", "flat": null}, …]`
fn read_tiers(tiers: &Value, currency: Currency) -> Result<Tiers, Failure> {
    let steps = tiers.as_array().context("the database holds tiers that are no list")?;
    let text = |step: &Value, name: &str| step[name].as_str().map(str::to_owned);
    let tier = |step: &Value| {
        let up_to = text(step, "up_to").map(|up_to| Quantity::parse(&up_to)).transpose();
        let flat = text(step, "flat").map(|flat| Money::parse(currency, &flat)).transpose();
        Ok::<_, anyhow::Error>(Tier {
            up_to: up_to.context("the database holds a bound of a tier that is none")?,
            rate: Rate::parse(&text(step, "rate").context("a tier without a rate")?)?,
            flat: flat.context("the database holds a fee of a tier that is none")?,
        })
    };
    let tiers = steps.iter().map(tier).collect::<Result<Vec<_>, _>>()?;
    Ok(Tiers::of(tiers).context("the database holds tiers that cannot be")?)
}

/// The units booked for each billing period, by line.
pub(super) async fn period_units(
    connection: &mut PgConnection,
    accounts: &[Uuid],
) -> Result<HashMap<Uuid, Vec<PeriodUnits>>, Failure> {
    if accounts.is_empty() {
        return Ok(HashMap::new());
    }
    // Only a cap by the period looks at them.
    let rows = sqlx::query!(
        "select u.line_id, period_first, period_last, units from period_units u join order_line l using (account_id, line_id)
          where u.account_id = any($1) and l.cap_window <> 'LIFE'",
        accounts
    )
    .fetch_all(connection)
    .await?;
    let mut booked: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let period = days(row.period_first, row.period_last)?;
        booked.entry(row.line_id).or_default().push(PeriodUnits { period, units: quantity(row.units)? });
    }
    Ok(booked)
}

/// How many of a subscription from which day on, by line.
pub(super) async fn quantities(
    connection: &mut PgConnection,
    accounts: &[Uuid],
) -> Result<HashMap<Uuid, Vec<(Date, Quantity)>>, Failure> {
    if accounts.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        "select line_id, from_day, quantity from subscription_quantity where account_id = any($1)",
        accounts
    )
    .fetch_all(connection)
    .await?;
    let mut quantities: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        quantities.entry(row.line_id).or_default().push((row.from_day.to_jiff(), quantity(row.quantity)?));
    }
    Ok(quantities)
}
