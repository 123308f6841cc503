//! Texts with their limits, and enums that must be given.

use refusal::Violations;

/// A text of 1 to `most` characters, without the white space around it; or a violation of `field`.
pub fn required(v: &mut Violations, field: &str, value: &str, most: usize) -> Option<String> {
    let text = optional(v, field, value, most)?;
    if text.is_empty() {
        v.add(field, "must not be empty");
        return None;
    }
    Some(text)
}

/// A text of up to `most` characters, possibly none.
pub fn optional(v: &mut Violations, field: &str, value: &str, most: usize) -> Option<String> {
    let value = value.trim();
    let length = value.chars().count();
    if length > most {
        v.add(field, format!("has {length} characters; at most {most} are allowed"));
        return None;
    }
    if let Some(control) = value.chars().find(|c| c.is_control() && *c != '\n') {
        v.add(field, format!("contains the control character U+{:04X}", u32::from(control)));
        return None;
    }
    Some(value.to_owned())
}

/// The account of a person as keys name it: 1 to 200 visible characters without a slash.
pub fn account(v: &mut Violations, field: &str, value: &str) -> Option<String> {
    let visible = value.chars().all(|c| !c.is_whitespace() && !c.is_control() && c != '/');
    if value.is_empty() || value.chars().count() > 200 || !visible {
        v.add(field, "must be a person's account as keys name it, without spaces and slashes");
        return None;
    }
    Some(value.to_owned())
}

/// The value of an enum field. Zero is the unspecified value of every enum of the contract.
pub fn choice<E: TryFrom<i32>>(v: &mut Violations, field: &str, value: i32) -> Option<E> {
    if value == 0 {
        v.add(field, "must be given");
        return None;
    }
    optional_choice(v, field, value)
}

/// The value of an enum field that may be unspecified.
pub fn optional_choice<E: TryFrom<i32>>(v: &mut Violations, field: &str, value: i32) -> Option<E> {
    v.take(
        field,
        E::try_from(value).map_err(|_| format!("has no value {value} in this version of the contract")),
    )
}
