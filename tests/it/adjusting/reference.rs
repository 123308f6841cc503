//! What there is before anything is billed: a British entity, an agency at 15 percent, a sponsorship, VAT of 20 percent.

use anyhow::Result;
use billing_proto::billing::invoicing::v1 as pb;

use crate::suite::day;

fn address() -> Option<pb::PostalAddress> {
    Some(pb::PostalAddress {
        lines: vec!["1 Thames Street".into()],
        city: "London".into(),
        postal_code: "EC1A 1BB".into(),
        country: "GB".into(),
        ..pb::PostalAddress::default()
    })
}

pub fn entity() -> pb::BillingEntity {
    pb::BillingEntity {
        code: "LON".into(),
        legal_name: "Thames Broadcasting Ltd".into(),
        address: address(),
        tax_registrations: vec!["GB 123456789".into()],
        functional_currency: "GBP".into(),
        time_zone: "Europe/London".into(),
        gl_codes: Some(pb::GeneralLedgerCodes {
            receivables: "1200".into(),
            agency_commission: "4900".into(),
            tax_payable: "2200".into(),
        }),
        settlement_codes: Some(pb::SettlementCodes {
            cash: "1000".into(),
            unapplied_cash: "2300".into(),
            bad_debt: "6900".into(),
            bad_debt_recovered: "4950".into(),
            tax_relief: "2250".into(),
        }),
        bank_account: Some(pb::BankAccount {
            account_name: "Thames Broadcasting Ltd".into(),
            bank_name: "Example Bank".into(),
            account_number: "GB33BUKB20201555555555".into(),
            routing_number: "BUKBGB22".into(),
        }),
        ..pb::BillingEntity::default()
    }
}

pub fn account(code: &str) -> pb::Account {
    pb::Account {
        code: code.into(),
        kind: pb::AccountKind::Agency.into(),
        legal_name: "Riverside Media".into(),
        address: address(),
        currency_code: "GBP".into(),
        commission_percent: "15".into(),
        payment_terms_days: 30,
        ..pb::Account::default()
    }
}

pub fn product() -> Result<pb::AdProduct> {
    Ok(pb::AdProduct {
        code: "SPONSORSHIP".into(),
        display_name: "Sponsorship".into(),
        format: "TV_SPOT".into(),
        pricing_model: pb::PricingModel::FlatFee.into(),
        invoice_text: "Television advertising".into(),
        tax_code: "ADS".into(),
        gl_revenue: "4000".into(),
        effective_from: Some(day("2020-01-01")?),
        state: pb::AdProductState::Live.into(),
        ..pb::AdProduct::default()
    })
}

pub fn vat() -> Result<pb::TaxRate> {
    Ok(pb::TaxRate {
        place: "GB".into(),
        tax_code: "ADS".into(),
        category: pb::TaxCategory::S.into(),
        percent: "20".into(),
        reverse_charged: true,
        valid_from: Some(day("2011-01-04")?),
        ..pb::TaxRate::default()
    })
}
