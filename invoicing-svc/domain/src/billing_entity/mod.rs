//! The legal entity that invoices. Its code, currency, time zone and calendars never move: numbers, periods
//! and the ledger stand on them.

#[cfg(test)]
pub(crate) mod tests;

use calendar::{EntityZone, FiscalCalendar};
use ids::{EntityId, Revision};
use money::{Currency, Money, Percent, Remainder, Rounding};

use crate::tax::{Place, TaxBase};

/// A legal entity that invoices.
#[derive(Clone, Debug)]
pub struct BillingEntity {
    pub id: EntityId,
    pub revision: Revision,
    /// 1–32 of A–Z 0–9 -.
    pub code: String,
    pub legal_name: String,
    pub address: PostalAddress,
    pub tax_registrations: Vec<String>,
    pub functional_currency: Currency,
    pub zone: EntityZone,
    pub rounding: Rounding,
    pub remainder: Remainder,
    pub commission_posting: CommissionPosting,
    pub bank_account: BankAccount,
    pub gl_codes: GeneralLedgerCodes,
    /// The accounting months.
    pub fiscal: FiscalCalendar,
    /// The Gregorian month, 1 to 12, with which the year begins that a law asks numbers to be counted in.
    pub statutory_first_month: i8,
    /// Where it sells from; `None`: the country of its address.
    pub tax_place: Option<Place>,
    pub tax_base: TaxBase,
    /// By how many percent an order may be below the list price; `None`: orders are not compared with rate cards.
    pub rate_card_tolerance: Option<Percent>,
    /// Within how many days of a missed spot its makegood has to air; `None`: whenever.
    pub makegood_days: Option<u16>,
    /// The outside engine that decides its tax; `None`: its own rates do.
    pub tax_engine: Option<String>,
    /// Without them nothing is received, refunded or written off.
    pub settlement_codes: Option<SettlementCodes>,
    /// Below how much, in its functional currency, a draft may take back what was billed, by lines below zero; `None`: never,
    /// it is held for a correction.
    pub negative_line_limit: Option<Money>,
}

/// A postal address; the country is ISO 3166-1 alpha-2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostalAddress {
    pub lines: Vec<String>,
    pub city: String,
    pub region: String,
    pub postal_code: String,
    pub country: String,
}

/// Where the remittance slip asks to pay to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BankAccount {
    pub account_name: String,
    pub bank_name: String,
    pub account_number: String,
    pub routing_number: String,
}

/// The accounts of the general ledger that no product decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneralLedgerCodes {
    pub receivables: String,
    pub agency_commission: String,
    pub tax_payable: String,
}

/// The accounts of the general ledger for what becomes of receivables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementCodes {
    pub cash: String,
    pub unapplied_cash: String,
    pub bad_debt: String,
    pub bad_debt_recovered: String,
    pub tax_relief: String,
}

/// How an agency's commission is posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommissionPosting {
    ContraRevenue,
    Expense,
}
