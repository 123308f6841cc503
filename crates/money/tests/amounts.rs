//! Amounts as they are read, written, added and compared.

#![allow(clippy::unwrap_used)]

use std::cmp::Ordering;

use money::{Currency, Money, MoneyError, ParseAmountError, Percent, Quantity, Rate};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

fn usd(text: &str) -> Money {
    Money::parse(currency("USD"), text).unwrap()
}

#[test]
fn currencies_are_those_of_iso_4217_that_have_minor_units() {
    for (code, minor_units) in [("JPY", 0), ("USD", 2), ("EUR", 2), ("KWD", 3), ("CLF", 4)] {
        assert_eq!((currency(code).code(), currency(code).minor_units()), (code, minor_units));
    }
    for code in ["", "usd", "Usd", "US", "USDX", " USD", "U$D", "840", "QQQ", "XAU", "XXX", "XTS", "XDR"] {
        assert!(Currency::parse(code).is_err(), "{code}");
    }
}

#[test]
fn an_amount_is_written_with_exactly_the_minor_units() {
    for (code, text, written) in [
        ("USD", "10000", "10000.00"),
        ("USD", "10000.5", "10000.50"),
        ("USD", "-0.05", "-0.05"),
        ("USD", "-0.00", "0.00"),
        ("USD", "-0", "0.00"),
        ("USD", "007.50", "7.50"),
        ("JPY", "1500", "1500"),
        ("KWD", "1.234", "1.234"),
        ("USD", "99999999999999999999999999.99", "99999999999999999999999999.99"),
        ("USD", "-99999999999999999999999999.99", "-99999999999999999999999999.99"),
    ] {
        assert_eq!(Money::parse(currency(code), text).unwrap().to_string(), written);
    }
    assert_eq!(format!("{:?}", usd("7.5")), "USD 7.50");
}

#[test]
fn what_is_not_exactly_an_amount_is_refused() {
    use ParseAmountError::{NotADecimal, TooManyDecimals, TooManyDigits};
    for text in [
        "", "-", "+1", "--1", "1-", " 1", "1 ", "1,000.00", "1_000", "1e3", "1E3", ".5", "-.5", "1.", "1..5",
        "1.2.3", "1.-5", "0x10", "NaN", "inf", "١", "1\0", "\0", "1.5\0",
    ] {
        assert_eq!(Money::parse(currency("USD"), text), Err(NotADecimal), "{text:?}");
    }
    for (code, text, allowed) in
        [("USD", "1.005", 2), ("USD", "1.000", 2), ("JPY", "1.0", 0), ("KWD", "0.0001", 3)]
    {
        assert_eq!(Money::parse(currency(code), text), Err(TooManyDecimals { allowed }), "{text}");
    }
    for text in
        ["100000000000000000000000000", "99999999999999999999999999999", "00000000000000000000000000001"]
    {
        assert_eq!(Money::parse(currency("USD"), text), Err(TooManyDigits), "{text}");
    }
    assert_eq!(Money::parse(currency("USD"), &"9".repeat(100_000)), Err(TooManyDigits));
}

#[test]
fn a_decimal_is_an_amount_if_no_part_of_a_minor_unit_is_lost() {
    let of = |mantissa, scale| Money::of(currency("USD"), Decimal::new(mantissa, scale));
    assert_eq!(of(12_300_000, 6), Ok(usd("12.30")));
    assert_eq!(of(-5, 0), Ok(usd("-5")));
    assert_eq!(of(12_301, 3), Err(ParseAmountError::TooManyDecimals { allowed: 2 }));
    assert_eq!(Money::of(currency("USD"), Decimal::MAX), Err(ParseAmountError::TooManyDigits));
    assert_eq!(Money::of(currency("USD"), -Decimal::ZERO).unwrap().to_string(), "0.00");
}

#[test]
fn amounts_of_two_currencies_have_no_sum_and_no_order() {
    let yen = Money::parse(currency("JPY"), "1").unwrap();
    let mismatch = MoneyError::CurrencyMismatch { left: currency("USD"), right: currency("JPY") };
    assert_eq!(usd("1").plus(yen), Err(mismatch));
    assert_eq!(usd("1").minus(yen), Err(mismatch));
    assert_eq!(usd("1").compare(yen), Err(mismatch));
    assert_eq!(Money::sum(currency("USD"), [usd("1"), yen]), Err(mismatch));
    assert_eq!(mismatch.to_string(), "USD and JPY do not add up: amounts of two currencies");
}

