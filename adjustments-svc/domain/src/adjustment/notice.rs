//! What somebody should read before they ask for an adjustment.

use money::{Currency, Money, MoneyError, Rate};

use super::{Adjustment, Basis, By, Outcome};

/// Whether limits cannot be compared with it: it is in another currency than they are, and nobody has said a rate.
pub fn lacks_rate(adjustment: &Adjustment, functional: Currency, rate: Option<Rate>) -> bool {
    adjustment.currency != functional && rate.is_none()
}

/// The sentences that somebody should read before they ask for it.
pub fn notices(
    adjustment: &Adjustment,
    functional: Currency,
    rate: Option<Rate>,
) -> Result<Vec<String>, MoneyError> {
    let currency = adjustment.currency;
    let again = billed_again(adjustment)?.map(|again| {
        format!(
            "this corrects what was billed: unless the order or its delivery is mended, the next run bills {currency} {again} again"
        )
    });
    let open = lacks_rate(adjustment, functional, rate).then(|| {
        format!(
            "how it is measured and who must approve it is open: it is in {currency} and limits are in {functional}, and a controller \
             says the rate between them"
        )
    });
    Ok(again.into_iter().chain(open).collect())
}

/// What counts as not billed any more, before commission and tax. Spots that are credited are not rated again.
fn billed_again(adjustment: &Adjustment) -> Result<Option<Money>, MoneyError> {
    let is_correction = adjustment.kind.outcome() == Outcome::CreditNote
        && adjustment.kind.basis(adjustment.cause) == Basis::Correction;
    let counted = adjustment.lines.iter().filter(|line| !matches!(line.by, By::Spots(_)));
    let again = Money::sum(adjustment.currency, counted.map(|line| line.amount))?;
    Ok(Some(again).filter(|again| is_correction && again.is_positive()))
}
