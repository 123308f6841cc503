use ids::Revision;
use jiff::civil::Date;
use money::{Money, Rate};
use rust_decimal::Decimal;

refusal::refusals! {
    /// Why an order waits until somebody has looked at it, in the order in which it is looked at.
    pub enum OrderReview {
        /// What was billed under the old terms: from when on do the new ones hold?
        StateForbids "AMENDMENT_SCOPE_MISSING" AmendmentScopeMissing { line: String, terms: String } =>
            "line {line} has been billed, and nothing says from when on these hold: {terms}; adjust the order with a scope for each",
        /// Who agreed to bill less?
        StateForbids "PRICE_CUT_WITHOUT_EVIDENCE" PriceCutWithoutEvidence { line: String } =>
            "line {line} has been billed and becomes cheaper without evidence; name it in the scope, or approve the cut",
        /// The account pays nothing without one.
        StateForbids "PURCHASE_ORDER_MISSING" PurchaseOrderMissing { account: String } =>
            "{account} requires a purchase order, and the order has none; adjust the order with its number",
        /// The account would not recognise its number.
        StateForbids "PURCHASE_ORDER_FORMAT" PurchaseOrderFormat { number: String, format: String } =>
            "the purchase order {number} is not written as the account writes its numbers, {format}",
        /// Nobody has said that it can be billed.
        StateForbids "PRODUCT_NOT_LIVE" ProductNotLive { line: String, product: String } =>
            "line {line}: {product} is not live; bring it live, or sell another",
        /// Nobody sells it to the end.
        StateForbids "PRODUCT_RETIRES_IN_FLIGHT" ProductRetires { line: String, product: String, last: Date, flight_last: Date } =>
            "line {line}: {product} is sold until {last}, and the line runs until {flight_last}; shorten it, or sell another",
        /// A price that nobody has agreed to.
        StateForbids "OFF_RATE_CARD" OffRateCard { line: String, price: Decimal, percent: Decimal, list_price: Rate } =>
            "line {line}: {price} is {percent} % below the list price, {list_price}; correct the price, or approve it",
        /// Which of the two was sold?
        StateForbids "AMOUNT_DOES_NOT_ADD_UP" AmountDoesNotAddUp { line: String, amount: Money, worth: Money } =>
            "line {line}: it is booked for {amount}, and its rate and units come to {worth}; correct what is wrong, or approve the amount",
        /// Whatever is delivered, the minimum is what bills.
        StateForbids "MINIMUM_ABOVE_BOOKED" MinimumAboveBooked { line: String, minimum: String, booked: Money } =>
            "line {line}: the minimum comes to {minimum}, and the booked units to at most {booked}; correct what is wrong, or approve the minimum",
        /// The customer's system refuses what is above the value.
        StateForbids "PURCHASE_ORDER_USED_UP" PurchaseOrderUsedUp { numbers: String, value: Money, used: Money, net: Money } =>
            "the purchase orders {numbers} are for {value}, of which {used} is used, and the order has {net} to bill; ask the customer for another",
        /// A limit that is passed is a decision, not an accident.
        StateForbids "CREDIT_LIMIT_EXCEEDED"
        CreditLimit { limit: Money, owed: Money, drafted: Money, unbilled: Money, net: Money } =>
            "the credit limit is {limit}: {owed} is open, {drafted} on drafts, {unbilled} booked on other orders, and this order adds {net}",
    }
}

refusal::refusals! {
    /// Why a review is not decided.
    pub enum OrderReviewRefusal {
        /// Whoever made an order does not approve it.
        Forbidden "REVIEW_BY_ITS_MAKER" ByItsMaker { person: String } =>
            "{person} sent or adjusted the order; a second person approves it",
        /// It waits no more.
        StateForbids "REVIEW_DECIDED" Decided { state: String } => "the review is {state}; only one that waits is decided",
        /// Approving does not say from when on new terms hold.
        StateForbids "REVIEW_STILL_OPEN" StillOpen { findings: String } =>
            "the order cannot be taken as it is: {findings}; adjust it first",
        /// The line of an adjustment is none of the order.
        Missing "REVIEW_LINE_UNKNOWN" LineUnknown { line: String } => "the order has no line {line}",
    }
}

/// An order that waits.
#[derive(Clone, Debug)]
pub struct Review {
    pub revision: Revision,
    pub state: ReviewState,
    /// Who sent it and who adjusted it.
    pub makers: Vec<String>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewState {
    Waiting,
    Approved,
    Rejected,
    /// By a newer revision, or because the same one was taken.
    Superseded,
}

impl ReviewState {
    /// The name that contract and database write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
            Self::Superseded => "SUPERSEDED",
        }
    }
}

/// Checks that the person may approve the order.
pub fn approve(review: &Review, person: &str) -> Result<(), OrderReviewRefusal> {
    if review.makers.iter().any(|maker| maker == person) {
        return Err(OrderReviewRefusal::ByItsMaker { person: person.to_owned() });
    }
    must_wait(review)
}

/// Checks that the order still waits.
pub fn must_wait(review: &Review) -> Result<(), OrderReviewRefusal> {
    match review.state {
        ReviewState::Waiting => Ok(()),
        ReviewState::Approved | ReviewState::Rejected | ReviewState::Superseded => {
            Err(OrderReviewRefusal::Decided { state: review.state.name().to_owned() })
        }
    }
}

impl OrderReview {
    /// The line that it is about.
    pub fn line(&self) -> Option<&str> {
        match self {
            Self::AmendmentScopeMissing { line, .. }
            | Self::PriceCutWithoutEvidence { line }
            | Self::ProductNotLive { line, .. }
            | Self::ProductRetires { line, .. }
            | Self::OffRateCard { line, .. }
            | Self::AmountDoesNotAddUp { line, .. }
            | Self::MinimumAboveBooked { line, .. } => Some(line),
            Self::PurchaseOrderMissing { .. }
            | Self::PurchaseOrderFormat { .. }
            | Self::PurchaseOrderUsedUp { .. }
            | Self::CreditLimit { .. } => None,
        }
    }

    /// Nobody can approve it away: what it asks for has to be said.
    pub(super) fn stays(&self) -> bool {
        matches!(self, Self::AmendmentScopeMissing { .. })
    }
}
