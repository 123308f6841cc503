//! What a quote is asked for, and what it answers.

use std::collections::BTreeMap;

use billing_proto::billing::invoicing::v1 as pb;
use calendar::{BillingCycle, Days, FiscalCalendar, Month};
use chassis::failure::Failure;
use ids::{AccountId, AiringId, EntityId, ProductId};
use invoicing_domain::{
    order::{BillingTerms, EntityFacts, ExternalId, Liability, Line, Order, OrderCalendar},
    pricing::{Metric, PricingModel},
    rating::{Airing, AiringStatus, Asked, Cell, Delivered, Held, QuotedMonth, RatedItem, Reported},
};
use jiff::civil::Date;
use money::{Currency, Money, Percent, Quantity, Rate};
use refusal::{Refusal, Violations};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use uuid::Uuid;

use super::{
    billing_entity::{remainder, rounding},
    explanation,
    money::{currency, message as amount_message},
    name,
    order::{calendar, cycle},
    order_line::{line, many, optional, quantity},
    period::{days, days_message, month},
    pricing::pricing_model,
};
use crate::store::written::Written;

/// The most spots of one entry.
const SPOTS_MAX: u32 = 10_000;

/// A line with its usage, or what is wrong with them.
pub fn parse(message: &pb::QuoteRequest) -> Result<Asked, Refusal> {
    let mut v = Violations::new();
    match fields(&mut v, message) {
        Some(asked) => v.check().map(|()| asked),
        None => Err(v.refusal()),
    }
}

fn fields(v: &mut Violations, m: &pb::QuoteRequest) -> Option<Asked> {
    let calendar = match m.billing_calendar() {
        pb::BillingCalendar::Unspecified => Some(OrderCalendar::CalendarMonth),
        pb::BillingCalendar::Fiscal => {
            v.add("billing_calendar", "must not be FISCAL: a quote has no billing entity");
            None
        }
        pb::BillingCalendar::CalendarMonth | pb::BillingCalendar::BroadcastMonth => {
            calendar(v, m.billing_calendar)
        }
    };
    let cycle = match m.billing_cycle() {
        pb::BillingCycle::Unspecified => Some(BillingCycle::EndOfMonth),
        pb::BillingCycle::EndOfMonth | pb::BillingCycle::EndOfMonthOrContract | pb::BillingCycle::Weekly => {
            cycle(v, m.billing_cycle)
        }
    };
    let (rounding, remainder) = (rounding(v, m.rounding), remainder(v, m.remainder));
    let model = pricing_model(v, "pricing_model", m.pricing_model);
    let currency = currency(v, "currency_code", &m.currency_code)?;
    let line = v.within("line", |v| terms(v, m.line.as_ref(), currency));
    let entity =
        EntityFacts { rounding: rounding?, remainder: remainder?, fiscal: FiscalCalendar::GREGORIAN };
    let (model, order) = (model?, order(line?, currency, (calendar?, cycle?)));
    let billing = order.billing(entity.fiscal);
    let metric = model.metric().or(order.lines.first().and_then(|line| line.usage.metric));
    let counted = Counted { model, metric, flight: order.flight, billing };
    let usage = many(v, "usage", &m.usage, |v, m| usage(v, m, counted))?;
    check_usage(v, &usage, counted);
    let numbered = usage.into_iter().enumerate();
    let usage = numbered.flat_map(|(number, used)| used.reported(number, &order, model)).collect();
    Some(Asked { order, model, entity, usage })
}

/// The line, which needs neither a number nor a product here.
fn terms(v: &mut Violations, m: Option<&pb::OrderLine>, currency: Currency) -> Option<Line> {
    let Some(said) = m else {
        v.add("flight", "must be given");
        return None;
    };
    let ad_product = name::product_name(ProductId::from_uuid(Uuid::nil()));
    line(v, &pb::OrderLine { number: "1".to_owned(), ad_product, ..said.clone() }, currency)
}

