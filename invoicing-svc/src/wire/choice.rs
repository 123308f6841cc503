//! Enums of the contract: the unspecified value and numbers that the contract does not know are refused.

use refusal::Violations;

/// The value of an enum field, or a violation. Zero is the unspecified value of every enum of the contract.
pub fn choice<E: TryFrom<i32>>(v: &mut Violations, field: &str, value: i32) -> Option<E> {
    if value == 0 {
        v.add(field, "must be given");
        return None;
    }
    optional_choice(v, field, value)
}

/// The value of an enum field that has a default: the unspecified value stays in the answer.
pub fn optional_choice<E: TryFrom<i32>>(v: &mut Violations, field: &str, value: i32) -> Option<E> {
    v.take(
        field,
        E::try_from(value).map_err(|_| format!("has no value {value} in this version of the contract")),
    )
}

/// The answer to a match on an unspecified value that [`choice`] has refused already, or that a default replaces.
pub fn given<T>(v: &mut Violations, field: &str, value: Option<T>) -> Option<T> {
    if value.is_none() {
        v.add(field, "must be given");
    }
    value
}
