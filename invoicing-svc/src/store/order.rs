//! Orders. Many at a time: no statement runs once per order or line.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Context;
use calendar::Days;
use chassis::failure::Failure;
use ids::{AccountId, EntityId, OrderId, ProductId};
use invoicing_domain::{
    account::PurchaseOrderRule,
    ad_product::ProductState,
    order::{
        AccountFacts, BatchTotals, BillingTerms, Booked, BookedOrder, EntityFacts, OrderCalendar, Part,
        PlanWeek, Weekdays,
    },
    pricing::{PeriodUnits, PricingModel},
    rate_card::RateCard,
    resource::ResourceRefusal,
};
use jiff::{Timestamp, civil::Date};
use jiff_sqlx::ToSqlx;
use money::{Currency, Money, Percent, Quantity, Rate};
use refusal::Refusal;
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    fiscal_calendar, rate_card,
    written::{Written, currency},
};

/// Lets one batch of a source in at a time, until the transaction ends: batches of a source are counted, and an order
/// is compared with what is known of it.
pub async fn lock_source(connection: &mut PgConnection, source_system: &str) -> Result<(), Failure> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('order_batch/' || $1, 0))", source_system)
        .execute(connection)
        .await?;
    Ok(())
}

/// The number of the last batch of a source that counts them.
pub async fn last_sequence(
    connection: &mut PgConnection,
    source_system: &str,
) -> Result<Option<i64>, Failure> {
    let query =
        sqlx::query_scalar!("select max(sequence) from order_batch where source_system = $1", source_system);
    Ok(query.fetch_one(connection).await?)
}

