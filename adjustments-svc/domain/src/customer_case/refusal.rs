refusal::refusals! {
    /// Why a case is not opened or does not go on.
    pub enum CaseRefusal {
        /// It does not exist, or not for this caller.
        Missing "NOT_FOUND" NotFound { name: String } => "{name} does not exist, or is outside what this key may see",
        /// It has changed since the caller read it.
        Stale "ETAG_MISMATCH" EtagMismatch { name: String, etag: String } =>
            "{name} has changed since it was read as {etag}; read it again and decide anew",
        /// The act does not fit the state.
        StateForbids "CASE_STATE" WrongState { case: String, state: String, needed: String } =>
            "{case} is {state}; this needs {needed}",
        /// A copy of nothing cannot be sent.
        Malformed "CASE_WITHOUT_DOCUMENT" WithoutDocument { wanted: String } =>
            "{wanted} is wanted of no document; name the invoice that it is of",
        /// A promise is of money.
        Malformed "PROMISED_AMOUNT" Amount { amount: String } => "{amount} is promised; a promise is of more than nothing",
        /// What is promised for yesterday is broken already.
        StateForbids "PROMISED_DAY" Day { day: String, today: String } =>
            "{day} is over: today is {today} in UTC; a promise is for today or later",
        /// A promise has its day.
        StateForbids "PROMISE_DOES_NOT_WAIT" DoesNotWait { case: String } =>
            "{case} is a promise for a day; the customer's question does not move it, so write a message instead",
        /// Promises are kept or broken, the rest is answered.
        Malformed "OUTCOME_DOES_NOT_FIT" Outcome { kind: String, outcome: String } =>
            "a case of the kind {kind} does not end as {outcome}; promises are kept or broken, the rest is answered, and all may be withdrawn",
    }
}
