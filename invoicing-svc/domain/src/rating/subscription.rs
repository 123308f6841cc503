//! Quantity × price per term. Terms begin with the month in which the line does, so that what runs in a part of one is
//! prorated: at the start, at the end, and where the quantity or the price changes in between.
//!
//! In advance, a term is billed with the period in which it begins, and a change with the period in which it happens, for
//! the rest of the term. In arrears, all of a term is billed with the period in which it ends.

use std::collections::BTreeMap;

use calendar::Days;
use jiff::ToSpan;
use jiff::civil::Date;
use money::{Currency, Exact, MoneyError, Quantity, Rate};
use rust_decimal::Decimal;

use super::{
    Bucket, HeldCause, LineKind, LineToRate, RatedItem, RatedLine, RatingError, Terms, Unit,
    opening::Openings,
    price::{on, share},
    settle::{Ledger, Negative, Stays, settle},
    tally::Tally,
};
use crate::pricing::{Proration, Schedule};

/// A line that bills by the term.
#[derive(Clone, Debug)]
pub struct Subscription {
    pub flight: Days,
    /// The last day of a line that ended before its flight did.
    pub ended: Option<Date>,
    /// By day; the price is that of one unit for a whole term.
    pub terms: Vec<Terms>,
    /// How many from which day on, in whatever order; none before the first.
    pub quantities: Vec<(Date, Quantity)>,
    /// At least 1.
    pub term_months: u32,
    /// IN_ADVANCE, or else in arrears.
    pub schedule: Schedule,
    pub proration: Proration,
}

/// A quantity that comes to be due.
#[derive(Clone, Copy)]
struct Due<'a> {
    day: Date,
    service: Days,
    terms: &'a Terms,
    /// Negative where it is given back.
    units: Decimal,
    rate: Rate,
}

/// The days of a term that have one quantity and one price.
#[derive(Clone, Copy)]
struct Stretch<'a> {
    days: Days,
    units: Decimal,
    terms: &'a Terms,
}

/// Bills what is due to date less what was billed before.
pub(super) fn rate(
    line: &LineToRate,
    subscription: &Subscription,
    negative: Negative,
) -> Result<RatedLine, RatingError> {
    let ledger = Ledger::of(line, |bucket| line.bucket_today(bucket))?;
    let mut openings = Openings::of(line)?;
    let mut counted: BTreeMap<Bucket, (Decimal, Days)> = BTreeMap::new();
    for mut due in subscription.due()? {
        let origin = line.origin_of(due.day);
        if !line.takes(origin) {
            continue;
        }
        due.units -= openings.count_off(due.day, due.units.max(Decimal::ZERO));
        let segment_first = due.terms.days.first();
        let bucket =
            Bucket { origin, kind: LineKind::Delivery, segment_first, rate: due.rate, price_base: 1 };
        let (units, service) = counted.entry(bucket).or_insert((Decimal::ZERO, due.service));
        *units = units.checked_add(due.units).ok_or(MoneyError::Overflow)?;
        *service = span(*service, due.service);
    }
    let count = |stays: &Stays<'_>| {
        let counted = counted.iter().filter(|(bucket, _)| !stays.has(bucket.origin));
        Ok((Tally::default().with(counted.map(|(bucket, (units, _))| (*bucket, *units)))?, ()))
    };
    let settled = settle(line, &ledger, negative, |origin| origin, count)?;
    let items = settled.items(line, |(), bucket| {
        let delivered = counted.get(&bucket).map(|(_, service)| *service);
        RatedItem { delivered, ..RatedItem::of(line, bucket, Unit::Seat) }
    })?;
    let cause = if subscription.ended.is_some() { HeldCause::Cancellation } else { HeldCause::Amendment };
    Ok(RatedLine { line: line.line, items, held: settled.held(line, |_| cause)? })
}

fn span(one: Days, other: Days) -> Days {
    let days = Days::new(one.first().min(other.first()), one.last().max(other.last()));
    days.expect("the first of two first days is before the last of two last ones")
}

