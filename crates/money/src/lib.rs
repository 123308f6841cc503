#![doc = include_str!("../README.md")]

mod allocate;
mod currency;
mod decimal;
mod error;
mod exact;
mod measure;
mod money;
mod rounding;

pub use allocate::Remainder;
pub use currency::Currency;
pub use error::{MoneyError, ParseAmountError, ParseCurrencyError};
pub use exact::Exact;
pub use measure::{Percent, Quantity, Rate};
pub use money::Money;
pub use rounding::Rounding;
