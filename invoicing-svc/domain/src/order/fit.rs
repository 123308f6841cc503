//! Which terms a pricing model needs, and which it has no use for: what is sold and never billed is a mistake.

use super::{Cap, Line, OrderRefusal, names};
use crate::pricing::{PricingModel, Schedule, Window};

/// Whether a pricing model has a use for a term.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Needs,
    May,
    Never,
}

/// Models that are alike in the terms that they take.
#[derive(Clone, Copy)]
enum Family {
    Fee,
    Spots,
    /// A rate for each unit of a metric, of which so many are booked.
    Units,
    /// The same without a promise of how many.
    Open,
    Tiers,
    Package,
    Subscription,
    Time,
}

impl Family {
    fn of(model: PricingModel) -> Self {
        match model {
            PricingModel::FlatFee => Self::Fee,
            PricingModel::PerSpot => Self::Spots,
            PricingModel::Cpm
            | PricingModel::Vcpm
            | PricingModel::Cpc
            | PricingModel::Cpv
            | PricingModel::Cpcv
            | PricingModel::Cpa
            | PricingModel::Cpd => Self::Units,
            PricingModel::PercentOfSpend => Self::Open,
            PricingModel::Graduated
            | PricingModel::Volume
            | PricingModel::TieredFlat
            | PricingModel::GraduatedPercent => Self::Tiers,
            PricingModel::Package => Self::Package,
            PricingModel::Subscription => Self::Subscription,
            PricingModel::TimeAndMaterials => Self::Time,
        }
    }

    fn uses(self, term: &'static str) -> Use {
        use Use::{May, Needs, Never};
        match (term, self) {
            ("rate", Self::Spots) => May,
            ("rate", Self::Fee | Self::Tiers) => Never,
            ("rate", _) => Needs,
            ("booked_units", Self::Fee | Self::Subscription) => Never,
            ("booked_units", Self::Spots) => Needs,
            ("amount", Self::Fee) => Needs,
            ("plan", Self::Spots) => May,
            ("tiers", Self::Tiers) | ("package_units", Self::Package) => Needs,
            ("discount", Self::Spots) => Never,
            ("cap" | "minimum" | "period_units", Self::Fee | Self::Subscription) => Never,
            ("minimum" | "period_units", Self::Spots) => Never,
            ("third_party", Self::Fee | Self::Spots | Self::Subscription) => Never,
            ("delivery_source", Self::Fee | Self::Subscription) => Never,
            ("markup_percent" | "expense_cap", Self::Time) | ("milestones", Self::Fee) => May,
            ("short_rate", Self::Units | Self::Open | Self::Package | Self::Time) => May,
            ("short_rate", _) => Never,
            ("quantities", Self::Subscription) => Needs,
            ("proration", Self::Subscription) => May,
            ("plan" | "tiers" | "package_units" | "markup_percent" | "expense_cap", _) => Never,
            ("milestones" | "quantities" | "proration", _) => Never,
            (_, _) => May,
        }
    }
}

/// The schedule by which the line bills.
pub(super) fn schedule(line: &Line, model: PricingModel) -> Result<Schedule, OrderRefusal> {
    let family = Family::of(model);
    let default = match family {
        Family::Fee => Schedule::EvenSplit,
        Family::Subscription => Schedule::InAdvance,
        Family::Spots | Family::Units | Family::Open | Family::Tiers | Family::Package | Family::Time => {
            Schedule::OnDelivery
        }
    };
    let said = line.schedule.unwrap_or(default);
    let fits = match (family, said) {
        (Family::Fee, _) | (Family::Subscription, Schedule::InAdvance | Schedule::InArrears) => true,
        (_, said) => said == default,
    };
    if fits { Ok(said) } else { Err(does_not_fit(line, "schedule", model)) }
}

