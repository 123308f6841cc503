use money::{Money, Percent, Rounding};

/// So many percent of an amount, rounded once (BT-117).
pub(crate) fn percent_of(base: Money, percent: Percent, rounding: Rounding) -> Money {
    let rest = Percent::of(rust_decimal::Decimal::ONE_HUNDRED - percent.value());
    base.less_percent(rest.expect("what is left of a hundred is a percent"), rounding)
}
