//! The whole by chance: spots arrive in any order, in any slices over any runs, are restated, and are capped in every
//! way. An oracle that counts in mills says what the line is worth in the end.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::rating::Expenses;

#[derive(Clone, Debug)]
struct Story {
    cap: Cap,
    /// The line's, in mills.
    rate: i64,
    spots: Vec<Told>,
    rounding: Rounding,
}

/// A spot and when it is heard of.
#[derive(Clone, Debug)]
struct Told {
    day: i8,
    month: i8,
    /// Its own rate, in mills.
    rate: Option<i64>,
    makegood: bool,
    slice: usize,
    /// It turns out not to have aired, so many slices later.
    restated: Option<usize>,
}

const BOOKED: i64 = 8;
const SLICES: usize = 6;

fn told(
    rated: BoxedStrategy<Option<i64>>,
    restated: BoxedStrategy<Option<usize>>,
) -> impl Strategy<Value = Told> {
    (1_i8..28, 1_i8..5, rated, prop::bool::weighted(0.2), 0..SLICES, restated).prop_map(
        |(day, month, rate, makegood, slice, restated)| Told { day, month, rate, makegood, slice, restated },
    )
}

fn caps() -> impl Strategy<Value = Cap> {
    prop_oneof![
        Just(Cap::LesserOfBookedAndDelivered),
        Just(Cap::Uncapped),
        (1_i64..3_000).prop_map(|cents| Cap::Budget(Money::of(usd(), Decimal::new(cents, 2)).unwrap())),
        (1_i64..200).prop_map(|percent| Cap::Percent(Quantity::of(Decimal::from(percent)).unwrap())),
    ]
}

fn story(
    caps: impl Strategy<Value = Cap>,
    rated: BoxedStrategy<Option<i64>>,
    restated: BoxedStrategy<Option<usize>>,
) -> impl Strategy<Value = Story> {
    let spots = prop::collection::vec(told(rated, restated), 0..24);
    let rounding = prop_oneof![Just(Rounding::HalfAwayFromZero), Just(Rounding::HalfEven)];
    (caps, 0_i64..2_000, spots, rounding).prop_map(|(cap, rate, spots, rounding)| Story {
        cap,
        rate,
        spots,
        rounding,
    })
}

fn any_rate() -> BoxedStrategy<Option<i64>> {
    prop::option::of(0_i64..3_000).boxed()
}

fn never() -> BoxedStrategy<Option<usize>> {
    Just(None).boxed()
}

fn rate_of(mills: i64) -> Rate {
    Rate::of(Decimal::new(mills, 3)).unwrap()
}

impl Story {
    /// The story without makegoods: they share the fate of a period that is held.
    fn ordinary(mut self) -> Self {
        self.spots.iter_mut().for_each(|told| told.makegood = false);
        self
    }

    fn book(&self) -> Book {
        let mut book = Book::spots(&BOOKED.to_string(), &rate_of(self.rate).to_string(), self.cap);
        book.0.rounding = self.rounding;
        book
    }

    fn airing(&self, number: usize) -> Airing {
        let told = &self.spots[number];
        let plain = spot(&number.to_string(), &format!("2026-{:02}-{:02}", told.month, told.day));
        let spot = Airing { rate: told.rate.map(rate_of), row: u32::try_from(number).unwrap(), ..plain };
        if told.makegood { makegood(&["x"], ("0", "0"), spot) } else { spot }
    }

    /// What the line is worth in the end, by counting.
    fn worth(&self) -> Money {
        let mut aired: Vec<(i8, i8, usize)> = self
            .spots
            .iter()
            .enumerate()
            .filter(|(_, s)| s.restated.is_none())
            .map(|(n, s)| (s.month, s.day, n))
            .collect();
        aired.sort_unstable();
        let (mut ordinary, mut makegoods, mut seen) = (0_i64, 0_i64, 0_i64);
        let most = match self.cap {
            Cap::LesserOfBookedAndDelivered => BOOKED,
            Cap::Percent(percent) => i64::try_from(percent.value().mantissa()).unwrap() * BOOKED / 100,
            Cap::Budget(_) | Cap::Uncapped => i64::MAX,
        };
        for (_, _, number) in aired {
            let told = &self.spots[number];
            let mills = told.rate.unwrap_or(self.rate);
            if told.makegood {
                makegoods += mills;
            } else if seen < most {
                (ordinary, seen) = (ordinary + mills, seen + 1);
            }
        }
        if let Cap::Budget(budget) = self.cap {
            ordinary = ordinary.min(i64::try_from(budget.amount().mantissa()).unwrap() * 10);
        }
        let exact = Decimal::new(ordinary + makegoods, 3);
        money::Exact::of(usd(), exact).round(self.rounding).unwrap()
    }

    /// Tells the story slice by slice, a run of a month that grows after each, and answers the book with the last run.
    fn tell(&self) -> (Book, RatedLine) {
        let mut book = self.book();
        for slice in 0..SLICES {
            let numbers = (0..self.spots.len()).filter(|n| self.spots[*n].slice == slice);
            let airings: Vec<Airing> = numbers.map(|number| self.airing(number)).collect();
            book.report(airings);
            for (number, told) in self.spots.iter().enumerate() {
                if told.restated.is_some_and(|later| told.slice + later == slice) {
                    book.restate(&number.to_string(), |airing| airing.status = AiringStatus::NotAired);
                }
            }
            let rated = book.run(&format!("2026-{:02}", slice.min(3) + 1));
            self.lawful(&book, &rated);
        }
        let unheard: Vec<usize> = (0..self.spots.len())
            .filter(|n| self.spots[*n].restated.is_some_and(|later| self.spots[*n].slice + later >= SLICES))
            .collect();
        for number in unheard {
            book.restate(&number.to_string(), |airing| airing.status = AiringStatus::NotAired);
        }
        let rated = book.run("2026-04");
        self.lawful(&book, &rated);
        (book, rated)
    }

