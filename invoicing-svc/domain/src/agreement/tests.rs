use calendar::{BillingCalendar, BillingCycle, Days};
use ids::{AccountId, AgreementId, EntityId, LineId, ProductId, Revision};
use money::{Currency, Money, Percent, Rounding};
use rust_decimal::Decimal;

use super::*;
use crate::order::BillingTerms;
use crate::rating::{Basis, Billed, LineToRate, Pricing, rate};

fn usd(amount: &str) -> Money {
    Money::parse(Currency::parse("USD").unwrap(), amount).unwrap()
}

fn days(first: &str, last: &str) -> Days {
    Days::new(first.parse().unwrap(), last.parse().unwrap()).unwrap()
}

fn agreement(kind: AgreementKind, counts: Counts) -> Agreement {
    let account = AccountId::derived(&[b"one"]);
    Agreement {
        id: AgreementId::derived(&[]),
        revision: Revision::FIRST,
        code: "A-2026".into(),
        display_name: "Annual agreement".into(),
        entity: EntityId::derived(&[]),
        account,
        accounts: BTreeSet::from([account, AccountId::derived(&[b"two"])]),
        product: ProductId::derived(&[]),
        currency: Currency::parse("USD").unwrap(),
        term: days("2025-01-01", "2025-12-31"),
        counts,
        commission: Percent::parse("0").unwrap(),
        kind,
    }
}

fn rebate(tiers: &[(&str, &str)]) -> AgreementKind {
    let tier = |(from, percent): &(&str, &str)| RebateTier {
        from: usd(from),
        percent: Percent::parse(percent).unwrap(),
    };
    AgreementKind::Rebate(RebateTiers::of(tiers.iter().map(tier).collect()).unwrap())
}

fn counted(gross: &str, corrections: &[(&str, &str)]) -> Counted {
    let correction = |(percent, gross): &(&str, &str)| (Percent::parse(percent).unwrap(), usd(gross));
    // 15 % of commission on all of it.
    let net = usd(gross).less_percent(Percent::parse("15").unwrap(), Rounding::HalfAwayFromZero);
    Counted { gross: usd(gross), net, corrections: corrections.iter().map(correction).collect() }
}

const ROUNDING: Rounding = Rounding::HalfAwayFromZero;

fn worth(agreement: &Agreement, counted: &Counted) -> String {
    let placed = usd("0.00");
    agreement.settlement(counted, placed, ROUNDING).unwrap().worth.to_string()
}

#[test]
fn a_minimum_is_what_is_short_of_it_and_a_rebate_is_a_percent_of_all_that_counts() {
    let minimum = AgreementKind::Minimum(usd("1200000.00"));
    let tiers = rebate(&[("100000.00", "1"), ("500000.00", "2.5")]);
    // Agreement, counted gross, corrections by commission, worth to date; each worked out by hand.
    type Case<'a> = (&'a AgreementKind, Counts, &'a str, &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case<'_>; 9] = [
        // Goodwill of −30,000 is not counted at all.
        (&minimum, Counts::Gross, "1140000.00", &[("0", "-20000.00")], "80000.00"),
        (&minimum, Counts::Gross, "1155000.00", &[("0", "-20000.00")], "65000.00"),
        (&minimum, Counts::Gross, "1300000.00", &[], "0.00"),
        // 1,200,000 − 0.85 × (1,140,000 − 20,000)
        (&minimum, Counts::Net, "1140000.00", &[("15", "-20000.00")], "248000.00"),
        (&tiers, Counts::Gross, "99999.99", &[], "0.00"),
        (&tiers, Counts::Gross, "100000.00", &[], "-1000.00"),
        (&tiers, Counts::Gross, "600000.00", &[], "-15000.00"),
        // Corrected below the tier.
        (&tiers, Counts::Gross, "510000.00", &[("0", "-20000.00")], "-4900.00"),
        (&tiers, Counts::Net, "500000.00", &[], "-4250.00"),
    ];
    for (kind, counts, gross, corrections, expected) in cases {
        let agreement = agreement(kind.clone(), counts);
        assert_eq!(worth(&agreement, &counted(gross, corrections)), expected, "{kind:?} {gross}");
    }
}

