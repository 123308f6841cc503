//! The lines of orders as they are known now.

use std::collections::HashMap;

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use chassis::failure::Failure;
use ids::{AccountId, LineId, OrderId, ProductId};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Place, amount, days, value, written};
use crate::wire::{name, period};

/// The lines of these orders, by the places of the orders.
pub(super) async fn of(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    orders: &[Uuid],
) -> Result<HashMap<Place, Vec<pb::OrderLine>>, Failure> {
    let rows = sqlx::query_file!("src/report/sql/order_lines.sql", accounts, orders)
        .fetch_all(&mut *connection)
        .await?;
    let mut parts = Parts {
        plans: plans(connection, accounts, orders).await?,
        openings: openings(connection, accounts, orders).await?,
        period_units: period_units(connection, accounts, orders).await?,
        quantities: quantities(connection, accounts, orders).await?,
        milestones: milestones(connection, accounts, orders).await?,
        segments: segments(connection, accounts, orders).await?,
    };
    let mut lines: HashMap<Place, Vec<pb::OrderLine>> = HashMap::new();
    for row in rows {
        let (account, order) = (AccountId::from_uuid(row.account_id), OrderId::from_uuid(row.order_id));
        let window = |text: &str| value("WINDOW", text, pb::Window::from_str_name);
        let minimum_window = optional("WINDOW", row.minimum_window.as_deref(), pb::Window::from_str_name)?;
        let tolerance_base = value("TOLERANCE_BASE", &row.tolerance_base, pb::ToleranceBase::from_str_name)?;
        let without_count = value("WITHOUT_COUNT", &row.without_count, pb::WithoutCount::from_str_name)?;
        let line = pb::OrderLine {
            name: name::line_name(account, order, LineId::from_uuid(row.line_id)),
            number: row.number,
            ad_product: name::product_name(ProductId::from_uuid(row.product_id)),
            description: row.description,
            flight: Some(days(row.flight_first, row.flight_last)),
            pricing_model: value("PRICING_MODEL", &row.pricing_model, pb::PricingModel::from_str_name)?,
            rate: written(row.list_rate),
            booked_units: written(row.booked_units),
            amount: row.list_amount.to_string(),
            booked_amount: row.amount.to_string(),
            cap: Some(pb::Cap {
                kind: value("CAP_KIND", &row.cap_kind, pb::CapKind::from_str_name)?,
                percent: written(row.cap_percent),
                budget: amount(row.cap_budget),
                window: window(&row.cap_window)?,
            }),
            discount_percent: written(row.discount_percent),
            discount_amount: amount(row.discount_amount),
            schedule: value("SCHEDULE", &row.schedule, pb::Schedule::from_str_name)?,
            station: row.station,
            program: row.program,
            spot_length_seconds: row.spot_length_seconds,
            metric: optional("METRIC", row.metric.as_deref(), pb::Metric::from_str_name)?,
            tier_window: window(&row.tier_window)?,
            minimum: row
                .minimum_amount
                .map(|amount| pb::Minimum { amount: amount.to_string(), window: minimum_window }),
            term_months: row.term_months.map_or(0, |months| months),
            proration: optional("PRORATION", row.proration.as_deref(), pb::Proration::from_str_name)?,
            package_units: written(row.package_units),
            markup_percent: written(row.markup_percent),
            expense_cap: amount(row.expense_cap),
            delivery_source: row.delivery_source.unwrap_or_else(String::new),
            third_party: row.third_party_source.map(|source| pb::ThirdParty {
                source,
                controls: row.third_party_controls,
                tolerance_percent: written(Some(row.tolerance_percent)),
                tolerance_base,
                without_count,
                count_due_days: row.count_due_days,
            }),
            cancelled_on: row.closed_on.map(|day| period::day_message(day.to_jiff())),
            short_rate: written(row.short_rate),
            ..pb::OrderLine::default()
        };
        let line = parts.complete(row.line_id, line);
        lines.entry((row.account_id, row.order_id)).or_default().push(line);
    }
    Ok(lines)
}

