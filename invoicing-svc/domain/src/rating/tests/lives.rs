//! Whole lives of metered lines, by chance: rows come late and are restated, prices change from a day or from the start,
//! caps, booked units and flights are amended, lines end early, in any slices over any runs. In the end, what was billed
//! and what is held are what billing once at the end would give, by an oracle that only counts.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::pricing::{Minimum, PeriodUnits, Through, Tier, Tiers};

const DAYS: usize = 181;
const SLICES: usize = 7;

/// Where the first two of three tiers end.
const TIERS: [i64; 2] = [3_000, 9_000];

/// The months of a term.
const TERM: usize = 3;

#[derive(Clone, Debug)]
struct Life {
    model: PricingModel,
    /// In thousandths.
    rate: i64,
    cap: Cap,
    cap_window: Window,
    tier_window: Window,
    /// In cents, and over which days.
    minimum: Option<(i64, Window)>,
    rounding: Rounding,
    /// Day, units, and the slice in which they are heard of.
    rows: Vec<(usize, i64, usize)>,
    /// Row, what it turns out to have been, and when.
    restated: Vec<(usize, i64, usize)>,
    /// When, and what.
    amended: Vec<(usize, Amendment)>,
}

#[derive(Clone, Debug)]
enum Amendment {
    /// From which day (`None`: from the start), to how many thousandths.
    Price(Option<usize>, i64),
    Cap(Cap),
    /// Units a month.
    Booked(i64),
    /// The last day of the flight.
    Flight(usize),
    /// The last day of a line that ends before its flight.
    End(usize),
}

fn amount(cents: i64) -> Money {
    Money::of(usd(), Decimal::new(cents, 2)).unwrap()
}

fn count(units: i64) -> Quantity {
    Quantity::of(Decimal::from(units)).unwrap()
}

fn caps() -> impl Strategy<Value = Cap> {
    prop_oneof![
        Just(Cap::LesserOfBookedAndDelivered),
        Just(Cap::Uncapped),
        (1_i64..4_000_000).prop_map(|cents| Cap::Budget(amount(cents))),
        (1_i64..200).prop_map(|percent| Cap::Percent(count(percent))),
    ]
}

fn windows() -> impl Strategy<Value = Window> {
    let all = [Window::Life, Window::Term, Window::Period, Window::PeriodWithCarry];
    prop::sample::select(all.to_vec())
}

fn amendments() -> impl Strategy<Value = Amendment> {
    let from = prop::option::weighted(0.7, 1..DAYS);
    prop_oneof![
        4 => (from, 0_i64..12_000).prop_map(|(from, price)| Amendment::Price(from, price)),
        1 => caps().prop_map(Amendment::Cap),
        1 => (1_i64..8_000).prop_map(Amendment::Booked),
        1 => (0..DAYS).prop_map(Amendment::Flight),
        1 => (0..DAYS).prop_map(Amendment::End),
    ]
}

fn lives() -> impl Strategy<Value = Life> {
    use PricingModel::{Cpc, Cpm, Graduated, Volume};
    let models = prop::sample::select(vec![Cpm, Cpc, Graduated, Volume]);
    let rounding = prop_oneof![Just(Rounding::HalfAwayFromZero), Just(Rounding::HalfEven)];
    let minimum = prop::option::weighted(0.2, (1_i64..4_000_000, windows()));
    let rows = prop::collection::vec((0..DAYS, 0_i64..3_000, 0..SLICES), 1..16);
    let restated = prop::collection::vec((0_usize..16, 0_i64..3_000, 0..SLICES), 0..5);
    let amended = prop::collection::vec((0..SLICES, amendments()), 0..6);
    (models, 0_i64..12_000, caps(), (windows(), windows()), minimum, rounding, rows, restated, amended)
        .prop_map(
            |(model, rate, cap, (cap_window, tier_window), minimum, rounding, rows, restated, amended)| {
                Life { model, rate, cap, cap_window, tier_window, minimum, rounding, rows, restated, amended }
            },
        )
}

