use calendar::{Days, Month};
use money::{Money, MoneyError, Percent, Rounding};

use super::{Agreement, AgreementKind, Counts};
use crate::rating::{LineKind, Settlement};
use crate::tax::percent_of;

/// What was counted of the lines in the term.
#[derive(Clone, Debug)]
pub struct Counted {
    /// On documents and drafts, before commission.
    pub gross: Money,
    /// After it.
    pub net: Money,
    /// What adjustments corrected and what other systems billed, gross, by the commission of its order.
    pub corrections: Vec<(Percent, Money)>,
}

impl Counted {
    /// Nothing yet.
    pub fn nothing(zero: Money) -> Self {
        Self { gross: zero, net: zero, corrections: Vec::new() }
    }

    fn amount(&self, counts: Counts, rounding: Rounding) -> Result<Money, MoneyError> {
        let of = |(percent, gross): &(Percent, Money)| match counts {
            Counts::Gross => *gross,
            Counts::Net => gross.less_percent(*percent, rounding),
        };
        let documented = match counts {
            Counts::Gross => self.gross,
            Counts::Net => self.net,
        };
        self.corrections.iter().map(of).try_fold(documented, Money::plus)
    }
}

impl Agreement {
    /// What was billed of it stands while its term lasts.
    pub fn unsettled(&self, billed: Money) -> Settlement {
        let kind = match &self.kind {
            AgreementKind::Minimum(_) => LineKind::TrueUp,
            AgreementKind::Rebate(_) => LineKind::Rebate,
        };
        let placed = Money::zero(self.currency);
        Settlement { kind, worth: billed, placed, origin: self.origin(), until: None }
    }

    /// The billing period in which its term ends.
    fn origin(&self) -> Days {
        Month::of(self.term.last()).days()
    }

    /// What the agreement comes to, to date: above zero what is short of a minimum, below zero what a rebate gives
    /// back. `placed` is how much of what is to be given back has its place on documents.
    pub fn settlement(
        &self,
        counted: &Counted,
        placed: Money,
        rounding: Rounding,
    ) -> Result<Settlement, MoneyError> {
        let counted = counted.amount(self.counts, rounding)?;
        let (kind, worth) = match &self.kind {
            AgreementKind::Minimum(least) => (LineKind::TrueUp, above_zero(least.minus(counted)?)),
            AgreementKind::Rebate(tiers) => {
                let reached = tiers.all().iter().rev().find(|tier| tier.from.amount() <= counted.amount());
                let rebate = reached.map_or(Money::zero(self.currency), |tier| {
                    percent_of(above_zero(counted), tier.percent, rounding)
                });
                (LineKind::Rebate, rebate.negate())
            }
        };
        Ok(Settlement { kind, worth, placed, origin: self.origin(), until: None })
    }
}

fn above_zero(amount: Money) -> Money {
    if amount.is_negative() { Money::zero(amount.currency()) } else { amount }
}