/// What a line has several of, by line.
struct Parts {
    plans: HashMap<Uuid, Vec<pb::PlanWeek>>,
    openings: HashMap<Uuid, Vec<pb::OpeningBalance>>,
    period_units: HashMap<Uuid, Vec<pb::PeriodUnits>>,
    quantities: HashMap<Uuid, Vec<pb::QuantityFrom>>,
    milestones: HashMap<Uuid, Vec<pb::Milestone>>,
    segments: HashMap<Uuid, Vec<pb::TermSegment>>,
}

impl Parts {
    fn complete(&mut self, id: Uuid, line: pb::OrderLine) -> pb::OrderLine {
        // Those that were said last.
        let tiers =
            self.segments.get(&id).and_then(|segments| segments.last()).map(|last| last.tiers.clone());
        pb::OrderLine {
            tiers: tiers.unwrap_or_default(),
            plan: self.plans.remove(&id).unwrap_or_default(),
            opening_balances: self.openings.remove(&id).unwrap_or_default(),
            period_units: self.period_units.remove(&id).unwrap_or_default(),
            quantities: self.quantities.remove(&id).unwrap_or_default(),
            milestones: self.milestones.remove(&id).unwrap_or_default(),
            segments: self.segments.remove(&id).unwrap_or_default(),
            ..line
        }
    }
}

/// The unspecified value where the database holds nothing.
fn optional<E: Into<i32>>(
    prefix: &str,
    text: Option<&str>,
    from_name: impl Fn(&str) -> Option<E>,
) -> Result<i32, Failure> {
    text.map_or(Ok(0), |text| value(prefix, text, from_name))
}

fn tiers(tiers: &Value) -> Result<Vec<pb::Tier>, Failure> {
    let text = |tier: &Value, key: &str| {
        tier.get(key).and_then(Value::as_str).map_or_else(String::new, str::to_owned)
    };
    let tiers = tiers.as_array().context("the database holds tiers that are no list")?;
    let tier =
        |tier| pb::Tier { up_to: text(tier, "up_to"), rate: text(tier, "rate"), flat: text(tier, "flat") };
    Ok(tiers.iter().map(tier).collect())
}

async fn plans(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    orders: &[Uuid],
) -> Result<HashMap<Uuid, Vec<pb::PlanWeek>>, Failure> {
    let rows = sqlx::query!(
        "select p.* from plan_week p join order_line l using (account_id, line_id)
           join unnest($1::uuid[], $2::uuid[]) as o(account_id, order_id)
             on o.account_id = l.account_id and o.order_id = l.order_id
          order by p.line_id, p.ordinal",
        accounts,
        orders
    )
    .fetch_all(connection)
    .await?;
    let mut of: HashMap<Uuid, Vec<pb::PlanWeek>> = HashMap::new();
    for row in rows {
        of.entry(row.line_id).or_default().push(pb::PlanWeek {
            days: Some(days(row.first_day, row.last_day)),
            weekdays: row.weekdays,
            units: row.units.normalize().to_string(),
            rate: row.rate.normalize().to_string(),
        });
    }
    Ok(of)
}

async fn openings(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    orders: &[Uuid],
) -> Result<HashMap<Uuid, Vec<pb::OpeningBalance>>, Failure> {
    let rows = sqlx::query!(
        "select p.* from billed_to_date p join order_line l using (account_id, line_id)
           join unnest($1::uuid[], $2::uuid[]) as o(account_id, order_id)
             on o.account_id = l.account_id and o.order_id = l.order_id
          where p.basis = 'OPENING' order by p.line_id, p.entry",
        accounts,
        orders
    )
    .fetch_all(connection)
    .await?;
    let mut of: HashMap<Uuid, Vec<pb::OpeningBalance>> = HashMap::new();
    for row in rows {
        of.entry(row.line_id).or_default().push(pb::OpeningBalance {
            origin_period: Some(days(row.origin_first, row.origin_last)),
            units: row.units.normalize().to_string(),
            gross: row.gross.to_string(),
        });
    }
    Ok(of)
}