/// What is known of a line at the end of a slice.
struct Known {
    units: BTreeMap<usize, i64>,
    /// By day, in thousandths.
    prices: Vec<i64>,
    /// First days of terms.
    cuts: BTreeSet<usize>,
    cap: Cap,
    /// A month.
    booked: i64,
    flight_last: usize,
    end: Option<usize>,
}

impl Known {
    /// The last day that bills.
    fn last(&self) -> usize {
        self.end.map_or(self.flight_last, |end| end.min(self.flight_last))
    }

    /// The months of the flight.
    fn months(&self) -> usize {
        month_of(self.flight_last) + 1
    }

    /// The months in which it runs: those after its end have no minimum.
    fn lived(&self) -> usize {
        month_of(self.last()) + 1
    }

    /// What is billed at most of a window, in units and in millionths.
    fn most(&self, window: Window, number: usize) -> (i64, i64) {
        let months = (0..self.months()).filter(|month| window_of(window, *month) == number).count();
        let booked = self.booked * i64::try_from(months).unwrap();
        match self.cap {
            Cap::LesserOfBookedAndDelivered => (booked, i64::MAX),
            Cap::Percent(percent) => (integer(percent.value()) * booked / 100, i64::MAX),
            Cap::Budget(budget) => (i64::MAX, millionths(budget) * often(window, self.months())),
            Cap::Uncapped => (i64::MAX, i64::MAX),
        }
    }
}

fn integer(value: Decimal) -> i64 {
    i64::try_from(value).unwrap()
}

fn millionths(money: Money) -> i64 {
    integer(money.amount() * Decimal::from(1_000_000))
}

pub(super) fn on(number: usize) -> Date {
    day("2026-01-01").checked_add(jiff::Span::new().days(i64::try_from(number).unwrap())).unwrap()
}

fn month_of(number: usize) -> usize {
    usize::try_from(on(number).month()).unwrap() - 1
}

/// The number of the window in which a month lies.
fn window_of(window: Window, month: usize) -> usize {
    match window {
        Window::Life | Window::PeriodWithCarry => 0,
        Window::Term => month / TERM,
        Window::Period => month,
    }
}

/// How often an amount is allowed in a window.
fn often(window: Window, months: usize) -> i64 {
    match window {
        Window::Life | Window::Term | Window::Period => 1,
        Window::PeriodWithCarry => i64::try_from(months).unwrap(),
    }
}

/// The prices of the three tiers: they fall, and rise again.
fn steps(price: i64) -> [i64; 3] {
    [price, price / 2, price / 4 * 3]
}

fn price_of(model: PricingModel, thousandths: i64) -> Price {
    let rate = |thousandths| Rate::of(Decimal::new(thousandths, 3)).unwrap();
    if model.through() == Through::OnePrice {
        return Price::Rate(rate(thousandths));
    }
    let ends = TIERS.map(|end| Some(count(end))).into_iter().chain([None]);
    let tier = |(up_to, price)| Tier { up_to, rate: rate(price), flat: None };
    Price::Tiers(Tiers::of(ends.zip(steps(thousandths)).map(tier).collect()).unwrap())
}

impl Life {
    fn known(&self, slice: usize) -> Known {
        let mut known = Known {
            units: BTreeMap::new(),
            prices: vec![self.rate; DAYS],
            cuts: BTreeSet::from([0]),
            cap: self.cap,
            booked: 4_000,
            flight_last: DAYS - 1,
            end: None,
        };
        let mut amended = self.amended.clone();
        amended.sort_by_key(|(when, _)| *when);
        for (_, amendment) in amended.into_iter().filter(|(when, _)| *when <= slice) {
            match amendment {
                Amendment::Price(from, price) => {
                    known.cuts.extend(from);
                    known.prices[from.unwrap_or(0)..].fill(price);
                }
                Amendment::Cap(cap) => known.cap = cap,
                Amendment::Booked(booked) => known.booked = booked,
                Amendment::Flight(last) => known.flight_last = last,
                Amendment::End(last) => known.end = Some(last),
            }
        }
        let mut values: Vec<Option<i64>> =
            self.rows.iter().map(|(_, units, heard)| (*heard <= slice).then_some(*units)).collect();
        let mut restated = self.restated.clone();
        restated.sort_by_key(|(_, _, when)| *when);
        for (row, units, when) in restated {
            if let Some(Some(value)) = values.get_mut(row).filter(|_| when <= slice) {
                *value = units;
            }
        }
        for ((number, _, _), units) in self.rows.iter().zip(values) {
            if let Some(units) = units.filter(|_| *number <= known.last()) {
                *known.units.entry(*number).or_default() += units;
            }
        }
        known
    }

