//! When a line may take back what an earlier document billed, instead of a credit note of that document.

use ids::LineId;
use jiff::civil::Date;
use money::Percent;

use super::{Draft, DraftLine};
use crate::rating::Held;
use crate::tax::{Place, TaxCategory};

/// How a document billed an order line for an origin period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BilledAs {
    /// The first day of the period.
    pub origin: Date,
    pub commission_percent: Percent,
    /// The customer's number that the line went on.
    pub purchase_order: Option<String>,
    pub place: Place,
    pub category: TaxCategory,
    pub percent: Percent,
}

impl Draft {
    /// Whether an order line may take back on this draft what is held of it: every document that billed those periods had the
    /// draft's commission and purchase order, each line is taxed as one of them was, and neither the draft nor one of its tax
    /// rows comes to less than nothing.
    pub fn may_take_back(
        &self,
        line: LineId,
        held: &[Held],
        billed: &[BilledAs],
        purchase_order: Option<&str>,
    ) -> bool {
        let is_held = |origin: Date| held.iter().any(|held| held.origin.first() == origin);
        let same_document = |one: &BilledAs| {
            (one.commission_percent, one.purchase_order.as_deref())
                == (self.commission_percent, purchase_order)
        };
        let same_tax = |of: &DraftLine| {
            billed.iter().any(|one| {
                one.origin == of.item.bucket.origin.first()
                    && (&one.place, one.category, one.percent)
                        == (&of.tax.place, of.tax.category, of.tax.percent)
            })
        };
        let lines = self.lines.iter().filter(|of| of.line == line);
        self.is_payable()
            && billed.iter().filter(|one| is_held(one.origin)).all(same_document)
            && lines.filter(|of| is_held(of.item.bucket.origin.first())).all(same_tax)
    }
}
