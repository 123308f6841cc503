use jiff::civil::Date;

use super::Place;

refusal::refusals! {
    /// Why a tax rate or an exemption is not taken.
    pub enum TaxRateRefusal {
        /// EN 16931 BR-S-5 and its relatives.
        Malformed "TAX_PERCENT_DOES_NOT_FIT" PercentDoesNotFit { category: &'static str, percent: money::Percent } =>
            "category {category} at {percent} %; only S has a percent above 0, and always has one",
        /// A document must say why it carries no tax.
        Malformed "TAX_REASON_MISSING" ReasonMissing { category: &'static str } =>
            "category {category} says on the document why there is no tax; give `reason`",
        /// It would stand beside others on one document.
        Malformed "TAX_CATEGORY_STANDS_ALONE" OutsideScope =>
            "category O stands alone on a document; take E, or give the place no rates at all",
        /// No day lies between.
        Malformed "TAX_ENDS_BEFORE_IT_BEGINS" EndsBeforeItBegins { first: Date, last: Date } =>
            "it would begin on {first} and end on {last}",
        /// A day would have two rates.
        Exists "TAX_RATE_OVERLAPS" Overlaps { place: String, code: String, first: Date } =>
            "{code} in {place} has a rate from {first} on that holds on some of these days; end that one first",
    }
}

refusal::refusals! {
    /// Why an order waits for its tax.
    pub enum TaxError {
        /// A zero that nobody decided is not a tax.
        StateForbids "TAX_RATE_MISSING" RateMissing { place: Place, code: String, day: Date } =>
            "no tax rate of {code:?} in {place} on {day}; add the rate, or correct the product's tax code or the account's place",
        /// The buyer would owe the tax itself, but may not.
        StateForbids "REVERSE_CHARGE_WITHOUT_TAX_ID" IdMissing { place: Place, day: Date } =>
            "the tax in {place} is owed by the buyer, which has no tax id there on {day}; add its tax registration",
        /// What nobody decided is not issued.
        Unavailable "TAX_ENGINE_UNAVAILABLE" EngineUnavailable { engine: String, why: String } =>
            "the tax engine {engine} gave no answer that can be used: {why}; see to the engine, then refresh the run, or ask again",
    }
}
