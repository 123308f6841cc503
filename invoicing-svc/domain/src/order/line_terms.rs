//! What a valid line comes to.

use money::{Exact, Money, MoneyError, Percent, Quantity, Rate, Rounding};
use rust_decimal::Decimal;

use super::check::{EntityFacts, check_opening_balances, check_size};
use super::said::{self, Said};
use super::schedule::{self, Part};
use super::{
    Cap, Discount, Line, Order, OrderRefusal, TermSegment, digest, discount, fit, minimum, names,
    period_units, spots, subscription,
};
use crate::pricing::{PeriodUnits, PricingModel, Schedule, Tiers};
use calendar::BillingCycle;

/// What a valid line comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineTerms {
    pub pricing_model: PricingModel,
    pub schedule: Schedule,
    pub cap: Cap,
    /// What it is booked for before discount.
    pub list_amount: Money,
    /// What it is booked for after every discount.
    pub amount: Money,
    /// What rate and units come to before discount, where both are said; `None` for spots, which have rates of their own.
    pub worth: Option<Money>,
    /// At which its units bill.
    pub price: Price,
    /// The price by day, in order; together they are the days that bill.
    pub segments: Vec<TermSegment>,
    /// The parts of a fee, and what comes due of a subscription; none of what bills as it is delivered.
    pub parts: Vec<Part>,
    /// The booked units by billing period; empty where none are booked.
    pub period_units: Vec<PeriodUnits>,
    /// What the money of the line follows from, term by term.
    pub said: Said,
    /// SHA-256 over `said`.
    pub digest: [u8; 32],
}

/// The price of units over a run of days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Per price base of the pricing model; `None` for a fee, for tiers, and for spots with rates of their own.
    pub rate: Option<Rate>,
    pub tiers: Option<Tiers>,
    /// Still to be taken off the price. A discount that is an amount has been taken off the rate.
    pub discount: Option<Percent>,
}

/// A line with what it is booked for before the order's discount.
pub(super) struct Priced<'a> {
    pub(super) line: &'a Line,
    pub(super) model: PricingModel,
    schedule: Schedule,
    cap: Cap,
    tiers: Option<Tiers>,
    pub(super) list_amount: Money,
    worth: Option<Money>,
    /// After the line's own discount.
    pub(super) own_amount: Money,
}

impl<'a> Priced<'a> {
    pub(super) fn of(
        order: &Order,
        line: &'a Line,
        model: PricingModel,
        entity: EntityFacts,
    ) -> Result<Self, OrderRefusal> {
        let schedule = fit::schedule(line, model)?;
        fit::check(line, model, schedule)?;
        let cap = line.cap.unwrap_or(match line.booked_units {
            None if model != PricingModel::FlatFee => Cap::Uncapped,
            None | Some(_) => Cap::LesserOfBookedAndDelivered,
        });
        let tiers = tiers(line, model)?;
        minimum::check(line, cap, order.billing(entity.fiscal))?;
        check_opening_balances(order, line, entity.fiscal)?;
        line.rate.map_or(Ok(()), |rate| check_size(line, "its rate", rate.value()))?;
        line.opening_balances
            .iter()
            .try_for_each(|balance| check_size(line, "an opening balance", balance.gross.amount()))?;
        let worth = worth(order, line, (model, schedule), entity.rounding)?;
        let list_amount = list_amount(order, line, (model, worth), entity.rounding)?;
        check_size(line, "its amount", list_amount.amount())?;
        let own_amount = discount::own(line, list_amount, entity.rounding)?;
        Ok(Self { line, model, schedule, cap, tiers, list_amount, worth, own_amount })
    }

    /// The terms after the line's share of the order's discount.
    pub(super) fn terms(
        self,
        order: &Order,
        share: Money,
        entity: EntityFacts,
    ) -> Result<LineTerms, OrderRefusal> {
        let Self { line, model, schedule, cap, tiers, list_amount, worth, own_amount } = self;
        let amount = own_amount.minus(share).map_err(beyond(line))?;
        let billing = order.billing(entity.fiscal);
        let price = match line.short_rate.filter(|_| line.is_short()) {
            Some(rate) => Price { rate: Some(rate), tiers: None, discount: None },
            None => discount::price(line, (model, tiers), (list_amount, amount), share)?,
        };
        let segments =
            vec![TermSegment { days: line.runs(), revision: order.revision, price: price.clone() }];
        let parts = match model {
            PricingModel::FlatFee => schedule::parts((line, billing), schedule, amount, entity.remainder)?,
            PricingModel::PerSpot
            | PricingModel::Cpm
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
            | PricingModel::TimeAndMaterials => Vec::new(),
            PricingModel::Subscription => {
                subscription::parts((line, billing), schedule, amount, entity.rounding)?
            }
        };
        schedule::check_quantities(line)?;
        check_cancelled(line)?;
        said::check_scopes(line)?;
        let period_units = period_units::spread(line, billing, entity.remainder)?;
        let said = agreed(order, line, (model, schedule, cap), share);
        let terms = LineTerms {
            pricing_model: model,
            schedule,
            cap,
            list_amount,
            amount,
            worth,
            price,
            segments,
            parts,
            period_units,
            said,
            digest: [0; 32],
        };
        Ok(LineTerms { digest: digest::terms_digest(&terms), ..terms })
    }
}

