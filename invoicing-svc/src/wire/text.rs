//! Texts with their limits.

use invoicing_domain::order::purchase_order;
use refusal::Violations;

/// What a text may be.
#[derive(Clone, Copy, Debug)]
pub enum Text {
    /// Up to this many characters, possibly none.
    Optional(usize),
    /// 1 to this many characters.
    Required(usize),
    /// 1 to this many visible ASCII characters: a code that people type.
    Code(usize),
}

/// The text without the white space around it, or a violation of `field`.
pub fn text(v: &mut Violations, field: &str, value: &str, limits: Text) -> Option<String> {
    v.take(field, parse(value, limits))
}

/// The number of a purchase order, in which nothing is hidden that would make another number of it: a text within the limits,
/// or a violation of `field`.
pub fn purchase_order_number(v: &mut Violations, field: &str, value: &str, limits: Text) -> Option<String> {
    let number = text(v, field, value, limits)?;
    let hidden = purchase_order::hidden(&number);
    let hidden =
        hidden.map(|c| format!("contains U+{:04X}, which nobody sees; type the number anew", u32::from(c)));
    v.take(field, hidden.map_or(Ok(number), Err))
}

/// Several texts: at most `count`, each within the limits.
pub fn texts(
    v: &mut Violations,
    field: &str,
    values: &[String],
    limits: Text,
    count: usize,
) -> Option<Vec<String>> {
    if values.len() > count {
        v.add(field, format!("has {} entries; at most {count} are allowed", values.len()));
        return None;
    }
    let parsed: Vec<_> = values
        .iter()
        .enumerate()
        .map(|(n, value)| text(v, &format!("{field}[{n}]"), value, limits))
        .collect();
    parsed.into_iter().collect()
}

fn parse(value: &str, limits: Text) -> Result<String, String> {
    let value = value.trim();
    let (Text::Optional(most) | Text::Required(most) | Text::Code(most)) = limits;
    let length = value.chars().count();
    if length > most {
        return Err(format!("has {length} characters; at most {most} are allowed"));
    }
    if let Some(control) = value.chars().find(|c| c.is_control()) {
        return Err(format!("contains the control character U+{:04X}", u32::from(control)));
    }
    match limits {
        Text::Optional(_) => Ok(value.to_owned()),
        Text::Required(_) | Text::Code(_) if value.is_empty() => Err("must not be empty".to_owned()),
        Text::Code(_) if !value.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Err("may only have visible ASCII characters, without spaces".to_owned())
        }
        Text::Required(_) | Text::Code(_) => Ok(value.to_owned()),
    }
}
