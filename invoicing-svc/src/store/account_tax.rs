//! What the database keeps of an account for tax: its place, tax ids and exemptions.

use anyhow::Context;
use chassis::failure::Failure;
use invoicing_domain::tax::{AccountTax, Exemption, Place, TaxRegistration, Treatment, Validity};
use jiff::civil::Date;
use money::Percent;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{tax::place, written::Written};

#[derive(Deserialize)]
struct WrittenRegistration {
    place: String,
    number: String,
    first: Date,
    last: Option<Date>,
}

#[derive(Deserialize)]
struct WrittenExemption {
    place: Option<String>,
    category: String,
    reason: String,
    certificate: String,
    first: Date,
    last: Option<Date>,
}

/// The tax of an account that the database holds.
pub fn account_tax(
    tax_place: Option<&str>,
    registrations: Value,
    exemptions: Value,
) -> Result<AccountTax, Failure> {
    let registrations: Vec<WrittenRegistration> =
        serde_json::from_value(registrations).context("the database holds no tax registrations")?;
    let exemptions: Vec<WrittenExemption> =
        serde_json::from_value(exemptions).context("the database holds no tax exemptions")?;
    Ok(AccountTax {
        place: tax_place.map(place).transpose()?,
        registrations: registrations.into_iter().map(registration).collect::<Result<_, _>>()?,
        exemptions: exemptions.into_iter().map(exemption).collect::<Result<_, _>>()?,
    })
}

fn registration(written: WrittenRegistration) -> Result<TaxRegistration, Failure> {
    let WrittenRegistration { place: at, number, first, last } = written;
    Ok(TaxRegistration { place: place(&at)?, number, valid: Validity { first, last } })
}

fn exemption(written: WrittenExemption) -> Result<Exemption, Failure> {
    let WrittenExemption { place: at, category, reason, certificate, first, last } = written;
    let percent = Percent::of(Decimal::ZERO).context("nothing is a percent")?;
    let treatment = Treatment { category: Written::read(&category)?, percent, reason };
    let at: Option<Place> = at.as_deref().map(place).transpose()?;
    Ok(Exemption { place: at, treatment, certificate, valid: Validity { first, last } })
}

/// The tax ids as the database keeps them.
pub fn registrations_json(tax: &AccountTax) -> Value {
    let written = |id: &TaxRegistration| json!({ "place": id.place.as_str(), "number": id.number, "first": id.valid.first, "last": id.valid.last });
    tax.registrations.iter().map(written).collect()
}

/// The exemptions as the database keeps them.
pub fn exemptions_json(tax: &AccountTax) -> Value {
    let written = |exempt: &Exemption| {
        json!({
            "place": exempt.place.as_ref().map(Place::as_str),
            "category": exempt.treatment.category.text(),
            "reason": exempt.treatment.reason,
            "certificate": exempt.certificate,
            "first": exempt.valid.first,
            "last": exempt.valid.last,
        })
    };
    tax.exemptions.iter().map(written).collect()
}
