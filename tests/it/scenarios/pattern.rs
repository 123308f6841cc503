//! `{who} starts the run of {month}` is a pattern; what stands in braces is taken as it was said.

/// What a step says beyond its pattern: the words in the braces, in order. `None`: it does not fit.
pub fn fit<'a>(pattern: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut taken = Vec::new();
    let mut rest = text;
    let mut parts = pattern.split('{');
    rest = rest.strip_prefix(parts.next()?)?;
    for part in parts {
        let (_, literal) = part.split_once('}')?;
        let end = if literal.is_empty() { rest.len() } else { rest.find(literal)? };
        let (word, after) = rest.split_at_checked(end).filter(|(word, _)| !word.is_empty())?;
        taken.push(word);
        rest = after.strip_prefix(literal)?;
    }
    rest.is_empty().then_some(taken)
}

#[test]
fn a_step_is_taken_apart_by_its_pattern() {
    assert_eq!(
        fit("{who} starts the run of {month}", "The first manager starts the run of 2026-01"),
        Some(vec!["The first manager", "2026-01"])
    );
    assert_eq!(fit("There are no drafts", "There are no drafts"), Some(vec![]));
    assert_eq!(fit("There are no drafts", "There are no drafts yet"), None);
    assert_eq!(fit("It says \"{text}\"", "It says \"\""), None);
}
