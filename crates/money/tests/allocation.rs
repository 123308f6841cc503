//! Parts sum to the whole.

#![allow(clippy::unwrap_used)]

use std::num::NonZeroU32;

use money::{Currency, Money, MoneyError, Remainder};
use proptest::prelude::*;
use rust_decimal::Decimal;

const BOTH: [Remainder; 2] = [Remainder::First, Remainder::Last];

fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

fn amount(text: &str) -> Money {
    Money::parse(usd(), text).unwrap()
}

fn of_cents(cents: i128) -> Money {
    Money::of(usd(), Decimal::from_i128_with_scale(cents, 2)).unwrap()
}

fn split(text: &str, count: u32, remainder: Remainder) -> Vec<String> {
    let parts = amount(text).split_evenly(NonZeroU32::new(count).unwrap(), remainder);
    parts.iter().map(Money::to_string).collect()
}

fn allocate(text: &str, weights: &[&str], remainder: Remainder) -> Result<Vec<String>, MoneyError> {
    let weights: Vec<Decimal> = weights.iter().map(|weight| weight.parse().unwrap()).collect();
    let parts = amount(text).allocate(&weights, remainder)?;
    Ok(parts.iter().map(Money::to_string).collect())
}

#[test]
fn ten_thousand_in_three() {
    assert_eq!(split("10000", 3, Remainder::First), ["3333.34", "3333.33", "3333.33"]);
    assert_eq!(split("10000", 3, Remainder::Last), ["3333.33", "3333.33", "3333.34"]);
    assert_eq!(split("-10000", 3, Remainder::First), ["-3333.34", "-3333.33", "-3333.33"]);
    assert_eq!(split("0.02", 3, Remainder::Last), ["0.00", "0.01", "0.01"]);
    assert_eq!(split("0", 2, Remainder::First), ["0.00", "0.00"]);
    assert_eq!(Remainder::default(), Remainder::First);
}

#[test]
fn the_largest_remainder_takes_the_odd_cent() {
    // Days of January to March 2020: shares 34.0659…, 31.8681…, 34.0659….
    let days = ["31", "29", "31"];
    assert_eq!(allocate("100", &days, Remainder::First).unwrap(), ["34.07", "31.87", "34.06"]);
    assert_eq!(allocate("100", &days, Remainder::Last).unwrap(), ["34.06", "31.87", "34.07"]);
    assert_eq!(allocate("-100", &days, Remainder::First).unwrap(), ["-34.07", "-31.87", "-34.06"]);
    assert_eq!(allocate("0.05", &["0", "0.5", "0.50"], Remainder::First).unwrap(), ["0.00", "0.03", "0.02"]);
    assert_eq!(allocate("1", &["0.000001"], Remainder::First).unwrap(), ["1.00"]);
}

#[test]
fn without_weight_there_is_nothing_to_allocate_by() {
    for weights in [&[][..], &["0", "0.00"], &["1", "-1"], &["3", "-1"]] {
        assert_eq!(allocate("1", weights, Remainder::First), Err(MoneyError::NoWeight), "{weights:?}");
    }
}

#[test]
fn weights_that_cannot_be_calculated_with_are_an_error() {
    for weights in [["79228162514264337593543950335", "1"], ["1", "0.0000000000000000000000000001"]] {
        let most = "99999999999999999999999999.99";
        assert_eq!(allocate(most, &weights, Remainder::First), Err(MoneyError::Overflow));
    }
}

proptest! {
    #[test]
    fn parts_sum_to_the_whole_and_are_within_a_cent_of_their_share(
        cents in -(10_i128.pow(14))..10_i128.pow(14),
        weights in prop::collection::vec((0..10_i64.pow(9), 0_u32..=6), 1..12),
    ) {
        let weights: Vec<Decimal> = weights.into_iter().map(|(mantissa, scale)| Decimal::new(mantissa, scale)).collect();
        let whole: Vec<i128> = weights.iter().map(|w| w.mantissa() * 10_i128.pow(6 - w.scale())).collect();
        let total: i128 = whole.iter().sum();
        prop_assume!(total > 0);
        for remainder in BOTH {
            let parts = of_cents(cents).allocate(&weights, remainder).unwrap();
            prop_assert_eq!(Money::sum(usd(), parts.clone()), Ok(of_cents(cents)));
            for (part, weight) in parts.iter().zip(&whole) {
                let off = part.amount().mantissa() * total - cents * weight;
                prop_assert!(off.abs() < total, "{part} for {weight} of {total}");
            }
        }
    }

    #[test]
    fn equal_weights_are_an_even_split(cents in -(10_i128.pow(14))..10_i128.pow(14), count in 1_u32..40, weight in 1_i64..1000) {
        for remainder in BOTH {
            let even = of_cents(cents).split_evenly(NonZeroU32::new(count).unwrap(), remainder);
            let weighted = of_cents(cents).allocate(&vec![Decimal::new(weight, 2); even.len()], remainder).unwrap();
            prop_assert_eq!(&weighted, &even);
            prop_assert_eq!(Money::sum(usd(), even), Ok(of_cents(cents)));
        }
    }

    #[test]
    fn a_larger_weight_never_takes_less(cents in 0..10_i128.pow(10), weights in prop::collection::vec(0_i64..50, 2..8)) {
        prop_assume!(weights.iter().any(|weight| *weight > 0));
        let decimals: Vec<Decimal> = weights.iter().map(|weight| Decimal::new(*weight, 0)).collect();
        let parts = of_cents(cents).allocate(&decimals, Remainder::First).unwrap();
        for (i, a) in weights.iter().enumerate() {
            for (j, b) in weights.iter().enumerate().filter(|(_, b)| a > b) {
                prop_assert!(parts[i].amount() >= parts[j].amount(), "{a} at {i}, {b} at {j}");
            }
        }
    }
}
