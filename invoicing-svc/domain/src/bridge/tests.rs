use calendar::{BillingCalendar, BillingCycle, Days, Month};
use ids::{LineId, OrderId};
use money::{Currency, Money, Percent, Quantity, Rate, Rounding};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{Booked, Bridge, Difference, DocumentLine, Documents, Level, LineOfBridge};
use crate::order::{BillingTerms, Cap, Part};
use crate::pricing::{Metric, Minimum, PricingModel, Window};
use crate::rating::{Basis, Billed, Bucket, Cell, LineKind, LineToRate, Metered, Price, Pricing, Terms};
use crate::unbilled::{Months, Waiting, reasons, standing};

fn usd(amount: &str) -> Money {
    Money::parse(Currency::parse("USD").unwrap(), amount).unwrap()
}

fn days(month: &str) -> Days {
    let month: Month = month.parse().unwrap();
    Days::new(month.first_day(), month.last_day()).unwrap()
}

fn months(first: Option<&str>, last: &str) -> Months {
    Months { first: first.map(|first| first.parse().unwrap()), last: last.parse().unwrap() }
}

/// A fee of three parts, of which January's is billed.
fn fee(through: &str) -> LineToRate {
    let parts = [("2026-01", "3333.34"), ("2026-02", "3333.33"), ("2026-03", "3333.33")];
    let part = |(month, amount): (&str, &str)| Part { period: days(month), amount: usd(amount) };
    let bucket = Bucket {
        origin: days("2026-01"),
        kind: LineKind::SchedulePart,
        segment_first: days("2026-01").first(),
        rate: Rate::parse("3333.34").unwrap(),
        price_base: 1,
    };
    LineToRate {
        line: LineId::of(OrderId::of("io", "IO-1"), "L1"),
        currency: usd("0.00").currency(),
        rounding: Rounding::HalfAwayFromZero,
        billing: BillingTerms {
            calendar: BillingCalendar::CalendarMonth,
            cycle: BillingCycle::EndOfMonth,
            contract_last: days("2026-03").last(),
        },
        month: through.parse().unwrap(),
        pricing: Pricing::FlatFee { parts: parts.map(part).to_vec() },
        billed_before: vec![Billed {
            bucket,
            units: Decimal::ONE,
            gross: usd("3333.34"),
            basis: Basis::Rated,
        }],
        last_entry: 1,
    }
}

/// The bridge of the fee on 15 March, where documents say so much of January.
fn bridge(months: Months, documents: &str) -> Bridge {
    let line = fee("2026-03");
    let standing = standing(&line, &[]).unwrap();
    let waiting = Waiting {
        today: "2026-03-15".parse().unwrap(),
        drafted: vec![],
        block: None,
        open: None,
        hold: None,
        line: None,
    };
    let reasons = reasons(&line, &standing, &waiting).unwrap();
    let flight = Days::new(days("2026-01").first(), days("2026-03").last()).unwrap();
    let booked = Booked { amount: usd("10000.00"), flight, units: vec![] };
    let documents =
        [DocumentLine { origin: days("2026-01"), asked: true, is_note: false, gross: usd(documents) }];
    let mut bridge = Bridge::new(line.currency);
    let of = LineOfBridge {
        line: &line,
        standing: &standing,
        reasons: &reasons,
        booked: &booked,
        documents: &documents,
    };
    bridge.add_line(of, months).unwrap();
    bridge
        .add_documents(Documents {
            rebilled: usd("0"),
            commission: usd("500.00"),
            tax: usd("0.00"),
            posted: usd("2833.34"),
            collected: usd("0.00"),
        })
        .unwrap();
    bridge
}

fn amounts(bridge: &Bridge) -> Vec<(Level, String)> {
    bridge.steps().unwrap().into_iter().map(|step| (step.level, step.amount.to_string())).collect()
}

