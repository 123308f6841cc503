//! Worked examples, each with where its expectation comes from: `examples/*.txt`. An order with one line is booked,
//! and its months are billed one after the other.

use std::collections::BTreeMap;

use calendar::FiscalCalendar;
use ids::{AccountId, EntityId, ProductId};
use uuid::Uuid;

use super::*;
use crate::order::{
    Discount, EntityFacts, ExternalId, Liability, Line, Milestone, Order, OrderCalendar, QuantityFrom, Usage,
};
use crate::pricing::{Minimum, PeriodUnits, Proration, Schedule, Tier};
use crate::rating::{Asked, Delivered, Quote, QuotedMonth, Reported, quote};
use money::Remainder;

const FILES: [&str; 8] = [
    include_str!("examples/one_price.txt"),
    include_str!("examples/discounts.txt"),
    include_str!("examples/caps.txt"),
    include_str!("examples/minimums.txt"),
    include_str!("examples/tiers.txt"),
    include_str!("examples/fees.txt"),
    include_str!("examples/subscriptions.txt"),
    include_str!("examples/time_and_materials.txt"),
];

/// One example: each of its lines is a word and what it says.
struct Example<'a>(Vec<(&'a str, Vec<&'a str>)>);

impl<'a> Example<'a> {
    fn all() -> impl Iterator<Item = Self> {
        let texts = FILES.iter().flat_map(|file| file.split("\n\n"));
        texts.map(|text| {
            let lines = text.trim().lines().map(|line| line.split_once(' ').unwrap());
            Example(lines.map(|(word, rest)| (word, rest.split(' ').collect())).collect())
        })
    }

    fn every(&self, word: &str) -> impl Iterator<Item = &[&'a str]> {
        self.0.iter().filter(move |(known, _)| *known == word).map(|(_, said)| &said[..])
    }

    fn said(&self, word: &str) -> Option<&[&'a str]> {
        self.every(word).next()
    }