/// An order of nobody with nothing but the line.
fn order(line: Line, currency: Currency, (calendar, cycle): (OrderCalendar, BillingCycle)) -> Order {
    Order {
        external_id: ExternalId { source_system: "quote".to_owned(), id: "1".to_owned() },
        other_external_ids: Vec::new(),
        revision: 1,
        account: AccountId::from_uuid(Uuid::nil()),
        entity: EntityId::from_uuid(Uuid::nil()),
        advertiser: String::new(),
        currency,
        commission: Percent::of(Decimal::ZERO).expect("nothing is a percent"),
        payment_terms_days: None,
        flight: line.flight,
        signed: None,
        liability: Liability::Advertiser,
        calendar,
        cycle,
        territory: None,
        purchase_orders: Vec::new(),
        discount: None,
        lines: vec![line],
    }
}

/// What was delivered, as it was said.
struct Used {
    days: Days,
    units: Quantity,
    expenses: Quantity,
    rate: Option<Rate>,
    known: Month,
    spots: u32,
}

/// What is counted of the line, and when.
#[derive(Clone, Copy)]
struct Counted {
    model: PricingModel,
    metric: Option<Metric>,
    flight: Days,
    billing: BillingTerms,
}

fn usage(v: &mut Violations, m: &pb::QuotedUsage, counted: Counted) -> Option<Used> {
    let Counted { model, flight, billing, .. } = counted;
    let days = days(v, "days", m.days.as_ref());
    let units = quantity(v, "quantity", &m.quantity);
    let expenses = optional(v, "expenses", &m.expenses, quantity);
    let rate = optional(v, "rate", &m.rate, |v, field, value| v.take(field, Rate::parse(value)));
    let reported = optional(v, "reported_in", &m.reported_in, month);
    let (days, units) = (days?, units?);
    if !(flight.contains(days.first()) && flight.contains(days.last())) {
        v.add("days", format!("must be within the flight of the line, {flight}"));
    }
    let period = billing.period_of(days.first());
    if !period.contains(days.last()) {
        v.add("days", format!("must be within one billing period, such as {period}"));
    }
    let own = billing.month_of(period);
    let known = reported?.unwrap_or(own);
    if known < own {
        v.add("reported_in", format!("must not be before {own}, the month of its billing period"));
    }
    // Each month is billed in turn: a typing error must not make centuries of them.
    if known.year() > flight.last().year().saturating_add(10) {
        v.add("reported_in", "must be within ten years of the flight");
    }
    if !m.expenses.is_empty() && model != PricingModel::TimeAndMaterials {
        v.add("expenses", "goes with TIME_AND_MATERIALS only");
    }
    if !m.rate.is_empty() && model != PricingModel::PerSpot {
        v.add("rate", "goes with PER_SPOT only: the line says the price");
    }
    let spots = if model == PricingModel::PerSpot { spots(v, units)? } else { 0 };
    Some(Used { days, units, expenses: expenses?.unwrap_or_else(nothing), rate: rate?, known, spots })
}

/// What bills by its schedule counts nothing; what is counted one by one is whole; and a period has so many days.
fn check_usage(v: &mut Violations, usage: &[Used], counted: Counted) {
    let Counted { model, metric, flight, billing } = counted;
    if matches!(model, PricingModel::FlatFee | PricingModel::Subscription) && !usage.is_empty() {
        let model = model.text();
        v.add(
            "usage",
            format!("must be empty: {model} bills by its schedule, and nothing of it is delivered"),
        );
    }
    let Some(metric) = metric else { return };
    let mut of_period: BTreeMap<Days, Decimal> = BTreeMap::new();
    for (number, used) in usage.iter().enumerate() {
        let (place, units) = (format!("usage[{number}].quantity"), used.units.value());
        let period = billing.period_of(used.days.first());
        let sum = of_period.entry(period).or_default();
        *sum = sum.saturating_add(units);
        let ran = period.intersect(flight).map_or(0, Days::count);
        if metric.is_whole() && !units.is_integer() {
            v.add(&place, format!("must be a whole number: {} are counted one by one", metric.text()));
        } else if metric == Metric::Days && units > Decimal::from(used.days.count()) {
            v.add(&place, format!("must be at most {}, the days that it names", used.days.count()));
        } else if metric == Metric::Days && *sum > Decimal::from(ran) {
            v.add(&place, format!("makes {sum} days of a period in which the line runs {ran}"));
        }
    }
}

