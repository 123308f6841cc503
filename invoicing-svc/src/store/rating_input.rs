//! What rating needs of the orders of a shard: one statement per table, for all of its accounts at once.

mod airings;

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context, anyhow};
use calendar::Days;
use chassis::failure::Failure;
use ids::{AccountId, LineId, OrderId};
use invoicing_domain::{
    billing_entity::BillingEntity,
    billing_run::BillingRun,
    invoice::{LineFacts, OrderFacts},
    order::{BillingTerms, Cap, OrderCalendar, Part},
    pricing::PricingModel,
    rating::{Airing, Billed, Bucket, LineToRate, Pricing, Segment},
};
use jiff_sqlx::Date;
use money::{Currency, Money, Percent, Quantity, Rate};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::{Written, currency};

/// An order with its lines, as rating and assembling take them.
#[derive(Debug)]
pub struct OrderToRate {
    pub facts: OrderFacts,
    pub lines: Vec<(LineFacts, LineToRate)>,
    /// Every character that its document prints of orders and airings.
    pub printed: BTreeSet<char>,
}

/// What is known of the lines of the shard besides the lines themselves.
struct Inputs {
    segments: HashMap<Uuid, Vec<Segment>>,
    parts: HashMap<Uuid, Vec<Part>>,
    billed: HashMap<Uuid, Vec<Billed>>,
    entries: HashMap<Uuid, u32>,
    airings: HashMap<Uuid, Vec<Airing>>,
    printed: HashMap<Uuid, BTreeSet<char>>,
}

impl Inputs {
    /// How the amount of a line comes to be.
    fn pricing(&mut self, line: Uuid, model: PricingModel, cap: Cap) -> Result<Pricing, Failure> {
        Ok(match model {
            PricingModel::FlatFee => Pricing::FlatFee { parts: self.parts.remove(&line).unwrap_or_default() },
            PricingModel::PerSpot => Pricing::PerSpot {
                segments: self.segments.remove(&line).context("a line of spots without its terms")?,
                cap,
                airings: self.airings.remove(&line).unwrap_or_default(),
            },
            PricingModel::Cpm
            | PricingModel::Vcpm
            | PricingModel::Cpc
            | PricingModel::Cpv
            | PricingModel::Cpcv
            | PricingModel::Cpa
            | PricingModel::Cpd
            | PricingModel::PercentOfSpend
            | PricingModel::Graduated
            | PricingModel::Volume
            | PricingModel::Package
            | PricingModel::TieredFlat
            | PricingModel::GraduatedPercent
            | PricingModel::Subscription
            | PricingModel::TimeAndMaterials => {
                return Err(anyhow!("nobody rates {} yet", model.text()).into());
            }
        })
    }
}

/// Loads the orders of the accounts that the run's entity bills, in the order of their ids.
pub async fn load(
    connection: &mut PgConnection,
    run: &BillingRun,
    entity: &BillingEntity,
    accounts: &[AccountId],
) -> Result<Vec<OrderToRate>, Failure> {
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    let rows = sqlx::query_file!("src/store/sql/lines_to_rate.sql", run.entity.uuid(), &accounts)
        .fetch_all(&mut *connection)
        .await?;
    let currencies =
        rows.iter().map(|row| Ok((row.line_id, currency(&row.currency)?))).collect::<Result<_, Failure>>()?;
    let mut inputs = inputs(connection, run, &accounts, &currencies).await?;
    let mut orders: Vec<OrderToRate> = Vec::new();
    for row in rows {
        let currency = currency(&row.currency)?;
        let mut printed = inputs.printed.remove(&row.line_id).unwrap_or_default();
        for text in
            [&row.advertiser, &row.external_id, &row.buyer, &row.description, &row.station, &row.program]
        {
            printed.extend(text.chars());
        }
        let billing = BillingTerms {
            calendar: OrderCalendar::read(&row.billing_calendar)?.of(entity.fiscal),
            cycle: Written::read(&row.billing_cycle)?,
            contract_last: row.order_last.to_jiff(),
        };
        let cap = cap(&row.cap_kind, row.cap_percent, row.cap_budget, currency)?;
        let pricing = inputs.pricing(row.line_id, Written::read(&row.pricing_model)?, cap)?;
        let line = LineToRate {
            line: LineId::from_uuid(row.line_id),
            currency,
            rounding: entity.rounding,
            billing,
            month: run.month,
            pricing,
            billed_before: inputs.billed.remove(&row.line_id).unwrap_or_default(),
            // A line that was never billed has no entry yet: the first will be 1.
            last_entry: inputs.entries.get(&row.line_id).copied().map_or(0, |entry| entry),
        };
        let facts = LineFacts {
            line: LineId::from_uuid(row.line_id),
            number: row.number,
            ordinal: row.ordinal,
            description: row.description,
            product_text: row.invoice_text,
            gl_revenue: row.gl_revenue,
            tax_code: row.tax_code,
            flight: days(row.flight_first, row.flight_last)?,
        };
        let order = OrderFacts {
            account: AccountId::from_uuid(row.account_id),
            order: OrderId::from_uuid(row.order_id),
            entity: run.entity,
            currency,
            commission_percent: Percent::of(row.commission_percent)
                .context("the database holds no percent")?,
            payment_terms_days: u16::try_from(row.payment_terms_days)
                .context("the database holds no terms")?,
            billing,
            rounding: entity.rounding,
            remainder: entity.remainder,
        };
        match orders.last_mut().filter(|last| last.facts.order == order.order) {
            Some(last) => {
                last.lines.push((facts, line));
                last.printed.extend(printed);
            }
            None => orders.push(OrderToRate { facts: order, lines: vec![(facts, line)], printed }),
        }
    }
    Ok(orders)
}

