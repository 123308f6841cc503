//! What rating needs of the orders of a shard: one statement per table, for all of its accounts at once.

mod airings;
mod delivered;
mod ledger;
mod needs;
mod pricing;
mod settled;
mod terms;
mod third_party;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Context;
use calendar::Days;
use chassis::failure::Failure;
use ids::{AccountId, LineId, OrderId};
use invoicing_domain::{
    ad_product::ProductState,
    billing_entity::BillingEntity,
    billing_run::BillingRun,
    exception::LineState,
    invoice::{LineFacts, OrderFacts, Sharing},
    order::{BillingTerms, Cap, OrderCalendar},
    pricing::{Minimum, Window},
    rating::{Expenses, LineToRate, Pricing},
    third_party::{Case, ThirdPartyTerms, WithoutCount},
};
use jiff_sqlx::Date;
use money::{Currency, Money, Percent, Quantity, Rate};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

pub use self::settled::Settles;
use self::{
    delivered::Delivered,
    ledger::Ledger,
    needs::Needs,
    pricing::{Priced, Said},
    third_party::ThirdParty,
};
use super::{
    makegood,
    written::{Written, currency},
};

/// An order with its lines, as rating and assembling take them.
#[derive(Debug)]
pub struct OrderToRate {
    pub facts: OrderFacts,
    pub sharing: Sharing,
    pub lines: Vec<(LineFacts, LineToRate)>,
    /// Where those who count a line are apart, by line.
    pub cases: HashMap<LineId, Vec<Case>>,
    /// Every character that its document prints of orders and airings.
    pub printed: BTreeSet<char>,
    /// Only of lines worth a word: the product is not live, what is counted by day ends before the line does, or several count it.
    pub states: Vec<LineState>,
}

/// What is known of the lines of the shard besides the lines themselves.
struct Inputs {
    priced: Priced,
    ledgers: HashMap<Uuid, Ledger>,
    printed: HashMap<Uuid, BTreeSet<char>>,
}

/// What is known of the lines before what rating needs of them is loaded.
struct KnownLines<'a> {
    currencies: &'a HashMap<Uuid, Currency>,
    numbers: HashMap<Uuid, &'a str>,
    makegood_days: Option<u16>,
}

/// What a row says of its pricing. A macro, because the record of a query has no name.
macro_rules! said {
    ($row:ident, $currency:expr, $flight:expr, $when:expr) => {{
        let (currency, flight, (billing, month, as_of)) = ($currency, $flight, $when);
        let minimum = $row.minimum_amount.zip($row.minimum_window.as_deref());
        let minimum = minimum.map(|(amount, window)| {
            Ok::<_, Failure>(Minimum { amount: money(currency, amount)?, window: Window::read(window)? })
        });
        let controls = ThirdPartyTerms {
            tolerance_percent: quantity($row.tolerance_percent)?,
            base: Written::read(&$row.tolerance_base)?,
            without_count: WithoutCount::of_name(&$row.without_count)
                .context("the database holds no way out")?,
            count_due_days: u16::try_from($row.count_due_days).context("the database holds no days")?,
            as_of,
        };
        let controls = $row.third_party_controls.then_some(controls);
        let third_party = $row.third_party_source.map(|source| ThirdParty { source, controls });
        Said {
            currency,
            model: Written::read(&$row.pricing_model)?,
            metric: $row.metric.as_deref().map(Written::read).transpose()?,
            flight,
            booked_units: $row.booked_units.map(quantity).transpose()?,
            cap: cap(&$row.cap_kind, $row.cap_percent, $row.cap_budget, currency)?,
            cap_window: Written::read(&$row.cap_window)?,
            tier_window: Written::read(&$row.tier_window)?,
            term_months: $row
                .term_months
                .map(u32::try_from)
                .transpose()
                .context("a term of less than no month")?,
            package_units: $row.package_units.map(quantity).transpose()?,
            minimum: minimum.transpose()?,
            // A line that says no markup has none.
            expenses: Expenses {
                markup_percent: quantity($row.markup_percent.map_or(Decimal::ZERO, |percent| percent))?,
                cap: $row.expense_cap.map(|cap| money(currency, cap)).transpose()?,
            },
            schedule: Written::read(&$row.schedule)?,
            proration: $row.proration.as_deref().map(Written::read).transpose()?,
            delivery_source: $row.delivery_source,
            third_party,
            billing,
            month,
            closed_on: $row.closed_on.map(|day| day.to_jiff()),
        }
    }};
}