#[test]
fn amounts_add_up_and_compare() {
    assert_eq!(Money::sum(currency("USD"), [usd("0.10"), usd("0.20"), usd("-0.05")]), Ok(usd("0.25")));
    assert_eq!(Money::sum(currency("USD"), []), Ok(Money::zero(currency("USD"))));
    assert_eq!(usd("1").minus(usd("2.50")), Ok(usd("-1.50")));
    assert_eq!(usd("1").compare(usd("-2")), Ok(Ordering::Greater));
    assert!(usd("0").is_zero() && usd("0.01").is_positive() && usd("-0.01").is_negative());
    assert!(!usd("0").is_positive() && !usd("0").is_negative());
}

#[test]
fn a_sum_that_does_not_fit_is_an_error() {
    let most = usd("99999999999999999999999999.99");
    assert_eq!(most.plus(usd("0.01")), Err(MoneyError::Overflow));
    assert_eq!(most.negate().minus(usd("0.01")), Err(MoneyError::Overflow));
    assert_eq!(most.minus(most), Ok(usd("0")));
}

#[test]
fn rates_quantities_and_percents_have_their_bounds() {
    use ParseAmountError::{AboveHundred, Negative, TooManyDecimals, TooManyDigits};
    assert_eq!(Rate::parse("12.500000000001").unwrap().to_string(), "12.500000000001");
    assert_eq!(Rate::parse("0.0000000000001"), Err(TooManyDecimals { allowed: 12 }));
    assert_eq!(Rate::parse("-1"), Err(Negative));
    assert_eq!(Rate::parse(&"9".repeat(29)), Err(TooManyDigits));
    assert_eq!(Quantity::parse("0.0000001"), Err(TooManyDecimals { allowed: 6 }));
    assert_eq!(Quantity::parse("-0.5"), Err(Negative));
    assert_eq!(Percent::parse("100").unwrap().to_string(), "100");
    assert_eq!(Percent::parse("100.000001"), Err(AboveHundred));
    assert_eq!(Percent::of(Decimal::new(15_000, 3)), Percent::parse("15"));
}

#[test]
fn a_rate_has_one_spelling() {
    for (text, written) in [("450.00", "450"), ("0.50", "0.5"), ("1000", "1000"), ("0.000", "0"), ("-0", "0")]
    {
        assert_eq!(Rate::parse(text).unwrap().to_string(), written);
    }
}

proptest! {
    #[test]
    fn an_amount_reads_back_as_it_was_written(minor in -(10_i128.pow(28) - 1)..10_i128.pow(28), code in "USD|JPY|KWD|CLF") {
        let currency = currency(&code);
        let amount = Money::of(currency, Decimal::from_i128_with_scale(minor, currency.minor_units())).unwrap();
        prop_assert_eq!(Money::parse(currency, &amount.to_string()), Ok(amount));
        prop_assert_eq!(Money::of(currency, amount.amount()), Ok(amount));
    }

    #[test]
    fn any_text_is_an_amount_or_an_error(text in "\\PC{0,40}|-?[0-9]{0,30}\\.?[0-9]{0,30}") {
        for code in ["USD", "JPY"] {
            let amount = Money::parse(currency(code), &text);
            let grammar = {
                let unsigned = text.strip_prefix('-').unwrap_or(&text);
                let parts: Vec<&str> = unsigned.split('.').collect();
                parts.len() <= 2 && parts.iter().all(|p| !p.is_empty() && p.chars().all(|c| c.is_ascii_digit()))
            };
            prop_assert_eq!(amount == Err(ParseAmountError::NotADecimal), !grammar);
        }
    }

    #[test]
    fn a_rate_reads_back_as_it_was_written(mantissa in 0..10_i128.pow(28), scale in 0_u32..=12) {
        let rate = Rate::of(Decimal::from_i128_with_scale(mantissa, scale)).unwrap();
        prop_assert_eq!(Rate::parse(&rate.to_string()), Ok(rate));
    }
}