    /// What holds after every run.
    fn lawful(&self, book: &Book, rated: &RatedLine) {
        assert!(!gross(rated).is_negative(), "a run takes nothing back");
        let mut groups: BTreeMap<Days, Decimal> = BTreeMap::new();
        for item in &rated.items {
            *groups.entry(item.bucket.origin).or_default() += item.quantity * item.bucket.rate.value();
            let off = (item.quantity * item.bucket.rate.value() - item.gross.amount()).abs();
            assert!(off <= Decimal::new(1, 2), "INV-11: {item:?}");
        }
        assert!(
            groups.values().all(|worth| *worth >= Decimal::ZERO),
            "nor does any of its periods: {rated:?}"
        );
        let spots = || book.0.billed_before.iter().filter(|entry| entry.bucket.kind == LineKind::Spots);
        let units: Decimal = spots().map(|entry| entry.units).sum();
        let worth: Decimal = spots().map(|entry| entry.units * entry.bucket.rate.value()).sum();
        match self.cap {
            Cap::LesserOfBookedAndDelivered => assert!(units <= Decimal::from(BOOKED), "INV-9"),
            Cap::Percent(percent) => {
                assert!(units * Decimal::from(100) <= percent.value() * Decimal::from(BOOKED), "INV-9")
            }
            Cap::Budget(budget) => assert!(worth <= budget.amount(), "INV-9"),
            Cap::Uncapped => {}
        }
    }
}

fn held_in_all(rated: &RatedLine) -> Money {
    Money::sum(usd(), rated.held.iter().map(|held| held.amount)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn billed_and_held_are_what_the_line_is_worth(
        story in story(caps(), any_rate(), prop::option::weighted(0.2, 0..SLICES).boxed())
    ) {
        let (book, rated) = story.tell();
        prop_assert_eq!(book.billed().plus(held_in_all(&rated)).unwrap(), story.worth());
    }

    #[test]
    fn without_caps_and_restatements_any_slicing_bills_the_same(story in story(Just(Cap::Uncapped), any_rate(), never())) {
        let (book, rated) = story.tell();
        prop_assert_eq!(book.billed(), story.worth());
        prop_assert_eq!(rated.held, vec![]);
    }

    #[test]
    fn at_one_price_any_slicing_bills_the_same_under_every_cap(story in story(caps(), Just(None).boxed(), never())) {
        let story = story.ordinary();
        let (book, _) = story.tell();
        prop_assert_eq!(book.billed(), story.worth());
    }

    #[test]
    fn a_budget_bills_the_same_at_any_prices_and_slicing(
        story in story(caps().prop_filter("a budget", |cap| matches!(cap, Cap::Budget(_))), any_rate(), never())
    ) {
        let story = story.ordinary();
        let (book, _) = story.tell();
        prop_assert_eq!(book.billed(), story.worth());
    }

    #[test]
    fn rating_again_bills_nothing_and_the_order_of_arrival_does_not_matter(
        story in story(caps(), any_rate(), prop::option::weighted(0.2, 0..SLICES).boxed())
    ) {
        let (mut book, rated) = story.tell();
        let again = book.run("2026-04");
        prop_assert_eq!(gross(&again), Money::zero(usd()));
        prop_assert_eq!(&again.items, &vec![]);
        prop_assert_eq!(&again.held, &rated.held);
        let mut one = story.book();
        let airings: Vec<Airing> = (0..story.spots.len()).map(|number| story.airing(number)).collect();
        one.report(airings);
        one.0.month = month("2026-04");
        let mut other = one.clone();
        other.airings().reverse();
        prop_assert_eq!(rate(&one.0).unwrap(), rate(&other.0).unwrap());
    }

    #[test]
    fn a_budget_holds_hours_and_expenses_in_whatever_order_they_are_heard_of(
        cents in 1_i64..200_000,
        markup in 0_i64..50,
        // The month, hours, cents spent, and the month in which they are heard of.
        told in prop::collection::vec((1_usize..7, 0_i64..9, 0_i64..50_000, 1_usize..7), 1..12),
    ) {
        let budget = Money::of(usd(), Decimal::new(cents, 2)).unwrap();
        let mut line = Book::metered(PricingModel::TimeAndMaterials, days("2026-01-01", "2026-06-30"), "150");
        line.terms().cap = Cap::Budget(budget);
        let markup_percent = Quantity::of(Decimal::from(markup)).unwrap();
        line.terms().expenses = Some(Expenses { markup_percent, cap: None });
        let (mut held, mut total) = (Money::zero(usd()), Decimal::ZERO);
        for run in 1..7 {
            for (of, hours, spent, _) in told.iter().filter(|(of, _, _, heard)| *of.max(heard) == run) {
                let first = day(&format!("2026-0{of}-01"));
                let (units, spend) = (Decimal::from(*hours), Decimal::new(*spent, 2));
                let days = Days::new(first, first.last_of_month()).unwrap();
                line.terms().cells.push(Cell { days, units, spend });
                total += units * Decimal::from(150) + spend * Decimal::new(100 + markup, 2);
            }
            held = held_in_all(&line.run(&format!("2026-0{run}")));
            prop_assert!(line.billed().amount() <= budget.amount(), "INV-9");
        }
        let worth = money::Exact::of(usd(), total.min(budget.amount())).round(Rounding::HalfAwayFromZero);
        prop_assert_eq!(line.billed().plus(held).unwrap(), worth.unwrap());
    }
}
