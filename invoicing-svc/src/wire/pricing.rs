//! The terms of a price: message ↔ domain.

use billing_proto::billing::invoicing::v1 as pb;
use invoicing_domain::{
    order::{Cap, Discount, Milestone, QuantityFrom, ThirdParty, ToleranceBase, Usage},
    pricing::{Metric, Minimum, PeriodUnits, PricingModel, Proration, Schedule, Tier, Window},
    third_party::WithoutCount,
};
use money::{Currency, Percent, Quantity, Rate};
use refusal::Violations;
use rust_decimal::Decimal;

use super::{
    choice::{choice, given, optional_choice},
    order::amount,
    order_line::{many, optional, quantity},
    period::{day, days},
    text::{Text, text},
};

/// A tolerance that is not said, in percent.
const TOLERANCE_PERCENT: i64 = 10;

/// By when a count is due at the latest.
const COUNT_DUE_DAYS_MAX: u16 = 365;

/// How an amount comes to be.
pub fn pricing_model(v: &mut Violations, field: &str, value: i32) -> Option<PricingModel> {
    let value = match choice(v, field, value)? {
        pb::PricingModel::Unspecified => None,
        pb::PricingModel::FlatFee => Some(PricingModel::FlatFee),
        pb::PricingModel::PerSpot => Some(PricingModel::PerSpot),
        pb::PricingModel::Cpm => Some(PricingModel::Cpm),
        pb::PricingModel::Vcpm => Some(PricingModel::Vcpm),
        pb::PricingModel::Cpc => Some(PricingModel::Cpc),
        pb::PricingModel::Cpv => Some(PricingModel::Cpv),
        pb::PricingModel::Cpcv => Some(PricingModel::Cpcv),
        pb::PricingModel::Cpa => Some(PricingModel::Cpa),
        pb::PricingModel::Cpd => Some(PricingModel::Cpd),
        pb::PricingModel::PercentOfSpend => Some(PricingModel::PercentOfSpend),
        pb::PricingModel::Graduated => Some(PricingModel::Graduated),
        pb::PricingModel::Volume => Some(PricingModel::Volume),
        pb::PricingModel::Package => Some(PricingModel::Package),
        pb::PricingModel::TieredFlat => Some(PricingModel::TieredFlat),
        pb::PricingModel::GraduatedPercent => Some(PricingModel::GraduatedPercent),
        pb::PricingModel::Subscription => Some(PricingModel::Subscription),
        pb::PricingModel::TimeAndMaterials => Some(PricingModel::TimeAndMaterials),
    };
    given(v, field, value)
}

/// When a line bills; `None` where it is left to the pricing model.
pub fn schedule(v: &mut Violations, field: &str, value: i32) -> Option<Option<Schedule>> {
    optional_choice(v, field, value).map(|value| match value {
        pb::Schedule::Unspecified => None,
        pb::Schedule::OnDelivery => Some(Schedule::OnDelivery),
        pb::Schedule::EvenSplit => Some(Schedule::EvenSplit),
        pb::Schedule::ProRataDays => Some(Schedule::ProRataDays),
        pb::Schedule::Upfront => Some(Schedule::Upfront),
        pb::Schedule::Milestone => Some(Schedule::Milestone),
        pb::Schedule::InAdvance => Some(Schedule::InAdvance),
        pb::Schedule::InArrears => Some(Schedule::InArrears),
    })
}

/// What is counted; `None` where the pricing model says it.
pub fn metric(v: &mut Violations, field: &str, value: i32) -> Option<Option<Metric>> {
    optional_choice(v, field, value).map(|value| match value {
        pb::Metric::Unspecified => None,
        pb::Metric::Impressions => Some(Metric::Impressions),
        pb::Metric::ViewableImpressions => Some(Metric::ViewableImpressions),
        pb::Metric::Clicks => Some(Metric::Clicks),
        pb::Metric::Views => Some(Metric::Views),
        pb::Metric::CompletedViews => Some(Metric::CompletedViews),
        pb::Metric::Actions => Some(Metric::Actions),
        pb::Metric::Days => Some(Metric::Days),
        pb::Metric::Spend => Some(Metric::Spend),
        pb::Metric::Hours => Some(Metric::Hours),
    })
}

/// How a part of a term is priced.
pub fn proration(v: &mut Violations, field: &str, value: i32) -> Option<Option<Proration>> {
    optional_choice(v, field, value).map(|value| match value {
        pb::Proration::Unspecified => None,
        pb::Proration::ActualDays => Some(Proration::ActualDays),
        pb::Proration::Thirty360 => Some(Proration::Thirty360),
        pb::Proration::WholePeriods => Some(Proration::WholePeriods),
    })
}