fn line(settled: crate::rating::Settlement, before: &[&str]) -> LineToRate {
    let bucket = |amount| settled.bucket(amount).unwrap();
    let billed = |amount: &&str| {
        let gross = usd(amount);
        let units = if gross.is_negative() { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
        Billed { bucket: bucket(gross), units, gross, basis: Basis::Rated }
    };
    LineToRate {
        line: LineId::derived(&[]),
        currency: Currency::parse("USD").unwrap(),
        rounding: ROUNDING,
        billing: BillingTerms {
            calendar: BillingCalendar::CalendarMonth,
            cycle: BillingCycle::EndOfMonth,
            contract_last: "2025-12-31".parse().unwrap(),
        },
        month: "2026-02".parse().unwrap(),
        pricing: Pricing::Settled(settled),
        billed_before: before.iter().map(billed).collect(),
        last_entry: 0,
    }
}

#[test]
fn what_is_to_be_given_back_goes_where_it_has_a_place_and_the_rest_is_held() {
    let agreement = agreement(AgreementKind::Minimum(usd("1200000.00")), Counts::Gross);
    // Counted, billed before, room on documents: what is billed, what is held.
    type Case<'a> = (&'a str, &'a [&'a str], &'a str, &'a [&'a str], &'a [&'a str]);
    let cases: [Case<'_>; 6] = [
        ("1120000.00", &[], "0.00", &["1 × 80000 = 80000.00"], &[]),
        ("1120000.00", &["80000.00"], "0.00", &[], &[]),
        ("1135000.00", &["80000.00"], "15000.00", &["-1 × 15000 = -15000.00"], &[]),
        ("1135000.00", &["80000.00"], "10000.00", &["-1 × 10000 = -10000.00"], &["-5000.00"]),
        ("1135000.00", &["80000.00"], "0.00", &[], &["-15000.00"]),
        ("1110000.00", &["80000.00", "-15000.00"], "0.00", &["1 × 25000 = 25000.00"], &[]),
    ];
    for (gross, before, placed, billed, held) in cases {
        let settled = agreement.settlement(&counted(gross, &[]), usd(placed), ROUNDING).unwrap();
        let rated = rate(&line(settled, before)).unwrap();
        let items: Vec<String> = rated
            .items
            .iter()
            .map(|item| format!("{} × {} = {}", item.quantity, item.bucket.rate, item.gross))
            .collect();
        assert_eq!(items, billed, "{gross} {before:?}");
        let back: Vec<String> = rated.held.iter().map(|held| held.amount.to_string()).collect();
        assert_eq!(back, held, "{gross} {before:?}");
        assert!(rated.items.iter().all(|item| item.late));
    }
}

#[test]
fn a_run_settles_an_agreement_whose_term_is_over_and_whose_accounts_it_takes() {
    let agreement = agreement(AgreementKind::Minimum(usd("1.00")), Counts::Gross);
    assert!(!agreement.is_over("2025-11".parse().unwrap()));
    assert!(agreement.is_over("2025-12".parse().unwrap()));
    let at = jiff::Timestamp::UNIX_EPOCH;
    let mut run = crate::billing_run::glance(agreement.entity, "2025-12".parse().unwrap(), at);
    assert!(agreement.is_within(&run));
    run.accounts = vec![agreement.account];
    assert!(!agreement.is_within(&run));
    run.accounts = agreement.accounts.iter().copied().collect();
    assert!(agreement.is_within(&run));
}

#[test]
fn tiers_ascend() {
    let tier = |from| RebateTier { from: usd(from), percent: Percent::parse("1").unwrap() };
    assert_eq!(RebateTiers::of(vec![]), Err(None));
    assert_eq!(RebateTiers::of(vec![tier("1.00"), tier("2.00"), tier("2.00")]), Err(Some(2)));
}

#[test]
fn a_minimum_does_not_become_a_rebate() {
    let one = agreement(AgreementKind::Minimum(usd("1.00")), Counts::Gross);
    let other = agreement(rebate(&[("0.00", "1")]), Counts::Gross);
    assert_eq!(update(&one, &one), Ok(()));
    assert_eq!(update(&one, &other), Err(AgreementRefusal::KindMoved { code: "A-2026".into() }));
}