    fn book(&self) -> Book {
        let mut book = Book::metered(self.model, days("2026-01-01", "2026-06-30"), "1");
        book.0.rounding = self.rounding;
        let terms = book.terms();
        (terms.cap_window, terms.tier_window) = (self.cap_window, self.tier_window);
        terms.term_months = Some(u32::try_from(TERM).unwrap());
        terms.minimum = self.minimum.map(|(cents, window)| Minimum { amount: amount(cents), window });
        book
    }

    /// Terms and cells as they are known.
    fn tell(&self, book: &mut Book, known: &Known) {
        let cuts: Vec<usize> = known.cuts.iter().copied().filter(|cut| *cut <= known.last()).collect();
        let ends = cuts.iter().skip(1).map(|next| next - 1).chain([known.last()]);
        let segments: Vec<Days> =
            cuts.iter().zip(ends).map(|(first, last)| Days::new(on(*first), on(last)).unwrap()).collect();
        let mut cells: BTreeMap<Days, i64> = BTreeMap::new();
        for (number, units) in &known.units {
            let segment = segments.iter().find(|segment| segment.contains(on(*number))).unwrap();
            let month = Days::new(on(*number).first_of_month(), on(*number).last_of_month()).unwrap();
            *cells.entry(segment.intersect(month).unwrap()).or_default() += units;
        }
        let discount = Percent::parse("0").unwrap();
        let terms_of = |(days, cut): (&Days, &usize)| {
            let price = Some(price_of(self.model, known.prices[*cut]));
            Terms { days: *days, price, discount }
        };
        let period = |month: usize| {
            let first = Date::new(2026, i8::try_from(month).unwrap() + 1, 1).unwrap();
            let period = Days::new(first, first.last_of_month()).unwrap();
            PeriodUnits { period, units: count(known.booked) }
        };
        let terms = book.terms();
        terms.cap = known.cap;
        terms.flight = Days::new(on(0), on(known.flight_last)).unwrap();
        terms.booked_units = Some(count(known.booked * i64::try_from(known.months()).unwrap()));
        terms.period_units = (0..known.months()).map(period).collect();
        terms.ended = Some(on(known.last())).filter(|_| known.last() < known.flight_last);
        terms.terms = segments.iter().zip(&cuts).map(terms_of).collect();
        terms.cells = cells
            .into_iter()
            .map(|(days, units)| Cell { days, units: Decimal::from(units), spend: Decimal::ZERO })
            .collect();
    }

    /// What the line is worth in the end: units are counted off day by day.
    fn worth(&self, known: &Known) -> Money {
        let by_month = self.by_month(known);
        let worth = match self.minimum {
            None => by_month.iter().sum(),
            Some((cents, window)) => {
                let least = cents * 10_000 * often(window, known.lived());
                let numbers: BTreeSet<usize> =
                    (0..known.lived()).map(|month| window_of(window, month)).collect();
                let of = |number: usize| (0..6).filter(move |month| window_of(window, *month) == number);
                numbers.into_iter().map(|n| of(n).map(|month| by_month[month]).sum::<i64>().max(least)).sum()
            }
        };
        money::Exact::of(usd(), Decimal::new(worth, 6)).round(self.rounding).unwrap()
    }

