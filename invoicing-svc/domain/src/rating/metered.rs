//! What was counted × its price, within caps, through tiers, and at least the minimum.

use calendar::Days;
use jiff::civil::Date;
use money::Quantity;
use rust_decimal::Decimal;

use super::{
    Bucket, Cell, HeldCause, LineKind, LineToRate, RatedItem, RatedLine, RatingError, Terms, Unit,
    bucket::free,
    caps::Caps,
    cell::{Placed, in_order},
    expenses::Spending,
    minimum::Minimums,
    opening::Openings,
    price::{Price, on},
    settle::{Difference, Ledger, Negative, Stays, settle},
    tally::Tally,
    tiers::Tiering,
    window::Periods,
};
use crate::order::Cap;
use crate::pricing::{Metric, Minimum, PeriodUnits, PricingModel, Through, Window};

/// A line that bills by what is counted of it.
#[derive(Clone, Debug)]
pub struct Metered {
    pub model: PricingModel,
    /// What is counted.
    pub metric: Metric,
    /// The days of the line; windows begin with it.
    pub flight: Days,
    /// The last day of a line that ended before its flight did.
    pub ended: Option<Date>,
    /// By day, in whatever order.
    pub terms: Vec<Terms>,
    /// Of the whole line, in units of the metric.
    pub booked_units: Option<Quantity>,
    /// What of them is booked for which billing period.
    pub period_units: Vec<PeriodUnits>,
    pub cap: Cap,
    pub cap_window: Window,
    pub tier_window: Window,
    pub term_months: Option<u32>,
    /// PACKAGE: units of a package.
    pub package_units: Option<Quantity>,
    pub minimum: Option<Minimum>,
    /// TIME_AND_MATERIALS.
    pub expenses: Option<Expenses>,
    pub cells: Vec<Cell>,
    /// The billing periods of which somebody has to choose by which of two counts they bill. What was billed of them stays so
    /// meanwhile.
    pub undecided: Vec<Days>,
}

/// How delivered spend is passed on.
#[derive(Clone, Copy, Debug)]
pub struct Expenses {
    /// On top of the spend; may be above 100.
    pub markup_percent: Quantity,
    /// At most how much of the spend is billed over the life of the line, before the markup.
    pub cap: Option<money::Money>,
}

/// Bills what was rated to date less what was billed before.
pub(super) fn rate(
    line: &LineToRate,
    metered: &Metered,
    negative: Negative,
) -> Result<RatedLine, RatingError> {
    let ledger = Ledger::of(line, |bucket| metered.bucket_today(line, bucket))?;
    let openings = Openings::of(line)?;
    let meter = Meter {
        line,
        metered,
        cells: in_order(line, metered, openings.clone())?,
        openings,
        periods: Periods::of(line, metered.flight, metered.term_months),
    };
    let lived = Periods::of(line, metered.runs(), metered.term_months);
    let minimums = Minimums::of(&lived, metered.minimum, &metered.terms)?;
    let count = |stays: &Stays<'_>| {
        let mut tally = meter.count(stays)?;
        minimums.add(&mut tally, stays, &meter.openings, line)?;
        Ok((tally, ()))
    };
    let settled = settle(line, &ledger, negative, |origin| minimums.netted_with(origin), count)?;
    let items = settled.items(line, |(), bucket| meter.item(bucket))?;
    Ok(RatedLine { line: line.line, items, held: settled.held(line, |difference| meter.cause(difference))? })
}

/// A line while it is counted.
pub(super) struct Meter<'a> {
    pub(super) line: &'a LineToRate,
    pub(super) metered: &'a Metered,
    pub(super) cells: Vec<Placed<'a>>,
    pub(super) openings: Openings,
    pub(super) periods: Periods<'a>,
}

/// Units of a cell that have one price.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) kind: LineKind,
    pub(super) units: Decimal,
    pub(super) rate: money::Rate,
    pub(super) price_base: u32,
}

