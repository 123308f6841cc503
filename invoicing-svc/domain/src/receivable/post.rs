use money::MoneyError;

use super::{Moved, Source};
use crate::billing_entity::{GeneralLedgerCodes, SettlementCodes};
use crate::ledger::{LedgerAccount, Posting};

/// What an activity does to the books; nothing where a credit note pays a document, as both are receivables.
pub fn postings(
    activity: &super::Activity,
    codes: &GeneralLedgerCodes,
    settlement: &SettlementCodes,
) -> Result<Vec<Posting>, MoneyError> {
    let amount = activity.amount;
    let receivables = (LedgerAccount::Receivables, codes.receivables.as_str());
    let cash = (LedgerAccount::Cash, settlement.cash.as_str());
    let unapplied = (LedgerAccount::UnappliedCash, settlement.unapplied_cash.as_str());
    let bad_debt = (LedgerAccount::BadDebt, settlement.bad_debt.as_str());
    let recovered = (LedgerAccount::BadDebtRecovered, settlement.bad_debt_recovered.as_str());
    let relief = (LedgerAccount::TaxRelief, settlement.tax_relief.as_str());
    // Above zero is a debit.
    let amounts = match &activity.moved {
        Moved::Receipt { .. } => vec![(cash, amount), (unapplied, amount.negate())],
        Moved::Allocation { .. } => vec![(unapplied, amount), (receivables, amount.negate())],
        Moved::Credit { .. } => vec![],
        Moved::Refund(Source::Receipt(_)) => vec![(unapplied, amount), (cash, amount.negate())],
        Moved::Refund(Source::Credit(_)) => vec![(receivables, amount), (cash, amount.negate())],
        Moved::WriteOff { .. } => vec![(bad_debt, amount), (receivables, amount.negate())],
        Moved::TaxRelief { .. } => vec![(relief, amount), (bad_debt, amount.negate())],
        Moved::Recovery { tax, .. } => {
            vec![(unapplied, amount), (recovered, tax.minus(amount)?), (relief, tax.negate())]
        }
    };
    let posted = amounts.into_iter().filter(|(_, amount)| !amount.is_zero());
    Ok(posted.map(|((account, code), amount)| Posting::of(account, code, amount)).collect())
}
