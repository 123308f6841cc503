//! What an order is looked at with before it is taken: purchase orders, products, price lists, credit.

use ids::ProductId;
use jiff::civil::Date;
use money::{Money, Percent, Rate};
use rust_decimal::Decimal;

use super::purchase_order::{Used, name};
use super::{Booking, Facts, Known, Line, LineTerms, Order, OrderReview, amount, minimum};
use crate::pricing::PricingModel;
use crate::rate_card::{RateCard, Sold, below, list_price};

/// What is known beyond the account and the products themselves. Empty: nothing of it is looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Guidelines<'a> {
    /// By how many percent a price may be below the list; `None`: the entity does not compare.
    pub tolerance: Option<Percent>,
    pub cards: &'a [RateCard],
    /// The last days of products that end.
    pub last_days: &'a [(ProductId, Date)],
    pub money: Option<&'a OrderMoney>,
}

/// What is known of the money of an order and its account.
#[derive(Clone, Debug)]
pub struct OrderMoney {
    /// Gross, of this order: on documents and drafts, and by another system.
    pub billed: Money,
    /// Gross, of this order as it is known: booked and on neither; `None`: it is not known yet.
    pub unbilled_before: Option<Money>,
    /// `None`: the account has no limit, or another currency.
    pub credit: Option<Credit>,
    /// Net on documents of the account, by their purchase order.
    pub used: Used,
}

/// What an account may owe, and what it will.
#[derive(Clone, Copy, Debug)]
pub struct Credit {
    pub limit: Money,
    /// Open on documents.
    pub owed: Money,
    /// On drafts.
    pub drafted: Money,
    /// Net, of its other orders: booked, and on neither.
    pub unbilled: Money,
}

/// What an account and its products ask of an order. Lines that are known as they are were looked at before.
pub(super) fn look(
    order: &Order,
    known: Option<&Known>,
    booking: &Booking,
    facts: &Facts<'_>,
) -> Vec<OrderReview> {
    let mut findings = purchase_orders(order, facts);
    let all = || order.lines.iter().zip(&booking.lines);
    let lines = || all().filter(|(line, terms)| is_new(known, line, terms));
    let before = |line: &Line| known.and_then(|known| known.lines.get(&line.number));
    findings.extend(order.lines.iter().filter_map(|line| not_live(line, known, facts)));
    findings.extend(lines().filter_map(|(line, _)| ends_in_flight(line, facts)));
    findings.extend(lines().filter_map(|(line, terms)| off_rate_card(order, booking, (line, terms), facts)));
    findings.extend(all().filter_map(|(line, terms)| amount::look(before(line), line, terms)));
    let billing = facts.entity.map(|entity| order.billing(entity.fiscal));
    findings.extend(lines().filter_map(|(line, terms)| minimum::look(line, terms, billing?)));
    findings.extend(money(order, booking, facts));
    findings
}

fn is_new(known: Option<&Known>, line: &Line, terms: &LineTerms) -> bool {
    let known = known.and_then(|known| known.lines.get(&line.number));
    known.is_none_or(|known| known.terms_digest != terms.digest)
}

fn purchase_orders(order: &Order, facts: &Facts<'_>) -> Vec<OrderReview> {
    let Some(rule) = facts.account.map(|account| &account.purchase_orders) else { return Vec::new() };
    let mut findings = Vec::new();
    if rule.is_required && order.purchase_orders.is_empty() {
        findings.push(OrderReview::PurchaseOrderMissing { account: format!("accounts/{}", order.account) });
    }
    let unlike = order.purchase_orders.iter().filter(|po| !rule.fits(&po.number));
    findings.extend(unlike.map(|po| OrderReview::PurchaseOrderFormat {
        number: po.number.clone(),
        format: rule.format.clone(),
    }));
    findings
}

fn not_live(line: &Line, known: Option<&Known>, facts: &Facts<'_>) -> Option<OrderReview> {
    let before = known.and_then(|known| known.lines.get(&line.number)?.said.get("ad_product").cloned());
    let sells_before = before == Some(line.product.to_string());
    (facts.not_live.contains(&line.product) && !sells_before).then(|| OrderReview::ProductNotLive {
        line: line.number.clone(),
        product: format!("adProducts/{}", line.product),
    })
}

fn ends_in_flight(line: &Line, facts: &Facts<'_>) -> Option<OrderReview> {
    let last_days = facts.guidelines.last_days.iter();
    let (_, last) =
        last_days.copied().find(|(product, last)| *product == line.product && *last < line.runs().last())?;
    Some(OrderReview::ProductRetires {
        line: line.number.clone(),
        product: format!("adProducts/{}", line.product),
        last,
        flight_last: line.runs().last(),
    })
}