/// Over which days something counts: the life of the line where it is not said.
pub fn window(v: &mut Violations, field: &str, value: i32) -> Option<Window> {
    optional_choice(v, field, value).map(|window| match window {
        pb::Window::Unspecified | pb::Window::Life => Window::Life,
        pb::Window::Term => Window::Term,
        pb::Window::Period => Window::Period,
        pb::Window::PeriodWithCarry => Window::PeriodWithCarry,
    })
}

/// A limit.
pub fn cap(v: &mut Violations, m: &pb::Cap, currency: Currency) -> Option<Cap> {
    let kind: pb::CapKind = choice(v, "kind", m.kind)?;
    for (field, value, of) in
        [("percent", &m.percent, pb::CapKind::Percent), ("budget", &m.budget, pb::CapKind::Budget)]
    {
        if kind != of && !value.is_empty() {
            v.add(field, format!("goes with {} only", of.as_str_name()));
            return None;
        }
    }
    match kind {
        // Refused by `choice`.
        pb::CapKind::Unspecified => None,
        pb::CapKind::LesserOfBookedAndDelivered => Some(Cap::LesserOfBookedAndDelivered),
        pb::CapKind::Uncapped => Some(Cap::Uncapped),
        pb::CapKind::Budget => {
            let budget =
                Some(amount(v, "budget", &m.budget, currency)?).filter(|budget| budget.is_positive());
            let nothing = "must be above 0, since a budget of nothing bills nothing: leave the cap out, or cancel the line";
            v.take("budget", budget.ok_or(nothing)).map(Cap::Budget)
        }
        pb::CapKind::Percent => above_zero(v, "percent", &m.percent).map(Cap::Percent),
    }
}

/// At least how much is billed.
pub fn minimum(v: &mut Violations, m: &pb::Minimum, currency: Currency) -> Option<Minimum> {
    let amount = amount(v, "amount", &m.amount, currency);
    let window = window(v, "window", m.window);
    Some(Minimum { amount: amount?, window: window? })
}

/// A step of usage. Without a rate it has a fee.
pub fn tier(v: &mut Violations, m: &pb::Tier, currency: Currency) -> Option<Tier> {
    let up_to = optional(v, "up_to", &m.up_to, quantity);
    let flat = optional(v, "flat", &m.flat, |v, field, value| amount(v, field, value, currency));
    let has_fee_only = m.rate.is_empty() && !m.flat.is_empty();
    let rate = v.take("rate", Rate::parse(if has_fee_only { "0" } else { &m.rate }));
    Some(Tier { up_to: up_to?, rate: rate?, flat: flat? })
}

/// What an order line says about its usage.
pub fn usage(v: &mut Violations, m: &pb::OrderLine, currency: Currency) -> Option<Usage> {
    let metric = metric(v, "metric", m.metric);
    let tiers = many(v, "tiers", &m.tiers, |v, m| tier(v, m, currency));
    let tier_window = window(v, "tier_window", m.tier_window);
    let minimum = match &m.minimum {
        None => Some(None),
        Some(m) => v.within("minimum", |v| minimum(v, m, currency)).map(Some),
    };
    let term_months = term_months(v, "term_months", m.term_months);
    let proration = proration(v, "proration", m.proration);
    let package_units = optional(v, "package_units", &m.package_units, above_zero);
    let markup_percent = optional(v, "markup_percent", &m.markup_percent, quantity);
    let expense_cap =
        optional(v, "expense_cap", &m.expense_cap, |v, field, value| amount(v, field, value, currency));
    let period_units = many(v, "period_units", &m.period_units, |v, m| {
        let period = days(v, "period", m.period.as_ref());
        let units = quantity(v, "units", &m.units);
        Some(PeriodUnits { period: period?, units: units? })
    });
    let quantities = many(v, "quantities", &m.quantities, |v, m| {
        let day = day(v, "day", m.day.as_ref());
        let quantity = quantity(v, "quantity", &m.quantity);
        Some(QuantityFrom { day: day?, quantity: quantity? })
    });
    let delivery_source = text(v, "delivery_source", &m.delivery_source, Text::Optional(64));
    Some(Usage {
        metric: metric?,
        tiers: tiers?,
        tier_window: tier_window?,
        minimum: minimum?,
        term_months: term_months?,
        proration: proration?,
        package_units: package_units?,
        markup_percent: markup_percent?,
        expense_cap: expense_cap?,
        period_units: period_units?,
        quantities: quantities?,
        delivery_source: Some(delivery_source?).filter(|source| !source.is_empty()),
    })
}

