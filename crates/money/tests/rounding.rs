//! Products are exact until they are rounded, once.

#![allow(clippy::unwrap_used)]

use money::{Currency, Exact, Money, MoneyError, Percent, Quantity, Rate, Rounding};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

fn amount(text: &str) -> Money {
    Money::parse(usd(), text).unwrap()
}

fn exact(text: &str) -> Exact {
    Exact::of(usd(), text.parse().unwrap())
}

fn times(rate: &str, quantity: &str) -> Result<Exact, MoneyError> {
    Rate::parse(rate).unwrap().times(Quantity::parse(quantity).unwrap(), usd())
}

#[test]
fn a_half_goes_where_the_setting_says() {
    for (product, away_from_zero, even) in [
        ("0.125", "0.13", "0.12"),
        ("0.135", "0.14", "0.14"),
        ("-0.125", "-0.13", "-0.12"),
        ("-0.135", "-0.14", "-0.14"),
        ("0.005", "0.01", "0.00"),
        ("-0.005", "-0.01", "0.00"),
        ("0.0050000000000000000000000001", "0.01", "0.01"),
        ("-0.0049999999999999999999999999", "0.00", "0.00"),
        ("0.1249999999999999999999999999", "0.12", "0.12"),
        ("2.5", "2.50", "2.50"),
        ("2", "2.00", "2.00"),
        ("0", "0.00", "0.00"),
    ] {
        let rounded = |rounding| exact(product).round(rounding).unwrap().to_string();
        assert_eq!(rounded(Rounding::HalfAwayFromZero), away_from_zero, "{product}");
        assert_eq!(rounded(Rounding::HalfEven), even, "{product}");
    }
    assert_eq!(Rounding::default(), Rounding::HalfAwayFromZero);
}

#[test]
fn an_amount_is_rounded_to_the_minor_units_of_its_currency() {
    for (code, rounded) in [("JPY", "13"), ("USD", "12.50"), ("KWD", "12.500")] {
        let exact = Exact::of(Currency::parse(code).unwrap(), Decimal::new(125, 1));
        assert_eq!(exact.round(Rounding::default()).unwrap().to_string(), rounded);
    }
}

#[test]
fn a_product_is_exact() {
    assert_eq!(times("10.00", "1000").unwrap(), exact("10000"));
    assert_eq!(times("0.333333333333", "0.000001").unwrap(), exact("0.000000333333333333"));
    assert_eq!(times("12.345678901234", "987654.321012").unwrap(), exact("12193263.112630440478928808"));
}

#[test]
fn a_product_or_sum_that_does_not_fit_is_an_error_and_not_a_near_miss() {
    let widest = "9999999999999999999999.999999";
    assert_eq!(times("1.1", widest), Err(MoneyError::Overflow));
    assert_eq!(times("9999999999999999.999999999999", widest), Err(MoneyError::Overflow));
    let most = Exact::of(usd(), Decimal::MAX);
    assert_eq!(most.plus(most), Err(MoneyError::Overflow));
    assert_eq!(most.plus(exact("0.1")), Err(MoneyError::Overflow));
    assert_eq!(most.round(Rounding::HalfEven), Err(MoneyError::Overflow));
    assert_eq!(exact("100000000000000000000000000").round(Rounding::HalfEven), Err(MoneyError::Overflow));
}

#[test]
fn products_are_added_before_they_are_rounded() {
    let third = times("0.335", "1").unwrap();
    let sum = Exact::zero(usd()).plus(third).and_then(|sum| sum.plus(third)).unwrap();
    assert_eq!(sum.round(Rounding::default()).unwrap(), amount("0.67"));
    let yen = Exact::zero(Currency::parse("JPY").unwrap());
    assert!(matches!(third.plus(yen), Err(MoneyError::CurrencyMismatch { .. })));
}

#[test]
fn net_is_what_a_commission_leaves() {
    for (gross, percent, net) in [
        ("250.00", "15", "212.50"),
        ("100.01", "15", "85.01"),
        ("100.01", "0", "100.01"),
        ("100.01", "100", "0.00"),
        ("-100.01", "15", "-85.01"),
        ("0.05", "12.5", "0.04"),
    ] {
        let left = amount(gross).less_percent(Percent::parse(percent).unwrap(), Rounding::default());
        assert_eq!(left, amount(net), "{gross} at {percent} %");
    }
}

