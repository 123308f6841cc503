//! How the amounts of the lines of a shard come to be.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, anyhow};
use calendar::{Days, Month};
use chassis::failure::Failure;
use invoicing_domain::{
    order::{BillingTerms, Cap, Part},
    pricing::{Metric, Minimum, PeriodUnits, PricingModel, Proration, Schedule, Window},
    rating::{Airing, Cell, Decided, Expenses, Metered, Pricing, Subscription, Terms},
    third_party::Case,
};
use jiff::civil::Date;
use money::{Currency, Quantity};
use uuid::Uuid;

use super::{
    delivered::Delivered,
    terms::Agreed,
    third_party::{Chosen, ThirdParty, settle},
};

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
    pub(super) third_party: Option<ThirdParty>,
    pub(super) billing: BillingTerms,
    /// The month that is run.
    pub(super) month: Month,
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
    pub(super) chosen: Chosen,
    /// What somebody decided on makegoods beyond what is owed.
    pub(super) decided: HashMap<Uuid, Vec<Decided>>,
}

impl Priced {
    /// How the amount of a line comes to be, and the periods in which those who count it are apart.
    pub(super) fn pricing(&mut self, line: Uuid, said: Said) -> Result<(Pricing, Vec<Case>), Failure> {
        let agreed = self.agreed.remove(&line).unwrap_or_default();
        // Without terms nothing has a price: all that was delivered would bill as nothing.
        if agreed.is_empty() && said.model != PricingModel::FlatFee {
            return Err(anyhow!("a line without its terms").into());
        }
        let mut cases = Vec::new();
        let pricing = match said.model {
            PricingModel::FlatFee => Pricing::FlatFee { parts: self.parts.remove(&line).unwrap_or_default() },
            PricingModel::PerSpot => Pricing::PerSpot {
                segments: agreed.iter().map(Agreed::segment).collect::<Result<_, _>>()?,
                cap: said.cap,
                airings: self.spots(line, said.closed_on),
                decided: self.decided.remove(&line).unwrap_or_default(),
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
                let (metered, apart) = self.metered(line, &said, &agreed)?;
                cases = apart;
                Pricing::Metered(Box::new(metered))
            }
        };
        Ok((pricing, cases))
    }

    /// What aired of a line until it was cancelled; makegoods may air later.
    fn spots(&mut self, line: Uuid, closed_on: Option<Date>) -> Vec<Airing> {
        let mut airings = self.airings.remove(&line).unwrap_or_default();
        airings.retain(|airing| {
            airing.makegood.is_some() || closed_on.is_none_or(|closed_on| airing.day <= closed_on)
        });
        airings
    }

    fn metered(
        &mut self,
        line: Uuid,
        said: &Said,
        agreed: &[Agreed],
    ) -> Result<(Metered, Vec<Case>), Failure> {
        let terms = terms(said, agreed)?;
        let metric =
            said.model.metric().or(said.metric).context("a line that does not say what it counts")?;
        let (cells, cases) = self.cells(line, said, (said.model, metric), &terms);
        let metered = Metered {
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
            cells,
            undecided: cases.iter().map(|case| case.period).collect(),
            terms,
        };
        Ok((metered, cases))
    }

    /// Who counted the units of a line in a billing period, where several did and all of it bills: the line does not say whose count
    /// does.
    pub(super) fn several(&self, line: Uuid, said: &Said) -> BTreeMap<Days, BTreeSet<String>> {
        let third_party = said.third_party.as_ref();
        let is_settled =
            said.delivery_source.is_some() || third_party.is_some_and(|of| of.controls.is_some());
        // A day on which several counted bills once.
        let metric = said.model.metric().or(said.metric).filter(|metric| *metric != Metric::Days);
        let Some(metric) = metric.filter(|_| !is_settled) else { return BTreeMap::new() };
        let counts = |source: &str| third_party.is_none_or(|of| of.source != source);
        self.delivered.several(line, metric, counts, said.billing)
    }

    /// What bills of what was counted, by whose count it does.
    fn cells(
        &mut self,
        line: Uuid,
        said: &Said,
        what: (PricingModel, Metric),
        terms: &[Terms],
    ) -> (Vec<Cell>, Vec<Case>) {
        let third_party = said.third_party.as_ref();
        let is_third_party =
            |source: &str| third_party.is_some_and(|third_party| third_party.source == source);
        let is_own = |source: &str| match &said.delivery_source {
            Some(own) => own == source,
            None => !is_third_party(source),
        };
        let own = self.delivered.cells(line, what, is_own, terms);
        let Some(controls) = third_party.and_then(|third_party| third_party.controls) else {
            return (own, Vec::new());
        };
        let controlling = self.delivered.cells(line, what, is_third_party, terms);
        settle((own, controlling), controls, self.chosen.remove(&line), (said.billing, said.month))
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
