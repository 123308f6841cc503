//! `proto/baseline/v1.txt` is the interface, one line per field, enum value and method. A change of it is a change for
//! somebody else's program: its diff is what a reviewer reads.

use std::{collections::BTreeSet, env, fs};

use billing_proto::DESCRIPTOR_POOL;
use prost_reflect::{
    Cardinality, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor,
};

use super::{http, methods, roles, second_person};
use crate::repository;

#[test]
fn the_interface_is_as_it_was_reviewed() {
    let now = lines().join("\n") + "\n";
    let path = repository::root().join("proto/baseline/v1.txt");
    if env::var_os("UPDATE_BASELINE").is_some() {
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("the folder can be made");
        fs::write(&path, &now).expect("the baseline can be written");
    }
    let reviewed = fs::read_to_string(&path).unwrap_or_default();
    let diff = difference(&reviewed, &now);
    assert!(diff.is_empty(), "the interface has changed; if it should, UPDATE_BASELINE=1 writes it:\n{diff}");
}

fn lines() -> Vec<String> {
    let ours = |package: &str| package.starts_with("billing.");
    let messages = DESCRIPTOR_POOL.all_messages().filter(|message| ours(message.package_name()));
    let enums = DESCRIPTOR_POOL.all_enums().filter(|each| ours(each.package_name()));
    let mut lines: Vec<String> = messages.flat_map(|message| fields(&message)).collect();
    lines.extend(enums.flat_map(|each| values(&each)));
    lines.extend(methods().map(|method| signature(&method)));
    lines.sort();
    lines
}

/// A message without fields has a line too: it may get one.
fn fields(message: &MessageDescriptor) -> Vec<String> {
    let mut lines: Vec<String> = message.fields().map(|field| line(&field)).collect();
    if lines.is_empty() {
        lines.push(format!("{} empty", message.full_name()));
    }
    lines
}

fn line(field: &FieldDescriptor) -> String {
    let label = match field.cardinality() {
        Cardinality::Repeated => "repeated ".to_owned(),
        Cardinality::Optional | Cardinality::Required => match field.containing_oneof() {
            // proto3 writes `optional` as a oneof of its own.
            Some(oneof) if oneof.is_synthetic() => "optional ".to_owned(),
            Some(oneof) => format!("oneof {} ", oneof.name()),
            None => String::new(),
        },
    };
    format!("{} {} {label}{}", field.full_name(), field.number(), kind(field))
}

fn kind(field: &FieldDescriptor) -> String {
    match field.kind() {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(each) => each.full_name().to_owned(),
        scalar => format!("{scalar:?}").to_lowercase(),
    }
}

fn values(each: &EnumDescriptor) -> Vec<String> {
    each.values().map(|value| format!("{}.{} = {}", each.full_name(), value.name(), value.number())).collect()
}

fn signature(method: &MethodDescriptor) -> String {
    let stream = |is| if is { "stream " } else { "" };
    let (verb, path) = http(method).expect("every method has a REST form");
    let approved = match second_person(method) {
        kind if kind.is_empty() => kind,
        kind => format!(" approved {kind}"),
    };
    format!(
        "{} ({}{}) returns ({}{}) {verb} {path} allow {}{approved}",
        method.full_name(),
        stream(method.is_client_streaming()),
        method.input().full_name(),
        stream(method.is_server_streaming()),
        method.output().full_name(),
        roles(method).join(" "),
    )
}

/// The lines that are on one side only: `-` reviewed, `+` now.
pub fn difference(reviewed: &str, now: &str) -> String {
    let (reviewed, now): (BTreeSet<&str>, BTreeSet<&str>) =
        (reviewed.lines().collect(), now.lines().collect());
    let mut changed: Vec<(&str, char)> = reviewed.difference(&now).map(|line| (*line, '-')).collect();
    changed.extend(now.difference(&reviewed).map(|line| (*line, '+')));
    changed.sort_unstable();
    changed.iter().map(|(line, side)| format!("{side} {line}\n")).collect()
}
