//! Why a line is not rated. It makes an exception of the run; the other lines go on.

use money::MoneyError;

refusal::refusals! {
    /// Why a line is not rated.
    pub enum RatingError {
        /// A price that nobody said is not zero.
        StateForbids "RATE_MISSING" RateMissing { airing: ids::AiringId, day: jiff::civil::Date } =>
            "the spot {airing} of {day} has no rate, and neither has its line; add one of the two",
        /// A flight that was shortened after the spot was taken.
        StateForbids "OUT_OF_FLIGHT" OutOfFlight { airing: ids::AiringId, day: jiff::civil::Date } =>
            "the spot {airing} of {day} is outside the flight of its line; amend the order, or restate the spot",
        /// A flight that was shortened after the delivery was taken.
        StateForbids "DELIVERY_OUT_OF_FLIGHT" DeliveredOutOfFlight { days: calendar::Days } =>
            "what was delivered on {days} is outside the flight of its line; amend the order, or restate the delivery",
        /// A price that nobody said is not zero.
        StateForbids "PRICE_MISSING" PriceMissing { days: calendar::Days } =>
            "the terms of {days} have no price for what was delivered; amend the order",
        /// A limit that nobody said is none.
        StateForbids "TERMS_INCOMPLETE" TermsIncomplete { what: &'static str } =>
            "the line does not say {what}; amend the order",
        /// Spots cannot be counted off against money alone.
        StateForbids "OPENING_WITHOUT_UNITS" OpeningWithoutUnits { origin: calendar::Days } =>
            "the opening balance of {origin} has an amount and no spots; say how many spots it paid for",
        /// The ledger of the line is not what rating and its corrections make.
        StateForbids "BILLED_LEDGER_BROKEN" LedgerBroken { billed: money::Money, units_at_price: money::Money } =>
            "the ledger of the line says {billed}, its units at their prices come to {units_at_price} (INV-10); correct it before the line bills",
        /// More digits than can be calculated with.
        StateForbids "AMOUNT_TOO_LARGE" AmountTooLarge { error: MoneyError } => "{error}",
    }
}

impl From<MoneyError> for RatingError {
    fn from(error: MoneyError) -> Self {
        Self::AmountTooLarge { error }
    }
}
