use calendar::{BillingCalendar, BillingCycle, Days, Month};
use ids::{LineId, OrderId};
use money::{Currency, Money, Rate, Rounding};
use rust_decimal::Decimal;

use super::{Booked, Bridge, Difference, DocumentLine, Documents, Level, LineOfBridge};
use crate::order::{BillingTerms, Part};
use crate::rating::{Basis, Billed, Bucket, LineKind, LineToRate, Pricing};
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
    let standing = standing(&line).unwrap();
    let waiting = Waiting {
        today: "2026-03-15".parse().unwrap(),
        drafted: vec![],
        block: None,
        open: None,
        hold: None,
    };
    let reasons = reasons(&line, &standing, &waiting).unwrap();
    let flight = Days::new(days("2026-01").first(), days("2026-03").last()).unwrap();
    let booked = Booked { amount: usd("10000.00"), flight, units: vec![] };
    let documents = [DocumentLine { origin: days("2026-01"), asked: true, gross: usd(documents) }];
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

#[test]
fn what_has_no_name_shows() {
    let wrong = bridge(months(None, "2026-03"), "3000.00");
    let steps = wrong.steps().unwrap();
    assert_eq!(steps[4].unexplained, usd("-333.34"), "documents say less than the ledger");
}
