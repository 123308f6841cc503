use money::{Money, MoneyError};

use super::ReceivableRefusal;
use crate::figure::grouped;

/// What an account has as credit and what stands against it, in one entity and currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credit {
    /// Unapplied receipts, and credit notes that are not used up.
    pub credit: Money,
    /// What is open on its documents, disputed or not, and what was written off of them and is not recovered: who did not
    /// pay a document gets nothing back when it is credited.
    pub owed: Money,
}

impl Credit {
    /// What can be given back.
    fn refundable(self) -> Result<Money, MoneyError> {
        let left = self.credit.minus(self.owed)?;
        Ok(if left.is_negative() { Money::zero(left.currency()) } else { left })
    }

    /// What can be given back of a receipt or credit note of which so much is left.
    pub fn refundable_of(self, left: Money) -> Result<Money, MoneyError> {
        let refundable = self.refundable()?;
        Ok(if left.compare(refundable)?.is_gt() { refundable } else { left })
    }
}

/// Checks that money may be given back: what is left of the receipt or credit note that it is taken from, and credit that
/// nothing open, and so nothing disputed, and nothing written off stands against.
///
/// Order of refusal: ALLOCATION_ABOVE_LEFT, REFUND_ABOVE_CREDIT.
pub fn check_refund(asked: Money, left: Money, credit: Credit) -> Result<(), ReceivableRefusal> {
    if asked.compare(left)?.is_gt() {
        return Err(ReceivableRefusal::AboveLeft { left: grouped(left), asked: grouped(asked) });
    }
    let refundable = credit.refundable()?;
    if asked.compare(refundable)?.is_gt() {
        return Err(ReceivableRefusal::RefundAboveCredit {
            refundable: grouped(refundable),
            owed: grouped(credit.owed),
            asked: grouped(asked),
        });
    }
    Ok(())
}
