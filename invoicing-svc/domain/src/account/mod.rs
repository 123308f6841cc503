//! The bill-to party. Its code and currency never move.

use ids::{AccountId, Revision};
use jiff::civil::Date;
use money::{Currency, Money, Percent};

use crate::billing_entity::PostalAddress;
use crate::invoice::Consolidation;
use crate::tax::AccountTax;

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
    pub purchase_orders: PurchaseOrderRule,
    /// Which of its orders share documents.
    pub consolidation: Consolidation,
    /// `None`: without a limit.
    pub credit_limit: Option<Money>,
    /// From which unbilled amount on it may be billed before its period ends; `None`: never.
    pub billing_threshold: Option<Money>,
    pub settled_by: SettledBy,
    pub holds: Vec<Hold>,
    pub tax: AccountTax,
}

/// What the account asks of the purchase orders that it pays by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PurchaseOrderRule {
    pub is_required: bool,
    /// `9` stands for a digit, `A` for a letter, everything else for itself; empty: any way.
    pub format: String,
}

impl PurchaseOrderRule {
    /// Whether the account would write a number like this one.
    pub fn fits(&self, number: &str) -> bool {
        let fits = |(pattern, character): (char, char)| match pattern {
            '9' => character.is_ascii_digit(),
            'A' => character.is_alphabetic(),
            same => same == character,
        };
        self.format.is_empty()
            || (self.format.chars().count() == number.chars().count()
                && self.format.chars().zip(number.chars()).all(fits))
    }
}

/// How the account settles what it is billed. By whatever else than terms, documents are due on the day of issue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SettledBy {
    /// Within its payment terms.
    #[default]
    Terms,
    Card,
    /// They are taken off what it is owed as a seller.
    SellerBalance,
    /// What it has paid ahead pays them as they are issued.
    Wallet,
}

impl SettledBy {
    /// What digests and grouping keys say.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terms => "TERMS",
            Self::Card => "CARD",
            Self::SellerBalance => "SELLER_BALANCE",
            Self::Wallet => "WALLET",
        }
    }
}

/// Why nothing is billed to the account for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub reason: String,
    /// Who lifts it.
    pub owner: String,
    /// The last day; `None`: until it is lifted.
    pub expires: Option<Date>,
}

/// Who the account is in the trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    Advertiser,
    Agency,
}
