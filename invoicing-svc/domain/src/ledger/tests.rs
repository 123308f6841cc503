use money::{Currency, Money};

use super::*;
use crate::invoice::tests::{draft, january, with_rebate};

fn codes() -> GeneralLedgerCodes {
    GeneralLedgerCodes {
        receivables: "1200".into(),
        agency_commission: "4900".into(),
        tax_payable: "2200".into(),
    }
}

/// Account, GL code, debit and credit.
fn written(document: &Draft) -> Vec<(LedgerAccount, String, String, String)> {
    let postings = postings(document, &codes()).unwrap();
    postings.into_iter().map(|p| (p.account, p.gl_code, p.debit.to_string(), p.credit.to_string())).collect()
}

fn row(
    account: LedgerAccount,
    code: &str,
    debit: &str,
    credit: &str,
) -> (LedgerAccount, String, String, String) {
    (account, code.into(), debit.into(), credit.into())
}

#[test]
fn an_invoice_debits_what_is_owed_and_credits_what_was_earned() {
    let expected = [
        row(LedgerAccount::Receivables, "1200", "3300.84", "0.00"),
        row(LedgerAccount::AgencyCommission, "4900", "582.50", "0.00"),
        row(LedgerAccount::Revenue, "4000", "0.00", "3883.34"),
    ];
    assert_eq!(written(&draft(&january()).unwrap()), expected);
}

#[test]
fn a_credit_note_is_the_reverse() {
    let mut document = draft(&january()).unwrap();
    document.kind = DocumentKind::CreditNote;
    let written = written(&document);
    assert_eq!(written[0], row(LedgerAccount::Receivables, "1200", "0.00", "3300.84"));
    assert_eq!(written[2], row(LedgerAccount::Revenue, "4000", "3883.34", "0.00"));
}

#[test]
fn what_is_given_back_is_contra_revenue() {
    let expected = [
        row(LedgerAccount::Receivables, "1200", "3215.84", "0.00"),
        row(LedgerAccount::AgencyCommission, "4900", "567.50", "0.00"),
        row(LedgerAccount::Revenue, "4000", "0.00", "3883.34"),
        row(LedgerAccount::ContraRevenue, "4000", "100.00", "0.00"),
    ];
    assert_eq!(written(&draft(&with_rebate("100.00")).unwrap()), expected);
}

#[test]
fn revenue_stands_by_gl_code_and_tax_by_itself() {
    let mut document = draft(&january()).unwrap();
    document.lines[1].gl_revenue = "4100".into();
    document.tax = Money::parse(Currency::parse("USD").unwrap(), "660.17").unwrap();
    document.total = document.net.plus(document.tax).unwrap();
    let expected = [
        row(LedgerAccount::Receivables, "1200", "3961.01", "0.00"),
        row(LedgerAccount::AgencyCommission, "4900", "582.50", "0.00"),
        row(LedgerAccount::Revenue, "4000", "0.00", "3333.34"),
        row(LedgerAccount::Revenue, "4100", "0.00", "550.00"),
        row(LedgerAccount::TaxPayable, "2200", "0.00", "660.17"),
    ];
    assert_eq!(written(&document), expected);
}

#[test]
fn postings_that_do_not_balance_are_not_made() {
    let mut document = draft(&january()).unwrap();
    document.total = document.gross;
    let Err(CheckError::Broken(broken)) = postings(&document, &codes()) else { panic!("unbalanced") };
    assert_eq!(broken.invariant, Invariant::PostingsSumToZero);
}
