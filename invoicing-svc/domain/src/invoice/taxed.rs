use std::collections::BTreeMap;

use money::{Exact, Money, MoneyError, Percent, Remainder, Rounding};

use super::{Draft, DraftLine, TaxRow, assemble::percent_of as exactly};
use crate::rating::apportion;
use crate::tax::{TaxBase, TaxCategory, Taxable, Treatment, percent_of};

/// A draft whose tax is not decided yet: nothing else may be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untaxed(Draft);

impl Untaxed {
    pub(super) fn of(draft: Draft) -> Self {
        Self(draft)
    }

    /// The document, to be read.
    pub fn draft(&self) -> &Draft {
        &self.0
    }

    /// What is to be taxed, line by line.
    pub fn taxables(&self, base: TaxBase) -> Vec<Taxable<'_>> {
        let lines = self.0.lines.iter();
        lines
            .map(|line| Taxable {
                tax_code: &line.tax_code,
                place: &line.tax.place,
                base: base_of(line, base),
                tax_point: line.tax_point,
            })
            .collect()
    }

    /// The draft with its tax. `treatments` are those of the lines, in their order.
    pub fn taxed(
        self,
        treatments: Vec<Treatment>,
        base: TaxBase,
        rounding: Rounding,
        remainder: Remainder,
    ) -> Result<Draft, MoneyError> {
        let Self(mut draft) = self;
        draft.tax_base = base;
        let mut reasons: BTreeMap<(TaxCategory, Percent), Vec<String>> = BTreeMap::new();
        for (line, treatment) in draft.lines.iter_mut().zip(treatments) {
            (line.tax.category, line.tax.percent) = (treatment.category, treatment.percent);
            let known = reasons.entry((treatment.category, treatment.percent)).or_default();
            if !treatment.reason.is_empty() && !known.contains(&treatment.reason) {
                known.push(treatment.reason);
            }
        }
        for ((category, percent), reasons) in reasons {
            let treatment = Treatment { category, percent, reason: reasons.join("; ") };
            let row = draft.row(treatment, rounding, remainder)?;
            draft.taxes.push(row);
        }
        draft.tax = Money::sum(draft.currency, draft.taxes.iter().map(|row| row.tax))?;
        draft.total = draft.net.plus(draft.tax)?;
        Ok(draft)
    }
}

impl Draft {
    /// What is taxed of a line.
    pub(super) fn taxed_of(&self, line: &DraftLine) -> Money {
        base_of(line, self.tax_base)
    }

    /// The row of a category and percent, and in its lines their parts of it.
    fn row(
        &mut self,
        treatment: Treatment,
        rounding: Rounding,
        remainder: Remainder,
    ) -> Result<TaxRow, MoneyError> {
        let (currency, tax_base, percent) = (self.currency, self.tax_base, treatment.percent);
        let key = (treatment.category, percent);
        let mut lines: Vec<&mut DraftLine> =
            self.lines.iter_mut().filter(|line| (line.tax.category, line.tax.percent) == key).collect();
        let base = Money::sum(currency, lines.iter().map(|line| base_of(line, tax_base)))?;
        let tax = percent_of(base, percent, rounding);
        let exact: Result<Vec<Exact>, _> =
            lines.iter().map(|line| exactly(base_of(line, tax_base), percent)).collect();
        for (line, amount) in lines.iter_mut().zip(apportion(tax, &exact?, remainder)?) {
            line.tax.amount = amount;
        }
        Ok(TaxRow { treatment, base, tax })
    }
}

fn base_of(line: &DraftLine, base: TaxBase) -> Money {
    match base {
        TaxBase::NetOfCommission => line.net,
        TaxBase::Gross => line.item.gross,
    }
}