#[test]
fn partial_credits_give_the_net_to_the_cent() {
    let percent = Percent::parse("15").unwrap();
    let net = |gross: Money| gross.less_percent(percent, Rounding::default());
    let (mut credited, mut nets) = (Money::zero(usd()), Vec::new());
    for part in ["33.34", "33.34", "33.33"] {
        let to_date = credited.plus(amount(part)).unwrap();
        nets.push(net(to_date).minus(net(credited)).unwrap());
        credited = to_date;
    }
    assert_eq!(credited, amount("100.01"));
    assert_eq!(nets, [amount("28.34"), amount("28.34"), amount("28.33")]);
    assert_eq!(Money::sum(usd(), nets), Ok(amount("85.01")));
}

proptest! {
    #[test]
    fn every_product_is_exact_or_an_error(
        rate in 0..10_i128.pow(28), decimals in 0_u32..=12, quantity in 0..10_i128.pow(28), places in 0_u32..=6,
        short in 0_u32..28,
    ) {
        // Short rates fit, long ones do not: both happen.
        let rate = Decimal::from_i128_with_scale(rate % 10_i128.pow(short + 1), decimals).normalize();
        let quantity = Decimal::from_i128_with_scale(quantity / 10_i128.pow(short), places).normalize();
        let product = Rate::of(rate).unwrap().times(Quantity::of(quantity).unwrap(), usd());
        let (scale, expected) = (rate.scale() + quantity.scale(), rate.mantissa().checked_mul(quantity.mantissa()));
        let expected = expected.filter(|mantissa| *mantissa < 1 << 96).ok_or(MoneyError::Overflow);
        let product = product.map(|exact| (exact.amount().mantissa(), exact.amount().scale()));
        prop_assert_eq!(product, expected.map(|mantissa| (mantissa, scale)));
    }

    #[test]
    fn rounding_moves_an_amount_by_at_most_half_a_minor_unit(mantissa in -(10_i128.pow(18))..10_i128.pow(18), scale in 0_u32..=18) {
        let exact = Exact::of(usd(), Decimal::from_i128_with_scale(mantissa, scale));
        for rounding in [Rounding::HalfAwayFromZero, Rounding::HalfEven] {
            let rounded = exact.round(rounding).unwrap().amount().mantissa();
            // Both sides in units of 10^-20.
            let moved = rounded * 10_i128.pow(18) - mantissa * 10_i128.pow(20 - scale);
            prop_assert!(2 * moved.abs() <= 10_i128.pow(18));
        }
    }

    #[test]
    fn rounding_is_the_same_on_both_sides_of_zero(mantissa in 0..10_i128.pow(20), scale in 0_u32..=18) {
        let round = |mantissa, rounding| {
            Exact::of(usd(), Decimal::from_i128_with_scale(mantissa, scale)).round(rounding).unwrap()
        };
        for rounding in [Rounding::HalfAwayFromZero, Rounding::HalfEven] {
            prop_assert_eq!(round(-mantissa, rounding), round(mantissa, rounding).negate());
        }
    }

    #[test]
    fn a_sum_is_exact_in_any_order(parts in prop::collection::vec((-(10_i128.pow(12))..10_i128.pow(12), 0_u32..=12), 0..8)) {
        let parts = parts.iter().map(|(m, s)| Exact::of(usd(), Decimal::from_i128_with_scale(*m, *s)));
        let forward = parts.clone().try_fold(Exact::zero(usd()), Exact::plus).unwrap();
        prop_assert_eq!(parts.rev().try_fold(Exact::zero(usd()), Exact::plus).unwrap(), forward);
    }

    #[test]
    fn extremes_are_answered_and_never_a_panic(mantissa in -((1_i128 << 96) - 1)..1 << 96, scale in 0_u32..=28) {
        let exact = Exact::of(usd(), Decimal::from_i128_with_scale(mantissa, scale));
        for rounding in [Rounding::HalfAwayFromZero, Rounding::HalfEven] {
            let whole = Decimal::from_i128_with_scale(mantissa, 0);
            prop_assert!(exact.round(rounding).is_ok() || exact.amount().abs() >= Decimal::from_i128_with_scale(10_i128.pow(25), 0));
            let _ = exact.plus(Exact::of(usd(), whole));
        }
    }
}
