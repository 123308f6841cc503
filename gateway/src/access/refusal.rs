//! Why the keys are not touched.

refusal::refusals! {
    /// Why a key is not made or not revoked.
    pub enum AccessRefusal {
        /// One person would grant roles and approve money.
        StateForbids "ROLES_CONFLICT" RolesConflict { person: String } =>
            "{person} would grant roles and approve money, which no one may; give ROLE_ACCESS_ADMIN to somebody else, or revoke the other keys of {person}",
        /// A person's key and a platform's key would count as one person.
        StateForbids "PERSON_KIND_CONFLICT" PersonKindConflict { person: String } =>
            "{person} has keys of the other kind; name people and platforms apart",
        /// There is no such key.
        Missing "API_KEY_NOT_FOUND" NotFound { name: String } => "there is no key {name}",
    }
}
