//! Who may know whom. The whole graph stands in ARCHITECTURE.md: a new edge shows in the diff of that page.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
};

use super::none_of;
use crate::repository;

const PAGE: &str = "ARCHITECTURE.md";
const OPEN: &str = "<!-- graph -->";
const CLOSE: &str = "<!-- /graph -->";

/// What a package knows: its dependencies that ship, by the names of crates.
struct Package {
    folder: String,
    ours: BTreeSet<String>,
    others: BTreeSet<String>,
}

/// All packages of the workspace by name.
fn packages() -> BTreeMap<String, Package> {
    let files = repository::files();
    let manifests =
        files.iter().filter_map(|file| Some((file.path.strip_suffix("/Cargo.toml")?, &file.text)));
    let read: Vec<(String, String, BTreeSet<String>)> = manifests
        .map(|(folder, text)| (name(text).to_owned(), folder.to_owned(), dependencies(text)))
        .collect();
    let names: BTreeSet<String> = read.iter().map(|(name, ..)| name.clone()).collect();
    let split = |(name, folder, all): (String, String, BTreeSet<String>)| {
        let (ours, others) = all.into_iter().partition(|each| names.contains(each));
        (name, Package { folder, ours, others })
    };
    read.into_iter().map(split).collect()
}

fn name(manifest: &str) -> &str {
    let line = manifest.lines().find_map(|line| line.strip_prefix("name = "));
    line.expect("a package has a name").trim_matches('"')
}

fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut shipped = false;
    let mut found = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            shipped = line == "[dependencies]";
        } else if let Some((name, _)) =
            line.split_once(['.', ' ', '=']).filter(|_| shipped && !line.starts_with('#'))
        {
            found.insert(name.to_owned());
        }
    }
    found.remove("");
    found
}

#[test]
fn versions_stand_in_the_table_of_the_workspace() {
    let mut findings = Vec::new();
    for file in repository::files().iter().filter(|file| file.path.ends_with("/Cargo.toml")) {
        let mut among_dependencies = false;
        for line in file.text.lines() {
            if line.starts_with('[') {
                among_dependencies = line.ends_with("dependencies]");
            } else if among_dependencies
                && !line.is_empty()
                && !line.starts_with('#')
                && !line.contains("workspace = true")
            {
                findings.push(format!("{}: {line}", file.path));
            }
        }
    }
    none_of("not from the workspace", &findings);
}

#[test]
fn everybody_knows_whom_they_may_know() {
    let packages = packages();
    let service = |name: &str| name.ends_with("-svc");
    let mut findings = Vec::new();
    for (name, package) in &packages {
        for known in &package.ours {
            let may = match name.as_str() {
                domain if domain.ends_with("-domain") => {
                    ["money", "ids", "calendar", "refusal"].contains(&known.as_str())
                }
                "billing-proto" | "money" | "ids" | "calendar" | "refusal" | "evidence-log" | "document" => {
                    false
                }
                "gateway" => !service(known) && !known.ends_with("-domain") && known != "money",
                svc if service(svc) => {
                    !service(known)
                        && known != "gateway"
                        && (!known.ends_with("-domain") || known.as_str() == domain_of(svc))
                }
                shared if package.folder.starts_with("crates/") => {
                    shared != known && !service(known) && !known.ends_with("-domain") && known != "gateway"
                }
                // It measures what decides, without the service around it.
                "makegood-bench" => !known.ends_with("-domain") || known == "adjustments-domain",
                _ => !known.ends_with("-domain"),
            };
            if !may {
                findings.push(format!("{name} → {known}"));
            }
        }
    }
    none_of("may not know", &findings);
}

fn domain_of(service: &str) -> String {
    service.replace("-svc", "-domain")
}

#[test]
fn the_domain_has_no_crate_that_does_io() {
    const VALUES: [&str; 6] = ["jiff", "rust_decimal", "sha2", "thiserror", "uuid", "iso_currency"];
    let mut findings = Vec::new();
    for (name, package) in packages() {
        let pure = name.ends_with("-domain")
            || ["money", "ids", "calendar", "refusal", "evidence-log"].contains(&name.as_str());
        for other in package.others.iter().filter(|other| pure && !VALUES.contains(&other.as_str())) {
            findings.push(format!("{name} → {other}"));
        }
    }
    none_of("not a crate of values", &findings);
}

#[test]
fn the_graph_of_the_architecture_is_the_graph_of_the_workspace() {
    let path = repository::root().join(PAGE);
    let page = fs::read_to_string(&path).unwrap_or_default();
    let block = format!("{OPEN}\n```mermaid\n{}```\n{CLOSE}", graph());
    let Some((before, rest)) = page.split_once(OPEN) else {
        panic!("{PAGE} has no graph; paste this where it should stand:\n{block}");
    };
    let (shown, after) =
        rest.split_once(CLOSE).unwrap_or_else(|| panic!("{PAGE}: {OPEN} is never closed by {CLOSE}"));
    if env::var_os("UPDATE_GRAPH").is_some() {
        fs::write(&path, format!("{before}{block}{after}")).expect("the page can be written");
    } else {
        assert!(
            format!("{OPEN}{shown}{CLOSE}") == block,
            "{PAGE} shows another graph; UPDATE_GRAPH=1 writes this:\n{block}"
        );
    }
}

/// Only what ships: the tests know everybody, and so does what measures.
fn graph() -> String {
    let mut lines = String::from("graph TD\n");
    for (name, package) in packages() {
        let ships = !["makegood-tests", "makegood-bench", "testkit"].contains(&name.as_str());
        for known in package.ours.iter().filter(|_| ships) {
            lines.push_str(&format!("  {name} --> {known}\n"));
        }
    }
    lines
}
