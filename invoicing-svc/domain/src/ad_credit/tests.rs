use calendar::{BillingCalendar, BillingCycle};
use ids::LineId;
use money::{Currency, Rounding};
use rust_decimal::Decimal;

use super::*;
use crate::order::BillingTerms;
use crate::rating::{Basis, Billed, LineToRate, Pricing, rate};

fn usd(amount: &str) -> Money {
    Money::parse(Currency::parse("USD").unwrap(), amount).unwrap()
}

fn credit() -> AdCredit {
    AdCredit {
        id: AdCreditId::derived(&[]),
        revision: Revision::FIRST,
        account: AccountId::derived(&[]),
        entity: EntityId::derived(&[]),
        product: ProductId::derived(&[]),
        amount: usd("500.00"),
        days: Days::new("2026-01-15".parse().unwrap(), "2026-06-30".parse().unwrap()).unwrap(),
        reason: "Welcome".into(),
        granted_by: "billing_manager_1".into(),
    }
}

fn line(settled: Settlement, used: &[&str]) -> LineToRate {
    let billed = |amount: &&str| Billed {
        bucket: settled.bucket(usd(amount)).unwrap(),
        units: Decimal::NEGATIVE_ONE,
        gross: usd(amount).negate(),
        basis: Basis::Rated,
    };
    LineToRate {
        line: LineId::derived(&[]),
        currency: Currency::parse("USD").unwrap(),
        rounding: Rounding::HalfAwayFromZero,
        billing: BillingTerms {
            calendar: BillingCalendar::CalendarMonth,
            cycle: BillingCycle::EndOfMonth,
            contract_last: "2026-06-30".parse().unwrap(),
        },
        month: "2026-03".parse().unwrap(),
        pricing: Pricing::Settled(settled),
        billed_before: used.iter().map(billed).collect(),
        last_entry: 0,
    }
}

#[test]
fn a_run_may_use_what_no_document_has_used() {
    let settled = credit().to_use("2026-03".parse().unwrap());
    // Used before, and what may be used now: 500.00 less what was used.
    let cases: [(&[&str], &[&str]); 3] =
        [(&[], &["-500.00"]), (&["120.00", "80.00"], &["-300.00"]), (&["500.00"], &[])];
    for (used, back) in cases {
        let rated = rate(&line(settled, used)).unwrap();
        assert_eq!(rated.items, []);
        assert_eq!(rated.held.iter().map(|held| held.amount.to_string()).collect::<Vec<_>>(), back);
    }
}

#[test]
fn what_was_drafted_is_due_and_nothing_is_held() {
    let used = Used { issued: usd("200.00"), drafted: usd("50.00"), drafted_in: None };
    assert_eq!(credit().left(used).unwrap(), usd("250.00"));
    let settled = credit().as_used(used, "2026-03".parse().unwrap()).unwrap();
    let rated = rate(&line(settled, &["200.00"])).unwrap();
    assert_eq!(rated.items.iter().map(|item| item.gross.to_string()).collect::<Vec<_>>(), ["-50.00"]);
    assert_eq!(rated.held, []);
}

#[test]
fn a_document_may_use_it_from_the_day_of_the_grant_to_that_of_its_expiry() {
    let cases = [("2026-01-14", false), ("2026-01-15", true), ("2026-06-30", true), ("2026-07-01", false)];
    for (day, holds) in cases {
        assert_eq!(credit().holds_on(day.parse().unwrap()), holds, "{day}");
    }
}
