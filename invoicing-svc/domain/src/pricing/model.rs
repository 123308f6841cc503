use super::Metric;

/// How an amount comes to be. It is the product's and never moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PricingModel {
    /// The fee, by its schedule.
    FlatFee,
    /// Spots aired × the spot's rate.
    PerSpot,
    /// Per thousand impressions.
    Cpm,
    /// Per thousand viewable impressions.
    Vcpm,
    /// Per click.
    Cpc,
    /// Per view.
    Cpv,
    /// Per completed view.
    Cpcv,
    /// Per action.
    Cpa,
    /// Per day on which something was delivered.
    Cpd,
    /// Percent of the media spend.
    PercentOfSpend,
    /// Each unit at the price of the tier that it falls into.
    Graduated,
    /// All units at the price of the tier that their sum reaches.
    Volume,
    /// A price for each begun package of so many units.
    Package,
    /// The fee of the tier that the sum of the units reaches.
    TieredFlat,
    /// Each part of the spend at the percent of the tier that it falls into.
    GraduatedPercent,
    /// Quantity × price per term.
    Subscription,
    /// Hours × rate, and expenses with a markup.
    TimeAndMaterials,
}

impl PricingModel {
    /// What the model counts; `None` where the line says it (tiers) or nothing is counted.
    pub fn metric(self) -> Option<Metric> {
        match self {
            Self::Cpm => Some(Metric::Impressions),
            Self::Vcpm => Some(Metric::ViewableImpressions),
            Self::Cpc => Some(Metric::Clicks),
            Self::Cpv => Some(Metric::Views),
            Self::Cpcv => Some(Metric::CompletedViews),
            Self::Cpa => Some(Metric::Actions),
            Self::Cpd => Some(Metric::Days),
            Self::PercentOfSpend | Self::GraduatedPercent => Some(Metric::Spend),
            Self::TimeAndMaterials => Some(Metric::Hours),
            Self::Graduated | Self::Volume | Self::Package | Self::TieredFlat => None,
            Self::FlatFee | Self::PerSpot | Self::Subscription => None,
        }
    }

    /// Of how many units the rate is the price (EN 16931 BT-149); through tiers the metric says it.
    pub fn price_base(self) -> u32 {
        match self {
            Self::Cpm | Self::Vcpm => 1_000,
            Self::PercentOfSpend | Self::GraduatedPercent => 100,
            Self::FlatFee
            | Self::PerSpot
            | Self::Cpc
            | Self::Cpv
            | Self::Cpcv
            | Self::Cpa
            | Self::Cpd
            | Self::Graduated
            | Self::Volume
            | Self::Package
            | Self::TieredFlat
            | Self::Subscription
            | Self::TimeAndMaterials => 1,
        }
    }

    /// Of how many units of the metric the rate of a tier is the price: impressions are sold by the thousand.
    pub fn tier_price_base(self, metric: Metric) -> u32 {
        match metric {
            Metric::Impressions | Metric::ViewableImpressions => 1_000,
            Metric::Clicks
            | Metric::Views
            | Metric::CompletedViews
            | Metric::Actions
            | Metric::Days
            | Metric::Spend
            | Metric::Hours => self.price_base(),
        }
    }

    /// How usage finds its price.
    pub fn through(self) -> Through {
        match self {
            Self::Graduated | Self::GraduatedPercent => Through::Graduated,
            Self::Volume => Through::Volume,
            Self::TieredFlat => Through::FeeOfTier,
            Self::Package => Through::Packages,
            Self::FlatFee
            | Self::PerSpot
            | Self::Cpm
            | Self::Vcpm
            | Self::Cpc
            | Self::Cpv
            | Self::Cpcv
            | Self::Cpa
            | Self::Cpd
            | Self::PercentOfSpend
            | Self::Subscription
            | Self::TimeAndMaterials => Through::OnePrice,
        }
    }
}

/// How usage finds its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Through {
    /// Every unit has the price of its day.
    OnePrice,
    /// Each unit has the price of the tier that it falls into.
    Graduated,
    /// All units have the price of the tier that their sum reaches.
    Volume,
    /// The tier that the sum reaches has a fee; its units have no price.
    FeeOfTier,
    /// Units are counted in begun packages.
    Packages,
}

/// When what a line is booked for comes to be billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Schedule {
    /// As it is delivered; a fee once, with its last period.
    OnDelivery,
    /// The same amount in every billing period of the flight.
    EvenSplit,
    /// By the days of the flight in each billing period.
    ProRataDays,
    /// All of it with the first period.
    Upfront,
    /// On the days and with the amounts that the line names.
    Milestone,
    /// A term before it begins: with the period in which it begins.
    InAdvance,
    /// A term after it ends: with the period in which it ends.
    InArrears,
}

/// How a part of a term is priced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Proration {
    /// By its days over the days of the term.
    ActualDays,
    /// By its days over those of the term, each month counted as thirty (30E/360).
    Thirty360,
    /// A begun term is a whole one.
    WholePeriods,
}
