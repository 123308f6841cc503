//! What another service decides: where approvals are configured, what needs one is done by the caller that is trusted with
//! them, and by nobody else.

refusal::refusals! {
    /// Why somebody may not do it themselves.
    pub enum ApprovalRefusal {
        /// Who asks directly would go around those who approve.
        Forbidden "APPROVAL_REQUIRED" Required { subject: String, way: String } =>
            "{subject} goes through approvals here: {way}; once it is approved, it is done",
    }
}