    fn first(&self, word: &str) -> Option<&'a str> {
        self.said(word).map(|said| said[0])
    }

    fn name(&self) -> String {
        self.said("example").unwrap().join(" ")
    }

    fn currency(&self) -> Currency {
        Currency::parse(self.first("currency").unwrap_or("USD")).unwrap()
    }

    fn money(&self, text: &str) -> Money {
        Money::parse(self.currency(), text).unwrap()
    }

    fn model(&self) -> PricingModel {
        let models = [
            ("FLAT_FEE", PricingModel::FlatFee),
            ("PER_SPOT", PricingModel::PerSpot),
            ("CPM", PricingModel::Cpm),
            ("VCPM", PricingModel::Vcpm),
            ("CPC", PricingModel::Cpc),
            ("CPV", PricingModel::Cpv),
            ("CPCV", PricingModel::Cpcv),
            ("CPA", PricingModel::Cpa),
            ("CPD", PricingModel::Cpd),
            ("PERCENT_OF_SPEND", PricingModel::PercentOfSpend),
            ("GRADUATED", PricingModel::Graduated),
            ("VOLUME", PricingModel::Volume),
            ("PACKAGE", PricingModel::Package),
            ("TIERED_FLAT", PricingModel::TieredFlat),
            ("GRADUATED_PERCENT", PricingModel::GraduatedPercent),
            ("SUBSCRIPTION", PricingModel::Subscription),
            ("TIME_AND_MATERIALS", PricingModel::TimeAndMaterials),
        ];
        BTreeMap::from(models)[self.first("model").unwrap()]
    }

    fn metric(&self) -> Option<Metric> {
        let metrics =
            [("IMPRESSIONS", Metric::Impressions), ("CLICKS", Metric::Clicks), ("ACTIONS", Metric::Actions)];
        self.said("model").unwrap().get(1).map(|metric| BTreeMap::from(metrics)[metric])
    }

    fn rounding(&self) -> Rounding {
        if self.first("rounding").is_some() { Rounding::HalfEven } else { Rounding::HalfAwayFromZero }
    }

    fn remainder(&self) -> Remainder {
        if self.first("remainder").is_some() { Remainder::Last } else { Remainder::First }
    }

    fn flight(&self) -> Days {
        let said = self.said("flight").unwrap();
        days(said[0], said[1])
    }

    fn order(&self) -> Order {
        Order {
            external_id: ExternalId { source_system: "example".into(), id: "1".into() },
            other_external_ids: Vec::new(),
            revision: 1,
            account: AccountId::from_uuid(Uuid::nil()),
            entity: EntityId::from_uuid(Uuid::nil()),
            advertiser: "Example".into(),
            currency: self.currency(),
            commission: Percent::parse("0").unwrap(),
            payment_terms_days: None,
            flight: self.flight(),
            signed: None,
            liability: Liability::SoleAgency,
            calendar: match self.first("calendar") {
                Some(_) => OrderCalendar::BroadcastMonth,
                None => OrderCalendar::CalendarMonth,
            },
            cycle: self.first("cycle").map_or(BillingCycle::EndOfMonth, |_| BillingCycle::Weekly),
            territory: None,
            purchase_orders: Vec::new(),
            discount: None,
            lines: vec![self.line()],
        }
    }

    fn line(&self) -> Line {
        let milestone = |said: &[&str]| Milestone {
            day: day(said[0]),
            amount: self.money(said[1]),
            description: String::new(),
        };
        let schedules = BTreeMap::from([
            ("PRO_RATA_DAYS", Schedule::ProRataDays),
            ("UPFRONT", Schedule::Upfront),
            ("ON_DELIVERY", Schedule::OnDelivery),
            ("MILESTONE", Schedule::Milestone),
            ("IN_ADVANCE", Schedule::InAdvance),
            ("IN_ARREARS", Schedule::InArrears),
        ]);
        let discount = |text: &str| match text.strip_suffix('%') {
            Some(percent) => Discount::Percent(Percent::parse(percent).unwrap()),
            None => Discount::Amount(self.money(text)),
        };
        Line {
            number: "1".into(),
            product: ProductId::from_uuid(Uuid::nil()),
            description: String::new(),
            flight: self.flight(),
            rate: self.first("rate").map(price),
            booked_units: self.first("booked").map(units),
            amount: self.first("amount").map(|amount| self.money(amount)),
            cap: self.cap(),
            cap_window: self
                .said("cap")
                .and_then(|said| window(said.last().unwrap()))
                .unwrap_or(Window::Life),
            discount: self.first("discount").map(discount),
            schedule: self.first("schedule").map(|schedule| schedules[schedule]),
            usage: self.usage(),
            milestones: self.every("milestone").map(milestone).collect(),
            third_party: None,
            station: String::new(),
            program: String::new(),
            spot_length_seconds: 0,
            plan: Vec::new(),
            opening_balances: Vec::new(),
            scopes: Vec::new(),
            cancelled_on: None,
            short_rate: None,
        }
    }

    fn cap(&self) -> Option<Cap> {
        self.said("cap").map(|said| match said[0] {
            "LESSER" => Cap::LesserOfBookedAndDelivered,
            "BUDGET" => Cap::Budget(self.money(said[1])),
            "PERCENT" => Cap::Percent(units(said[1])),
            _ => Cap::Uncapped,
        })
    }

    fn usage(&self) -> Usage {
        let tier = |said: &[&str]| Tier {
            up_to: Some(said[0]).filter(|up_to| *up_to != "-").map(units),
            rate: price(if said[1] == "-" { "0" } else { said[1] }),
            flat: said.get(2).map(|flat| self.money(flat)),
        };
        let prorations = BTreeMap::from([
            ("ACTUAL_DAYS", Proration::ActualDays),
            ("THIRTY_360", Proration::Thirty360),
            ("WHOLE_PERIODS", Proration::WholePeriods),
        ]);
        let minimum =
            |said: &[&str]| Minimum { amount: self.money(said[0]), window: window(said[1]).unwrap() };
        let booked = |said: &[&str]| PeriodUnits { period: days(said[0], said[1]), units: units(said[2]) };
        let seats = |said: &[&str]| QuantityFrom { day: day(said[0]), quantity: units(said[1]) };
        Usage {
            metric: self.metric(),
            tiers: self.every("tier").map(tier).collect(),
            tier_window: self.first("tiers").and_then(window).unwrap_or(Window::Life),
            minimum: self.said("minimum").map(minimum),
            term_months: self.first("term").map(|months| months.parse().unwrap()),
            proration: self.first("proration").map(|proration| prorations[proration]),
            package_units: self.first("package").map(units),
            markup_percent: self.first("markup").map(units),
            expense_cap: self.first("expense_cap").map(|cap| self.money(cap)),
            period_units: self.every("units").map(booked).collect(),
            quantities: self.every("seats").map(seats).collect(),
            delivery_source: None,
        }
    }

    /// What is delivered, and when it is known.
    fn reported(&self, billing: BillingTerms) -> Vec<Reported> {
        let mut reported = Vec::new();
        for (number, said) in self.every("use").enumerate() {
            let (cell, option) = (days(said[0], said[1]), |word| {
                said.iter().position(|known| *known == word).map(|position| said[position + 1])
            });
            let own = billing.month_of(billing.period_of(cell.first()));
            let known = option("in").map_or(own, month);
            let delivered: Vec<Delivered> = if self.model() == PricingModel::PerSpot {
                let spot = |n: u32| {
                    let spot = spot(&format!("{number}.{n}"), said[0]);
                    Delivered::Spot(Airing { rate: option("rate").map(price), row: n, ..spot })
                };
                (0..said[2].parse().unwrap()).map(spot).collect()
            } else {
                let spend = option("spend").map_or(Decimal::ZERO, |spend| spend.parse().unwrap());
                vec![Delivered::Cell(Cell { days: cell, units: said[2].parse().unwrap(), spend })]
            };
            reported.extend(delivered.into_iter().map(|delivered| Reported { known, delivered }));
        }
        reported
    }

    fn quote(&self) -> Vec<QuotedMonth> {
        let (rounding, remainder) = (self.rounding(), self.remainder());
        let entity = EntityFacts { rounding, remainder, fiscal: FiscalCalendar::GREGORIAN };
        let order = self.order();
        let usage = self.reported(order.billing(entity.fiscal));
        let asked = Asked { order, model: self.model(), entity, usage };
        let asked = Quote::of(asked).unwrap_or_else(|no| panic!("{}: {no}", self.name()));
        quote(asked).unwrap_or_else(|no| panic!("{}: {no}", self.name()))
    }
}

