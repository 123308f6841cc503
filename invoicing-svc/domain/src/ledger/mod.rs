//! What a document does to the books: double entry, in the transaction that issues it.
//!
//! INV-4: the postings of a document sum to zero. An invoice debits receivables and the agency's commission and credits
//! revenue and tax; a credit note is the reverse.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use money::{Money, MoneyError};

use crate::billing_entity::GeneralLedgerCodes;
use crate::invariant::Invariant;
use crate::invoice::{CheckError, DocumentKind, Draft};
use crate::rating::LineKind;

/// The accounts of the books, in the order in which a document's postings stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LedgerAccount {
    /// What customers owe.
    Receivables,
    /// What agencies keep: contra revenue or an expense, by the GL code that the entity chose for it.
    AgencyCommission,
    /// What was earned, before commission.
    Revenue,
    /// What rebates and ad credits take off it.
    ContraRevenue,
    /// What is owed to the tax office.
    TaxPayable,
}

/// One posting. Exactly one of the two amounts is above zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    pub account: LedgerAccount,
    pub gl_code: String,
    pub debit: Money,
    pub credit: Money,
}

/// The postings of a document, one per account and GL code, without those of nothing.
pub fn postings(document: &Draft, codes: &GeneralLedgerCodes) -> Result<Vec<Posting>, CheckError> {
    let mut revenue: BTreeMap<(LedgerAccount, &str), Money> = BTreeMap::new();
    for line in &document.lines {
        let key = (earned(line.item.bucket.kind), line.gl_revenue.as_str());
        let sum = revenue.entry(key).or_insert(Money::zero(document.currency));
        *sum = sum.plus(line.item.gross)?;
    }
    let debits = [
        (LedgerAccount::Receivables, codes.receivables.as_str(), document.total),
        (LedgerAccount::AgencyCommission, codes.agency_commission.as_str(), document.commission),
    ];
    let credits = revenue.into_iter().map(|((account, code), gross)| (account, code, gross.negate()));
    let tax = (LedgerAccount::TaxPayable, codes.tax_payable.as_str(), document.tax.negate());
    let postings: Vec<Posting> = debits
        .into_iter()
        .chain(credits)
        .chain([tax])
        .filter(|(_, _, amount)| !amount.is_zero())
        .map(|(account, code, amount)| match document.kind {
            DocumentKind::Invoice => Posting::of(account, code, amount),
            DocumentKind::CreditNote => Posting::of(account, code, amount.negate()),
        })
        .collect();
    balance(&postings, document)?;
    Ok(postings)
}

/// Where what a line bills is earned, or taken off it.
fn earned(kind: LineKind) -> LedgerAccount {
    match kind {
        LineKind::Rebate | LineKind::AdCredit => LedgerAccount::ContraRevenue,
        LineKind::SchedulePart
        | LineKind::Spots
        | LineKind::Makegood
        | LineKind::Delivery
        | LineKind::TierFee
        | LineKind::Expenses
        | LineKind::Minimum
        | LineKind::TrueUp
        | LineKind::OverDelivery => LedgerAccount::Revenue,
    }
}

impl Posting {
    /// A debit where the amount is above zero, a credit where it is below.
    fn of(account: LedgerAccount, gl_code: &str, amount: Money) -> Self {
        let nothing = Money::zero(amount.currency());
        let (debit, credit) =
            if amount.is_negative() { (nothing, amount.negate()) } else { (amount, nothing) };
        Self { account, gl_code: gl_code.to_owned(), debit, credit }
    }
}

fn balance(postings: &[Posting], document: &Draft) -> Result<(), CheckError> {
    let sum = |side: fn(&Posting) -> Money| -> Result<Money, MoneyError> {
        Money::sum(document.currency, postings.iter().map(side))
    };
    let (debits, credits) = (sum(|posting| posting.debit)?, sum(|posting| posting.credit)?);
    let found = || format!("{}: debits {debits}, credits {credits}", document.id);
    Ok(Invariant::PostingsSumToZero.check(debits == credits, found)?)
}
