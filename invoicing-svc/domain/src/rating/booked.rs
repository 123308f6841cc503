//! A line as it was booked, before anything is delivered of it.

use money::{Percent, Quantity};
use rust_decimal::Decimal;

use super::{Expenses, Metered, Price, Pricing, Segment, Subscription, Terms};
use crate::order::{self, Line, LineTerms};
use crate::pricing::{Metric, PricingModel, Proration};

impl Pricing {
    /// How the amount of a booked line comes to be.
    pub fn of(line: &Line, booked: &LineTerms) -> Self {
        match booked.pricing_model {
            PricingModel::FlatFee => Self::FlatFee { parts: booked.parts.clone() },
            PricingModel::PerSpot => Self::PerSpot {
                segments: vec![Segment {
                    days: line.flight,
                    rate: line.rate,
                    booked_units: line.booked_units.unwrap_or_else(nothing),
                }],
                cap: booked.cap,
                airings: Vec::new(),
                decided: Vec::new(),
            },
            PricingModel::Subscription => Self::Subscription(Box::new(subscription(line, booked))),
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
            | PricingModel::TimeAndMaterials => Self::Metered(Box::new(metered(line, booked))),
        }
    }
}

fn metered(line: &Line, booked: &LineTerms) -> Metered {
    let (model, usage) = (booked.pricing_model, &line.usage);
    let metric = model.metric().or(usage.metric);
    Metered {
        model,
        metric: metric.unwrap_or(Metric::Impressions),
        flight: line.flight,
        ended: line.cancelled_on,
        terms: vec![terms(line, &booked.price)],
        booked_units: line.booked_units,
        period_units: booked.period_units.clone(),
        cap: booked.cap,
        cap_window: line.cap_window,
        tier_window: usage.tier_window,
        term_months: usage.term_months.map(u32::from),
        package_units: usage.package_units,
        minimum: usage.minimum,
        expenses: (model == PricingModel::TimeAndMaterials).then(|| Expenses {
            markup_percent: usage.markup_percent.unwrap_or_else(nothing),
            cap: usage.expense_cap,
        }),
        cells: Vec::new(),
        undecided: Vec::new(),
    }
}

fn subscription(line: &Line, booked: &LineTerms) -> Subscription {
    let usage = &line.usage;
    Subscription {
        flight: line.flight,
        ended: line.cancelled_on,
        terms: vec![terms(line, &booked.price)],
        quantities: usage.quantities.iter().map(|from| (from.day, from.quantity)).collect(),
        term_months: usage.term_months.map_or(1, u32::from),
        schedule: booked.schedule,
        proration: usage.proration.unwrap_or(Proration::ActualDays),
    }
}

fn terms(line: &Line, price: &order::Price) -> Terms {
    let tiers = price.tiers.clone().map(Price::Tiers);
    let price_of = tiers.or_else(|| price.rate.map(Price::Rate));
    Terms { days: line.flight, price: price_of, discount: price.discount.unwrap_or_else(no_percent) }
}

fn nothing() -> Quantity {
    Quantity::of(Decimal::ZERO).expect("nothing is a quantity")
}

fn no_percent() -> Percent {
    Percent::of(Decimal::ZERO).expect("nothing is a percent")
}
