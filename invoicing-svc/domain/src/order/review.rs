refusal::refusals! {
    /// Why an order waits until somebody has looked at it, in the order in which it is looked at.
    pub enum OrderReview {
        /// What was billed under the old terms: from when on do the new ones hold?
        StateForbids "AMENDMENT_SCOPE_MISSING" AmendmentScopeMissing { line: String, terms: String } =>
            "line {line} has been billed, and nothing says from when on these hold: {terms}; send the next revision with a scope for each",
        /// Who agreed to bill less?
        StateForbids "PRICE_CUT_WITHOUT_EVIDENCE" PriceCutWithoutEvidence { line: String } =>
            "line {line} has been billed and becomes cheaper without evidence; send the next revision with what proves it in the scope",
    }
}
