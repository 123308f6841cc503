//! What a document does to the books: double entry, in the transaction that issues it.
//!
//! INV-4: the postings of a document sum to zero. An invoice debits receivables and the agency's commission and credits
//! revenue and tax; a credit note is the reverse.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use money::{Currency, Money, MoneyError};

use crate::billing_entity::GeneralLedgerCodes;
use crate::invariant::Invariant;
use crate::invoice::{CheckError, DocumentKind, Draft};
use crate::note::Note;
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
    Cash,
    /// What was received and is on no document yet.
    UnappliedCash,
    BadDebt,
    BadDebtRecovered,
    /// Tax that the tax office gives back on bad debt.
    TaxRelief,
}

/// One posting. Exactly one of the two amounts is above zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    pub account: LedgerAccount,
    pub gl_code: String,
    pub debit: Money,
    pub credit: Money,
}

/// What a document comes to, as the books take it.
struct Posted<'a> {
    kind: DocumentKind,
    commission: Money,
    tax: Money,
    total: Money,
    /// Where each line is earned, under which GL account, and its gross.
    lines: Vec<(LedgerAccount, &'a str, Money)>,
}

/// The postings of a draft, one per account and GL code, without those of nothing.
pub fn postings(document: &Draft, codes: &GeneralLedgerCodes) -> Result<Vec<Posting>, CheckError> {
    let Draft { kind, commission, tax, total, .. } = *document;
    let lines = document.lines.iter();
    let lines = lines
        .map(|line| (earned(line.item.bucket.kind), line.gl_revenue.as_str(), line.item.gross))
        .collect();
    let postings = Posted { kind, commission, tax, total, lines }.postings(codes)?;
    balance(&postings, total.currency(), &document.id.to_string())?;
    Ok(postings)
}

/// The postings of a note, one per account and GL code, without those of nothing.
pub fn note_postings(note: &Note, codes: &GeneralLedgerCodes) -> Result<Vec<Posting>, CheckError> {
    let Note { kind, commission, tax, total, .. } = *note;
    let lines = note.lines.iter();
    let lines = lines.map(|line| (earned(line.bucket.kind), line.gl_revenue.as_str(), line.gross)).collect();
    let postings = Posted { kind, commission, tax, total, lines }.postings(codes)?;
    balance(&postings, total.currency(), "a note")?;
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

impl Posted<'_> {
    fn postings(&self, codes: &GeneralLedgerCodes) -> Result<Vec<Posting>, MoneyError> {
        let mut revenue: BTreeMap<(LedgerAccount, &str), Money> = BTreeMap::new();
        for (account, code, gross) in &self.lines {
            let sum = revenue.entry((*account, *code)).or_insert(Money::zero(self.total.currency()));
            *sum = sum.plus(*gross)?;
        }
        let debits = [
            (LedgerAccount::Receivables, codes.receivables.as_str(), self.total),
            (LedgerAccount::AgencyCommission, codes.agency_commission.as_str(), self.commission),
        ];
        let credits = revenue.into_iter().map(|((account, code), gross)| (account, code, gross.negate()));
        let tax = (LedgerAccount::TaxPayable, codes.tax_payable.as_str(), self.tax.negate());
        let all = debits.into_iter().chain(credits).chain([tax]).filter(|(_, _, amount)| !amount.is_zero());
        Ok(all
            .map(|(account, code, amount)| match self.kind {
                DocumentKind::Invoice | DocumentKind::DebitNote => Posting::of(account, code, amount),
                DocumentKind::CreditNote => Posting::of(account, code, amount.negate()),
            })
            .collect())
    }
}

impl Posting {
    /// A debit where the amount is above zero, a credit where it is below.
    pub(crate) fn of(account: LedgerAccount, gl_code: &str, amount: Money) -> Self {
        let nothing = Money::zero(amount.currency());
        let (debit, credit) =
            if amount.is_negative() { (nothing, amount.negate()) } else { (amount, nothing) };
        Self { account, gl_code: gl_code.to_owned(), debit, credit }
    }
}

fn balance(postings: &[Posting], currency: Currency, of: &str) -> Result<(), CheckError> {
    let sum = |side: fn(&Posting) -> Money| -> Result<Money, MoneyError> {
        Money::sum(currency, postings.iter().map(side))
    };
    let (debits, credits) = (sum(|posting| posting.debit)?, sum(|posting| posting.credit)?);
    let found = || format!("{of}: debits {debits}, credits {credits}");
    Ok(Invariant::PostingsSumToZero.check(debits == credits, found)?)
}
