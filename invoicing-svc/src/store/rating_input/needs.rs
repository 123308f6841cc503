//! Whose lines need more than every line does: nothing is asked for accounts that have no such lines.

use invoicing_domain::pricing::{PricingModel, Window};
use uuid::Uuid;

use crate::store::written::Written;

/// Accounts, each once, where their lines come one after the other.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// Those with parts of fees.
    pub(super) fees: Vec<Uuid>,
    pub(super) spots: Vec<Uuid>,
    pub(super) subscriptions: Vec<Uuid>,
    /// Those with caps that count periods.
    pub(super) periods: Vec<Uuid>,
    /// Those with lines whose count is a third party's.
    pub(super) third_party: Vec<Uuid>,
}

impl Needs {
    /// Adds a line, by its columns.
    pub(super) fn add(
        &mut self,
        account: Uuid,
        (model, cap_window): (&str, &str),
        third_party_controls: bool,
    ) {
        let is = |known: PricingModel| model == known.text();
        for (accounts, needed) in [
            (&mut self.fees, is(PricingModel::FlatFee)),
            (&mut self.spots, is(PricingModel::PerSpot)),
            (&mut self.subscriptions, is(PricingModel::Subscription)),
            (&mut self.periods, cap_window != Window::Life.text()),
            (&mut self.third_party, third_party_controls),
        ] {
            if needed && accounts.last() != Some(&account) {
                accounts.push(account);
            }
        }
    }
}