/// How long a term is; 0 where it is not said.
pub fn term_months(v: &mut Violations, field: &str, value: i32) -> Option<Option<u8>> {
    if value == 0 {
        return Some(None);
    }
    let months = u8::try_from(value).ok().filter(|months| (1..=120).contains(months));
    v.take(field, months.ok_or("must be 1 to 120 months")).map(Some)
}

/// What is taken off a price: a percent or an amount.
pub fn discount(
    v: &mut Violations,
    (percent, off): (&str, &str),
    currency: Currency,
) -> Option<Option<Discount>> {
    match (percent.is_empty(), off.is_empty()) {
        (true, true) => Some(None),
        (false, true) => v.take("discount_percent", Percent::parse(percent)).map(Discount::Percent).map(Some),
        (true, false) => amount(v, "discount_amount", off, currency).map(Discount::Amount).map(Some),
        (false, false) => {
            v.add("discount_amount", "must be empty where discount_percent is given");
            None
        }
    }
}

/// A part of a fee.
pub fn milestone(v: &mut Violations, m: &pb::Milestone, currency: Currency) -> Option<Milestone> {
    let day = day(v, "day", m.day.as_ref());
    let amount = amount(v, "amount", &m.amount, currency);
    let description = text(v, "description", &m.description, Text::Optional(500));
    Some(Milestone { day: day?, amount: amount?, description: description? })
}

/// Who else counts.
pub fn third_party(v: &mut Violations, m: &pb::ThirdParty) -> Option<ThirdParty> {
    let source = text(v, "source", &m.source, Text::Required(64));
    let tolerance_percent = optional(v, "tolerance_percent", &m.tolerance_percent, quantity);
    let tolerance_base = optional_choice(v, "tolerance_base", m.tolerance_base).map(|base| match base {
        pb::ToleranceBase::Unspecified | pb::ToleranceBase::Own => ToleranceBase::Own,
        pb::ToleranceBase::Controlling => ToleranceBase::Controlling,
    });
    let without_count = optional_choice(v, "without_count", m.without_count).map(|without| match without {
        pb::WithoutCount::Unspecified | pb::WithoutCount::Hold => WithoutCount::Hold,
        pb::WithoutCount::BillOwn => WithoutCount::BillOwn,
    });
    let due = u16::try_from(m.count_due_days).ok().filter(|days| *days <= COUNT_DUE_DAYS_MAX);
    let due = v.take("count_due_days", due.ok_or("must be 0 to 365 days"));
    let usual = Quantity::of(Decimal::from(TOLERANCE_PERCENT)).expect("a whole number is a quantity");
    Some(ThirdParty {
        source: source?,
        controls: m.controls,
        tolerance_percent: tolerance_percent?.unwrap_or(usual),
        tolerance_base: tolerance_base?,
        without_count: without_count?,
        count_due_days: due?,
    })
}

fn above_zero(v: &mut Violations, field: &str, value: &str) -> Option<Quantity> {
    let quantity = quantity(v, field, value)?;
    v.take(field, Some(quantity).filter(|quantity| quantity.value() > Decimal::ZERO).ok_or("must be above 0"))
}

/// The pricing model as the contract's value.
pub fn pricing_model_message(model: PricingModel) -> pb::PricingModel {
    match model {
        PricingModel::FlatFee => pb::PricingModel::FlatFee,
        PricingModel::PerSpot => pb::PricingModel::PerSpot,
        PricingModel::Cpm => pb::PricingModel::Cpm,
        PricingModel::Vcpm => pb::PricingModel::Vcpm,
        PricingModel::Cpc => pb::PricingModel::Cpc,
        PricingModel::Cpv => pb::PricingModel::Cpv,
        PricingModel::Cpcv => pb::PricingModel::Cpcv,
        PricingModel::Cpa => pb::PricingModel::Cpa,
        PricingModel::Cpd => pb::PricingModel::Cpd,
        PricingModel::PercentOfSpend => pb::PricingModel::PercentOfSpend,
        PricingModel::Graduated => pb::PricingModel::Graduated,
        PricingModel::Volume => pb::PricingModel::Volume,
        PricingModel::Package => pb::PricingModel::Package,
        PricingModel::TieredFlat => pb::PricingModel::TieredFlat,
        PricingModel::GraduatedPercent => pb::PricingModel::GraduatedPercent,
        PricingModel::Subscription => pb::PricingModel::Subscription,
        PricingModel::TimeAndMaterials => pb::PricingModel::TimeAndMaterials,
    }
}
