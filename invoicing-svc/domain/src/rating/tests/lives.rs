//! Whole lives of metered lines, by chance: rows come late and are restated, prices change from a day or from the start,
//! lines end early, in any slices over any runs. In the end, what was billed and what is held are what billing once at
//! the end would give, by an oracle that only counts.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::pricing::{Minimum, PeriodUnits};

const DAYS: usize = 181;
const BOOKED_A_MONTH: i64 = 4_000;
const SLICES: usize = 7;

#[derive(Clone, Debug)]
struct Life {
    model: PricingModel,
    /// In thousandths.
    rate: i64,
    cap: Cap,
    window: Window,
    /// In cents, over the whole life.
    minimum: Option<i64>,
    rounding: Rounding,
    /// Day, units, and the slice in which they are heard of.
    rows: Vec<(usize, i64, usize)>,
    /// Row, what it turns out to have been, and when.
    restated: Vec<(usize, i64, usize)>,
    /// When, from which day (`None`: from the start), to which price.
    amended: Vec<(usize, Option<usize>, i64)>,
    /// When, and the last day.
    ended: Option<(usize, usize)>,
}

fn lives() -> impl Strategy<Value = Life> {
    let caps = prop_oneof![
        Just(Cap::LesserOfBookedAndDelivered),
        Just(Cap::Uncapped),
        (1_i64..4_000_000).prop_map(|cents| Cap::Budget(Money::of(usd(), Decimal::new(cents, 2)).unwrap())),
        (1_i64..200).prop_map(|percent| Cap::Percent(Quantity::of(Decimal::from(percent)).unwrap())),
    ];
    let windows = prop_oneof![Just(Window::Life), Just(Window::Period), Just(Window::PeriodWithCarry)];
    let models = prop_oneof![Just(PricingModel::Cpm), Just(PricingModel::Cpc)];
    let rounding = prop_oneof![Just(Rounding::HalfAwayFromZero), Just(Rounding::HalfEven)];
    let minimum = prop::option::weighted(0.2, 1_i64..4_000_000);
    let rows = prop::collection::vec((0..DAYS, 0_i64..3_000, 0..SLICES), 1..16);
    let restated = prop::collection::vec((0_usize..16, 0_i64..3_000, 0..SLICES), 0..5);
    let day = prop::option::weighted(0.7, 1..DAYS);
    let amended = prop::collection::vec((0..SLICES, day, 0_i64..12_000), 0..4);
    let ended = prop::option::weighted(0.2, (0..SLICES, 0..DAYS));
    (models, 0_i64..12_000, (caps, windows, minimum, rounding), rows, restated, amended, ended).prop_map(
        |(model, rate, (cap, window, minimum, rounding), rows, restated, amended, ended)| Life {
            model,
            rate,
            cap,
            window,
            minimum,
            rounding,
            rows,
            restated,
            amended,
            ended,
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
    last: usize,
}

fn on(number: usize) -> Date {
    day("2026-01-01").checked_add(jiff::Span::new().days(i64::try_from(number).unwrap())).unwrap()
}

fn month_of(number: usize) -> usize {
    usize::try_from(on(number).month()).unwrap() - 1
}

impl Life {
    fn known(&self, slice: usize) -> Known {
        let mut values: Vec<Option<i64>> =
            self.rows.iter().map(|(_, units, heard)| (*heard <= slice).then_some(*units)).collect();
        let mut restated = self.restated.clone();
        restated.sort_by_key(|(_, _, when)| *when);
        for (row, units, when) in restated {
            if let Some(Some(value)) = values.get_mut(row).filter(|_| when <= slice) {
                *value = units;
            }
        }
        let mut known = Known {
            units: BTreeMap::new(),
            prices: vec![self.rate; DAYS],
            cuts: BTreeSet::from([0]),
            last: self.ended.filter(|(when, _)| *when <= slice).map_or(DAYS - 1, |(_, last)| last),
        };
        let mut amended = self.amended.clone();
        amended.sort_by_key(|(when, _, _)| *when);
        for (_, from, price) in amended.iter().filter(|(when, _, _)| *when <= slice) {
            known.cuts.extend(*from);
            known.prices[from.unwrap_or(0)..].fill(*price);
        }
        for ((number, _, _), units) in self.rows.iter().zip(values) {
            if let Some(units) = units.filter(|_| *number <= known.last) {
                *known.units.entry(*number).or_default() += units;
            }
        }
        known
    }

    fn book(&self) -> Book {
        let mut book = Book::metered(self.model, days("2026-01-01", "2026-06-30"), "1");
        book.0.rounding = self.rounding;
        let terms = book.terms();
        (terms.cap, terms.cap_window) = (self.cap, self.window);
        terms.booked_units = Some(Quantity::of(Decimal::from(6 * BOOKED_A_MONTH)).unwrap());
        let booked = Quantity::of(Decimal::from(BOOKED_A_MONTH)).unwrap();
        let period = |month: u32| {
            let first = Date::new(2026, i8::try_from(month).unwrap(), 1).unwrap();
            PeriodUnits { period: Days::new(first, first.last_of_month()).unwrap(), units: booked }
        };
        terms.period_units = (1..=6).map(period).collect();
        let amount = |cents| Money::of(usd(), Decimal::new(cents, 2)).unwrap();
        terms.minimum = self.minimum.map(|cents| Minimum { amount: amount(cents), window: Window::Life });
        book
    }

    /// Terms and cells as they are known.
    fn tell(&self, book: &mut Book, known: &Known) {
        let cuts: Vec<usize> = known.cuts.iter().copied().filter(|cut| *cut <= known.last).collect();
        let ends = cuts.iter().skip(1).map(|next| next - 1).chain([known.last]);
        let segments: Vec<Days> =
            cuts.iter().zip(ends).map(|(first, last)| Days::new(on(*first), on(last)).unwrap()).collect();
        let mut cells: BTreeMap<Days, i64> = BTreeMap::new();
        for (number, units) in &known.units {
            let segment = segments.iter().find(|segment| segment.contains(on(*number))).unwrap();
            let month = Days::new(on(*number).first_of_month(), on(*number).last_of_month()).unwrap();
            *cells.entry(segment.intersect(month).unwrap()).or_default() += units;
        }
        let terms = book.terms();
        terms.ended = Some(on(known.last)).filter(|_| known.last < DAYS - 1);
        terms.terms = segments
            .iter()
            .zip(&cuts)
            .map(|(days, cut)| Terms {
                days: *days,
                price: Some(Price::Rate(Rate::of(Decimal::new(known.prices[*cut], 3)).unwrap())),
                discount: Percent::parse("0").unwrap(),
            })
            .collect();
        terms.cells = cells
            .into_iter()
            .map(|(days, units)| Cell { days, units: Decimal::from(units), spend: Decimal::ZERO })
            .collect();
    }

    /// What the line is worth in the end, in millionths: units are counted off day by day.
    fn worth(&self, known: &Known) -> Money {
        let base = if self.model == PricingModel::Cpm { 1 } else { 1_000 };
        let windows = |month: usize| if self.window == Window::Period { month } else { 0 };
        let often = |all: i64| if self.window == Window::PeriodWithCarry { all } else { 1 };
        let booked = if self.window == Window::Period { BOOKED_A_MONTH } else { 6 * BOOKED_A_MONTH };
        let most_units = match self.cap {
            Cap::LesserOfBookedAndDelivered => booked,
            Cap::Percent(percent) => i64::try_from(percent.value().mantissa()).unwrap() * booked / 100,
            Cap::Budget(_) | Cap::Uncapped => i64::MAX,
        };
        let most_money = match self.cap {
            Cap::Budget(budget) => i64::try_from(budget.amount().mantissa()).unwrap() * 10_000 * often(6),
            Cap::LesserOfBookedAndDelivered | Cap::Percent(_) | Cap::Uncapped => i64::MAX,
        };
        let (mut units, mut money) = ([0_i64; 6], [0_i64; 6]);
        for (number, more) in &known.units {
            let window = windows(month_of(*number));
            let within = (*more).min(most_units - units[window]);
            units[window] += within;
            money[window] = (money[window] + within * known.prices[*number] * base).min(most_money);
        }
        let worth = money.iter().sum::<i64>().max(self.minimum.unwrap_or(0) * 10_000);
        money::Exact::of(usd(), Decimal::new(worth, 6)).round(self.rounding).unwrap()
    }
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
