refusal::refusals! {
    /// Why a refund is not asked for, or not taken back.
    pub enum RefundRefusal {
        /// There is no such request, or not for this caller.
        Missing "NOT_FOUND" NotFound { name: String } => "{name} does not exist",
        /// The act does not fit the state.
        StateForbids "REFUND_STATE" WrongState { refund: String, state: String, needed: String } =>
            "{refund} is {state}; this needs {needed}",
        /// Never more than the money.
        StateForbids "REFUND_ABOVE_SOURCE" AboveSource { asked: String, left: String, pending: String } =>
            "{asked} is more than can be taken from it: {left} is left, of which {pending} is asked for already; ask for less, or withdraw that first",
        /// What is open or disputed may be owed in the end, and what was written off was never paid.
        StateForbids "REFUND_ABOVE_CREDIT" AboveCredit { asked: String, refundable: String, credit: String, owed: String, pending: String } =>
            "{asked} is more than can be given back: {refundable}, which is the credit of {credit} less {owed} open, disputed or written off against it and {pending} that is asked for already",
        /// The amounts do not fit together.
        StateForbids "AMOUNT_OVERFLOW" Amounts { why: String } => "the refund cannot be worked out: {why}",
    }
}

impl From<money::MoneyError> for RefundRefusal {
    fn from(error: money::MoneyError) -> Self {
        Self::Amounts { why: error.to_string() }
    }
}
