//! Amounts as decimal strings.

use billing_proto::billing::invoicing::v1 as invoicing;
use money::{Currency, Money};
use refusal::Violations;

/// An amount that is not below zero.
pub fn amount(v: &mut Violations, field: &str, value: &invoicing::Money) -> Option<Money> {
    v.within(field, |v| {
        let currency = v.take("currency_code", Currency::parse(&value.currency_code))?;
        let amount = v.take("amount", Money::parse(currency, &value.amount))?;
        if amount.is_negative() {
            v.add("amount", "must not be below zero; the kind of the subject says which way it goes");
            return None;
        }
        Some(amount)
    })
}

/// An amount with exactly its currency's minor units.
pub fn message(amount: Money) -> invoicing::Money {
    invoicing::Money { currency_code: amount.currency().code().to_owned(), amount: amount.to_string() }
}
