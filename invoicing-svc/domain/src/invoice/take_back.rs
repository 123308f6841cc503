//! When a line may take back what an earlier document billed, instead of a credit note of that document.

use ids::LineId;
use jiff::civil::Date;
use money::Percent;

use super::{Draft, DraftLine};
use crate::rating::Held;
use crate::tax::{Place, TaxBase, TaxCategory};

/// How a document billed an order line for an origin period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BilledAs {
    /// The first day of the period.
    pub origin: Date,
    pub commission_percent: Percent,
    /// The customer's number that the line went on.
    pub purchase_order: Option<String>,
    pub tax_base: TaxBase,
    pub place: Place,
    pub category: TaxCategory,
    pub percent: Percent,
}

impl Draft {
    /// Whether every document that billed the periods of which something is held had the draft's commission, purchase order
    /// and tax base: without that no order line takes them back here.
    pub fn is_billed_as(&self, held: &[Held], billed: &[BilledAs], purchase_order: Option<&str>) -> bool {
        let of_held = |one: &&BilledAs| held.iter().any(|held| held.origin.first() == one.origin);
        billed.iter().filter(of_held).all(|one| {
            (one.commission_percent, one.purchase_order.as_deref(), one.tax_base)
                == (self.commission_percent, purchase_order, self.tax_base)
        })
    }

    /// Whether what an order line takes back here of what is held is taxed line by line as a document that billed it was.
    pub fn is_taxed_as(&self, line: LineId, held: &[Held], billed: &[BilledAs]) -> bool {
        let same_tax = |of: &DraftLine| {
            billed.iter().any(|one| {
                one.origin == of.item.bucket.origin.first()
                    && (&one.place, one.category, one.percent)
                        == (&of.tax.place, of.tax.category, of.tax.percent)
            })
        };
        let is_held = |of: &&DraftLine| {
            of.line == line && held.iter().any(|held| held.origin.first() == of.item.bucket.origin.first())
        };
        self.lines.iter().filter(is_held).all(same_tax)
    }
}