/// The order, what it may share a document by, and the line, as a row says them. A macro, because the record of a query has
/// no name.
macro_rules! facts {
    ($row:ident, ($id:expr, $entity:ident), ($currency:ident, $flight:ident), ($billing:ident, $calendar:ident)) => {{
        let order = OrderFacts {
            account: AccountId::from_uuid($row.account_id),
            order: OrderId::from_uuid($row.order_id),
            entity: $id,
            currency: $currency,
            commission_percent: Percent::of($row.commission_percent)
                .context("the database holds no percent")?,
            payment_terms_days: u16::try_from($row.payment_terms_days)
                .context("the database holds no terms")?,
            settled_by: Written::read(&$row.settled_by)?,
            billing: $billing,
            rounding: $entity.rounding,
            remainder: $entity.remainder,
        };
        let sharing = Sharing {
            consolidation: Written::read(&$row.consolidation)?,
            advertiser: $row.advertiser,
            external_id: $row.external_id,
            calendar: $calendar,
            liability: Written::read(&$row.liability)?,
            territory: $row.territory,
        };
        let line = LineFacts {
            line: LineId::from_uuid($row.line_id),
            number: $row.number,
            ordinal: $row.ordinal,
            description: $row.description,
            product_text: $row.invoice_text,
            gl_revenue: $row.gl_revenue,
            tax_code: $row.tax_code,
            flight: $flight,
        };
        (order, sharing, line)
    }};
}

/// Loads the orders of the accounts that the run's entity bills, in the order of their ids.
pub async fn load(
    connection: &mut PgConnection,
    run: &BillingRun,
    entity: &BillingEntity,
    accounts: &[AccountId],
    settles: Settles,
) -> Result<Vec<OrderToRate>, Failure> {
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    let mut rows = sqlx::query_file!("src/store/sql/lines_to_rate.sql", run.entity.uuid(), &accounts)
        .fetch_all(&mut *connection)
        .await?;
    let settled = settled::load(connection, run, entity, (&accounts, settles)).await?;
    rows.retain(|row| row.stands_for == "SOLD" || settled.contains_key(&row.order_id));
    let (mut currencies, mut needs) = (HashMap::with_capacity(rows.len()), Needs::default());
    for row in &rows {
        currencies.insert(row.line_id, currency(&row.currency)?);
        needs.add(row.account_id, (&row.pricing_model, &row.cap_window), row.third_party_controls);
    }
    let known = KnownLines {
        currencies: &currencies,
        numbers: rows.iter().map(|row| (row.line_id, row.number.as_str())).collect(),
        makegood_days: entity.makegood_days,
    };
    let mut inputs = inputs(connection, run, (&accounts, &needs), known).await?;
    let as_of = entity.zone.day_of(run.data_as_of);
    let mut orders: Vec<OrderToRate> = Vec::new();
    for row in rows {
        let currency = currency(&row.currency)?;
        let mut printed = inputs.printed.remove(&row.line_id).unwrap_or_default();
        let texts =
            [&row.advertiser, &row.external_id, &row.buyer, &row.description, &row.station, &row.program];
        printed.extend(texts.into_iter().flat_map(|text| unusual(text)));
        let calendar = OrderCalendar::read(&row.billing_calendar)?;
        let billing = BillingTerms {
            calendar: calendar.of(entity.fiscal),
            cycle: Written::read(&row.billing_cycle)?,
            contract_last: row.order_last.to_jiff(),
        };
        let flight = days(row.flight_first, row.flight_last)?;
        let said = said!(row, currency, flight, (billing, run.month, as_of));
        let latest = inputs.priced.delivered.latest(row.line_id);
        let product = (row.product, Written::read(&row.product_state)?);
        // A line that was cancelled delivers until then.
        let until = said.closed_on.map_or(run.month.last_day(), |last| last.min(run.month.last_day()));
        let several = inputs.priced.several(row.line_id, &said);
        let state = state((row.line_id, &row.number), product, (flight, until, latest), several);
        let ledger = inputs.ledgers.remove(&row.line_id).unwrap_or_default();
        let (pricing, cases) = match settled.get(&row.order_id) {
            Some(settlement) => (Pricing::Settled(*settlement), Vec::new()),
            None => inputs.priced.pricing(row.line_id, said)?,
        };
        let line = LineToRate {
            line: LineId::from_uuid(row.line_id),
            currency,
            rounding: entity.rounding,
            billing,
            month: run.month,
            pricing,
            billed_before: ledger.billed,
            last_entry: ledger.last_entry,
        };
        let (order, sharing, facts) =
            facts!(row, (run.entity, entity), (currency, flight), (billing, calendar));
        put(&mut orders, (order, sharing), (printed, state), (facts, line, cases))?;
    }
    Ok(orders)
}

