//! The names that contract and database write.

use calendar::BillingCycle;

use super::{Cap, Liability, ToleranceBase};
use crate::pricing::{Metric, PricingModel, Proration, Schedule, Window};

impl Liability {
    /// The name that contract and database write.
    pub fn name(self) -> &'static str {
        match self {
            Self::SoleAgency => "SOLE_AGENCY",
            Self::Sequential => "SEQUENTIAL",
            Self::JointAndSeveral => "JOINT_AND_SEVERAL",
            Self::Advertiser => "ADVERTISER",
        }
    }
}

impl Cap {
    /// The name that contract and database write.
    pub fn name(self) -> &'static str {
        match self {
            Self::LesserOfBookedAndDelivered => "LESSER_OF_BOOKED_AND_DELIVERED",
            Self::Budget(_) => "BUDGET",
            Self::Percent(_) => "PERCENT",
            Self::Uncapped => "UNCAPPED",
        }
    }
}

impl ToleranceBase {
    /// The name that contract and database write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "OWN",
            Self::Controlling => "CONTROLLING",
        }
    }
}

pub(super) fn model(model: PricingModel) -> &'static str {
    match model {
        PricingModel::FlatFee => "FLAT_FEE",
        PricingModel::PerSpot => "PER_SPOT",
        PricingModel::Cpm => "CPM",
        PricingModel::Vcpm => "VCPM",
        PricingModel::Cpc => "CPC",
        PricingModel::Cpv => "CPV",
        PricingModel::Cpcv => "CPCV",
        PricingModel::Cpa => "CPA",
        PricingModel::Cpd => "CPD",
        PricingModel::PercentOfSpend => "PERCENT_OF_SPEND",
        PricingModel::Graduated => "GRADUATED",
        PricingModel::Volume => "VOLUME",
        PricingModel::Package => "PACKAGE",
        PricingModel::TieredFlat => "TIERED_FLAT",
        PricingModel::GraduatedPercent => "GRADUATED_PERCENT",
        PricingModel::Subscription => "SUBSCRIPTION",
        PricingModel::TimeAndMaterials => "TIME_AND_MATERIALS",
    }
}

pub(super) fn schedule(schedule: Schedule) -> &'static str {
    match schedule {
        Schedule::OnDelivery => "ON_DELIVERY",
        Schedule::EvenSplit => "EVEN_SPLIT",
        Schedule::ProRataDays => "PRO_RATA_DAYS",
        Schedule::Upfront => "UPFRONT",
        Schedule::Milestone => "MILESTONE",
        Schedule::InAdvance => "IN_ADVANCE",
        Schedule::InArrears => "IN_ARREARS",
    }
}

pub(super) fn metric(metric: Metric) -> &'static str {
    match metric {
        Metric::Impressions => "IMPRESSIONS",
        Metric::ViewableImpressions => "VIEWABLE_IMPRESSIONS",
        Metric::Clicks => "CLICKS",
        Metric::Views => "VIEWS",
        Metric::CompletedViews => "COMPLETED_VIEWS",
        Metric::Actions => "ACTIONS",
        Metric::Days => "DAYS",
        Metric::Spend => "SPEND",
        Metric::Hours => "HOURS",
    }
}

pub(super) fn window(window: Window) -> &'static str {
    match window {
        Window::Life => "LIFE",
        Window::Term => "TERM",
        Window::Period => "PERIOD",
        Window::PeriodWithCarry => "PERIOD_WITH_CARRY",
    }
}

pub(super) fn proration(proration: Proration) -> &'static str {
    match proration {
        Proration::ActualDays => "ACTUAL_DAYS",
        Proration::Thirty360 => "THIRTY_360",
        Proration::WholePeriods => "WHOLE_PERIODS",
    }
}

pub(super) fn cycle(cycle: BillingCycle) -> &'static str {
    match cycle {
        BillingCycle::EndOfMonth => "END_OF_MONTH",
        BillingCycle::EndOfMonthOrContract => "END_OF_MONTH_OR_CONTRACT",
        BillingCycle::Weekly => "WEEKLY",
    }
}