async fn period_units(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    orders: &[Uuid],
) -> Result<HashMap<Uuid, Vec<pb::PeriodUnits>>, Failure> {
    let rows = sqlx::query!(
        "select p.* from period_units p join order_line l using (account_id, line_id)
           join unnest($1::uuid[], $2::uuid[]) as o(account_id, order_id)
             on o.account_id = l.account_id and o.order_id = l.order_id
          order by p.line_id, p.period_first",
        accounts,
        orders
    )
    .fetch_all(connection)
    .await?;
    let mut of: HashMap<Uuid, Vec<pb::PeriodUnits>> = HashMap::new();
    for row in rows {
        of.entry(row.line_id).or_default().push(pb::PeriodUnits {
            period: Some(days(row.period_first, row.period_last)),
            units: row.units.normalize().to_string(),
        });
    }
    Ok(of)
}

async fn quantities(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    orders: &[Uuid],
) -> Result<HashMap<Uuid, Vec<pb::QuantityFrom>>, Failure> {
    let rows = sqlx::query!(
        "select p.* from subscription_quantity p join order_line l using (account_id, line_id)
           join unnest($1::uuid[], $2::uuid[]) as o(account_id, order_id)
             on o.account_id = l.account_id and o.order_id = l.order_id
          order by p.line_id, p.from_day",
        accounts,
        orders
    )
    .fetch_all(connection)
    .await?;
    let mut of: HashMap<Uuid, Vec<pb::QuantityFrom>> = HashMap::new();
    for row in rows {
        of.entry(row.line_id).or_default().push(pb::QuantityFrom {
            day: Some(period::day_message(row.from_day.to_jiff())),
            quantity: row.quantity.normalize().to_string(),
        });
    }
    Ok(of)
}

async fn milestones(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    orders: &[Uuid],
) -> Result<HashMap<Uuid, Vec<pb::Milestone>>, Failure> {
    let rows = sqlx::query!(
        "select p.* from milestone p join order_line l using (account_id, line_id)
           join unnest($1::uuid[], $2::uuid[]) as o(account_id, order_id)
             on o.account_id = l.account_id and o.order_id = l.order_id
          order by p.line_id, p.ordinal",
        accounts,
        orders
    )
    .fetch_all(connection)
    .await?;
    let mut of: HashMap<Uuid, Vec<pb::Milestone>> = HashMap::new();
    for row in rows {
        of.entry(row.line_id).or_default().push(pb::Milestone {
            day: Some(period::day_message(row.day.to_jiff())),
            amount: row.amount.to_string(),
            description: row.description,
        });
    }
    Ok(of)
}

async fn segments(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    orders: &[Uuid],
) -> Result<HashMap<Uuid, Vec<pb::TermSegment>>, Failure> {
    let rows = sqlx::query!(
        "select p.* from term_segment p join order_line l using (account_id, line_id)
           join unnest($1::uuid[], $2::uuid[]) as o(account_id, order_id)
             on o.account_id = l.account_id and o.order_id = l.order_id
          order by p.line_id, p.first_day",
        accounts,
        orders
    )
    .fetch_all(connection)
    .await?;
    let mut of: HashMap<Uuid, Vec<pb::TermSegment>> = HashMap::new();
    for row in rows {
        of.entry(row.line_id).or_default().push(pb::TermSegment {
            days: Some(days(row.first_day, row.last_day)),
            revision: row.revision,
            rate: written(row.rate),
            tiers: row.tiers.map_or_else(|| Ok(Vec::new()), |tiers| self::tiers(&tiers))?,
            discount_percent: written(row.discount_percent),
        });
    }
    Ok(of)
}