async fn inputs(
    connection: &mut PgConnection,
    run: &BillingRun,
    accounts: &[Uuid],
    currencies: &HashMap<Uuid, Currency>,
) -> Result<Inputs, Failure> {
    let (billed, entries) = billed(connection, run, accounts, currencies).await?;
    let (airings, printed) = airings::load(connection, run, accounts).await?;
    Ok(Inputs {
        segments: segments(connection, run, accounts).await?,
        parts: parts(connection, run, accounts, currencies).await?,
        billed,
        entries,
        airings,
        printed,
    })
}

async fn segments(
    connection: &mut PgConnection,
    run: &BillingRun,
    accounts: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Segment>>, Failure> {
    let rows = sqlx::query!(
        "select line_id, first_day, last_day, rate, term_segment.booked_units as \"booked_units!\"
           from term_segment join order_line using (account_id, line_id) join insertion_order using (account_id, order_id)
          where entity_id = $1 and account_id = any($2) and term_segment.booked_units is not null
          order by line_id, first_day",
        run.entity.uuid(),
        accounts
    )
    .fetch_all(connection)
    .await?;
    let mut segments: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        segments.entry(row.line_id).or_default().push(Segment {
            days: days(row.first_day, row.last_day)?,
            rate: row.rate.map(rate).transpose()?,
            booked_units: Quantity::of(row.booked_units).context("the database holds no quantity")?,
        });
    }
    Ok(segments)
}

async fn parts(
    connection: &mut PgConnection,
    run: &BillingRun,
    accounts: &[Uuid],
    currencies: &HashMap<Uuid, Currency>,
) -> Result<HashMap<Uuid, Vec<Part>>, Failure> {
    let rows = sqlx::query!(
        "select line_id, period_first, period_last, schedule_part.amount
           from schedule_part join order_line using (account_id, line_id) join insertion_order using (account_id, order_id)
          where entity_id = $1 and account_id = any($2)
          order by line_id, period_first",
        run.entity.uuid(),
        accounts
    )
    .fetch_all(connection)
    .await?;
    let mut parts: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let period = days(row.period_first, row.period_last)?;
        let amount = money(currencies, row.line_id, row.amount)?;
        parts.entry(row.line_id).or_default().push(Part { period, amount });
    }
    Ok(parts)
}

type BilledAndEntries = (HashMap<Uuid, Vec<Billed>>, HashMap<Uuid, u32>);

async fn billed(
    connection: &mut PgConnection,
    run: &BillingRun,
    accounts: &[Uuid],
    currencies: &HashMap<Uuid, Currency>,
) -> Result<BilledAndEntries, Failure> {
    let rows = sqlx::query!(
        "select b.* from billed_to_date b join order_line using (account_id, line_id) join insertion_order using (account_id, order_id)
          where entity_id = $1 and account_id = any($2)
          order by line_id, entry",
        run.entity.uuid(),
        accounts
    )
    .fetch_all(connection)
    .await?;
    let (mut billed, mut entries): (HashMap<_, Vec<_>>, HashMap<_, _>) = (HashMap::new(), HashMap::new());
    for row in rows {
        entries.insert(row.line_id, u32::try_from(row.entry).context("the database holds a negative entry")?);
        billed.entry(row.line_id).or_default().push(Billed {
            bucket: Bucket {
                origin: days(row.origin_first, row.origin_last)?,
                kind: Written::read(&row.kind)?,
                segment_first: row.segment_first.to_jiff(),
                rate: rate(row.rate)?,
                price_base: price_base(row.price_base)?,
            },
            units: row.units,
            gross: money(currencies, row.line_id, row.gross)?,
            basis: Written::read(&row.basis)?,
        });
    }
    Ok((billed, entries))
}

/// The cap that a line's columns say.
pub fn cap(
    kind: &str,
    percent: Option<Decimal>,
    budget: Option<Decimal>,
    currency: Currency,
) -> Result<Cap, Failure> {
    let cap = match (kind, percent, budget) {
        ("LESSER_OF_BOOKED_AND_DELIVERED", None, None) => Some(Cap::LesserOfBookedAndDelivered),
        ("PERCENT", Some(percent), None) => Quantity::of(percent).ok().map(Cap::Percent),
        ("BUDGET", None, Some(budget)) => Money::of(currency, budget).ok().map(Cap::Budget),
        ("UNCAPPED", None, None) => Some(Cap::Uncapped),
        _ => None,
    };
    Ok(cap.with_context(|| format!("the database holds a cap {kind} that cannot be"))?)
}

/// A run of days that the database holds.
pub fn days(first: Date, last: Date) -> Result<Days, Failure> {
    Ok(Days::new(first.to_jiff(), last.to_jiff())
        .context("the database holds a period that ends before it begins")?)
}

/// A price that the database holds.
pub fn rate(rate: Decimal) -> Result<Rate, Failure> {
    Ok(Rate::of(rate).context("the database holds a rate that cannot be")?)
}

/// A price base that the database holds.
pub fn price_base(price_base: i32) -> Result<u32, Failure> {
    Ok(u32::try_from(price_base).context("the database holds a negative price base")?)
}

fn money(currencies: &HashMap<Uuid, Currency>, line: Uuid, amount: Decimal) -> Result<Money, Failure> {
    let currency = currencies.get(&line).context("an amount of a line that was not loaded")?;
    Ok(Money::of(*currency, amount).context("the database holds parts of a minor unit")?)
}
