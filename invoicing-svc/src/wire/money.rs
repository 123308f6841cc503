//! Amounts and numbers as decimal strings.

use billing_proto::billing::invoicing::v1 as pb;
use money::{Currency, Money, Percent};
use refusal::Violations;

/// An ISO 4217 code.
pub fn currency(v: &mut Violations, field: &str, code: &str) -> Option<Currency> {
    v.take(field, Currency::parse(code))
}

/// A percent; empty is 0.
pub fn percent(v: &mut Violations, field: &str, value: &str) -> Option<Percent> {
    v.take(field, Percent::parse(if value.is_empty() { "0" } else { value }))
}

/// An amount with exactly its currency's minor units.
pub fn message(amount: Money) -> pb::Money {
    pb::Money { currency_code: amount.currency().code().to_owned(), amount: amount.to_string() }
}
