//! What is agreed over several orders: a minimum that is reached together, or a rebate on what was bought together.

#[cfg(test)]
mod tests;
mod worth;

pub use worth::Counted;

use std::collections::BTreeSet;

use calendar::{Days, Month};
use ids::{AccountId, AgreementId, EntityId, ProductId, Revision};
use money::{Currency, Money, Percent};

use crate::billing_run::BillingRun;

/// An agreement over what some accounts are billed in its term.
#[derive(Clone, Debug)]
pub struct Agreement {
    pub id: AgreementId,
    pub revision: Revision,
    /// 1–64 visible characters; documents show it as the order's number.
    pub code: String,
    pub display_name: String,
    pub entity: EntityId,
    /// Who is billed for it.
    pub account: AccountId,
    /// Whose lines count; at least one.
    pub accounts: BTreeSet<AccountId>,
    /// Says text, GL account and tax code.
    pub product: ProductId,
    /// Lines in other currencies do not count.
    pub currency: Currency,
    /// Lines whose service days lie in it count.
    pub term: Days,
    pub counts: Counts,
    /// Of what it bills or gives back.
    pub commission: Percent,
    pub kind: AgreementKind,
}

/// What is agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgreementKind {
    /// At least so much is bought: what is short of it is billed.
    Minimum(Money),
    /// So much of what was bought is given back.
    Rebate(RebateTiers),
}

/// From each of these amounts on, a percent of all that was counted is given back. Amounts ascend; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebateTiers(Vec<RebateTier>);

/// A tier of a rebate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RebateTier {
    /// Counted at least.
    pub from: Money,
    pub percent: Percent,
}

/// Which amount of a line counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    Gross,
    /// Of commission.
    Net,
}

impl RebateTiers {
    /// Tiers whose amounts ascend, or the place of the first that does not; `None` where there is none.
    pub fn of(tiers: Vec<RebateTier>) -> Result<Self, Option<usize>> {
        if tiers.is_empty() {
            return Err(None);
        }
        let unlike = |pair: &[RebateTier]| {
            let [one, next] = pair else { return false };
            one.from.amount() >= next.from.amount()
        };
        match tiers.windows(2).position(unlike) {
            Some(place) => Err(Some(place + 1)),
            None => Ok(Self(tiers)),
        }
    }

    /// In the order of their amounts.
    pub fn all(&self) -> &[RebateTier] {
        &self.0
    }
}

refusal::refusals! {
    /// Why an agreement is not changed.
    pub enum AgreementRefusal {
        /// What was billed of a minimum is no rebate.
        StateForbids "AGREEMENT_KIND" KindMoved { code: String } => "agreement {code} stays the minimum or the rebate that it is; create another one",
    }
}

/// Checks that an agreement may become what `next` says.
pub fn update(current: &Agreement, next: &Agreement) -> Result<(), AgreementRefusal> {
    match (&current.kind, &next.kind) {
        (AgreementKind::Minimum(_), AgreementKind::Minimum(_))
        | (AgreementKind::Rebate(_), AgreementKind::Rebate(_)) => Ok(()),
        (AgreementKind::Minimum(_), AgreementKind::Rebate(_))
        | (AgreementKind::Rebate(_), AgreementKind::Minimum(_)) => {
            Err(AgreementRefusal::KindMoved { code: current.code.clone() })
        }
    }
}

impl Agreement {
    /// Whether a run of this month settles it: its term is over.
    pub fn is_over(&self, month: Month) -> bool {
        self.term.last() <= month.last_day()
    }

    /// Whether the run knows what all of its accounts are billed.
    pub fn is_within(&self, run: &BillingRun) -> bool {
        let takes = |account: &AccountId| run.accounts.contains(account);
        run.accounts.is_empty() || (takes(&self.account) && self.accounts.iter().all(takes))
    }
}
