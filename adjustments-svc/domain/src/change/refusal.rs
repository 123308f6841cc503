refusal::refusals! {
    /// Why nothing is said of a proposed change.
    pub enum ChangeRefusal {
        /// There is no such change, or not for this caller.
        Missing "NOT_FOUND" NotFound { name: String } => "{name} does not exist",
    }
}
