use ids::Revision;

use super::{Facts, Known, Line, Order};

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

/// What an account and its products ask of an order. Lines that are known as they are were looked at before.
pub(super) fn guidelines(order: &Order, known: Option<&Known>, facts: &Facts<'_>) -> Vec<OrderReview> {
    let mut findings = Vec::new();
    if let Some(rule) = facts.account.map(|account| &account.purchase_orders) {
        if rule.is_required && order.purchase_orders.is_empty() {
            findings
                .push(OrderReview::PurchaseOrderMissing { account: format!("accounts/{}", order.account) });
        }
        let unlike = order.purchase_orders.iter().filter(|po| !rule.fits(&po.number));
        findings.extend(unlike.map(|po| OrderReview::PurchaseOrderFormat {
            number: po.number.clone(),
            format: rule.format.clone(),
        }));
    }
    let sells_before = |line: &Line| {
        let before = known.and_then(|known| known.lines.get(&line.number)?.said.get("ad_product").cloned());
        before == Some(line.product.to_string())
    };
    let not_live = |line: &&Line| facts.not_live.contains(&line.product) && !sells_before(line);
    findings.extend(order.lines.iter().filter(not_live).map(|line| OrderReview::ProductNotLive {
        line: line.number.clone(),
        product: format!("adProducts/{}", line.product),
    }));
    findings
}

impl OrderReview {
    /// The line that it is about.
    pub fn line(&self) -> Option<&str> {
        match self {
            Self::AmendmentScopeMissing { line, .. }
            | Self::PriceCutWithoutEvidence { line }
            | Self::ProductNotLive { line, .. } => Some(line),
            Self::PurchaseOrderMissing { .. } | Self::PurchaseOrderFormat { .. } => None,
        }
    }

    /// Nobody can approve it away: what it asks for has to be said.
    pub(super) fn stays(&self) -> bool {
        matches!(self, Self::AmendmentScopeMissing { .. })
    }
}
