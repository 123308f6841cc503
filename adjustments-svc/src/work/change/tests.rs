use anyhow::anyhow;
use refusal::Refusal;

use super::*;

/// What invoicing has answered, with a reason of its own.
fn answered(class: Class, reason: &str) -> Failure {
    let refusal = Refusal::new(class, "INVOICING_REFUSED", "no").with("invoicing_reason", reason);
    Failure::Refused(refusal)
}

#[test]
fn what_was_approved_is_void_by_an_answer_about_it_and_by_nothing_else() {
    for (failure, expected) in [
        (answered(Class::Stale, "ETAG_MISMATCH"), true),
        (answered(Class::Missing, "NOT_FOUND"), true),
        (answered(Class::Forbidden, "ROLE_MISSING"), true),
        // Invoicing is told to trust somebody else, or nobody yet: nothing is wrong with the change.
        (answered(Class::Forbidden, "APPROVAL_REQUIRED"), false),
        (answered(Class::Exhausted, "TOO_MANY_CALLS"), false),
        (answered(Class::Unavailable, "DATABASE_UNAVAILABLE"), false),
        (Failure::Fault(anyhow!("a fault")), false),
    ] {
        assert_eq!(is_no(&failure), expected, "{failure:?}");
    }
}
