//! How values are written in the database, and what it means when they cannot be read back: a fault.

use adjustments_domain::{
    adjustment::{AdjustmentKind, Ending, TaxCategory},
    approval::{Choice, DelegationState, Part},
    customer_case::{Outcome as CaseEnd, Requested},
    dispute::{Outcome, Reason},
    policy::Largest,
    role::Role,
    root_cause::ImprovementState,
    subject::{Cause, Digest, SubjectKind},
};
use anyhow::Context;
use chassis::failure::Failure;
use ids::Revision;
use money::{Currency, Money};
use rust_decimal::Decimal;

/// An enum that the database keeps by its spelling.
pub trait Written: Sized {
    /// The value of a spelling, if there is one.
    fn known(text: &str) -> Option<Self>;

    /// The value that the database holds.
    fn read(text: &str) -> Result<Self, Failure> {
        Ok(Self::known(text).with_context(|| format!("the database holds {text:?} where it cannot stand"))?)
    }

    /// The values that the database holds.
    fn read_all(texts: &[String]) -> Result<Vec<Self>, Failure> {
        texts.iter().map(|text| Self::read(text)).collect()
    }
}

macro_rules! written {
    ($($type:ty),* $(,)?) => { $(
        impl Written for $type {
            fn known(text: &str) -> Option<Self> {
                <$type>::read(text)
            }
        }
    )* };
}

written!(
    AdjustmentKind,
    CaseEnd,
    Cause,
    Choice,
    DelegationState,
    Ending,
    ImprovementState,
    Largest,
    Outcome,
    Part,
    Reason,
    Requested,
    Role,
    SubjectKind,
    TaxCategory
);

/// A revision that the database holds.
pub fn revision(number: i64) -> Result<Revision, Failure> {
    Ok(Revision::try_from(number).context("the database holds a negative revision")?)
}

/// A revision as the database holds it.
pub fn revision_number(revision: Revision) -> Result<i64, Failure> {
    Ok(i64::try_from(revision).context("the revision has grown beyond bigint")?)
}

/// An amount that the database holds.
pub fn money(currency: &str, amount: Decimal) -> Result<Money, Failure> {
    let currency =
        Currency::parse(currency).with_context(|| format!("the database holds the currency {currency:?}"))?;
    Ok(Money::of(currency, amount).context("the database holds an amount that its currency does not have")?)
}

/// A digest that the database holds.
pub fn digest(bytes: &[u8]) -> Result<Digest, Failure> {
    Ok(bytes.try_into().context("the database holds a digest of another length")?)
}

/// A count as the database holds it.
pub fn count<T: TryInto<U>, U>(number: T) -> Result<U, Failure>
where
    T::Error: std::error::Error + Send + Sync + 'static,
{
    Ok(number.try_into().context("a count does not fit where it is kept")?)
}