    /// What is within the cap of units, by day.
    fn within(&self, known: &Known) -> Vec<(usize, i64)> {
        let mut used = [0_i64; 6];
        let within = |(number, units): (&usize, &i64)| {
            let window = window_of(self.cap_window, month_of(*number));
            let within = (*units).min(known.most(self.cap_window, window).0 - used[window]);
            used[window] += within;
            (*number, within)
        };
        known.units.iter().map(within).collect()
    }

    /// What each month bills before the minimum, in millionths.
    fn by_month(&self, known: &Known) -> [i64; 6] {
        let base = if self.model == PricingModel::Cpc { 1_000 } else { 1 };
        let bounds = TIERS.map(|end| end * often(self.tier_window, known.months()));
        let days = self.within(known);
        let mut totals = [0_i64; 6];
        for (number, units) in &days {
            totals[window_of(self.tier_window, month_of(*number))] += units;
        }
        let (mut used, mut spent, mut by_month) = ([0_i64; 6], [0_i64; 6], [0_i64; 6]);
        for (number, units) in days {
            let (month, price) = (month_of(number), known.prices[number]);
            let tiers = window_of(self.tier_window, month);
            let from = used[tiers];
            used[tiers] += units;
            let worth = match self.model.through() {
                Through::Graduated => through(from, used[tiers], bounds, steps(price)),
                Through::Volume => {
                    let reached = bounds.iter().filter(|bound| **bound < totals[tiers]).count();
                    units * steps(price)[reached]
                }
                Through::OnePrice | Through::FeeOfTier | Through::Packages => units * price,
            };
            let window = window_of(self.cap_window, month);
            let more = (worth * base).min(known.most(self.cap_window, window).1 - spent[window]);
            spent[window] += more;
            by_month[month] += more;
        }
        by_month
    }
}

/// The units from one place to another, each at the price of its tier.
fn through(from: i64, to: i64, [first, second]: [i64; 2], prices: [i64; 3]) -> i64 {
    let tiers = [(0, first), (first, second), (second, i64::MAX)];
    let units = tiers.map(|(above, up_to)| (to.min(up_to) - from.max(above)).max(0));
    units.iter().zip(prices).map(|(units, price)| units * price).sum()
}

/// What holds after every run: nothing is taken back but for a smaller top-up of a minimum.
fn lawful(life: &Life, rated: &RatedLine) {
    assert!(!gross(rated).is_negative(), "a run takes nothing back: {rated:?}");
    let mut origins: BTreeMap<Days, Decimal> = BTreeMap::new();
    for item in &rated.items {
        let exact = item.quantity * item.bucket.rate.value() / Decimal::from(item.bucket.price_base);
        assert!((exact - item.gross.amount()).abs() <= Decimal::new(1, 2), "INV-11: {item:?}");
        *origins.entry(item.bucket.origin).or_default() += exact;
    }
    if life.minimum.is_none() {
        assert!(origins.values().all(|worth| *worth >= Decimal::ZERO), "nor does any period: {rated:?}");
    }
    for held in &rated.held {
        assert!(!held.changes.is_empty(), "{held:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn billed_and_held_are_what_billing_once_at_the_end_would_give(life in lives()) {
        let mut book = life.book();
        for slice in 0..SLICES {
            life.tell(&mut book, &life.known(slice));
            let rated = book.run(&format!("2026-{:02}", slice.min(5) + 1));
            lawful(&life, &rated);
        }
        let known = life.known(SLICES);
        life.tell(&mut book, &known);
        let rated = book.run("2026-06");
        lawful(&life, &rated);
        let held = Money::sum(usd(), rated.held.iter().map(|held| held.amount)).unwrap();
        prop_assert_eq!(book.billed().plus(held).unwrap(), life.worth(&known));
        let again = book.run("2026-06");
        prop_assert_eq!(&again.items, &vec![]);
        prop_assert_eq!(again.held, rated.held);
    }
}
