//! What may be wrong with any resource, whatever it is.

refusal::refusals! {
    /// Why a resource is not answered, made or changed.
    pub enum ResourceRefusal {
        /// It does not exist, or not for this caller.
        Missing "NOT_FOUND" NotFound { name: String } => "{name} does not exist, or is outside what this key may see",
        /// Another one has the code already.
        Exists "CODE_TAKEN" CodeTaken { code: String } => "the code {code} is taken; choose another, or update the one that has it",
        /// It has changed since the caller read it.
        Stale "ETAG_MISMATCH" EtagMismatch { name: String, etag: String } =>
            "{name} has changed since it was read as {etag}; read it again and decide anew",
    }
}