/// What the money of the line follows from, with what its order and its product add.
fn agreed(
    order: &Order,
    line: &Line,
    (model, schedule, cap): (PricingModel, Schedule, Cap),
    share: Money,
) -> Said {
    let mut said = line.said();
    said.insert("cap", said::cap(cap));
    said.insert("schedule", names::schedule(schedule).to_owned());
    said.insert("pricing_model", names::model(model).to_owned());
    said.insert("commission", order.commission.to_string());
    said.insert("billing", billing_name(order));
    if !share.is_zero() {
        said.insert("order_discount", share.to_string());
    }
    debug_assert!(said.keys().all(|term| said::TERMS.contains(term)), "no scope can name each of {said:?}");
    // Of what bills as it is delivered it is what follows, not what is agreed.
    if model != PricingModel::FlatFee {
        said.remove("amount");
    }
    said
}

fn billing_name(order: &Order) -> String {
    let (calendar, cycle) = (order.calendar.name(), names::cycle(order.cycle));
    match order.cycle {
        // Only EOM/EOC cuts a period at the end of the contract.
        BillingCycle::EndOfMonthOrContract => format!("{calendar} {cycle} {}", order.flight.last()),
        BillingCycle::EndOfMonth | BillingCycle::Weekly => format!("{calendar} {cycle}"),
    }
}

fn tiers(line: &Line, model: PricingModel) -> Result<Option<Tiers>, OrderRefusal> {
    if line.usage.tiers.is_empty() {
        return Ok(None);
    }
    let problem = |problem: String| OrderRefusal::Tiers { line: line.number.clone(), problem };
    let has_fee_only = |tier: &crate::pricing::Tier| tier.flat.is_some() && tier.rate.value().is_zero();
    if model == PricingModel::TieredFlat && !line.usage.tiers.iter().all(has_fee_only) {
        return Err(problem("each tier of TIERED_FLAT has a flat amount and no rate".to_owned()));
    }
    Tiers::of(line.usage.tiers.clone()).map(Some).map_err(|refusal| problem(refusal.to_string()))
}

/// A line ends on one of its days.
fn check_cancelled(line: &Line) -> Result<(), OrderRefusal> {
    match line.cancelled_on.filter(|day| !line.flight.contains(*day)) {
        Some(day) => Err(OrderRefusal::CancelledOn { line: line.number.clone(), day: day.to_string() }),
        None => Ok(()),
    }
}

/// What the line is booked for before discount: as it says, else what rate and units come to, else its budget. Where
/// nothing is promised, nothing is booked.
fn list_amount(
    order: &Order,
    line: &Line,
    (model, worth): (PricingModel, Option<Money>),
    rounding: Rounding,
) -> Result<Money, OrderRefusal> {
    if model == PricingModel::PerSpot {
        return spots::amount(order, line, rounding);
    }
    Ok(match (line.amount.or(worth), line.cap) {
        (Some(amount), _) | (None, Some(Cap::Budget(amount))) => amount,
        (None, Some(Cap::LesserOfBookedAndDelivered | Cap::Percent(_) | Cap::Uncapped) | None) => {
            Money::zero(order.currency)
        }
    })
}

/// What follows from rate and units, where both are said.
fn worth(
    order: &Order,
    line: &Line,
    (model, schedule): (PricingModel, Schedule),
    rounding: Rounding,
) -> Result<Option<Money>, OrderRefusal> {
    if model == PricingModel::PerSpot {
        return Ok(None);
    }
    if model == PricingModel::Subscription {
        return subscription::worth(line, schedule, (order.currency, rounding)).map(Some);
    }
    let units = match (line.booked_units, line.usage.package_units) {
        (Some(units), Some(package)) => Some(packages(line, units, package)?),
        (units, None) => units,
        (None, Some(_)) => None,
    };
    let (Some(rate), Some(units)) = (line.rate, units) else { return Ok(None) };
    let worth = rate.times(units, order.currency).and_then(|exact| per_base(exact, model).round(rounding));
    worth.map(Some).map_err(|_| too_large(line))
}

/// A begun package is a whole one.
fn packages(line: &Line, units: Quantity, package: Quantity) -> Result<Quantity, OrderRefusal> {
    let packages = units.value().checked_div(package.value()).map(|packages| packages.ceil());
    packages.and_then(|packages| Quantity::of(packages).ok()).ok_or_else(|| too_large(line))
}

/// A price per thousand, or a percent, is a price per unit with more decimals.
fn per_base(worth: Exact, model: PricingModel) -> Exact {
    let decimals = match model.price_base() {
        1_000 => 3,
        100 => 2,
        _ => 0,
    };
    let amount = worth.amount();
    let shifted = Decimal::try_from_i128_with_scale(amount.mantissa(), amount.scale() + decimals);
    Exact::of(worth.currency(), shifted.unwrap_or(amount))
}

pub(super) fn too_large(line: &Line) -> OrderRefusal {
    OrderRefusal::AmountTooLarge { line: line.number.clone(), term: "its amount" }
}

/// A refusal for what cannot be added up exactly.
pub(super) fn beyond(line: &Line) -> impl Fn(MoneyError) -> OrderRefusal {
    move |_| too_large(line)
}

impl Discount {
    /// What is left of an amount.
    pub(super) fn off(self, amount: Money, rounding: Rounding) -> Result<Money, MoneyError> {
        match self {
            Self::Percent(percent) => Ok(amount.less_percent(percent, rounding)),
            Self::Amount(off) => amount.minus(off),
        }
    }
}
