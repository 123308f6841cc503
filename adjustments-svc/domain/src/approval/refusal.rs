refusal::refusals! {
    /// Why a request does not do what was asked of it.
    pub enum RequestRefusal {
        /// It does not exist, or not for this caller.
        Missing "NOT_FOUND" NotFound { name: String } => "{name} does not exist, or is outside what this key may see",
        /// One thing is asked once at a time.
        Exists "APPROVAL_OPEN" Open { subject: String, request: String } =>
            "{subject} is asked to be approved by {request} already; decide or withdraw that one first",
        /// The act does not fit the state.
        StateForbids "APPROVAL_STATE" WrongState { request: String, state: String, needed: String } =>
            "{request} is {state}; this needs {needed}",
        /// Too late is not approved.
        StateForbids "APPROVAL_EXPIRED" Expired { request: String, at: String } =>
            "{request} expired at {at}; submit the subject again",
        /// What was looked at is not what would be approved.
        Stale "SUBJECT_CHANGED" SubjectChanged { request: String, digest: String } =>
            "{request} is about the content {digest}, which is not what was read; read it again and decide anew",
        /// A platform cannot answer for an approval.
        Forbidden "PERSON_REQUIRED" PersonRequired { request: String } =>
            "{request} has to be decided by a person, not by a platform's key",
        /// Nobody approves what they have a part in, nor for somebody who has.
        Forbidden "SELF_APPROVAL" SelfApproval { request: String, why: String } =>
            "{request} cannot be decided by this person: {why}; ask somebody else, WhoCanApprove names them",
        /// One person counts once.
        StateForbids "ALREADY_DECIDED" AlreadyDecided { request: String, person: String } =>
            "{person} has decided on {request} already, and one person counts once; ask somebody else",
        /// The plan asks for others now.
        Forbidden "NOT_ASKED" NotAsked { request: String, asked: String, why: String } =>
            "{request} waits for {asked}; {why}",
        /// Who has submitted takes it back, nobody else.
        Forbidden "NOT_THE_SUBMITTER" NotTheSubmitter { request: String, submitter: String } =>
            "{request} was submitted by {submitter}, who alone may withdraw it; reject or return it instead",
        /// An emergency has its limit.
        StateForbids "BREAK_GLASS_CAP" BreakGlassCap { request: String, amount: String, cap: String } =>
            "{request} is measured at {amount}, and break-glass ends at {cap}; ask its approvers",
        /// An incident counts once.
        StateForbids "INCIDENT_USED" IncidentUsed { incident: String } =>
            "the incident {incident} has let something pass already, and it counts once; open another incident",
    }
}
