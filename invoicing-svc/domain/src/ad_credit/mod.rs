//! Money that an account need not pay for advertising.

#[cfg(test)]
mod tests;

use calendar::{Days, Month};
use ids::{AccountId, AdCreditId, EntityId, ProductId, Revision};
use jiff::civil::Date;
use money::{Money, MoneyError};

use crate::rating::{LineKind, Settlement};

/// What was granted to an account.
#[derive(Clone, Debug)]
pub struct AdCredit {
    pub id: AdCreditId,
    pub revision: Revision,
    pub account: AccountId,
    pub entity: EntityId,
    /// Says text, GL account and tax code.
    pub product: ProductId,
    /// Above zero, before commission and tax.
    pub amount: Money,
    /// From the day on which it is granted to that on which it expires, by the issue date of documents.
    pub days: Days,
    pub reason: String,
    pub granted_by: String,
}

/// What became of a credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// By documents.
    pub issued: Money,
    /// By drafts of open runs.
    pub drafted: Money,
    /// The month of those; absent where there are none.
    pub drafted_in: Option<Month>,
}

impl AdCredit {
    /// What is left of it.
    pub fn left(&self, used: Used) -> Result<Money, MoneyError> {
        self.amount.minus(used.issued)?.minus(used.drafted)
    }

    /// Whether a document that is dated on this day may use it.
    pub fn holds_on(&self, day: Date) -> bool {
        self.days.contains(day)
    }

    /// What a run of the month may use: everything that no document has used.
    pub fn to_use(&self, month: Month) -> Settlement {
        self.settlement(self.amount, Money::zero(self.amount.currency()), month)
    }

    /// What was used and drafted, as runs made it.
    pub fn as_used(&self, used: Used, month: Month) -> Result<Settlement, MoneyError> {
        let month = used.drafted_in.unwrap_or(month);
        Ok(self.settlement(used.issued.plus(used.drafted)?, used.drafted, month))
    }

    fn settlement(&self, to_date: Money, placed: Money, month: Month) -> Settlement {
        let origin = month.days();
        let until = Some(self.days.last());
        Settlement { kind: LineKind::AdCredit, worth: to_date.negate(), placed, origin, until }
    }
}
