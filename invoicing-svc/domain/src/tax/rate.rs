use std::collections::{BTreeMap, BTreeSet};

use ids::{Revision, TaxRateId};
use jiff::civil::Date;
use money::Percent;

use super::{Place, TaxRateRefusal, Treatment};

/// From which day to which one something holds; both inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Validity {
    pub first: Date,
    /// `None`: until further notice.
    pub last: Option<Date>,
}

impl Validity {
    /// Whether it holds on that day.
    pub fn includes(self, day: Date) -> bool {
        self.first <= day && self.last.is_none_or(|last| day <= last)
    }

    /// Whether there is a day on which both hold.
    pub fn overlaps(self, other: Self) -> bool {
        self.last.is_none_or(|last| other.first <= last) && other.last.is_none_or(|last| self.first <= last)
    }
}

/// What a tax code is taxed at in a place, over some days. Place and tax code never move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxRate {
    pub id: TaxRateId,
    pub revision: Revision,
    pub place: Place,
    /// What the ad product says.
    pub tax_code: String,
    pub treatment: Treatment,
    /// A seller from another country does not charge it: the buyer owes the tax itself, if it has a tax id there.
    pub reverse_charged: bool,
    pub valid: Validity,
}

impl TaxRate {
    /// Checks a new or changed rate beside the others of its place and tax code.
    pub fn check(&self, others: &[Self]) -> Result<(), TaxRateRefusal> {
        self.treatment.check_beside_others()?;
        if let Some(last) = self.valid.last.filter(|last| *last < self.valid.first) {
            return Err(TaxRateRefusal::EndsBeforeItBegins { first: self.valid.first, last });
        }
        let overlapping = others.iter().find(|other| other.id != self.id && other.valid.overlaps(self.valid));
        match overlapping {
            Some(other) => Err(TaxRateRefusal::Overlaps {
                place: self.place.to_string(),
                code: self.tax_code.clone(),
                first: other.valid.first,
            }),
            None => Ok(()),
        }
    }
}

/// Every rate, to be looked up.
#[derive(Clone, Debug, Default)]
pub struct TaxRates {
    by_code: BTreeMap<(Place, String), Vec<TaxRate>>,
    places: BTreeSet<Place>,
}

impl TaxRates {
    /// Whether a place taxes anything that we know of.
    pub fn knows(&self, place: &Place) -> bool {
        self.places.contains(place)
    }

    /// The rate of a tax code in a place on a day.
    pub fn on(&self, place: &Place, code: &str, day: Date) -> Option<&TaxRate> {
        let rates = self.by_code.get(&(place.clone(), code.to_owned()))?;
        rates.iter().find(|rate| rate.valid.includes(day))
    }
}

impl FromIterator<TaxRate> for TaxRates {
    fn from_iter<I: IntoIterator<Item = TaxRate>>(rates: I) -> Self {
        let mut all = Self::default();
        for rate in rates {
            all.places.insert(rate.place.clone());
            all.by_code.entry((rate.place.clone(), rate.tax_code.clone())).or_default().push(rate);
        }
        all
    }
}

/// A percent of nothing.
pub(super) fn nothing() -> Percent {
    Percent::of(rust_decimal::Decimal::ZERO).expect("nothing is a percent")
}
