mod caps;
mod corrections;
mod examples;
mod fees;
mod lives;
mod makegoods;
mod metered;
mod openings;
mod parts;
mod properties;
mod spots;
mod subscribed;
mod subscriptions;
mod tier_fees;

use calendar::{BillingCalendar, BillingCycle, Days, Month};
use ids::{AiringId, LineId, OrderId};
use jiff::civil::Date;
use money::{Currency, Money, Percent, Quantity, Rate, Rounding};
use rust_decimal::Decimal;

use super::{
    Airing, AiringStatus, Basis, Billed, Bucket, Cell, HeldCause, LineKind, LineToRate, Makegood, Metered,
    Price, Pricing, RatedItem, RatedLine, Segment, Terms, rate, rate_taking_back,
};
use crate::order::{BillingTerms, Cap, Part};
use crate::pricing::{Metric, PricingModel, Window};

fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

fn money(text: &str) -> Money {
    Money::parse(usd(), text).unwrap()
}

fn price(text: &str) -> Rate {
    Rate::parse(text).unwrap()
}

fn units(text: &str) -> Quantity {
    Quantity::parse(text).unwrap()
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn days(first: &str, last: &str) -> Days {
    Days::new(day(first), day(last)).unwrap()
}

fn order() -> OrderId {
    OrderId::of("traffic", "IO-1001")
}

/// A spot that aired, named by its number.
fn spot(name: &str, on: &str) -> Airing {
    Airing {
        id: AiringId::of("traffic", order(), "L3", name),
        version: 1,
        day: day(on),
        time: None,
        row: 1,
        rate: None,
        status: AiringStatus::Aired,
        makegood: None,
        billed_as: None,
    }
}

fn at(rate: &str, spot: Airing) -> Airing {
    Airing { rate: Some(price(rate)), ..spot }
}

/// A makegood of which so much is for what was billed, and so much nobody is owed.
fn makegood(names: &[&str], (free, beyond): (&str, &str), spot: Airing) -> Airing {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let (free, beyond) = (free.parse().unwrap(), beyond.parse().unwrap());
    Airing { makegood: Some(Makegood { names, free, beyond }), ..spot }
}

/// One line with its ledger: what is billed is entered, so that runs can follow each other.
#[derive(Clone, Debug)]
struct Book(LineToRate);

impl Book {
    fn of(pricing: Pricing) -> Self {
        let (calendar, cycle) = (BillingCalendar::CalendarMonth, BillingCycle::EndOfMonth);
        Self(LineToRate {
            line: LineId::of(order(), "L3"),
            currency: usd(),
            rounding: Rounding::HalfAwayFromZero,
            billing: BillingTerms { calendar, cycle, contract_last: day("2026-06-30") },
            month: month("2026-01"),
            pricing,
            billed_before: Vec::new(),
            last_entry: 0,
        })
    }

    /// A line of spots, January to June, so many booked at this rate.
    fn spots(booked: &str, rate: &str, cap: Cap) -> Self {
        let terms = Segment {
            days: days("2026-01-01", "2026-06-30"),
            rate: Some(price(rate)),
            booked_units: units(booked),
        };
        Self::of(Pricing::PerSpot { segments: vec![terms], cap, airings: Vec::new(), decided: Vec::new() })
    }

    fn fee(parts: &[(&str, &str, &str)]) -> Self {
        let part = |(first, last, amount): &(&str, &str, &str)| Part {
            period: days(first, last),
            amount: money(amount),
        };
        Self::of(Pricing::FlatFee { parts: parts.iter().map(part).collect() })
    }

    fn segments(&mut self) -> &mut Vec<Segment> {
        match &mut self.0.pricing {
            Pricing::PerSpot { segments, .. } => segments,
            Pricing::FlatFee { .. }
            | Pricing::Metered(_)
            | Pricing::Subscription(_)
            | Pricing::Settled(_) => {
                panic!("a fee has no segments")
            }
        }
    }

    fn airings(&mut self) -> &mut Vec<Airing> {
        match &mut self.0.pricing {
            Pricing::PerSpot { airings, .. } => airings,
            Pricing::FlatFee { .. }
            | Pricing::Metered(_)
            | Pricing::Subscription(_)
            | Pricing::Settled(_) => {
                panic!("a fee has no airings")
            }
        }
    }

    /// A metered line over its flight, at one price per unit of the model's base; uncapped.
    fn metered(model: PricingModel, flight: Days, rate: &str) -> Self {
        let price = Price::Rate(price(rate));
        let discount = Percent::parse("0").unwrap();
        Self::of(Pricing::Metered(Box::new(Metered {
            model,
            metric: model.metric().unwrap_or(Metric::Impressions),
            flight,
            ended: None,
            terms: vec![Terms { days: flight, price: Some(price), discount }],
            booked_units: None,
            period_units: Vec::new(),
            cap: Cap::Uncapped,
            cap_window: Window::Life,
            tier_window: Window::Life,
            term_months: None,
            package_units: None,
            minimum: None,
            expenses: None,
            cells: Vec::new(),
            undecided: Vec::new(),
        })))
    }

    fn terms(&mut self) -> &mut Metered {
        match &mut self.0.pricing {
            Pricing::Metered(metered) => metered,
            Pricing::FlatFee { .. }
            | Pricing::PerSpot { .. }
            | Pricing::Subscription(_)
            | Pricing::Settled(_) => {
                panic!("not metered")
            }
        }
    }

    /// What was counted between two days of a billing period.
    fn deliver(&mut self, first: &str, last: &str, units: &str) {
        let cell = Cell { days: days(first, last), units: units.parse().unwrap(), spend: Decimal::ZERO };
        self.terms().cells.push(cell);
    }

    fn report(&mut self, spots: impl IntoIterator<Item = Airing>) {
        self.airings().extend(spots);
    }

    fn restate(&mut self, name: &str, change: impl FnOnce(&mut Airing)) {
        let id = spot(name, "2026-01-01").id;
        let airing = self.airings().iter_mut().find(|airing| airing.id == id).unwrap();
        airing.version += 1;
        change(airing);
    }

    fn enter(&mut self, basis: Basis, origin: Days, counted: (&str, &str), gross: &str) {
        let (units, rate) = (counted.0.parse().unwrap(), price(counted.1));
        let bucket =
            Bucket { origin, kind: LineKind::Spots, segment_first: day("2026-01-01"), rate, price_base: 1 };
        self.0.last_entry += 1;
        self.0.billed_before.push(Billed { bucket, units, gross: money(gross), basis });
    }

    /// Rates the line for a month and issues what comes of it.
    fn run(&mut self, of: &str) -> RatedLine {
        self.0.month = month(of);
        let rated = rate(&self.0).unwrap();
        self.issue(&rated);
        rated
    }

    /// Enters what was billed.
    fn issue(&mut self, rated: &RatedLine) {
        for item in &rated.items {
            let RatedItem { bucket, quantity, gross, entry, .. } = item;
            self.0.billed_before.push(Billed {
                bucket: *bucket,
                units: *quantity,
                gross: *gross,
                basis: Basis::Rated,
            });
            assert_eq!(*entry, self.0.last_entry + 1, "entries of the ledger count up");
            self.0.last_entry = *entry;
            for (id, _) in &item.airings {
                self.airings().iter_mut().find(|airing| airing.id == *id).unwrap().billed_as = Some(*bucket);
            }
        }
    }

    /// What was billed and entered, whatever its basis.
    fn billed(&self) -> Money {
        Money::sum(usd(), self.0.billed_before.iter().map(|entry| entry.gross)).unwrap()
    }
}

/// Quantity, rate and amount of each item.
fn lines(rated: &RatedLine) -> Vec<(LineKind, String)> {
    let line = |item: &RatedItem| {
        (item.bucket.kind, format!("{} × {} = {}", item.quantity, item.bucket.rate, item.gross))
    };
    rated.items.iter().map(line).collect()
}

fn held(rated: &RatedLine) -> Vec<(i8, String, HeldCause)> {
    rated.held.iter().map(|held| (held.origin.first().month(), held.amount.to_string(), held.cause)).collect()
}

fn gross(rated: &RatedLine) -> Money {
    Money::sum(usd(), rated.items.iter().map(|item| item.gross)).unwrap()
}