impl Subscription {
    /// What comes to be due on which day, exactly, in order.
    pub(crate) fn worth_by_day(&self, currency: Currency) -> Result<Vec<(Date, Exact)>, RatingError> {
        let worth = |due: Due<'_>| {
            let quantity = Quantity::of(due.units.abs()).map_err(|_| MoneyError::Overflow)?;
            let worth = due.rate.times(quantity, currency)?.amount();
            let signed = if due.units.is_sign_negative() { -worth } else { worth };
            Ok((due.day, Exact::of(currency, signed)))
        };
        self.due()?.into_iter().map(worth).collect()
    }

    /// All that comes to be due over the flight, in order.
    fn due(&self) -> Result<Vec<Due<'_>>, RatingError> {
        let last = self.ended.map_or(self.flight.last(), |ended| ended.min(self.flight.last()));
        let Ok(runs) = Days::new(self.flight.first(), last) else { return Ok(Vec::new()) };
        let mut due = Vec::new();
        for term in self.terms_of(runs) {
            let Some(within) = term.intersect(runs) else { continue };
            let stretches = self.stretches(within)?;
            match (self.schedule, self.proration) {
                (Schedule::InAdvance, Proration::WholePeriods) => {
                    whole(&stretches, |s| s.days.first(), &mut due)?
                }
                (_, Proration::WholePeriods) => whole(&stretches, |_| within.last(), &mut due)?,
                (Schedule::InAdvance, proration) => {
                    in_advance(&stretches, (within, term), proration, &mut due)?
                }
                (_, proration) => in_arrears(&stretches, (within, term), proration, &mut due)?,
            }
        }
        Ok(due)
    }

    fn terms_of(&self, runs: Days) -> Vec<Days> {
        let first = runs.first().first_of_month();
        let start = |term: i64| first.checked_add((term * i64::from(self.term_months.max(1))).months()).ok();
        let starts = (0..).map_while(start).take_while(|start| *start <= runs.last());
        let next = |start: Date| start.checked_add(i64::from(self.term_months.max(1)).months());
        let days = |start: Date| {
            let last = next(start).and_then(|next| next.yesterday()).unwrap_or(Date::MAX);
            Days::new(start, last).ok()
        };
        starts.filter_map(days).collect()
    }

    /// The days of a term by quantity and price. Days without any are left out.
    fn stretches(&self, within: Days) -> Result<Vec<Stretch<'_>>, RatingError> {
        let mut starts: Vec<Date> = self.quantities.iter().map(|(day, _)| *day).collect();
        starts.extend(self.terms.iter().map(|terms| terms.days.first()));
        starts.retain(|day| within.first() < *day && *day <= within.last());
        starts.push(within.first());
        starts.sort_unstable();
        starts.dedup();
        let mut stretches = Vec::with_capacity(starts.len());
        for (position, first) in starts.iter().enumerate() {
            let next = starts.get(position + 1).and_then(|next| next.yesterday().ok());
            let days = Days::new(*first, next.unwrap_or(within.last()));
            let days = days.expect("days in order follow each other");
            let said = self.quantities.iter().filter(|(from, _)| from <= first);
            let units = said.max_by_key(|(from, _)| *from).map_or(Decimal::ZERO, |(_, units)| units.value());
            let terms = on(&self.terms, *first).ok_or(RatingError::PriceMissing { days })?;
            stretches.push(Stretch { days, units, terms });
        }
        Ok(stretches)
    }
}

/// A begun term is a whole one, for the highest quantity that it had.
fn whole<'a>(
    stretches: &[Stretch<'a>],
    day: impl Fn(&Stretch<'a>) -> Date,
    due: &mut Vec<Due<'a>>,
) -> Result<(), RatingError> {
    let mut peak = Decimal::ZERO;
    for stretch in stretches {
        if stretch.units > peak {
            let (units, rate) = (stretch.units - peak, stretch.terms.rate()?);
            let (day, service) = (day(stretch), stretch.days);
            due.push(Due { day, service, terms: stretch.terms, units, rate });
            peak = stretch.units;
        }
    }
    Ok(())
}

/// Each change for the rest of the term, when it happens.
fn in_advance<'a>(
    stretches: &[Stretch<'a>],
    (within, term): (Days, Days),
    proration: Proration,
    due: &mut Vec<Due<'a>>,
) -> Result<(), RatingError> {
    let mut before: Option<&Stretch<'a>> = None;
    for stretch in stretches {
        let day = stretch.days.first();
        let rest = Days::new(day, within.last()).unwrap_or(stretch.days);
        let mut push = |units: Decimal, terms: &'a Terms| {
            let rate = part(terms.rate()?, rest, term, proration)?;
            if !units.is_zero() {
                due.push(Due { day, service: rest, terms, units, rate });
            }
            Ok::<_, RatingError>(())
        };
        match before {
            Some(before) if before.terms.rate()? == stretch.terms.rate()? => {
                push(stretch.units - before.units, stretch.terms)?;
            }
            Some(before) => {
                push(-before.units, before.terms)?;
                push(stretch.units, stretch.terms)?;
            }
            None => push(stretch.units, stretch.terms)?,
        }
        before = Some(stretch);
    }
    Ok(())
}

/// Each stretch for its own days, when the term ends.
fn in_arrears<'a>(
    stretches: &[Stretch<'a>],
    (within, term): (Days, Days),
    proration: Proration,
    due: &mut Vec<Due<'a>>,
) -> Result<(), RatingError> {
    for stretch in stretches.iter().filter(|stretch| !stretch.units.is_zero()) {
        let rate = part(stretch.terms.rate()?, stretch.days, term, proration)?;
        let (day, service, terms) = (within.last(), stretch.days, stretch.terms);
        due.push(Due { day, service, terms, units: stretch.units, rate });
    }
    Ok(())
}

/// The price of some days of a term.
fn part(rate: Rate, days: Days, term: Days, proration: Proration) -> Result<Rate, RatingError> {
    let length = |days: Days| match proration {
        Proration::ActualDays => Decimal::from(days.count()),
        Proration::Thirty360 => thirty_360(days),
        Proration::WholePeriods => Decimal::ONE,
    };
    share(rate, length(days), length(term))
}

/// The days, each month counted as thirty (30E/360), the last one inside.
fn thirty_360(days: Days) -> Decimal {
    let end = days.last().tomorrow().unwrap_or(days.last());
    let number = |date: Date| {
        i64::from(date.year()) * 360 + i64::from(date.month()) * 30 + i64::from(date.day().min(30))
    };
    Decimal::from(number(end) - number(days.first()))
}
