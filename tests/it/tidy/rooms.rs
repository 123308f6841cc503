//! The rooms of a service: `store` never sees the contracts, `wire` never the database, and SQL is in `store` and
//! `report` only.

use super::none_of;
use crate::repository;

/// What must not be said in which room.
const NOT_IN: [(&str, &str); 4] =
    [("store", "billing_proto"), ("store", "tonic"), ("wire", "sqlx"), ("wire", "chassis::database")];

/// The rooms that talk to the database.
const WITH_SQL: [&str; 2] = ["store", "report"];

/// `invoicing-svc/src/store/sql/load.rs` is in the room `store` of `invoicing-svc`; so is `gateway/src/access/store.rs`.
fn room(path: &str) -> Option<&str> {
    let (package, inside) = path.split_once("/src/")?;
    let service = package.ends_with("-svc") || package == "gateway";
    let inside = inside.strip_prefix("access/").filter(|_| package == "gateway").unwrap_or(inside);
    inside.split(['/', '.']).next().filter(|_| service)
}

#[test]
fn rooms_keep_to_themselves() {
    let mut findings = Vec::new();
    for file in repository::files().iter().filter(|file| file.is_shipped()) {
        for (_, word) in NOT_IN.iter().filter(|(name, _)| room(&file.path) == Some(*name)) {
            if code(&file.text).any(|line| line.contains(word)) {
                findings.push(format!("{} knows {word}", file.path));
            }
        }
    }
    none_of("rooms that know too much", &findings);
}

#[test]
fn sql_is_in_store_and_report() {
    let mut findings = Vec::new();
    for file in repository::files().iter().filter(|file| file.is_shipped()) {
        let outside = room(&file.path).is_some_and(|room| !WITH_SQL.contains(&room));
        let asks =
            |line: &str| line.contains("query") && (line.contains("!(") || line.contains("sqlx::query"));
        if outside && code(&file.text).any(asks) {
            findings.push(file.path.clone());
        }
    }
    none_of("SQL outside store and report", &findings);
}

/// The lines that are no comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}