fn off_rate_card(
    order: &Order,
    booking: &Booking,
    (line, terms): (&Line, &LineTerms),
    facts: &Facts<'_>,
) -> Option<OrderReview> {
    let Guidelines { tolerance, cards, .. } = facts.guidelines;
    let (market, day) = (&*booking.territory, line.flight.first());
    let list = list_price(cards, Sold { product: line.product, market, currency: order.currency, day })?;
    let price = unit_price(terms.pricing_model, terms, line)?;
    let below = below(list, price, tolerance?)?;
    Some(OrderReview::OffRateCard {
        line: line.number.clone(),
        price: below.price,
        percent: below.percent,
        list_price: below.list_price,
    })
}

/// What a unit costs after discount; a fee is one unit. None where it has several prices, or none.
fn unit_price(model: PricingModel, terms: &LineTerms, line: &Line) -> Option<Decimal> {
    match model {
        PricingModel::FlatFee => Some(terms.amount.amount()),
        // Spots may have rates by the week.
        PricingModel::PerSpot => {
            let spots = line.booked_units.map(|units| units.value()).filter(|spots| !spots.is_zero())?;
            terms.amount.amount().checked_div(spots)
        }
        PricingModel::Cpm
        | PricingModel::Vcpm
        | PricingModel::Cpc
        | PricingModel::Cpv
        | PricingModel::Cpcv
        | PricingModel::Cpa
        | PricingModel::Cpd
        | PricingModel::PercentOfSpend
        | PricingModel::Package
        | PricingModel::Subscription
        | PricingModel::TimeAndMaterials => net(terms.price.rate?, terms.price.discount),
        PricingModel::Graduated
        | PricingModel::Volume
        | PricingModel::TieredFlat
        | PricingModel::GraduatedPercent => None,
    }
}

fn net(rate: Rate, discount: Option<Percent>) -> Option<Decimal> {
    let off = discount.map_or(Decimal::ZERO, Percent::value);
    rate.value().checked_mul(Decimal::ONE_HUNDRED - off)?.checked_div(Decimal::ONE_HUNDRED)
}

/// What the order adds to what the account owes, and to what its purchase orders have to carry. An order that comes to
/// no more than before adds nothing.
fn money(order: &Order, booking: &Booking, facts: &Facts<'_>) -> Vec<OrderReview> {
    let known = facts.guidelines.money.zip(facts.entity);
    let added = known.and_then(|(known, entity)| {
        let gross = Money::sum(order.currency, booking.lines.iter().map(|terms| terms.amount)).ok()?;
        let unbilled = gross.minus(known.billed).ok().filter(|unbilled| unbilled.is_positive())?;
        let rises = known.unbilled_before.is_none_or(|before| before.amount() < unbilled.amount());
        rises.then(|| (known, unbilled.less_percent(order.commission, entity.rounding)))
    });
    let Some((known, net)) = added else { return Vec::new() };
    [used_up(order, known, net), beyond_credit(known, net)].into_iter().flatten().collect()
}

/// Some of what the order's purchase orders are worth is used, and what is left does not carry the order.
fn used_up(order: &Order, known: &OrderMoney, net: Money) -> Option<OrderReview> {
    let values: Option<Vec<Money>> = order.purchase_orders.iter().map(|po| po.value).collect();
    let value = Money::sum(net.currency(), values.filter(|values| !values.is_empty())?).ok()?;
    let numbers: Vec<&str> = order.purchase_orders.iter().map(|po| &*po.number).collect();
    let used = numbers.iter().filter_map(|number| known.used.get(&name(number))).copied();
    let used = Money::sum(net.currency(), used.filter(|used| used.currency() == net.currency())).ok()?;
    let is_beyond = used.plus(net).is_ok_and(|sum| sum.amount() > value.amount());
    (used.is_positive() && is_beyond).then(|| OrderReview::PurchaseOrderUsedUp {
        numbers: numbers.join(", "),
        value,
        used,
        net,
    })
}

fn beyond_credit(known: &OrderMoney, net: Money) -> Option<OrderReview> {
    let Credit { limit, owed, drafted, unbilled } = known.credit?;
    let sum = Money::sum(limit.currency(), [owed, drafted, unbilled, net]).ok()?;
    (sum.amount() > limit.amount()).then_some(OrderReview::CreditLimit {
        limit,
        owed,
        drafted,
        unbilled,
        net,
    })
}
