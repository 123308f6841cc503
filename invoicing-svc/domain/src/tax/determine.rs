use jiff::civil::Date;
use money::{Money, Percent};

use super::{AccountTax, Place, TaxCategory, TaxError, TaxRateRefusal, TaxRates, rate::nothing};

/// A line of a document to be, as tax sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taxable<'a> {
    /// The product's tax code.
    pub tax_code: &'a str,
    /// Where it is taxed.
    pub place: &'a Place,
    /// What is taxed.
    pub base: Money,
    /// The day on which the tax falls due.
    pub tax_point: Date,
}

/// How a line is taxed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Treatment {
    pub category: TaxCategory,
    pub percent: Percent,
    /// Why there is no tax (BT-120); empty where there is.
    pub reason: String,
}

/// How an outside engine taxes a line, and what that comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Determined {
    pub treatment: Treatment,
    /// The line's part of the tax of its category and percent.
    pub amount: Money,
}

impl Treatment {
    /// Checks that it can stand on a document.
    pub fn check(&self) -> Result<(), TaxRateRefusal> {
        let (category, percent) = (self.category, self.percent);
        if (category == TaxCategory::Standard) == percent.value().is_zero() {
            return Err(TaxRateRefusal::PercentDoesNotFit { category: category.code(), percent });
        }
        if category.says_why() && self.reason.is_empty() {
            return Err(TaxRateRefusal::ReasonMissing { category: category.code() });
        }
        Ok(())
    }

    /// Checks that it can stand on a document beside others.
    pub fn check_beside_others(&self) -> Result<(), TaxRateRefusal> {
        if self.category == TaxCategory::OutsideScope {
            return Err(TaxRateRefusal::OutsideScope);
        }
        self.check()
    }

    /// Checks that it can stand on a document, and takes no tax.
    pub(super) fn check_exemption(&self) -> Result<(), TaxRateRefusal> {
        let (category, percent) = (self.category, self.percent);
        if category == TaxCategory::Standard {
            return Err(TaxRateRefusal::PercentDoesNotFit { category: category.code(), percent });
        }
        self.check_beside_others()
    }

    /// Of a seller whose place has no rates.
    pub fn outside_scope() -> Self {
        Self { category: TaxCategory::OutsideScope, percent: nothing(), reason: "Not subject to tax".into() }
    }
}

/// Decides how a line is taxed, first that applies: nothing where the seller's place has no rates, the buyer's
/// exemption, the rate of the place and tax code on the tax point, which a foreign buyer may owe itself.
pub fn determine(
    seller: &Place,
    buyer: &AccountTax,
    rates: &TaxRates,
    line: Taxable<'_>,
) -> Result<Treatment, TaxError> {
    let Taxable { tax_code, place, base: _, tax_point } = line;
    if !rates.knows(seller) {
        return Ok(Treatment::outside_scope());
    }
    if let Some(exemption) = buyer.exemption(place, tax_point) {
        return Ok(exemption.treatment.clone());
    }
    let missing =
        || TaxError::RateMissing { place: place.clone(), code: tax_code.to_owned(), day: tax_point };
    let rate = rates.on(place, tax_code, tax_point).ok_or_else(missing)?;
    if !rate.reverse_charged || place.country() == seller.country() {
        return Ok(rate.treatment.clone());
    }
    if !buyer.is_registered(place, tax_point) {
        return Err(TaxError::IdMissing { place: place.clone(), day: tax_point });
    }
    Ok(Treatment {
        category: TaxCategory::ReverseCharge,
        percent: nothing(),
        reason: "Reverse charge: the tax is owed by the buyer".into(),
    })
}
