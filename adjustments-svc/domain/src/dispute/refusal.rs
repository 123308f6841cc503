refusal::refusals! {
    /// Why a dispute is not opened or does not go on.
    pub enum DisputeRefusal {
        /// It does not exist, or not for this caller.
        Missing "NOT_FOUND" NotFound { name: String } => "{name} does not exist, or is outside what this key may see",
        /// What is not there settles nothing.
        StateForbids "SETTLEMENT_NOT_ISSUED" NotIssued { settlement: String, why: String } =>
            "{settlement} does not settle it: {why}",
        /// It has changed since the caller read it.
        Stale "ETAG_MISMATCH" EtagMismatch { name: String, etag: String } =>
            "{name} has changed since it was read as {etag}; read it again and decide anew",
        /// The act does not fit the state.
        StateForbids "DISPUTE_STATE" WrongState { dispute: String, state: String, needed: String } =>
            "{dispute} is {state}; this needs {needed}",
        /// Nobody owes a credit note.
        StateForbids "DOCUMENT_NOT_OWED" NotOwed { document: String } =>
            "{document} is a credit note, which nobody owes; dispute the document that it corrects",
        /// The document has no such line.
        Missing "LINE_MISSING" LineMissing { document: String, line: i32 } => "{document} has no line {line}",
        /// An amount above zero, as the document counts.
        Malformed "DISPUTED_AMOUNT" Amount { amount: String, currency: String } =>
            "{amount} is disputed; it must be above zero, in {currency} as the document is",
        /// Only what is owed can be disputed, and that once.
        StateForbids "DISPUTE_ABOVE_OPEN" AboveOpen { document: String, open: String, disputed: String, asked: String } =>
            "{open} is open on {document}, and {disputed} of it is disputed already; {asked} is more than the rest",
        /// What the outcome says and what was credited are one.
        StateForbids "OUTCOME_DOES_NOT_FIT" Outcome { outcome: String, settled: String, amount: String } =>
            "{settled} of {amount} is settled by notes, which is not {outcome}; upheld is all of it, partly a part, rejected nothing",
        /// Whoever was right, the next one learns from it.
        Malformed "ROOT_CAUSE_MISSING" CauseMissing { dispute: String } =>
            "{dispute} is settled for the customer; say by which root cause it came to that",
        /// A note is counted once.
        StateForbids "SETTLEMENT_USED" Used { document: String } =>
            "a note has settled a dispute of {document} already; name the notes of this one only",
        /// The amounts do not fit together.
        StateForbids "AMOUNT_OVERFLOW" Amounts { why: String } => "the dispute cannot be worked out: {why}",
    }
}

impl From<money::MoneyError> for DisputeRefusal {
    fn from(error: money::MoneyError) -> Self {
        Self::Amounts { why: error.to_string() }
    }
}
