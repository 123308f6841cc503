//! The chassis from outside.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod callers;
mod configuration;
mod database;
mod failures;
mod pages;
mod served;

use billing_proto::billing::access::v1::{PrincipalKind, Role};
use chassis::{
    call::Call,
    caller::{Caller, Grant},
    clock::Clock,
    configuration::Secret,
    scope::Scope,
};
use jiff::Timestamp;

fn secret() -> Secret {
    Secret::new("0123456789abcdef0123456789abcdef")
}

fn noon() -> Timestamp {
    "2020-03-01T12:00:00.123456Z".parse().unwrap()
}

fn clock() -> Clock {
    Clock::stopped(noon())
}

fn grant(role: Role) -> Grant {
    Grant { role, entities: Vec::new(), territories: Vec::new(), accounts: Vec::new() }
}

fn caller(grants: Vec<Grant>) -> Caller {
    Caller { person: "ada".to_owned(), kind: PrincipalKind::Person, key: "key_1".to_owned(), grants }
}

fn call(method: &'static str) -> Call {
    let caller = caller(vec![grant(Role::Auditor)]);
    Call { caller, scope: Scope::Everything, method, at: noon(), trace: "0".repeat(32) }
}
