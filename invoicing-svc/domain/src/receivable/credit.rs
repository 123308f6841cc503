use money::{Money, MoneyError};

/// How much of a credit note pays the document that it corrects: what is open there, and no more. The rest is credit of
/// the account. `None`: nothing is open.
pub fn apply_to_corrected(open: Money, credit: Money) -> Result<Option<Money>, MoneyError> {
    let paid = if credit.compare(open)?.is_gt() { open } else { credit };
    Ok(paid.is_positive().then_some(paid))
}
