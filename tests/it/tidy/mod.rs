//! The rules of the house that a reviewer would otherwise have to remember: docs/STYLE.md says why they are so.
//! A rule that can be a test is one.

mod edges;
mod house;
mod names;
mod reasons;
mod rooms;
mod sizes;
mod words;

/// Fails with every finding, one a line.
fn none_of(what: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{what}:\n{}", findings.join("\n"));
}