fn window(text: &str) -> Option<Window> {
    match text {
        "LIFE" => Some(Window::Life),
        "TERM" => Some(Window::Term),
        "PERIOD" => Some(Window::Period),
        "PERIOD_WITH_CARRY" => Some(Window::PeriodWithCarry),
        _ => None,
    }
}

#[test]
fn every_example_bills_what_it_says() {
    let mut wrong = Vec::new();
    for example in Example::all() {
        let expected: BTreeMap<&str, &str> = example.every("bills").map(|said| (said[0], said[1])).collect();
        let months = example.quote();
        for quoted in &months {
            let name = quoted.month.to_string();
            let zero = Money::zero(example.currency()).to_string();
            let bills = expected.get(&name[..]).map_or(zero, |bills| (*bills).to_owned());
            if quoted.billed.to_string() != bills {
                wrong.push(format!("{}: {name} bills {}, not {bills}", example.name(), quoted.billed));
            }
            assert!(quoted.explanation.adds_up().unwrap(), "{}: {:?}", example.name(), quoted.explanation);
        }
        let held = months.last().map_or(Vec::new(), |last| last.held.clone());
        let held = Money::sum(example.currency(), held.iter().map(|held| held.amount)).unwrap();
        let holds =
            example.first("holds").map_or(Money::zero(example.currency()), |text| example.money(text));
        if held != holds {
            wrong.push(format!("{}: holds {held}, not {holds}", example.name()));
        }
        let billed: Vec<String> = months.iter().map(|quoted| quoted.month.to_string()).collect();
        assert!(expected.keys().all(|month| billed.iter().any(|known| known == month)), "{}", example.name());
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn there_are_examples_of_everything() {
    assert!(Example::all().count() >= 120);
    assert!(Example::all().all(|example| example.said("from").is_some()), "each says where it comes from");
    let models: std::collections::BTreeSet<String> =
        Example::all().map(|example| example.first("model").unwrap().to_owned()).collect();
    assert_eq!(models.len(), 17);
}
