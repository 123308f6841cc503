use money::{Exact, Remainder};
use proptest::prelude::*;

use super::super::apportion;
use super::*;

fn parts(whole: &str, exact: &[&str], remainder: Remainder) -> Vec<String> {
    let exact: Vec<Exact> = exact.iter().map(|part| Exact::of(usd(), part.parse().unwrap())).collect();
    apportion(money(whole), &exact, remainder).unwrap().iter().map(Money::to_string).collect()
}

#[test]
fn parts_sum_to_the_whole_and_stay_near_their_own_amount() {
    let (first, last) = (Remainder::First, Remainder::Last);
    assert_eq!(parts("0.25", &["0.125", "0.125"], first), ["0.13", "0.12"]);
    assert_eq!(parts("0.25", &["0.125", "0.125"], last), ["0.12", "0.13"]);
    assert_eq!(parts("582.50", &["500.001", "82.4995"], first), ["500.00", "82.50"]);
    assert_eq!(parts("-0.12", &["-1", "0.875", "0"], first), ["-1.00", "0.88", "0.00"]);
    // Half to even: 0.025 is 0.02, and the 0.015 before it was 0.02 too.
    assert_eq!(parts("0.00", &["0.01", "0"], first), ["0.00", "0.00"]);
}

proptest! {
    #[test]
    fn any_parts_sum_to_their_rounded_whole(mills in prop::collection::vec(-1_000_000_i64..1_000_000, 1..40)) {
        let exact: Vec<Exact> = mills.iter().map(|n| Exact::of(usd(), Decimal::new(*n, 3))).collect();
        let whole = Exact::of(usd(), Decimal::new(mills.iter().sum(), 3)).round(Rounding::HalfAwayFromZero).unwrap();
        let parts = apportion(whole, &exact, Remainder::First).unwrap();
        prop_assert_eq!(Money::sum(usd(), parts.iter().copied()).unwrap(), whole);
        for (part, exact) in parts.iter().zip(&exact) {
            prop_assert!((part.amount() - exact.amount()).abs() < Decimal::new(1, 2) || exact.amount().scale() == 0);
        }
    }
}
