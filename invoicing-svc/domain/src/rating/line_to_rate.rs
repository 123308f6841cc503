//! The facts that rating needs of a line; they are loaded before, and nothing else is looked at.

use calendar::{Days, Month};
use ids::{AiringId, LineId};
use jiff::civil::{Date, Time};
use money::{Currency, Money, MoneyError, Quantity, Rate, Rounding};
use rust_decimal::Decimal;

use super::{Bucket, Decided, Held, Metered, Settlement, Subscription, Terms};
use crate::order::{BillingTerms, Cap, Part};

/// A line, as it is known at the `data_as_of` of a run.
#[derive(Clone, Debug)]
pub struct LineToRate {
    /// The line.
    pub line: LineId,
    /// The order's currency, of every amount and rate here.
    pub currency: Currency,
    /// The entity's setting.
    pub rounding: Rounding,
    /// In which periods the order bills.
    pub billing: BillingTerms,
    /// The month that is run.
    pub month: Month,
    /// How its amount comes to be.
    pub pricing: Pricing,
    /// Every entry of the line's ledger, of whatever basis and period.
    pub billed_before: Vec<Billed>,
    /// The highest entry of the line's ledger; 0 where it is empty.
    pub last_entry: u32,
}

/// How the amount of a line comes to be.
#[derive(Clone, Debug)]
pub enum Pricing {
    /// The fee, in parts made once when it was booked.
    FlatFee {
        /// The parts; each is billed once its period is over.
        parts: Vec<Part>,
    },
    /// What was counted × its price.
    Metered(Box<Metered>),
    /// Quantity × price per term.
    Subscription(Box<Subscription>),
    /// What an agreement or an ad credit comes to.
    Settled(Settlement),
    /// Spots aired × the spot's rate.
    PerSpot {
        /// The terms by day, in whatever order; together they are the line's flight. At least one.
        segments: Vec<Segment>,
        /// At most how much is billed over the life of the line.
        cap: Cap,
        /// The current version of every airing of the line.
        airings: Vec<Airing>,
        /// What somebody decided on makegoods beyond what is owed.
        decided: Vec<Decided>,
    },
}

/// The terms of a line from one day to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The days.
    pub days: Days,
    /// Price of a spot without a rate of its own; absent where every spot must have one.
    pub rate: Option<Rate>,
    /// Spots booked.
    pub booked_units: Quantity,
}

/// A spot, as it is known now.
#[derive(Clone, Debug)]
pub struct Airing {
    /// The spot.
    pub id: AiringId,
    /// The version that is current.
    pub version: u32,
    /// The day that bills.
    pub day: Date,
    /// The time of day; spots without one count as the first of their day.
    pub time: Option<Time>,
    /// Its row in the source's document.
    pub row: u32,
    /// Its own rate, which bills before the segment's.
    pub rate: Option<Rate>,
    /// Whether it bills.
    pub status: AiringStatus,
    /// Present where it makes others good.
    pub makegood: Option<Makegood>,
    /// The position under which the latest document that lists this spot bills it; absent where none does.
    pub billed_as: Option<Bucket>,
}

/// Whether an airing bills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AiringStatus {
    /// It aired.
    Aired,
    /// It did not air, but it is on a document, and a spot that aired makes it good for nothing: its bill stands.
    MadeGoodFree,
    /// It did not air, for whatever reason.
    NotAired,
}

/// What a makegood is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Makegood {
    /// The missed spots as printed, for example `5.1`; they may be unknown here.
    pub names: Vec<String>,
    /// So much of its price makes good what stands on a document already, and bills nothing.
    pub free: Decimal,
    /// So much of its price nobody is owed: it bills once somebody decides so.
    pub beyond: Decimal,
}

/// An entry of the billed-to-date ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Billed {
    /// What was billed. Of an opening balance only the origin counts.
    pub bucket: Bucket,
    /// Units; negative where they were taken back.
    pub units: Decimal,
    /// Gross.
    pub gross: Money,
    /// Why it was billed.
    pub basis: Basis,
}

/// What an entry of the ledger follows from, and so whether it counts as billed before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A billing run: counts.
    Rated,
    /// An adjustment of quantity, rate or a duplicate: counts.
    Correction,
    /// Billed by another system before the cut-over: counts, at its own price.
    Opening,
    /// Goodwill, service failure: never counts.
    Commercial,
    /// A correction of tax: never counts.
    Tax,
    /// The value of a makegood: never counts.
    Makegood,
    /// A write-off: never counts.
    WriteOff,
    /// Billed to somebody else instead: never counts, because what was delivered is billed all the same.
    Rebill,
}

impl LineToRate {
    /// The billing period in which a day bills.
    pub(super) fn origin_of(&self, day: Date) -> Days {
        self.billing.period_of(day)
    }

    /// A position as the terms are today: an end of contract that has moved since does not make another period of it.
    pub(super) fn bucket_today(&self, bucket: Bucket) -> Bucket {
        Bucket { origin: self.origin_of(bucket.origin.first()), ..bucket }
    }

    /// Whether the run takes the period.
    pub(super) fn takes(&self, origin: Days) -> bool {
        self.billing.month_of(origin) <= self.month
    }

    /// Whether the period belongs to an earlier billing month than the run's.
    pub(super) fn is_late(&self, origin: Days) -> bool {
        self.billing.month_of(origin) < self.month
    }

    /// Whether somebody has to choose first by which of two counts the period bills.
    pub(super) fn is_undecided(&self, origin: Days) -> bool {
        match &self.pricing {
            Pricing::Metered(metered) => metered.undecided.contains(&origin),
            Pricing::FlatFee { .. }
            | Pricing::Subscription(_)
            | Pricing::Settled(_)
            | Pricing::PerSpot { .. } => false,
        }
    }

    /// Whether nothing but runs billed of the periods that are held: no note corrected them, and no other system billed them.
    pub fn only_runs_billed(&self, held: &[Held]) -> bool {
        let is_held = |billed: &&Billed| {
            let origin = self.origin_of(billed.bucket.origin.first());
            held.iter().any(|held| self.origin_of(held.origin.first()) == origin)
        };
        self.billed_before.iter().filter(is_held).all(|billed| match billed.basis {
            Basis::Rated => true,
            Basis::Correction
            | Basis::Opening
            | Basis::Commercial
            | Basis::Tax
            | Basis::Makegood
            | Basis::WriteOff
            | Basis::Rebill => false,
        })
    }

    /// Whether units of some of its days are sold for nothing. A free tier, and a spot whose own rate is nothing, say so
    /// themselves.
    pub fn gives_away(&self) -> bool {
        match &self.pricing {
            Pricing::Metered(metered) => metered.terms.iter().any(Terms::is_free),
            Pricing::Subscription(subscription) => subscription.terms.iter().any(Terms::is_free),
            Pricing::PerSpot { segments, .. } => {
                segments.iter().any(|segment| segment.rate.is_some_and(|rate| rate.value().is_zero()))
            }
            Pricing::FlatFee { .. } | Pricing::Settled(_) => false,
        }
    }

    /// The entry of the ledger that the item of this position on the document makes.
    pub(super) fn entry(&self, position: usize) -> Result<u32, MoneyError> {
        let position = u32::try_from(position).map_err(|_| MoneyError::Overflow)?;
        self.last_entry.checked_add(1).and_then(|next| next.checked_add(position)).ok_or(MoneyError::Overflow)
    }
}
