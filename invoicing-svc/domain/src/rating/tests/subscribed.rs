//! Whole lives of subscriptions, by chance: quantities and prices change in the middle of terms, flights are amended, and
//! lines end early. What was billed and what is held are in the end what each day is worth by itself.

use proptest::prelude::*;

use super::{lives::on, *};
use crate::pricing::{Proration, Schedule};
use crate::rating::Subscription;

const DAYS: usize = 181;
const SLICES: usize = 7;

#[derive(Clone, Debug)]
struct Life {
    term_months: u32,
    schedule: Schedule,
    proration: Proration,
    /// When, and what.
    amended: Vec<(usize, Amendment)>,
}

#[derive(Clone, Debug)]
enum Amendment {
    /// From which day, how many.
    Quantity(usize, i64),
    /// From which day (`None`: from the start), at which price, in parts of 0.90: a thirtieth of a month and a ninetieth
    /// of three are cents.
    Price(Option<usize>, i64),
    /// The last day of the flight.
    Flight(usize),
    /// The last day of a line that ends before its flight.
    End(usize),
}

fn lives() -> impl Strategy<Value = Life> {
    let from = prop::option::weighted(0.7, 1..DAYS);
    let amendment = prop_oneof![
        3 => (0..DAYS, 0_i64..50).prop_map(|(from, units)| Amendment::Quantity(from, units)),
        2 => (from, 0_i64..1_000).prop_map(|(from, price)| Amendment::Price(from, price)),
        1 => (0..DAYS).prop_map(Amendment::Flight),
        1 => (0..DAYS).prop_map(Amendment::End),
    ];
    let term_months = prop::sample::select(vec![1, 3]);
    let schedule = prop::sample::select(vec![Schedule::InAdvance, Schedule::InArrears]);
    let proration = prop::sample::select(vec![Proration::Thirty360, Proration::WholePeriods]);
    let amended = prop::collection::vec((0..SLICES, amendment), 0..8);
    (term_months, schedule, proration, amended).prop_map(|(term_months, schedule, proration, amended)| Life {
        term_months,
        schedule,
        proration,
        amended,
    })
}

/// What is known of a line at the end of a slice.
struct Known {
    /// From which day, how many.
    quantities: Vec<(usize, i64)>,
    /// By day, in parts of 0.90.
    prices: Vec<i64>,
    cuts: Vec<usize>,
    flight_last: usize,
    end: Option<usize>,
}

impl Known {
    /// The last day that bills.
    fn last(&self) -> usize {
        self.end.map_or(self.flight_last, |end| end.min(self.flight_last))
    }

    fn units(&self, number: usize) -> i64 {
        let said = self.quantities.iter().filter(|(from, _)| *from <= number);
        said.max_by_key(|(from, _)| *from).map_or(0, |(_, units)| *units)
    }
}

impl Life {
    fn known(&self, slice: usize) -> Known {
        let mut known = Known {
            quantities: vec![(0, 10)],
            prices: vec![100; DAYS],
            cuts: vec![0],
            flight_last: DAYS - 1,
            end: None,
        };
        let mut amended = self.amended.clone();
        amended.sort_by_key(|(when, _)| *when);
        for (_, amendment) in amended.into_iter().filter(|(when, _)| *when <= slice) {
            match amendment {
                Amendment::Quantity(from, units) => {
                    known.quantities.retain(|(known, _)| *known != from);
                    known.quantities.push((from, units));
                }
                Amendment::Price(from, price) => {
                    known.cuts.extend(from);
                    known.prices[from.unwrap_or(0)..].fill(price);
                }
                Amendment::Flight(last) => known.flight_last = last,
                Amendment::End(last) => known.end = Some(last),
            }
        }
        known.cuts.sort_unstable();
        known.cuts.dedup();
        known
    }

    fn tell(&self, known: &Known) -> Subscription {
        let cuts: Vec<usize> = known.cuts.iter().copied().filter(|cut| *cut <= known.last()).collect();
        let ends = cuts.iter().skip(1).map(|next| next - 1).chain([known.last()]);
        let terms_of = |(first, last): (&usize, usize)| {
            let price = Rate::of(Decimal::new(known.prices[*first] * 90, 2)).unwrap();
            let days = Days::new(on(*first), on(last)).unwrap();
            Terms { days, price: Some(Price::Rate(price)), discount: Percent::parse("0").unwrap() }
        };
        let quantity = |(from, count): &(usize, i64)| (on(*from), units(&count.to_string()));
        Subscription {
            flight: Days::new(on(0), on(known.flight_last)).unwrap(),
            ended: Some(on(known.last())).filter(|_| known.last() < known.flight_last),
            terms: cuts.iter().zip(ends).map(terms_of).collect(),
            quantities: known.quantities.iter().map(quantity).collect(),
            term_months: self.term_months,
            schedule: self.schedule,
            proration: self.proration,
        }
    }

    /// What the line is worth in the end: day by day, each by its part of a year of 360, or each unit that a term has more
    /// than before.
    fn worth(&self, known: &Known) -> Money {
        let of_term = |number: usize| (i64::from(on(number).month()) - 1) / i64::from(self.term_months);
        let (mut cents, mut most, mut term) = (0, 0, 0);
        for number in 0..=known.last() {
            if of_term(number) != term {
                (most, term) = (0, of_term(number));
            }
            let (units, price) = (known.units(number), known.prices[number]);
            match self.proration {
                Proration::Thirty360 | Proration::ActualDays => {
                    let days = of_360(number + 1) - of_360(number);
                    cents += units * price * days * 3 / i64::from(self.term_months);
                }
                Proration::WholePeriods => cents += (units - most).max(0) * price * 90,
            }
            most = units.max(most);
        }
        Money::of(usd(), Decimal::new(cents, 2)).unwrap()
    }
}

/// The place of a day in a year of twelve months of thirty days.
fn of_360(number: usize) -> i64 {
    i64::from(on(number).month()) * 30 + i64::from(on(number).day().min(30))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn billed_and_held_are_what_each_day_is_worth(life in lives()) {
        let mut book = Book::of(Pricing::Subscription(Box::new(life.tell(&life.known(0)))));
        for slice in 0..SLICES {
            book.0.pricing = Pricing::Subscription(Box::new(life.tell(&life.known(slice))));
            let rated = book.run(&format!("2026-{:02}", slice.min(5) + 1));
            prop_assert!(!gross(&rated).is_negative(), "a run takes nothing back: {:?}", rated);
        }
        let rated = book.run("2026-06");
        let held = Money::sum(usd(), rated.held.iter().map(|held| held.amount)).unwrap();
        prop_assert_eq!(book.billed().plus(held).unwrap(), life.worth(&life.known(SLICES)));
        let again = book.run("2026-06");
        prop_assert_eq!(&again.items, &vec![]);
        prop_assert_eq!(again.held, rated.held);
    }
}
