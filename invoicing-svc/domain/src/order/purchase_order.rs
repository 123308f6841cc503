//! The numbers of purchase orders: people type them, and the customer's system reads them.

use std::collections::BTreeMap;

use money::{Money, MoneyError};

/// Net by purchase order, each by its [`name`].
pub type Used = BTreeMap<String, Money>;

/// What names a purchase order however its number is written: upper and lower case, the kind of dash and how much space
/// there is between words do not tell two apart.
pub fn name(number: &str) -> String {
    let words: Vec<&str> = number.split_whitespace().collect();
    words.join(" ").chars().map(|c| if is_dash(c) { '-' } else { c }).flat_map(char::to_uppercase).collect()
}

/// The first character of a number that nobody sees: control, format, fillers, and spaces that are not the plain one.
pub fn hidden(number: &str) -> Option<char> {
    number.chars().find(|c| c.is_control() || (c.is_whitespace() && *c != ' ') || is_invisible(*c))
}

/// Counts what is billed on a number, however it is written.
pub fn use_up(used: &mut Used, number: &str, net: Money) -> Result<(), MoneyError> {
    let sum = used.entry(name(number)).or_insert(Money::zero(net.currency()));
    *sum = if sum.currency() == net.currency() { sum.plus(net)? } else { net };
    Ok(())
}

fn is_dash(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}')
}

/// Unicode's format characters, joiners, fillers, variation selectors and tags.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{600}'..='\u{605}' | '\u{61C}' | '\u{6DD}' | '\u{70F}' | '\u{890}' | '\u{891}' | '\u{8E2}'
        | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{110BD}' | '\u{110CD}' | '\u{13430}'..='\u{1345F}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}
