use uuid::Uuid;

use super::*;

/// An entity in New York that keeps the Gregorian year.
pub(crate) fn entity() -> BillingEntity {
    BillingEntity {
        id: EntityId::from_uuid(Uuid::from_u128(2)),
        revision: Revision::FIRST,
        code: "NYC".into(),
        legal_name: "Example Media Inc.".into(),
        address: PostalAddress::default(),
        tax_registrations: Vec::new(),
        functional_currency: Currency::parse("USD").expect("a currency"),
        zone: "America/New_York".parse().expect("a zone"),
        rounding: Rounding::HalfAwayFromZero,
        remainder: Remainder::First,
        commission_posting: CommissionPosting::ContraRevenue,
        bank_account: BankAccount::default(),
        gl_codes: GeneralLedgerCodes {
            receivables: "1200".into(),
            agency_commission: "4900".into(),
            tax_payable: "2200".into(),
        },
        fiscal: FiscalCalendar::GREGORIAN,
        statutory_first_month: 1,
        tax_place: None,
        settlement_codes: None,
        makegood_days: None,
        tax_base: TaxBase::NetOfCommission,
        rate_card_tolerance: None,
        tax_engine: None,
        negative_line_limit: None,
    }
}
