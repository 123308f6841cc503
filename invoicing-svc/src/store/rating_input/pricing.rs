//! How the amounts of the lines of a shard come to be.

use std::collections::HashMap;

use anyhow::Context;
use calendar::Days;
use chassis::failure::Failure;
use invoicing_domain::{
    order::{Cap, Part},
    pricing::{Metric, Minimum, PeriodUnits, PricingModel, Proration, Schedule, Window},
    rating::{Airing, Expenses, Metered, Pricing, Subscription, Terms},
};
use jiff::civil::Date;
use money::{Currency, Quantity};
use uuid::Uuid;

use super::{delivered::Delivered, terms::Agreed};

/// What a line says of its pricing.
pub(super) struct Said {
    pub(super) currency: Currency,
    pub(super) model: PricingModel,
    pub(super) metric: Option<Metric>,
    pub(super) flight: Days,
    pub(super) booked_units: Option<Quantity>,
    pub(super) cap: Cap,
    pub(super) cap_window: Window,
    pub(super) tier_window: Window,
    pub(super) term_months: Option<u32>,
    pub(super) package_units: Option<Quantity>,
    pub(super) minimum: Option<Minimum>,
    pub(super) expenses: Expenses,
    pub(super) schedule: Schedule,
    pub(super) proration: Option<Proration>,
    /// Whose count bills; absent: whoever delivers but the third party.
    pub(super) delivery_source: Option<String>,
    pub(super) third_party: Option<String>,
    /// The last day of a line that was cancelled.
    pub(super) closed_on: Option<Date>,
}

/// What is known of the pricing of lines besides.
pub(super) struct Priced {
    pub(super) agreed: HashMap<Uuid, Vec<Agreed>>,
    pub(super) parts: HashMap<Uuid, Vec<Part>>,
    pub(super) airings: HashMap<Uuid, Vec<Airing>>,
    pub(super) period_units: HashMap<Uuid, Vec<PeriodUnits>>,
    pub(super) quantities: HashMap<Uuid, Vec<(Date, Quantity)>>,
    pub(super) delivered: Delivered,
}

impl Priced {
    /// How the amount of a line comes to be.
    pub(super) fn pricing(&mut self, line: Uuid, said: Said) -> Result<Pricing, Failure> {
        let agreed = self.agreed.remove(&line).unwrap_or_default();
        Ok(match said.model {
            PricingModel::FlatFee => Pricing::FlatFee { parts: self.parts.remove(&line).unwrap_or_default() },
            PricingModel::PerSpot => Pricing::PerSpot {
                segments: agreed.iter().map(Agreed::segment).collect::<Result<_, _>>()?,
                cap: said.cap,
                airings: self.spots(line, said.closed_on),
            },
            PricingModel::Subscription => {
                Pricing::Subscription(Box::new(self.subscription(line, &said, &agreed)?))
            }
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
            | PricingModel::TimeAndMaterials => {
                Pricing::Metered(Box::new(self.metered(line, &said, &agreed)?))
            }
        })
    }

    /// What aired of a line until it was cancelled; makegoods may air later.
    fn spots(&mut self, line: Uuid, closed_on: Option<Date>) -> Vec<Airing> {
        let mut airings = self.airings.remove(&line).unwrap_or_default();
        airings.retain(|airing| {
            airing.makegood.is_some() || closed_on.is_none_or(|closed_on| airing.day <= closed_on)
        });
        airings
    }

    fn metered(&mut self, line: Uuid, said: &Said, agreed: &[Agreed]) -> Result<Metered, Failure> {
        let terms = terms(said, agreed)?;
        let metric =
            said.model.metric().or(said.metric).context("a line that does not say what it counts")?;
        let counts = |source: &str| match &said.delivery_source {
            Some(own) => own == source,
            None => said.third_party.as_deref() != Some(source),
        };
        Ok(Metered {
            model: said.model,
            metric,
            flight: said.flight,
            ended: said.ended(),
            booked_units: said.booked_units,
            period_units: self.period_units.remove(&line).unwrap_or_default(),
            cap: said.cap,
            cap_window: said.cap_window,
            tier_window: said.tier_window,
            term_months: said.term_months,
            package_units: said.package_units,
            minimum: said.minimum,
            expenses: (said.model == PricingModel::TimeAndMaterials).then_some(said.expenses),
            cells: self.delivered.cells(line, (said.model, metric), counts, &terms),
            terms,
        })
    }

    fn subscription(&mut self, line: Uuid, said: &Said, agreed: &[Agreed]) -> Result<Subscription, Failure> {
        let terms = terms(said, agreed)?;
        Ok(Subscription {
            flight: said.flight,
            ended: said.ended(),
            terms,
            quantities: self.quantities.remove(&line).unwrap_or_default(),
            term_months: said.term_months.context("a subscription without the months of its term")?,
            schedule: said.schedule,
            proration: said.proration.unwrap_or(Proration::ActualDays),
        })
    }
}

impl Said {
    /// The last day of a line that ended before its flight did.
    fn ended(&self) -> Option<Date> {
        self.closed_on.filter(|closed_on| *closed_on < self.flight.last())
    }
}

fn terms(said: &Said, agreed: &[Agreed]) -> Result<Vec<Terms>, Failure> {
    agreed.iter().map(|agreed| agreed.terms(said.currency)).collect()
}
