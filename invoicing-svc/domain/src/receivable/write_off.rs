use money::{Money, MoneyError, Remainder};

use super::{OpenItem, ReceivableRefusal};
use crate::figure::grouped;

/// What became of a write-off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenOff {
    pub amount: Money,
    /// Of the document.
    pub total: Money,
    /// Of the document.
    pub tax: Money,
    /// Tax that was claimed back.
    pub relief: Money,
    /// What came in all the same.
    pub recovered: Money,
}

/// Checks that a document may be given up to this amount: never what is disputed.
pub fn check_write_off(item: &OpenItem, amount: Money) -> Result<(), ReceivableRefusal> {
    let undisputed = item.undisputed()?;
    if amount.compare(undisputed)?.is_gt() {
        return Err(ReceivableRefusal::AboveUndisputed {
            document: item.number.clone(),
            open: grouped(item.open),
            disputed: grouped(item.disputed),
            undisputed: grouped(undisputed),
            asked: grouped(amount),
        });
    }
    Ok(())
}

impl WrittenOff {
    /// The tax that is claimed back: the part of it that the document has. Once, and of what is lost.
    pub fn claim(&self, write_off: &str) -> Result<Money, ReceivableRefusal> {
        let claimed = part(self.amount, self.tax, self.total)?;
        if self.relief.is_zero() && self.recovered.is_zero() && claimed.is_positive() {
            Ok(claimed)
        } else {
            Err(ReceivableRefusal::ReliefClaimed { write_off: write_off.to_owned() })
        }
    }

    /// The tax that is owed again when so much comes in: of all that came in to date, less what was owed again before.
    pub fn recover(&self, cash: Money) -> Result<Money, ReceivableRefusal> {
        let left = self.amount.minus(self.recovered)?;
        if cash.compare(left)?.is_gt() {
            let (left, asked) = (grouped(left), grouped(cash));
            return Err(ReceivableRefusal::AboveWrittenOff { left, asked });
        }
        let before = part(self.recovered, self.relief, self.amount)?;
        Ok(part(self.recovered.plus(cash)?, self.relief, self.amount)?.minus(before)?)
    }
}

/// As much of an amount as `part` is of `whole`, to the nearest minor unit.
fn part(amount: Money, part: Money, whole: Money) -> Result<Money, MoneyError> {
    let weights = [part.amount(), whole.minus(part)?.amount()];
    let parts = amount.allocate(&weights, Remainder::First)?;
    parts.first().copied().ok_or(MoneyError::NoWeight)
}