/// Records a batch of a source that counts them.
pub async fn insert_batch(
    connection: &mut PgConnection,
    (source_system, sequence): (&str, i64),
    totals: &BatchTotals,
    (at, by): (Timestamp, &str),
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into order_batch (source_system, sequence, orders, lines, amount, received_at, received_by)
         values ($1, $2, $3, $4, $5::text::numeric, $6, $7)",
        source_system,
        sequence,
        totals.orders,
        totals.lines,
        totals.amount.to_string(),
        at.to_sqlx() as _,
        by
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What orders are looked at with.
#[derive(Clone, Debug)]
pub struct References {
    pub accounts: HashMap<AccountId, AccountFacts>,
    pub entities: HashMap<EntityId, EntityFacts>,
    pub products: BTreeMap<ProductId, PricingModel>,
    /// Those that nobody may sell, or not yet.
    pub not_live: BTreeSet<ProductId>,
    /// The last days of products that end.
    pub last_days: Vec<(ProductId, Date)>,
    /// By how many percent a price may be below the list, of entities that compare.
    pub tolerances: HashMap<EntityId, Percent>,
    /// Of the products.
    pub cards: Vec<RateCard>,
}

/// The accounts and entities out of those named that the caller may see, and the products.
pub async fn references(
    connection: &mut PgConnection,
    (accounts, entities, products): (&[Uuid], &[Uuid], &[Uuid]),
    scope: Option<&Value>,
) -> Result<References, Failure> {
    let accounts = sqlx::query!(
        "select account_id, payment_terms_days, territory, purchase_order_required, purchase_order_format from account
          where account_id = any($1) and in_scope($2::jsonb, null, territory, account_id)",
        accounts,
        scope
    )
    .fetch_all(&mut *connection)
    .await?;
    let entities = sqlx::query!(
        "select entity_id, rounding, remainder, fiscal_calendar, rate_card_tolerance_percent from billing_entity
          where entity_id = any($1) and in_scope($2::jsonb, entity_id, null, null)",
        entities,
        scope
    )
    .fetch_all(&mut *connection)
    .await?;
    let which = rate_card::Which { products: Some(products), ..rate_card::Which::default() };
    let cards = rate_card::load(&mut *connection, which).await?;
    let sold = products_of(connection, products).await?;
    let tolerances = tolerances(
        entities.iter().filter_map(|row| Some((row.entity_id, row.rate_card_tolerance_percent?))),
    )?;
    let account = |days: i32, territory, purchase_orders| {
        let payment_terms_days = u16::try_from(days).context("the database holds no payment terms")?;
        Ok::<_, Failure>(AccountFacts { payment_terms_days, territory, purchase_orders })
    };
    let entity = |rounding: &str, remainder: &str, fiscal: &Value| {
        Ok::<_, Failure>(EntityFacts {
            rounding: Written::read(rounding)?,
            remainder: Written::read(remainder)?,
            fiscal: fiscal_calendar::read(fiscal)?,
        })
    };
    Ok(References {
        last_days: sold.last_days,
        tolerances,
        cards,
        not_live: sold.not_live,
        accounts: accounts
            .into_iter()
            .map(|row| {
                let rule = PurchaseOrderRule {
                    is_required: row.purchase_order_required,
                    format: row.purchase_order_format,
                };
                Ok((
                    AccountId::from_uuid(row.account_id),
                    account(row.payment_terms_days, row.territory, rule)?,
                ))
            })
            .collect::<Result<_, Failure>>()?,
        entities: entities
            .into_iter()
            .map(|row| {
                Ok((
                    EntityId::from_uuid(row.entity_id),
                    entity(&row.rounding, &row.remainder, &row.fiscal_calendar)?,
                ))
            })
            .collect::<Result<_, Failure>>()?,
        products: sold.models,
    })
}

fn tolerances(said: impl Iterator<Item = (Uuid, Decimal)>) -> Result<HashMap<EntityId, Percent>, Failure> {
    let tolerance = |(entity, percent)| {
        let percent = Percent::of(percent).context("the database holds no percent")?;
        Ok((EntityId::from_uuid(entity), percent))
    };
    said.map(tolerance).collect()
}

/// Products that lines sell.
struct Products {
    models: BTreeMap<ProductId, PricingModel>,
    not_live: BTreeSet<ProductId>,
    last_days: Vec<(ProductId, Date)>,
}

async fn products_of(connection: &mut PgConnection, products: &[Uuid]) -> Result<Products, Failure> {
    let rows = sqlx::query!(
        "select product_id, pricing_model, state, effective_until from ad_product where product_id = any($1)",
        products
    )
    .fetch_all(connection)
    .await?;
    let id = ProductId::from_uuid;
    let not_live = rows.iter().filter(|row| row.state != ProductState::Live.text());
    let ends = rows.iter().filter_map(|row| Some((id(row.product_id), row.effective_until?.to_jiff())));
    let models = rows.iter().map(|row| Ok((id(row.product_id), Written::read(&row.pricing_model)?)));
    Ok(Products {
        models: models.collect::<Result<_, Failure>>()?,
        not_live: not_live.map(|row| id(row.product_id)).collect(),
        last_days: ends.collect(),
    })
}

/// An order with what it is booked for, or that it does not exist for this caller.
pub async fn booked(
    connection: &mut PgConnection,
    (account, order): (AccountId, OrderId),
    scope: Option<&Value>,
) -> Result<BookedOrder, Failure> {
    let missing =
        || Refusal::from(ResourceRefusal::NotFound { name: format!("accounts/{account}/orders/{order}") });
    let row = sqlx::query!(
        "select o.currency, o.commission_percent, o.billing_calendar, o.billing_cycle, o.flight_last, e.rounding,
                e.remainder, e.fiscal_calendar
           from insertion_order o join billing_entity e using (entity_id)
          where o.account_id = $1 and o.order_id = $2 and in_scope($3::jsonb, o.entity_id, o.territory, o.account_id)",
        account.uuid(),
        order.uuid(),
        scope
    )
    .fetch_optional(&mut *connection)
    .await?
    .ok_or_else(missing)?;
    let currency = currency(&row.currency)?;
    Ok(BookedOrder {
        currency,
        commission: Percent::of(row.commission_percent).context("the database holds no percent")?,
        rounding: Written::read(&row.rounding)?,
        billing: BillingTerms {
            calendar: OrderCalendar::read(&row.billing_calendar)?
                .of(fiscal_calendar::read(&row.fiscal_calendar)?),
            cycle: Written::read(&row.billing_cycle)?,
            contract_last: row.flight_last.to_jiff(),
        },
        remainder: Written::read(&row.remainder)?,
        lines: booked_lines(connection, (account, order), currency).await?,
    })
}

async fn booked_lines(
    connection: &mut PgConnection,
    (account, order): (AccountId, OrderId),
    currency: Currency,
) -> Result<Vec<Booked>, Failure> {
    let lines = sqlx::query!(
        "select line_id, pricing_model, amount, flight_first, flight_last, booked_units
           from order_line where account_id = $1 and order_id = $2 order by ordinal",
        account.uuid(),
        order.uuid()
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut parts = parts(connection, (account, order), currency).await?;
    let mut plans = plans(connection, (account, order)).await?;
    let mut units = period_units(connection, (account, order)).await?;
    lines
        .into_iter()
        .map(|line| {
            Ok(match Written::read(&line.pricing_model)? {
                PricingModel::FlatFee => {
                    Booked::Fee { parts: parts.remove(&line.line_id).unwrap_or_else(Vec::new) }
                }
                PricingModel::PerSpot => Booked::Spots {
                    units: whole(line.booked_units.context("spots that are not booked")?)?,
                    amount: money(currency, line.amount)?,
                    flight: days(line.flight_first, line.flight_last)?,
                    plan: plans.remove(&line.line_id).unwrap_or_else(Vec::new),
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
                | PricingModel::TimeAndMaterials => Booked::Units {
                    amount: money(currency, line.amount)?,
                    by_period: units.remove(&line.line_id).unwrap_or_else(Vec::new),
                },
                PricingModel::Subscription => Booked::Term {
                    amount: money(currency, line.amount)?,
                    parts: parts.remove(&line.line_id).unwrap_or_else(Vec::new),
                },
            })
        })
        .collect()
}

async fn parts(
    connection: &mut PgConnection,
    (account, order): (AccountId, OrderId),
    currency: Currency,
) -> Result<HashMap<Uuid, Vec<Part>>, Failure> {
    let rows = sqlx::query!(
        "select p.* from schedule_part p join order_line l using (account_id, line_id)
          where l.account_id = $1 and l.order_id = $2 order by p.line_id, p.period_first",
        account.uuid(),
        order.uuid()
    )
    .fetch_all(connection)
    .await?;
    let mut parts: HashMap<Uuid, Vec<Part>> = HashMap::new();
    for row in rows {
        let (period, amount) = (days(row.period_first, row.period_last)?, money(currency, row.amount)?);
        parts.entry(row.line_id).or_default().push(Part { period, amount });
    }
    Ok(parts)
}

async fn period_units(
    connection: &mut PgConnection,
    (account, order): (AccountId, OrderId),
) -> Result<HashMap<Uuid, Vec<PeriodUnits>>, Failure> {
    let rows = sqlx::query!(
        "select u.* from period_units u join order_line l using (account_id, line_id)
          where l.account_id = $1 and l.order_id = $2 order by u.line_id, u.period_first",
        account.uuid(),
        order.uuid()
    )
    .fetch_all(connection)
    .await?;
    let mut units: HashMap<Uuid, Vec<PeriodUnits>> = HashMap::new();
    for row in rows {
        units.entry(row.line_id).or_default().push(PeriodUnits {
            period: days(row.period_first, row.period_last)?,
            units: Quantity::of(row.units).context("the database holds no quantity")?,
        });
    }
    Ok(units)
}

async fn plans(
    connection: &mut PgConnection,
    (account, order): (AccountId, OrderId),
) -> Result<HashMap<Uuid, Vec<PlanWeek>>, Failure> {
    let rows = sqlx::query!(
        "select p.* from plan_week p join order_line l using (account_id, line_id)
          where l.account_id = $1 and l.order_id = $2 order by p.line_id, p.ordinal",
        account.uuid(),
        order.uuid()
    )
    .fetch_all(connection)
    .await?;
    let mut plans: HashMap<Uuid, Vec<PlanWeek>> = HashMap::new();
    for row in rows {
        plans.entry(row.line_id).or_default().push(PlanWeek {
            days: days(row.first_day, row.last_day)?,
            weekdays: Weekdays::parse(&row.weekdays).map_err(anyhow::Error::msg)?,
            units: u32::try_from(whole(row.units)?).context("the database holds too many spots in a week")?,
            rate: Rate::of(row.rate).context("the database holds no rate")?,
        });
    }
    Ok(plans)
}

fn whole(units: Decimal) -> Result<u64, Failure> {
    let whole = Some(units).filter(Decimal::is_integer).and_then(|units| u64::try_from(units).ok());
    Ok(whole.with_context(|| format!("the database holds {units} where spots are counted"))?)
}

pub(super) fn money(currency: Currency, amount: Decimal) -> Result<Money, Failure> {
    Ok(Money::of(currency, amount).context("the database holds parts of a minor unit")?)
}

pub(super) fn days(first: jiff_sqlx::Date, last: jiff_sqlx::Date) -> Result<Days, Failure> {
    Ok(Days::new(first.to_jiff(), last.to_jiff())
        .context("the database holds days that end before they begin")?)
}
