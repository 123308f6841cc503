//! An amount as a count of billionths of a thousandth (10⁻¹²): exact for every rate that the contracts allow.

use std::{fmt, iter::Sum};

use anyhow::{Context, Result, ensure};

const DECIMALS: usize = 12;
/// How many of them make one.
const ONE: i128 = 1_000_000_000_000;
/// How many of them make a cent.
const CENT: i128 = ONE / 100;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub i128);

impl Amount {
    /// Reads `-?digits[.digits]`; the empty text is nothing.
    pub fn parse(text: &str) -> Result<Self> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        ensure!(fraction.len() <= DECIMALS && whole.len() <= 24, "{text} is beyond what is counted here");
        let scaled = format!("{whole}{fraction:0<DECIMALS$}");
        Ok(Self(sign * scaled.parse::<i128>().with_context(|| format!("{text} is no amount"))?))
    }

    pub fn times(self, count: i128) -> Self {
        Self(self.0 * count)
    }

    /// A share in hundredths of a percent of a percent: `percent(15 %)` of 10 is 1.5. Exact, or it panics.
    pub fn percent(self, percent: Self) -> Self {
        let product = self.0 * (percent.0 / (ONE / 1_000_000));
        assert!(
            percent.0 % (ONE / 1_000_000) == 0 && product % 100_000_000 == 0,
            "a share that is not exact here"
        );
        Self(product / 100_000_000)
    }

    /// To the cent, half away from zero.
    pub fn rounded(self) -> Self {
        let half = if self.0 < 0 { -CENT / 2 } else { CENT / 2 };
        Self((self.0 + half) / CENT * CENT)
    }
}

impl std::ops::Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl std::ops::Sub for Amount {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), |sum, each| sum + each)
    }
}

impl fmt::Display for Amount {
    /// With two decimals, or as many as it takes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) = (self.0.abs() / ONE, self.0.abs() % ONE);
        let fraction = format!("{fraction:012}");
        let (cents, rest) = fraction.split_at(2);
        write!(f, "{sign}{whole}.{cents}{}", rest.trim_end_matches('0'))
    }
}

#[test]
fn amounts_are_counted_to_the_cent() {
    let amount = |text| Amount::parse(text).expect("an amount");
    assert_eq!(amount("10.005").rounded().to_string(), "10.01");
    assert_eq!(amount("-10.005").rounded().to_string(), "-10.01");
    assert_eq!(
        (amount("3883.34") - amount("3883.34").percent(amount("15"))).rounded().to_string(),
        "3300.84"
    );
    assert_eq!(amount("12.375").times(3).to_string(), "37.125");
    assert_eq!(amount("-0.05").to_string(), "-0.05");
}
