//! The bill-to party. Its code and currency never move.

use ids::{AccountId, Revision};
use money::{Currency, Percent};

use crate::billing_entity::PostalAddress;

/// A party that receives and pays invoices.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: AccountId,
    pub revision: Revision,
    /// The customer number, 1–64 visible characters.
    pub code: String,
    pub kind: AccountKind,
    pub legal_name: String,
    pub address: PostalAddress,
    pub currency: Currency,
    /// Of gross; what new orders get.
    pub commission: Percent,
    /// Net days, 0–365.
    pub payment_terms_days: u16,
    pub tax_ids: Vec<String>,
    pub territory: String,
    pub billing_email: String,
}

/// Who the account is in the trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    Advertiser,
    Agency,
}