fn spots(v: &mut Violations, units: Quantity) -> Option<u32> {
    let whole = units.value().is_integer().then(|| units.value().to_u32()).flatten();
    let whole = whole.filter(|spots| *spots <= SPOTS_MAX);
    v.take("quantity", whole.ok_or_else(|| format!("must be a whole number of spots, at most {SPOTS_MAX}")))
}

fn nothing() -> Quantity {
    Quantity::of(Decimal::ZERO).expect("nothing is a quantity")
}

impl Used {
    fn reported(&self, number: usize, order: &Order, model: PricingModel) -> Vec<Reported> {
        let known = self.known;
        if model == PricingModel::PerSpot {
            let spot = |row| Delivered::Spot(self.spot((number, row), order));
            return (1..=self.spots).map(|row| Reported { known, delivered: spot(row) }).collect();
        }
        let (units, spend) = (self.units.value(), self.expenses.value());
        vec![Reported { known, delivered: Delivered::Cell(Cell { days: self.days, units, spend }) }]
    }

    fn spot(&self, (number, row): (usize, u32), order: &Order) -> Airing {
        let day: Date = self.days.first();
        Airing {
            id: AiringId::of("quote", order.id(), "1", &format!("{number}.{row}")),
            version: 1,
            day,
            time: None,
            row,
            rate: self.rate,
            status: AiringStatus::Aired,
            makegood: None,
            billed_as: None,
        }
    }
}

/// What the months would bill.
pub fn message(months: Vec<QuotedMonth>, currency: Currency) -> Result<pb::QuoteResponse, Failure> {
    let total = |amounts: Vec<Money>| Money::sum(currency, amounts).map_err(anyhow::Error::from);
    let billed = total(months.iter().map(|month| month.billed).collect())?;
    let held = months.last().map(|month| month.held.iter().map(|held| held.amount).collect());
    let held = total(held.unwrap_or_default())?;
    Ok(pb::QuoteResponse {
        months: months.into_iter().map(month_message).collect(),
        billed: Some(amount_message(billed)),
        held: Some(amount_message(held)),
    })
}

fn month_message(month: QuotedMonth) -> pb::QuotedMonth {
    let QuotedMonth { month, billed, items, held, explanation } = month;
    pb::QuotedMonth {
        billing_month: month.to_string(),
        billed: Some(amount_message(billed)),
        lines: items.iter().map(line_message).collect(),
        held: held.iter().map(held_message).collect(),
        explanation: Some(explanation::node(explanation)),
    }
}

fn line_message(item: &RatedItem) -> pb::QuotedLine {
    pb::QuotedLine {
        kind: item.bucket.kind.text().to_owned(),
        origin_period: Some(days_message(item.bucket.origin)),
        late: item.late,
        quantity: item.quantity.normalize().to_string(),
        unit: item.unit.name().to_owned(),
        rate: item.bucket.rate.to_string(),
        price_base: item.bucket.price_base,
        gross: Some(amount_message(item.gross)),
    }
}

fn held_message(held: &Held) -> pb::QuotedHeld {
    pb::QuotedHeld {
        origin_period: Some(days_message(held.origin)),
        amount: Some(amount_message(held.amount)),
        cause: held.cause.name().to_owned(),
        message: held.cause.to_string(),
    }
}
