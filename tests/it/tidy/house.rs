use super::none_of;
use crate::repository;

/// What who comes for the first time looks for.
const EXPECTED: [&str; 14] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "Makefile",
    "Cargo.lock",
    "clippy.toml",
    "deny.toml",
    "rust-toolchain.toml",
    ".config/nextest.toml",
    ".ci/run",
    "docs/STYLE.md",
    "docs/REASONS.md",
    "proto/baseline/v1.txt",
];

#[test]
fn what_a_newcomer_looks_for_is_there() {
    let files = repository::files();
    let absent =
        EXPECTED.iter().filter(|path| !files.iter().any(|file| file.path == **path && !file.text.is_empty()));
    none_of("absent", &absent.map(|path| (*path).to_owned()).collect::<Vec<_>>());
}

#[test]
fn every_shared_crate_has_a_readme_that_is_its_documentation() {
    let files = repository::files();
    let text = |path: &str| files.iter().find(|file| file.path == path).map_or("", |file| file.text.as_str());
    let manifests = files.iter().filter_map(|file| file.path.strip_suffix("/Cargo.toml"));
    let mut findings = Vec::new();
    for folder in manifests.filter(|folder| folder.starts_with("crates/")) {
        let lines = text(&format!("{folder}/README.md")).lines().count();
        if !(3..=60).contains(&lines) {
            findings.push(format!("{folder}/README.md has {lines} lines"));
        }
        if !text(&format!("{folder}/src/lib.rs")).contains(r#"#![doc = include_str!("../README.md")]"#) {
            findings.push(format!("{folder}/src/lib.rs does not include it"));
        }
    }
    none_of("not documented", &findings);
}

#[test]
fn crates_come_from_crates_io_only() {
    let lock =
        std::fs::read_to_string(repository::root().join("Cargo.lock")).expect("the lock file is checked in");
    let sources = lock.lines().filter_map(|line| line.strip_prefix("source = "));
    let foreign =
        sources.filter(|source| *source != "\"registry+https://github.com/rust-lang/crates.io-index\"");
    none_of("from elsewhere", &foreign.map(str::to_owned).collect::<Vec<_>>());
}