#[test]
fn every_step_leads_to_the_next_and_nothing_is_unexplained() {
    let bridge = bridge(months(None, "2026-03"), "3333.34");
    let expected = [
        (Level::Booked, "10000.00"),
        (Level::Delivered, "10000.00"),
        (Level::Capped, "10000.00"),
        (Level::AfterHeld, "10000.00"),
        (Level::AfterBlocked, "10000.00"),
        (Level::Billed, "3333.34"),
        (Level::AfterCredits, "3333.34"),
        (Level::Posted, "2833.34"),
        (Level::Collected, "0.00"),
    ];
    assert_eq!(amounts(&bridge), expected.map(|(level, amount)| (level, amount.to_owned())));
    let steps = bridge.steps().unwrap();
    assert!(steps.iter().all(|step| step.unexplained.is_zero()), "{steps:#?}");
    let of = |difference| {
        steps.iter().flat_map(|step| &step.differences).find(|(d, _)| *d == difference).unwrap().1
    };
    assert_eq!([of(Difference::Due), of(Difference::NotYetDue)], [usd("-3333.33"), usd("-3333.33")]);
    assert_eq!([of(Difference::Commission), of(Difference::Outstanding)], [usd("-500.00"), usd("-2833.34")]);
}

#[test]
fn what_a_document_has_of_other_months_has_a_name() {
    let february = bridge(months(Some("2026-02"), "2026-02"), "3333.34");
    let steps = february.steps().unwrap();
    assert!(steps.iter().all(|step| step.unexplained.is_zero()), "{steps:#?}");
    assert_eq!(steps[0].amount, usd("3333.33"));
    assert!(steps[6].differences.contains(&(Difference::OtherPeriods, usd("3333.34"))));
}

/// Impressions of January at 10.00 per thousand, with at least 5,000.00.
fn at_least_5000(booked: &str, delivered: i64) -> LineToRate {
    let january = days("2026-01");
    let price = Some(Price::Rate(Rate::parse("10").unwrap()));
    let metered = Metered {
        model: PricingModel::Cpm,
        metric: Metric::Impressions,
        flight: january,
        ended: None,
        terms: vec![Terms { days: january, price, discount: Percent::parse("0").unwrap() }],
        booked_units: Some(Quantity::parse(booked).unwrap()),
        period_units: vec![],
        cap: Cap::LesserOfBookedAndDelivered,
        cap_window: Window::Life,
        tier_window: Window::Life,
        term_months: None,
        package_units: None,
        minimum: Some(Minimum { amount: usd("5000.00"), window: Window::Life }),
        expenses: None,
        cells: vec![Cell { days: january, units: Decimal::from(delivered), spend: Decimal::ZERO }],
        undecided: vec![],
    };
    LineToRate { pricing: Pricing::Metered(Box::new(metered)), billed_before: vec![], ..fee("2026-01") }
}

#[test]
fn what_a_minimum_adds_is_no_delivery() {
    for (booked, amount, delivered, expected) in [
        // 300,000 of a million booked: 3,000.00 and 2,000.00 more.
        ("1000000", "10000.00", 300_000, ["10000.00", "3000.00", "5000.00", "-7000.00", "0.00", "2000.00"]),
        // 400,000 where 300,000 were booked: 1,000.00 is free, and 2,000.00 are added to the rest.
        ("300000", "3000.00", 400_000, ["3000.00", "4000.00", "5000.00", "0.00", "-1000.00", "2000.00"]),
    ] {
        let line = at_least_5000(booked, delivered);
        let standing = standing(&line, &[]).unwrap();
        let booked = Booked { amount: usd(amount), flight: days("2026-01"), units: vec![] };
        let mut bridge = Bridge::new(line.currency);
        let of =
            LineOfBridge { line: &line, standing: &standing, reasons: &[], booked: &booked, documents: &[] };
        bridge.add_line(of, months(None, "2026-01")).unwrap();
        let steps = bridge.steps().unwrap();
        let difference = |of| {
            steps.iter().flat_map(|step| &step.differences).find(|(d, _)| *d == of).unwrap().1.to_string()
        };
        let levels: Vec<String> = steps[..3].iter().map(|step| step.amount.to_string()).collect();
        let causes = [Difference::NotDelivered, Difference::OverCap, Difference::MinimumAdded];
        assert_eq!([levels, causes.map(difference).to_vec()].concat(), expected, "{delivered}");
        assert!(steps[..3].iter().all(|step| step.unexplained.is_zero()), "{steps:#?}");
    }
}

