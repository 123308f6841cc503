use std::collections::BTreeMap;

use money::{Exact, Money, MoneyError, Percent, Remainder, Rounding};

use super::{Draft, DraftLine, TaxRow, assemble::percent_of as exactly};
use crate::rating::apportion;
use crate::tax::{Determined, TaxBase, TaxCategory, TaxRateRefusal, Taxable, Treatment, percent_of};

/// A draft whose tax is not decided yet: nothing else may be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untaxed(Draft);

/// Why what an outside engine determined cannot stand on a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeterminedError {
    /// Lines are missing, or there are more.
    #[error("it answers {answered} lines of a document that has {asked}")]
    Lines { answered: usize, asked: usize },
    /// The tax of a line.
    #[error("line {line}: {refusal}")]
    Treatment { line: usize, refusal: TaxRateRefusal },
    /// BR-O-11.
    #[error("category O stands beside others on a document")]
    OutsideScope,
    /// BR-CO-17.
    #[error(
        "{percent} % of {} is {}, and its lines of {} at {percent} % come to {said}",
        .row.base, .row.tax, .row.treatment.category.code(), percent = .row.treatment.percent
    )]
    Sum { row: Box<TaxRow>, said: Money },
    /// Its amounts do not add up at all.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

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
        for treatment in draft.treat(treatments, base) {
            let row = draft.row(treatment, rounding)?;
            let mut lines: Vec<&mut DraftLine> =
                draft.lines.iter_mut().filter(|line| line.is_in(&row.treatment)).collect();
            let exact: Result<Vec<Exact>, _> =
                lines.iter().map(|line| exactly(base_of(line, base), row.treatment.percent)).collect();
            for (line, amount) in lines.iter_mut().zip(apportion(row.tax, &exact?, remainder)?) {
                line.tax.amount = amount;
            }
            draft.taxes.push(row);
        }
        draft.summed()
    }

    /// The draft with the tax that an outside engine determined, line by line, if it can stand on a document.
    pub fn taxed_as(
        self,
        (engine, determined): (&str, &[Determined]),
        base: TaxBase,
        rounding: Rounding,
    ) -> Result<Draft, DeterminedError> {
        let Self(mut draft) = self;
        draft.tax_engine = Some(engine.to_owned());
        check_determined(determined, draft.lines.len())?;
        let treatments = determined.iter().map(|line| line.treatment.clone()).collect();
        let treatments = draft.treat(treatments, base);
        for (line, determined) in draft.lines.iter_mut().zip(determined) {
            line.tax.amount = determined.amount;
        }
        for treatment in treatments {
            let row = draft.row(treatment, rounding)?;
            let lines = draft.lines.iter().filter(|line| line.is_in(&row.treatment));
            let said = Money::sum(draft.currency, lines.map(|line| line.tax.amount))?;
            if said != row.tax {
                return Err(DeterminedError::Sum { row: Box::new(row), said });
            }
            draft.taxes.push(row);
        }
        Ok(draft.summed()?)
    }
}

/// Checks that what an outside engine determined of so many lines can stand on a document.
pub fn check_determined(determined: &[Determined], asked: usize) -> Result<(), DeterminedError> {
    if determined.len() != asked {
        return Err(DeterminedError::Lines { answered: determined.len(), asked });
    }
    for (line, Determined { treatment, amount: _ }) in (1..).zip(determined) {
        treatment.check().map_err(|refusal| DeterminedError::Treatment { line, refusal })?;
    }
    let outside = |line: &&Determined| line.treatment.category == TaxCategory::OutsideScope;
    match determined.iter().filter(outside).count() {
        none_or_all if none_or_all == 0 || none_or_all == asked => Ok(()),
        _ => Err(DeterminedError::OutsideScope),
    }
}

impl Draft {
    /// What is taxed of a line.
    pub(super) fn taxed_of(&self, line: &DraftLine) -> Money {
        base_of(line, self.tax_base)
    }

    /// Gives its lines their treatments, and answers those of the rows.
    fn treat(&mut self, treatments: Vec<Treatment>, base: TaxBase) -> Vec<Treatment> {
        self.tax_base = base;
        let mut reasons: BTreeMap<(TaxCategory, Percent), Vec<String>> = BTreeMap::new();
        for (line, treatment) in self.lines.iter_mut().zip(treatments) {
            (line.tax.category, line.tax.percent) = (treatment.category, treatment.percent);
            let known = reasons.entry((treatment.category, treatment.percent)).or_default();
            if !treatment.reason.is_empty() && !known.contains(&treatment.reason) {
                known.push(treatment.reason);
            }
        }
        let row = |((category, percent), reasons): ((TaxCategory, Percent), Vec<String>)| Treatment {
            category,
            percent,
            reason: reasons.join("; "),
        };
        reasons.into_iter().map(row).collect()
    }

    /// The row of a category and percent.
    fn row(&self, treatment: Treatment, rounding: Rounding) -> Result<TaxRow, MoneyError> {
        let lines = self.lines.iter().filter(|line| line.is_in(&treatment));
        let base = Money::sum(self.currency, lines.map(|line| self.taxed_of(line)))?;
        let tax = percent_of(base, treatment.percent, rounding);
        Ok(TaxRow { treatment, base, tax })
    }

    /// The document with the sum of its rows.
    fn summed(mut self) -> Result<Self, MoneyError> {
        self.tax = Money::sum(self.currency, self.taxes.iter().map(|row| row.tax))?;
        self.total = self.net.plus(self.tax)?;
        Ok(self)
    }
}

impl DraftLine {
    fn is_in(&self, row: &Treatment) -> bool {
        (self.tax.category, self.tax.percent) == (row.category, row.percent)
    }
}

fn base_of(line: &DraftLine, base: TaxBase) -> Money {
    base.of(line.net, line.item.gross)
}
