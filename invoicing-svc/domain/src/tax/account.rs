use jiff::civil::Date;

use super::{Place, TaxRateRefusal, Treatment, Validity};

/// What is known of a buyer for tax.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountTax {
    /// Where it is taxed on what is not allocated to other places; `None`: in the country of its address.
    pub place: Option<Place>,
    pub registrations: Vec<TaxRegistration>,
    pub exemptions: Vec<Exemption>,
}

/// A tax id, and over which days it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxRegistration {
    /// Where it is registered.
    pub place: Place,
    /// As printed on documents (BT-48).
    pub number: String,
    pub valid: Validity,
}

/// That a buyer is taxed otherwise than others, and over which days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption {
    /// Where it is; `None`: everywhere.
    pub place: Option<Place>,
    /// Never at a rate above 0.
    pub treatment: Treatment,
    /// The certificate that proves it; may be empty.
    pub certificate: String,
    pub valid: Validity,
}

impl Exemption {
    /// Checks that it can stand on a document.
    pub fn check(&self) -> Result<(), TaxRateRefusal> {
        self.treatment.check_exemption()?;
        match self.valid.last.filter(|last| *last < self.valid.first) {
            Some(last) => Err(TaxRateRefusal::EndsBeforeItBegins { first: self.valid.first, last }),
            None => Ok(()),
        }
    }
}

impl AccountTax {
    /// How the account is taxed in a place on a day, where that is not as others are.
    pub(super) fn exemption(&self, place: &Place, day: Date) -> Option<&Exemption> {
        let here = |exempt: &Exemption| exempt.place.as_ref().is_none_or(|of| place.is_within(of));
        self.exemptions.iter().find(|exempt| here(exempt) && exempt.valid.includes(day))
    }

    /// Whether the account has a tax id in the country of a place on a day.
    pub(super) fn is_registered(&self, place: &Place, day: Date) -> bool {
        let here = |id: &TaxRegistration| id.place.country() == place.country();
        self.registrations.iter().any(|id| here(id) && id.valid.includes(day))
    }
}