/// Refuses a line that lacks what its model needs, or has what its model has no use for.
pub(super) fn check(line: &Line, model: PricingModel, schedule: Schedule) -> Result<(), OrderRefusal> {
    let family = Family::of(model);
    let usage = &line.usage;
    let said = [
        ("rate", line.rate.is_some()),
        ("booked_units", line.booked_units.is_some()),
        ("plan", !line.plan.is_empty()),
        ("cap", line.cap.is_some_and(limits)),
        ("tiers", !usage.tiers.is_empty()),
        ("package_units", usage.package_units.is_some()),
        ("minimum", usage.minimum.is_some()),
        ("proration", usage.proration.is_some()),
        ("markup_percent", usage.markup_percent.is_some()),
        ("expense_cap", usage.expense_cap.is_some()),
        ("quantities", !usage.quantities.is_empty()),
        ("period_units", !usage.period_units.is_empty()),
        ("milestones", !line.milestones.is_empty()),
        ("discount", line.discount.is_some()),
        ("delivery_source", usage.delivery_source.is_some()),
        ("third_party", line.third_party.is_some()),
        ("amount", line.amount.is_some()),
        ("short_rate", line.short_rate.is_some()),
    ];
    for (term, said) in said {
        match family.uses(term) {
            Use::Never if said => return Err(does_not_fit(line, term, model)),
            Use::Needs if !said => return Err(missing(line, term, model)),
            Use::Needs | Use::May | Use::Never => {}
        }
    }
    check_metric(line, model)?;
    check_terms(line, model, schedule)?;
    check_booked_units(line, model)
}

fn limits(cap: Cap) -> bool {
    match cap {
        Cap::LesserOfBookedAndDelivered | Cap::Uncapped => false,
        Cap::Budget(_) | Cap::Percent(_) => true,
    }
}

/// The line says what is counted where the model does not.
fn check_metric(line: &Line, model: PricingModel) -> Result<(), OrderRefusal> {
    let open = match model {
        PricingModel::Graduated | PricingModel::Volume | PricingModel::Package | PricingModel::TieredFlat => {
            true
        }
        PricingModel::FlatFee
        | PricingModel::PerSpot
        | PricingModel::Cpm
        | PricingModel::Vcpm
        | PricingModel::Cpc
        | PricingModel::Cpv
        | PricingModel::Cpcv
        | PricingModel::Cpa
        | PricingModel::Cpd
        | PricingModel::PercentOfSpend
        | PricingModel::GraduatedPercent
        | PricingModel::Subscription
        | PricingModel::TimeAndMaterials => false,
    };
    match (open, line.usage.metric) {
        (true, None) => Err(missing(line, "metric", model)),
        (false, Some(metric)) if model.metric() != Some(metric) => Err(does_not_fit(line, "metric", model)),
        (true, Some(_)) | (false, _) => Ok(()),
    }
}

/// Whatever counts terms needs to know how long one is; nothing else has a use for it.
fn check_terms(line: &Line, model: PricingModel, schedule: Schedule) -> Result<(), OrderRefusal> {
    let windows = [Some(line.cap_window), Some(line.usage.tier_window), line.usage.minimum.map(|m| m.window)];
    let by_window = windows.contains(&Some(Window::Term));
    let (needs, may) = match Family::of(model) {
        Family::Subscription => (true, true),
        Family::Fee => (by_window, matches!(schedule, Schedule::InAdvance | Schedule::InArrears)),
        Family::Spots | Family::Units | Family::Open | Family::Tiers | Family::Package | Family::Time => {
            (by_window, by_window)
        }
    };
    match line.usage.term_months {
        None if needs => Err(missing(line, "term_months", model)),
        Some(_) if !needs && !may => Err(does_not_fit(line, "term_months", model)),
        None | Some(_) => Ok(()),
    }
}

/// Units are booked where a cap counts them. Who pays by tiers, by spend or by the hour may book none.
fn check_booked_units(line: &Line, model: PricingModel) -> Result<(), OrderRefusal> {
    let counts = match line.cap {
        Some(Cap::LesserOfBookedAndDelivered | Cap::Percent(_)) => true,
        Some(Cap::Budget(_) | Cap::Uncapped) => false,
        None => matches!(Family::of(model), Family::Units),
    };
    let has_units = !matches!(Family::of(model), Family::Fee | Family::Subscription);
    if counts && has_units && line.booked_units.is_none() {
        return Err(missing(line, "booked_units", model));
    }
    if line.booked_units.is_none() && !line.usage.period_units.is_empty() {
        return Err(missing(line, "booked_units", model));
    }
    Ok(())
}

pub(super) fn missing(line: &Line, term: &'static str, model: PricingModel) -> OrderRefusal {
    OrderRefusal::TermMissing { line: line.number.clone(), term, pricing_model: names::model(model) }
}

pub(super) fn does_not_fit(line: &Line, term: &'static str, model: PricingModel) -> OrderRefusal {
    OrderRefusal::TermDoesNotFit { line: line.number.clone(), term, pricing_model: names::model(model) }
}
