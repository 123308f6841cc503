//! The spots of a line in the order in which they aired: the order decides which of them are within the cap, whenever
//! they were reported.

use std::collections::{BTreeMap, BTreeSet};

use calendar::Days;
use jiff::civil::Date;
use money::Rate;

use super::{
    Airing, AiringStatus, Bucket, LineKind, LineToRate, RatingError, Segment,
    bucket::free,
    cap::Room,
    excess::{Bills, Makegoods},
    opening::Openings,
    settle::Stays,
};

/// A spot that bills, or is shown at 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot<'a> {
    airing: &'a Airing,
    origin: Days,
    segment: &'a Segment,
}

/// The spots that the run takes, without those that another system was paid for.
pub(super) fn in_order<'a>(
    line: &LineToRate,
    segments: &'a [Segment],
    airings: &'a [Airing],
    mut openings: Openings,
) -> Result<Vec<Spot<'a>>, RatingError> {
    let aired = |airing: &&Airing| match airing.status {
        AiringStatus::Aired | AiringStatus::MadeGoodFree => line.takes(line.origin_of(airing.day)),
        AiringStatus::NotAired => false,
    };
    let mut aired: Vec<&Airing> = airings.iter().filter(aired).collect();
    // Rows of two documents may share a number; the id makes it one order on every replica.
    aired.sort_by_key(|airing| (airing.day, airing.time, airing.row, airing.id));
    aired.retain(|airing| airing.makegood.is_some() || !openings.paid_for(airing.day));
    let spot = |airing: &'a Airing| {
        let segment = segment_of(segments, airing);
        let segment = segment.ok_or(RatingError::OutOfFlight { airing: airing.id, day: airing.day })?;
        Ok(Spot { airing, origin: line.origin_of(airing.day), segment })
    };
    aired.into_iter().map(spot).collect()
}

/// The terms of the spot's day. A makegood may air outside the flight.
fn segment_of<'a>(segments: &'a [Segment], airing: &Airing) -> Option<&'a Segment> {
    match &airing.makegood {
        Some(_) => terms_nearest(segments, |segment| segment.days, airing.day),
        None => segments.iter().find(|segment| segment.days.contains(airing.day)),
    }
}

/// The terms of a day; of a day outside the flight those nearest before, or the first.
pub fn terms_nearest<T>(terms: &[T], days: impl Fn(&T) -> Days, day: Date) -> Option<&T> {
    let before = || terms.iter().filter(|terms| days(terms).first() <= day);
    let of_the_day = terms.iter().find(|terms| days(terms).contains(day));
    of_the_day
        .or_else(|| before().max_by_key(|terms| days(terms)))
        .or_else(|| terms.iter().min_by_key(|terms| days(terms)))
}

/// The spots by position, without those of the periods that stay as they were billed, and without makegoods of which
/// nothing bills before somebody decides.
pub(super) fn count<'a>(
    (spots, makegoods): (&[Spot<'a>], &Makegoods),
    mut room: Room,
    stays: &Stays<'_>,
) -> Result<BTreeMap<Bucket, Vec<&'a Airing>>, RatingError> {
    let mut counted: BTreeMap<Bucket, Vec<&'a Airing>> = BTreeMap::new();
    for spot in spots.iter().filter(|spot| !stays.has(spot.origin)) {
        let (kind, rate) = match makegoods.bills.get(&spot.airing.id) {
            Some(Bills { waits: true, .. }) => continue,
            Some(Bills { rate, .. }) => (LineKind::Makegood, *rate),
            None => match room.take(|| spot.rate())? {
                Some(rate) => (LineKind::Spots, rate),
                None => (LineKind::OverDelivery, free()),
            },
        };
        let bucket = Bucket {
            origin: spot.origin,
            kind,
            segment_first: spot.segment.days.first(),
            rate,
            price_base: 1,
        };
        counted.entry(bucket).or_default().push(spot.airing);
    }
    Ok(counted)
}

impl<'a> Spot<'a> {
    pub(super) fn airing(&self) -> &'a Airing {
        self.airing
    }

    pub(super) fn segment(&self) -> &'a Segment {
        self.segment
    }

    /// Its own rate, or that of its terms.
    fn rate(&self) -> Result<Rate, RatingError> {
        let missing = RatingError::RateMissing { airing: self.airing.id, day: self.airing.day };
        self.airing.rate.or(self.segment.rate).ok_or(missing)
    }
}

/// The first and the last day of the spots.
pub(super) fn days(spots: &[&Airing]) -> Option<Days> {
    let days = || spots.iter().map(|spot| spot.day);
    Days::new(days().min()?, days().max()?).ok()
}

/// What the makegoods among the spots are for, in words: `Makegood for 5.1, 5.2`.
pub(super) fn note(spots: &[&Airing]) -> String {
    let named = |billed: bool| {
        let makegoods = spots.iter().filter_map(|spot| spot.makegood.as_ref());
        let named = makegoods.filter(|makegood| makegood.free.is_zero() != billed);
        let names: BTreeSet<&str> =
            named.flat_map(|makegood| makegood.names.iter().map(String::as_str)).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    };
    let mut notes = Vec::new();
    for (names, billed) in [(named(false), ""), (named(true), ", which was billed")] {
        if !names.is_empty() {
            notes.push(format!("Makegood for {names}{billed}"));
        }
    }
    notes.join("; ")
}
