//! What an outside tax engine is asked, and what it answers ↔ domain.

use billing_proto::outside::tax::v1 as pb;
use ids::{AccountId, InvoiceId};
use invoicing_domain::tax::{
    AccountTax, Determined, Exemption, Place, TaxCategory, TaxRegistration, Taxable, Treatment,
};
use money::{Currency, Money, Percent};

use super::period::day_message;

/// A document to be, as the engine is asked about it: what it is, and its lines.
pub fn document(
    (id, account, currency): (InvoiceId, AccountId, Currency),
    lines: &[Taxable<'_>],
    seller: &Place,
    (place, buyer): (&Place, &AccountTax),
) -> pb::Document {
    let lines = (1..).zip(lines).map(|(number, line)| pb::Line {
        number,
        tax_code: line.tax_code.to_owned(),
        place: line.place.to_string(),
        tax_point: Some(day_message(line.tax_point)),
        base: line.base.to_string(),
    });
    let lines = lines.collect();
    pb::Document {
        id: id.to_string(),
        currency_code: currency.code().to_owned(),
        seller_place: seller.to_string(),
        buyer: Some(pb::Buyer {
            account: account.to_string(),
            place: place.to_string(),
            tax_ids: buyer.registrations.iter().map(tax_id).collect(),
            exemptions: buyer.exemptions.iter().map(exemption).collect(),
        }),
        lines,
    }
}

fn tax_id(id: &TaxRegistration) -> pb::TaxId {
    pb::TaxId {
        place: id.place.to_string(),
        number: id.number.clone(),
        valid_from: Some(day_message(id.valid.first)),
        valid_to: id.valid.last.map(day_message),
    }
}

fn exemption(exempt: &Exemption) -> pb::Exemption {
    pb::Exemption {
        place: exempt.place.as_ref().map_or_else(String::new, Place::to_string),
        category: exempt.treatment.category.code().to_owned(),
        reason: exempt.treatment.reason.clone(),
        certificate: exempt.certificate.clone(),
        valid_from: Some(day_message(exempt.valid.first)),
        valid_to: exempt.valid.last.map(day_message),
    }
}

/// The tax of the lines of a document, or what is wrong with it.
pub fn determined(lines: &[pb::TaxedLine], currency: Currency) -> Result<Vec<Determined>, String> {
    (1..).zip(lines).map(|(number, line)| determined_line(number, line, currency)).collect()
}

fn determined_line(number: i32, line: &pb::TaxedLine, currency: Currency) -> Result<Determined, String> {
    let wrong = |what: &dyn std::fmt::Display| format!("line {number}: {what}");
    if line.number != number {
        return Err(wrong(&format!("stands where line {} is answered", line.number)));
    }
    let category = category(&line.category);
    let category = category.ok_or_else(|| wrong(&format!("no category is called {:?}", line.category)))?;
    let percent = Percent::parse(&line.percent).map_err(|error| wrong(&format!("percent: {error}")))?;
    let amount = Money::parse(currency, &line.amount).map_err(|error| wrong(&format!("amount: {error}")))?;
    let treatment = Treatment { category, percent, reason: line.reason.clone() };
    Ok(Determined { treatment, amount })
}

/// The category of a code of UNCL5305.
pub fn category(code: &str) -> Option<TaxCategory> {
    let all = [
        TaxCategory::Standard,
        TaxCategory::ZeroRated,
        TaxCategory::Exempt,
        TaxCategory::ReverseCharge,
        TaxCategory::IntraCommunity,
        TaxCategory::Export,
        TaxCategory::OutsideScope,
    ];
    all.into_iter().find(|category| category.code() == code)
}
