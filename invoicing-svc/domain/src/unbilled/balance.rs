use money::{Currency, Money, MoneyError};

use super::{Months, Reason, Standing};
use crate::rating::LineToRate;

/// What lines are worth and what was billed of them, in one currency, gross.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// By rating them anew.
    pub rated: Money,
    pub billed: Money,
    /// The sum of the reasons.
    pub explained: Money,
}

impl Balance {
    /// A balance of nothing yet.
    pub fn new(currency: Currency) -> Self {
        let nothing = Money::zero(currency);
        Self { rated: nothing, billed: nothing, explained: nothing }
    }

    /// Adds a line in the months that are asked about, with the reasons that are about them.
    pub fn add(
        &mut self,
        line: &LineToRate,
        (standing, reasons): (&Standing, &[Reason]),
        months: Months,
    ) -> Result<(), MoneyError> {
        for (period, amounts) in &standing.periods {
            if months.contain(line.billing.month_of(*period)) {
                self.rated = self.rated.plus(amounts.rated()?)?;
                self.billed = self.billed.plus(amounts.billed)?;
            }
        }
        self.rated = self.rated.plus(standing.unexplained)?;
        let amounts = reasons.iter().filter_map(|reason| reason.amount);
        self.explained = self.explained.plus(Money::sum(line.currency, amounts)?)?;
        Ok(())
    }

    /// Rated less billed.
    pub fn unbilled(&self) -> Result<Money, MoneyError> {
        self.rated.minus(self.billed)
    }

    /// What no reason explains: 0.
    pub fn unexplained(&self) -> Result<Money, MoneyError> {
        self.unbilled()?.minus(self.explained)
    }
}