#[test]
fn what_has_no_name_shows() {
    let wrong = bridge(months(None, "2026-03"), "3000.00");
    let steps = wrong.steps().unwrap();
    assert_eq!(steps[4].unexplained, usd("-333.34"), "documents say less than the ledger");
}

/// What a document or a note says of a month.
fn said(month: i8, (asked, is_note): (bool, bool), gross: Money) -> DocumentLine {
    let month = Month::new(2026, month).unwrap();
    let origin = Days::new(month.first_day(), month.last_day()).unwrap();
    DocumentLine { origin, asked, is_note, gross }
}

proptest! {
    /// Whichever of the documents and notes are asked about, by run or by day, and whichever months.
    #[test]
    fn nothing_is_unexplained_whatever_is_asked_about(
        // The month, what was billed and what credited of it, in cents, and whether the document and the note are asked about.
        billed in prop::collection::vec((1_i8..4, 1_i64..400_000, 0_i64..100_000, any::<bool>(), any::<bool>()), 0..6),
        first in 1_i8..4,
        (commission, tax, paid) in (0_i64..9_000, 0_i64..9_000, 0_i64..9_000),
    ) {
        let currency = usd("0").currency();
        let cents = |cents: i64| Money::of(currency, Decimal::new(cents, 2)).unwrap();
        let mut line = fee("2026-03");
        let entry = line.billed_before.remove(0);
        let (mut documents, mut asked_gross) = (Vec::new(), cents(0));
        for (month, gross, credited, asked, note_asked) in billed {
            for (gross, asked, is_note) in [(cents(gross), asked, false), (cents(-credited), note_asked, true)] {
                let document = said(month, (asked, is_note), gross);
                let bucket = Bucket { origin: document.origin, ..entry.bucket };
                let basis = if is_note { Basis::Commercial } else { Basis::Rated };
                line.billed_before.push(Billed { bucket, gross, basis, ..entry });
                if asked {
                    asked_gross = asked_gross.plus(gross).unwrap();
                }
                documents.push(document);
            }
        }
        let standing = standing(&line, &[]).unwrap();
        let today = "2026-03-15".parse().unwrap();
        let waiting = Waiting { today, drafted: vec![], block: None, open: None, hold: None, line: None };
        let reasons = reasons(&line, &standing, &waiting).unwrap();
        let flight = Days::new(days("2026-01").first(), days("2026-03").last()).unwrap();
        let booked = Booked { amount: usd("10000.00"), flight, units: vec![] };
        let mut bridge = Bridge::new(currency);
        let of = LineOfBridge {
            line: &line,
            standing: &standing,
            reasons: &reasons,
            booked: &booked,
            documents: &documents,
        };
        let first = Some(Month::new(2026, first).unwrap());
        bridge.add_line(of, Months { first, last: "2026-03".parse().unwrap() }).unwrap();
        let posted = asked_gross.minus(cents(commission)).unwrap().plus(cents(tax)).unwrap();
        let (commission, tax, collected) = (cents(commission), cents(tax), cents(paid));
        bridge.add_documents(Documents { rebilled: cents(0), commission, tax, posted, collected }).unwrap();
        let steps = bridge.steps().unwrap();
        prop_assert!(steps.iter().all(|step| step.unexplained.is_zero()), "{steps:#?}");
    }
}