impl Meter<'_> {
    /// The units by position, without those of the periods that stay as they were billed.
    fn count(&self, stays: &Stays<'_>) -> Result<Tally, RatingError> {
        let mut tally = Tally::default();
        let mut caps = Caps::of(self, stays);
        let within: Vec<Decimal> = self
            .cells
            .iter()
            .map(|cell| if stays.has(cell.origin) { Ok(Decimal::ZERO) } else { caps.take_units(cell) })
            .collect::<Result<_, _>>()?;
        let mut tiers = Tiering::of(self, stays, &within)?;
        let fees = tiers.fees(stays, &within)?;
        let mut spending = self.metered.expenses.map(|of| Spending::of(of, stays)).transpose()?;
        for ((cell, within), fee) in self.cells.iter().zip(within).zip(fees) {
            if stays.has(cell.origin) {
                tiers.pass(cell)?;
                continue;
            }
            let mut over = cell.units - within;
            for piece in tiers.pieces(cell, within, fee)? {
                over += caps.bill(cell, piece, |piece| tally.add(bucket(cell, piece), piece.units))?;
            }
            if over > Decimal::ZERO {
                let over = Piece { kind: LineKind::OverDelivery, units: over, rate: free(), price_base: 1 };
                tally.add(bucket(cell, over), over.units)?;
            }
            if let Some(spending) = &mut spending {
                let mut over = cell.spend;
                if let Some(spend) = spending.of_cell(cell) {
                    let beyond =
                        caps.bill(cell, spend, |spend| tally.add(bucket(cell, spend), spend.units))?;
                    spending.bills(spend.units - beyond);
                    over -= spend.units - beyond;
                }
                if over > Decimal::ZERO {
                    let over = Piece { kind: LineKind::Expenses, units: over, rate: free(), price_base: 1 };
                    tally.add(bucket(cell, over), over.units)?;
                }
            }
        }
        Ok(tally)
    }

    /// The line of the document for a position.
    fn item(&self, bucket: Bucket) -> RatedItem {
        let unit = match bucket.kind {
            LineKind::SchedulePart
            | LineKind::TierFee
            | LineKind::Minimum
            | LineKind::TrueUp
            | LineKind::Rebate
            | LineKind::AdCredit => Unit::Fee,
            LineKind::Expenses => Unit::Spend,
            LineKind::Delivery if self.metered.model == PricingModel::Package => Unit::Package,
            LineKind::Delivery | LineKind::OverDelivery => Unit::of(self.metered.metric),
            LineKind::Spots | LineKind::Makegood => Unit::Spot,
        };
        let of_segment = self.metered.terms.iter().find(|terms| terms.days.first() == bucket.segment_first);
        let delivered = of_segment.and_then(|terms| terms.days.intersect(bucket.origin));
        RatedItem { delivered, ..RatedItem::of(self.line, bucket, unit) }
    }

    fn cause(&self, difference: &Difference<'_>) -> HeldCause {
        let counted = |bucket: Bucket| match bucket.kind {
            LineKind::Expenses
            | LineKind::TierFee
            | LineKind::Minimum
            | LineKind::TrueUp
            | LineKind::Rebate
            | LineKind::AdCredit => false,
            LineKind::SchedulePart
            | LineKind::Spots
            | LineKind::Makegood
            | LineKind::Delivery
            | LineKind::OverDelivery => true,
        };
        let (metered, origin) = (self.metered, difference.origin);
        let has_ended = metered.ended.is_some_and(|last| last < origin.first());
        let another_tier = || if metered.is_tiered() { HeldCause::Tiers } else { HeldCause::Amendment };
        let spends_less = difference.fewer(Bucket::bills_spend);
        if difference.fewer(counted) || (spends_less && !self.is_beyond(difference)) {
            if metered.ended.is_some() { HeldCause::Cancellation } else { HeldCause::Restatement }
        } else if spends_less || difference.fewer(|bucket| bucket.kind == LineKind::Delivery) {
            HeldCause::Cap
        } else if difference.only(LineKind::Minimum) {
            if has_ended { HeldCause::Cancellation } else { HeldCause::Minimum }
        } else if difference.amount.is_positive() && !metered.is_tiered() {
            HeldCause::Cap
        } else {
            another_tier()
        }
    }

    /// More was spent in the period than a cap lets bill.
    fn is_beyond(&self, difference: &Difference<'_>) -> bool {
        let of_period = self.cells.iter().filter(|cell| cell.origin == difference.origin);
        let spent = of_period.fold(Decimal::ZERO, |sum, cell| sum.saturating_add(cell.spend));
        difference.worth(Bucket::bills_spend) < spent
    }
}

pub(super) fn bucket(cell: &Placed<'_>, piece: Piece) -> Bucket {
    Bucket {
        origin: cell.origin,
        kind: piece.kind,
        segment_first: cell.terms.days.first(),
        rate: piece.rate,
        price_base: piece.price_base,
    }
}

impl Metered {
    /// A position as the terms are today: neither an end of contract that has moved since nor terms that were split or
    /// merged make another position of what has the same price.
    fn bucket_today(&self, line: &LineToRate, bucket: Bucket) -> Bucket {
        let bucket = line.bucket_today(bucket);
        let day = bucket.origin.first().max(bucket.segment_first);
        let terms = self.terms_on(day);
        Bucket { segment_first: terms.map_or(bucket.segment_first, |terms| terms.days.first()), ..bucket }
    }

    /// The days that bill: with the last of them the line's last windows are over.
    fn runs(&self) -> Days {
        let last = self.ended.map_or(self.flight.last(), |day| day.min(self.flight.last()));
        Days::new(self.flight.first(), last).unwrap_or(self.flight)
    }

    /// The terms of a day.
    pub(super) fn terms_on(&self, day: Date) -> Option<&Terms> {
        on(&self.terms, day)
    }

    /// How many units a package has.
    pub(super) fn package(&self) -> Result<Decimal, RatingError> {
        let size = self.package_units.filter(|size| !size.value().is_zero());
        Ok(size.ok_or(RatingError::TermsIncomplete { what: "the units of a package" })?.value())
    }

    /// Of how many units the rates of the line are the price.
    pub(super) fn price_base(&self) -> u32 {
        match self.model.through() {
            Through::Graduated | Through::Volume => self.model.tier_price_base(self.metric),
            Through::OnePrice | Through::FeeOfTier | Through::Packages => self.model.price_base(),
        }
    }

    fn is_tiered(&self) -> bool {
        self.terms.iter().any(|terms| matches!(terms.price, Some(Price::Tiers(_))))
    }
}
