refusal::refusals! {
    /// Why an adjustment is not made or changed.
    pub enum AdjustmentRefusal {
        /// There is no such adjustment, or not for this caller.
        Missing "NOT_FOUND" NotFound { name: String } => "{name} does not exist",
        /// The act does not fit the state.
        StateForbids "ADJUSTMENT_STATE" WrongState { adjustment: String, state: String, needed: String } =>
            "{adjustment} is {state}; this needs {needed}",
        /// An adjustment of nothing is none.
        Malformed "NOTHING_TO_ADJUST" Nothing { invoice: String } =>
            "the adjustment of {invoice} names no line; name each line with what of it is adjusted",
        /// A line once, with an amount above zero.
        Malformed "LINE_AMOUNT" LineAmount { line: i32, amount: String } =>
            "line {line} has the amount {amount}; each line stands once, with an amount above zero in the document's currency",
        /// Never more than was billed.
        StateForbids "LINE_EXHAUSTED" LineExhausted { line: i32, of: String, asked: String, left: String, pending: String } =>
            "{of} has {left} left beside {pending} that others ask for, and {asked} is asked for here",
        /// A spot is credited or made good, and once.
        StateForbids "SPOT_ASKED_FOR" SpotAskedFor { line: i32, spot: String } =>
            "line {line}: another adjustment asks for the spot {spot} already; leave it out, or have that one withdrawn first",
        /// What is approved of a tax is the difference to the tax that stands there.
        StateForbids "TAX_ASKED_FOR" TaxAskedFor { line: i32 } =>
            "line {line}: another adjustment asks for another tax of it already; wait until that is executed, or have it withdrawn first",
        /// Who has made it takes it back, nobody else.
        Forbidden "NOT_THE_MAKER" NotTheMaker { adjustment: String, maker: String } =>
            "{adjustment} was made by {maker}, who alone may withdraw it; reject or return it instead",
        /// The amounts do not fit together.
        StateForbids "AMOUNT_OVERFLOW" Amounts { why: String } => "the adjustment cannot be worked out: {why}",
    }
}

impl From<money::MoneyError> for AdjustmentRefusal {
    fn from(error: money::MoneyError) -> Self {
        Self::Amounts { why: error.to_string() }
    }
}
