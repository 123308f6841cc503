use money::{Money, MoneyError, Rounding};
use rust_decimal::Decimal;

use super::{Draft, DraftLine};
use crate::invariant::{Broken, Invariant};
use crate::tax::{Treatment, percent_of};

/// Why a document is not recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// It breaks a law.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// Its amounts do not add up at all.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Draft {
    /// Proves the document before it is recorded. `rounding` is the entity's.
    pub fn check(&self, rounding: Rounding) -> Result<(), CheckError> {
        let sum = |amounts: &mut dyn Iterator<Item = Money>| Money::sum(self.currency, amounts);
        let lines = sum(&mut self.lines.iter().map(|line| line.item.gross))?;
        let differ = |one: Money, other: Money| move || format!("{one} is not {other}");
        Invariant::LinesSumToGross.check(lines == self.gross, differ(lines, self.gross))?;

        let net = self.gross.less_percent(self.commission_percent, rounding);
        Invariant::NetIsGrossLessCommission.check(self.net == net, differ(self.net, net))?;
        let commission = self.gross.minus(self.net)?;
        Invariant::NetIsGrossLessCommission
            .check(self.commission == commission, differ(self.commission, commission))?;
        let total = self.net.plus(self.tax)?;
        Invariant::NetIsGrossLessCommission.check(self.total == total, differ(self.total, total))?;

        let commissions = sum(&mut self.lines.iter().map(|line| line.commission))?;
        Invariant::LineCommissionsSum.check(commissions == commission, differ(commissions, commission))?;
        for line in &self.lines {
            let net = line.item.gross.minus(line.commission)?;
            Invariant::LineCommissionsSum.check(line.net == net, differ(line.net, net))?;
            let item = &line.item;
            let exact = item.bucket.worth(item.quantity, self.currency)?.amount();
            let off = exact.saturating_sub(item.gross.amount()).abs();
            let unit = Decimal::new(1, self.currency.minor_units());
            Invariant::QuantityTimesPrice.check(off <= unit, || {
                format!(
                    "{} × {} per {} is not {}",
                    item.quantity, item.bucket.rate, item.bucket.price_base, item.gross
                )
            })?;
        }
        self.check_tax(rounding)
    }

    /// Proves the tax rows on the lines.
    fn check_tax(&self, rounding: Rounding) -> Result<(), CheckError> {
        let check = |one: Money, other: Money, what: &str| {
            Invariant::TaxRowsSum.check(one == other, || format!("{what}: {one} is not {other}"))
        };
        let mut lines = 0;
        for row in &self.taxes {
            let Treatment { category, percent, reason: _ } = row.treatment;
            let of_row = || {
                let same =
                    move |line: &&DraftLine| (line.tax.category, line.tax.percent) == (category, percent);
                self.lines.iter().filter(same)
            };
            lines += of_row().count();
            let base = Money::sum(self.currency, of_row().map(|line| self.taxed_of(line)))?;
            check(row.base, base, "base")?;
            check(row.tax, percent_of(base, percent, rounding), "tax")?;
            check(
                row.tax,
                Money::sum(self.currency, of_row().map(|line| line.tax.amount))?,
                "tax of its lines",
            )?;
        }
        Invariant::TaxRowsSum.check(lines == self.lines.len(), || {
            format!("{lines} of {} lines have a tax row", self.lines.len())
        })?;
        let tax = Money::sum(self.currency, self.taxes.iter().map(|row| row.tax))?;
        Ok(check(self.tax, tax, "tax of the document")?)
    }
}
