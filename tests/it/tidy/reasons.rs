//! `docs/REASONS.md` is what a caller reads who was told no. It has a group per list of refusals, marked
//! `<!-- OrderRefusal -->`, with a section `## REASON` per reason, in the order in which they are checked.

use std::collections::BTreeMap;

use crate::repository::{self, SourceFile};

const PAGE: &str = "docs/REASONS.md";

/// The reasons that no list declares; they may stand anywhere, each group of them marked so.
const ALONE: &str = "alone";

#[test]
fn every_reason_is_documented_in_its_order() {
    let said = said();
    let documented = documented();
    let mut findings = Vec::new();
    for (group, reasons) in &said {
        let mut page: Vec<String> = documented.get(group).cloned().unwrap_or_default();
        if group == ALONE {
            page.sort();
        }
        if *reasons != page {
            findings.push(format!(
                "{group}\n  in the code: {}\n  on the page: {}",
                reasons.join(", "),
                page.join(", ")
            ));
        }
    }
    for group in documented.keys().filter(|group| !said.contains_key(*group)) {
        findings.push(format!("{group} is on the page only"));
    }
    super::none_of(&format!("{PAGE} is not what the code says"), &findings);
}

#[test]
fn every_section_says_something() {
    let page = page();
    let mut sections = page.split("\n## ").skip(1);
    let silent = sections.find(|section| section.lines().skip(1).collect::<String>().trim().len() < 40);
    assert!(silent.is_none(), "{PAGE}: says too little: {silent:?}");
}

fn page() -> String {
    std::fs::read_to_string(repository::root().join(PAGE)).unwrap_or_default()
}

fn documented() -> BTreeMap<String, Vec<String>> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut group = String::new();
    for line in page().lines() {
        if let Some(name) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) {
            group = name.to_owned();
            groups.entry(group.clone()).or_default();
        } else if let Some(reason) = line.strip_prefix("## ") {
            groups.entry(group.clone()).or_default().push(reason.to_owned());
        }
    }
    groups
}

/// Every list of refusals with its reasons, and the reasons that stand alone, by the alphabet.
fn said() -> BTreeMap<String, Vec<String>> {
    let mut groups = BTreeMap::new();
    let mut alone = Vec::new();
    for file in repository::files()
        .iter()
        .filter(|file| file.is_shipped() && !file.path.starts_with("crates/refusal/src/declare"))
    {
        let (lists, rest) = lists(file);
        for (name, reasons) in lists {
            assert!(groups.insert(name.clone(), reasons).is_none(), "two lists are called {name}");
        }
        alone.extend(standing_alone(&rest));
    }
    alone.sort();
    alone.dedup();
    groups.insert(ALONE.to_owned(), alone);
    groups
}

/// The `refusals!` of a file, and the text outside of them.
fn lists(file: &SourceFile) -> (Vec<(String, Vec<String>)>, String) {
    let mut rest = String::new();
    let mut found = Vec::new();
    let mut parts = file.text.split("refusals! {\n");
    rest.push_str(parts.next().unwrap_or_default());
    for part in parts {
        // The macro's own brace closes where its indentation began.
        let (list, after) = part.split_once("\n}").unwrap_or((part, ""));
        rest.push_str(after);
        let name = list.lines().find_map(|line| line.trim().strip_prefix("pub enum "));
        let name = name.unwrap_or_else(|| panic!("{}: a list without a name", file.path));
        let entries = list.lines().filter(|line| !line.trim_start().starts_with("//"));
        let reasons = entries.filter_map(|line| declared(line.trim())).map(str::to_owned).collect();
        found.push((name.trim_end_matches([' ', '{']).to_owned(), reasons));
    }
    (found, rest)
}

/// `StateForbids "RUN_OPEN" RunOpen { … }` declares RUN_OPEN.
fn declared(line: &str) -> Option<&str> {
    let (class, rest) = line.split_once(" \"")?;
    let (reason, after) = rest.split_once('"')?;
    let declares = class.chars().all(char::is_alphabetic) && (after.is_empty() || after.starts_with(' '));
    (declares && is_reason(reason)).then_some(reason)
}

/// `Class::Missing, "NO_SUCH_PATH"`, `reason: "NEGATIVE_DELTA"`, and a pair of a reason and its message: `("RETRY", "another …")`.
fn standing_alone(text: &str) -> Vec<String> {
    // Two more, so that the last literal of a file has something after it, too.
    let pieces: Vec<&str> = text.split('"').chain(["", ""]).collect();
    let mut found = Vec::new();
    for window in pieces.windows(4) {
        let [before, literal, after, message] = window else { continue };
        let of_a_class = before.trim_end().trim_end_matches(',').rsplit("Class::").next();
        let classed = before.contains("Class::")
            && of_a_class.is_some_and(|class| !class.is_empty() && class.chars().all(char::is_alphabetic));
        let paired = before.trim_end().ends_with('(') && after.trim() == "," && message.contains(' ');
        let assigned = before.trim_end().ends_with("reason:");
        if is_reason(literal) && (classed || paired || assigned) {
            found.push((*literal).to_owned());
        }
    }
    found
}

fn is_reason(text: &str) -> bool {
    text.len() > 3
        && text.starts_with(|letter: char| letter.is_ascii_uppercase())
        && text.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
}