/// The characters of a text that a font may lack: every font has those of ASCII.
fn unusual(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|character| !character.is_ascii_graphic() && *character != ' ')
}

/// Adds a line to its order, which is the last one or a new one.
fn put(
    orders: &mut Vec<OrderToRate>,
    (order, sharing): (OrderFacts, Sharing),
    (printed, state): (BTreeSet<char>, Option<LineState>),
    (facts, line, cases): (LineFacts, LineToRate, Vec<Case>),
) -> Result<(), Failure> {
    if orders.last().is_none_or(|last| last.facts.order != order.order) {
        let (lines, cases, states) = (Vec::new(), HashMap::new(), Vec::new());
        orders.push(OrderToRate { facts: order, sharing, lines, cases, printed: BTreeSet::new(), states });
    }
    let order = orders.last_mut().context("an order was put here")?;
    order.printed.extend(printed);
    order.states.extend(state);
    if !cases.is_empty() {
        order.cases.insert(facts.line, cases);
    }
    order.lines.push((facts, line));
    Ok(())
}

/// What the checks look at of a line, up to a day, where it is worth a word.
fn state(
    (line, number): (Uuid, &str),
    (product, product_state): (String, ProductState),
    (flight, until, latest): (Days, jiff::civil::Date, Option<jiff::civil::Date>),
    several: BTreeMap<Days, BTreeSet<String>>,
) -> Option<LineState> {
    let days = Days::new(flight.first(), flight.last().min(until)).ok()?;
    let delivered_until = latest.map(|latest| (latest, days));
    let is_short = latest.is_some_and(|latest| latest < days.last());
    let is_of_note = product_state != ProductState::Live || is_short || !several.is_empty();
    is_of_note.then(|| LineState {
        line: LineId::from_uuid(line),
        number: number.to_owned(),
        product,
        product_state,
        below_list: None,
        delivered_until,
        several,
    })
}

async fn inputs(
    connection: &mut PgConnection,
    run: &BillingRun,
    (accounts, needs): (&[Uuid], &Needs),
    known: KnownLines<'_>,
) -> Result<Inputs, Failure> {
    let KnownLines { currencies, numbers, makegood_days } = known;
    let agreed = terms::agreed(connection, accounts).await?;
    let lines = airings::Lines { numbers, agreed: &agreed, makegood_days };
    let (airings, printed) = airings::load(connection, run, &needs.spots, &lines).await?;
    let priced = Priced {
        agreed,
        decided: makegood::decided(connection, &needs.spots).await?,
        parts: ledger::parts(connection, &needs.fees, currencies).await?,
        airings,
        period_units: terms::period_units(connection, &needs.periods).await?,
        quantities: terms::quantities(connection, &needs.subscriptions).await?,
        delivered: Delivered::load(connection, run.id, accounts).await?,
        chosen: third_party::chosen(connection, &needs.third_party).await?,
    };
    Ok(Inputs { priced, ledgers: ledger::ledgers(connection, accounts, currencies).await?, printed })
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

fn quantity(number: Decimal) -> Result<Quantity, Failure> {
    Ok(Quantity::of(number).context("the database holds no quantity")?)
}

fn money(currency: Currency, amount: Decimal) -> Result<Money, Failure> {
    Ok(Money::of(currency, amount).context("the database holds parts of a minor unit")?)
}
