//! Why things go wrong: the two levels of the taxonomy, and what is done about what comes back.

use ids::{ImprovementId, Revision};
use jiff::Timestamp;
use money::{Exact, Money, Rounding};
use rust_decimal::Decimal;

use crate::{spelled::spelled, subject::Cause};

/// What a cause is in particular.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detail {
    /// As contract and database write it.
    pub code: &'static str,
    pub words: &'static str,
}

/// Declares the second level of every cause.
macro_rules! details {
    ($( $cause:ident { $( $code:literal $words:literal ),* $(,)? } )*) => {
        /// The second level of a cause.
        pub const fn details(cause: Cause) -> &'static [Detail] {
            match cause {
                $( Cause::$cause => &[$( Detail { code: $code, words: $words } ),*], )*
            }
        }
    };
}

details! {
    Pricing {
        "WRONG_RATE" "the rate is not what was agreed on",
        "WRONG_DISCOUNT" "a discount is missing or was not agreed on",
        "WRONG_TIER" "a tier, cap or minimum was applied wrongly",
    }
    Trafficking {
        "WRONG_DATES" "it ran on other days than ordered",
        "WRONG_PLACEMENT" "it ran elsewhere than ordered",
        "WRONG_TARGETING" "it was shown to others than ordered",
    }
    DeliveryDiscrepancy {
        "THIRD_PARTY_COUNT" "a third party has counted something else",
        "INVALID_TRAFFIC" "it was not seen by people",
        "VIEWABILITY" "it could not be seen",
        "LATE_COUNT" "what was counted came late or was restated",
    }
    OrderEntry {
        "WRONG_AMOUNT" "the order was entered with another amount",
        "WRONG_ACCOUNT" "it was entered for somebody else",
        "WRONG_FLIGHT" "it was entered for other days",
    }
    LateAmendment {
        "AFTER_BILLING" "the amendment came after the month was billed",
        "UNSIGNED" "nobody has signed the amendment",
    }
    Duplicate {
        "BILLED_TWICE" "the same was billed twice",
        "BOOKED_TWICE" "the same was booked twice",
    }
    ProductSetUp {
        "GL_CODE" "the product posts to a wrong account of the ledger",
        "TAX_CODE" "the product has a wrong tax code",
        "INVOICE_TEXT" "the product says something wrong on invoices",
    }
    Tax {
        "WRONG_PLACE" "it was taxed in the wrong place",
        "EXEMPTION" "an exemption was missing or did not hold",
        "TAX_ID" "a tax id is missing or wrong",
    }
    PurchaseOrder {
        "MISSING" "there is no purchase order",
        "USED_UP" "the purchase order does not carry it",
        "WRONG_NUMBER" "the document goes on another purchase order",
    }
    Creative {
        "LATE_MATERIAL" "the material came late",
        "WRONG_MATERIAL" "another creative ran",
        "BRAND_SAFETY" "it ran where the brand does not want to be seen",
    }
    ServiceFailure {
        "MISSED" "it did not run",
        "OUTAGE" "something of ours was down",
        "LATE_INVOICE" "the invoice came late",
    }
    Goodwill {
        "RELATIONSHIP" "for the customer's sake",
        "RETENTION" "so that the customer stays",
    }
}

/// A root cause by both levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootCause {
    pub cause: Cause,
    /// `None`: nobody has said.
    pub detail: Option<&'static str>,
}

impl RootCause {
    /// The cause with this second level, or without one where it is empty; `None`: it is of another cause.
    pub fn of(cause: Cause, detail: &str) -> Option<Self> {
        if detail.is_empty() {
            return Some(Self { cause, detail: None });
        }
        let known = details(cause).iter().find(|known| known.code == detail)?;
        Some(Self { cause, detail: Some(known.code) })
    }
}

spelled! {
    /// Where an improvement stands.
    pub enum ImprovementState {
        Open "OPEN",
        Done "DONE",
    }
}

/// A cause that comes back, and what somebody does about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Improvement {
    pub id: ImprovementId,
    pub revision: Revision,
    pub cause: Cause,
    /// The month that it was opened for, `2026-03`.
    pub month: String,
    pub state: ImprovementState,
    pub owner: Option<String>,
    pub action: String,
    /// What it is to save in a month.
    pub expected: Option<Money>,
    pub opened: Timestamp,
}

refusal::refusals! {
    /// Why an improvement does not change.
    pub enum ImprovementRefusal {
        /// It does not exist.
        Missing "NOT_FOUND" NotFound { name: String } => "{name} does not exist",
        /// It has changed since the caller read it.
        Stale "ETAG_MISMATCH" EtagMismatch { name: String, etag: String } =>
            "{name} has changed since it was read as {etag}; read it again and decide anew",
        /// It is done, and stays so.
        StateForbids "IMPROVEMENT_DONE" Done { name: String } =>
            "{name} is done and is not opened again; where the cause comes back, another one opens by itself",
        /// What nobody has done is not done.
        StateForbids "IMPROVEMENT_WITHOUT_OWNER" WithoutOwner { name: String } =>
            "{name} has no owner or no action, and so nobody can have done it; say who does what first",
    }
}

/// The improvement with what somebody changes of it.
///
/// Order of refusal: IMPROVEMENT_DONE, IMPROVEMENT_WITHOUT_OWNER.
pub fn update(before: ImprovementState, changed: Improvement) -> Result<Improvement, ImprovementRefusal> {
    let name = || format!("improvements/{}", changed.id);
    let is_somebodys = changed.owner.is_some() && !changed.action.is_empty();
    match (before, changed.state) {
        (ImprovementState::Done, ImprovementState::Open) => Err(ImprovementRefusal::Done { name: name() }),
        (_, ImprovementState::Done) if !is_somebodys => {
            Err(ImprovementRefusal::WithoutOwner { name: name() })
        }
        (_, ImprovementState::Done) | (ImprovementState::Open, ImprovementState::Open) => Ok(changed),
    }
}

/// What was adjusted by a cause: in the three months up to the one that an improvement was opened for, and in so many months
/// since then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adjusted {
    pub before: Money,
    pub since: Money,
    pub months_since: u32,
}

/// What is adjusted less in a month than before, on average; `None` while no month is over, and where it does not fit.
pub fn saved(adjusted: Adjusted) -> Option<Money> {
    if adjusted.months_since == 0 {
        return None;
    }
    let (before, since) = (adjusted.before.amount(), adjusted.since.amount());
    let months = Decimal::from(adjusted.months_since);
    let three = Decimal::from(3);
    // One division, so that it is rounded once.
    let less = before.checked_mul(months)?.checked_sub(since.checked_mul(three)?)?;
    let average = less.checked_div(months.checked_mul(three)?)?;
    Exact::of(adjusted.before.currency(), average).round(Rounding::HalfAwayFromZero).ok()
}

#[cfg(test)]
mod tests;
