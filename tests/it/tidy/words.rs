use super::none_of;
use crate::repository::{self, SourceFile};

/// What pure code cannot say: it has no clock, no chance, no I/O and no floats.
const IMPURE: [&str; 13] = [
    "::now()",
    "now_v7",
    "new_v4",
    "SystemTime",
    "Instant",
    "rand::",
    "f64",
    "f32",
    "std::env",
    "std::fs",
    "sqlx",
    "tokio",
    "tonic",
];

/// The crates that decide without I/O.
const PURE: [&str; 5] =
    ["crates/money/", "crates/ids/", "crates/calendar/", "crates/refusal/", "crates/evidence-log/"];

fn is_pure(file: &SourceFile) -> bool {
    file.is_shipped()
        && (file.path.contains("-svc/domain/src/") || PURE.iter().any(|pure| file.path.starts_with(pure)))
}

fn is_service(file: &SourceFile) -> bool {
    file.is_shipped() && file.path.contains("-svc/src/")
}

fn said(which: impl Fn(&SourceFile) -> bool, words: &[&str]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in repository::files().iter().filter(|file| which(file)) {
        for (number, line) in (1..).zip(file.text.lines()) {
            let code = line.split("//").next().unwrap_or(line);
            for word in words.iter().filter(|word| code.contains(**word)) {
                findings.push(format!("{}:{number}: {word}", file.path));
            }
        }
    }
    findings
}

#[test]
fn the_domain_decides_without_io() {
    none_of("not pure", &said(is_pure, &IMPURE));
}

#[test]
fn nothing_is_no_amount() {
    // Where an amount or a count is missing, a nothing would bill wrongly without a word.
    let mut findings = said(is_pure, &["unwrap_or(0)", "unwrap_or_default()"]);
    findings.extend(said(is_service, &["unwrap_or(0)", "unwrap_or(Decimal::ZERO)"]));
    none_of("a silent zero", &findings);
}

#[test]
fn nothing_is_left_to_do() {
    // Written in two halves, or this file would find itself.
    let left = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];
    let mut findings = Vec::new();
    for file in repository::files() {
        for word in left.iter().filter(|word| file.text.contains(**word)) {
            findings.push(format!("{}: {word}", file.path));
        }
    }
    none_of("without a home", &findings);
}

#[test]
fn no_path_of_a_machine_is_written_down() {
    let paths = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];
    let mut findings = Vec::new();
    for file in repository::files() {
        for path in paths.iter().filter(|path| file.text.contains(**path)) {
            findings.push(format!("{}: {path}", file.path));
        }
    }
    none_of("exists on one machine only", &findings);
}
