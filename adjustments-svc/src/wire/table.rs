//! The policy's YAML. Every place that cannot be read is named, as `yaml.rows[3].amount`.

use std::fmt::Display;

use adjustments_domain::{
    policy::{Example, Input, Interval, Need, Policy, Require, Row, ServiceLevel},
    role::Role,
    subject::{Cause, SubjectKind},
};
use jiff::Timestamp;
use refusal::{Refusal, Violations};
use serde::Deserialize;

/// The standard policy, which a new installation begins with.
pub const STANDARD: &str = include_str!("../../policies/standard.yaml");

/// How long a table may be, in bytes.
const YAML_MAX: usize = 256 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    policy: String,
    effective_from: String,
    rows: Vec<TableRow>,
    order: Vec<String>,
    sla: Sla,
    break_glass_cap: String,
    #[serde(default)]
    tests: Vec<Test>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableRow {
    id: String,
    #[serde(default, rename = "type")]
    kinds: Vec<String>,
    #[serde(default, rename = "reason")]
    causes: Vec<String>,
    #[serde(default, rename = "entity")]
    entities: Vec<String>,
    amount: Option<String>,
    pct_of_invoice: Option<String>,
    age_days: Option<String>,
    require: Asked,
}

/// `AUTO`, or a list such as `["BILLING_MANAGER:1", "CONTROLLER:1"]`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Asked {
    Word(String),
    List(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sla {
    remind: u32,
    escalate: u32,
    expire: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    #[serde(rename = "in")]
    input: TestInput,
    want: Asked,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TestInput {
    #[serde(rename = "type")]
    kind: String,
    amount: String,
    reason: Option<String>,
    #[serde(default)]
    entity: String,
    pct: Option<String>,
    age_days: Option<String>,
}

/// Reads a table as this version.
pub fn read(yaml: &str, version: u32) -> Result<Policy, Refusal> {
    let mut v = Violations::new();
    if yaml.len() > YAML_MAX {
        v.add("yaml", format!("has {} bytes; at most {YAML_MAX} are read", yaml.len()));
        return Err(v.refusal());
    }
    let Some(table) = v.take("yaml", serde_saphyr::from_str::<Table>(yaml)) else { return Err(v.refusal()) };
    let policy = v.within("yaml", |v| policy(v, table, version));
    match policy {
        Some(policy) => v.check().map(|()| policy),
        None => Err(v.refusal()),
    }
}

fn policy(v: &mut Violations, table: Table, version: u32) -> Option<Policy> {
    if table.policy.trim().is_empty() || table.policy.chars().count() > 200 {
        v.add("policy", "must be a title of 1 to 200 characters");
    }
    let moment = table.effective_from.parse::<Timestamp>();
    let effective_from =
        v.take("effective_from", moment.map_err(|_| "must be a moment such as 2026-12-01T00:00:00Z"));
    let rows = each(v, "rows", table.rows, row);
    let order = words(v, "order", &table.order, |v, place, step| {
        let roles: Vec<_> = step.split('|').map(|role| named(v, place, role.trim(), Role::ALL)).collect();
        roles.into_iter().collect()
    });
    let examples = each(v, "tests", table.tests, example);
    let break_glass_cap = v.take("break_glass_cap", number(&table.break_glass_cap));
    let Sla { remind: remind_days, escalate: escalate_days, expire: expire_days } = table.sla;
    Some(Policy {
        name: table.policy,
        version,
        effective_from: effective_from?,
        rows: rows?,
        order: order?,
        service_level: ServiceLevel { remind_days, escalate_days, expire_days },
        break_glass_cap: break_glass_cap?,
        examples: examples?,
    })
}

fn row(v: &mut Violations, row: TableRow) -> Option<Row> {
    let kinds = words(v, "type", &row.kinds, |v, place, kind| named(v, place, kind, SubjectKind::ALL));
    let causes = words(v, "reason", &row.causes, |v, place, cause| named(v, place, cause, Cause::ALL));
    let mut interval = |field: &str, text: Option<String>, each: u128| match text {
        Some(text) => v.take(field, Interval::parse(&text, each)),
        None => Some(Interval::ALL),
    };
    let amount = interval("amount", row.amount, 1);
    // Kept in hundredths of a percent.
    let share = interval("pct_of_invoice", row.pct_of_invoice, 100);
    let age_days = interval("age_days", row.age_days, 1);
    let require = require(v, "require", row.require);
    Some(Row {
        id: row.id,
        kinds: kinds?,
        causes: causes?,
        entities: row.entities,
        amount: amount?,
        share: share?,
        age_days: age_days?,
        require: require?,
    })
}

fn example(v: &mut Violations, test: Test) -> Option<Example> {
    let kind = named(v, "in.type", &test.input.kind, SubjectKind::ALL);
    let cause = match test.input.reason {
        Some(cause) => named(v, "in.reason", &cause, Cause::ALL).map(Some),
        None => Some(None),
    };
    let amount = v.take("in.amount", number(&test.input.amount));
    let mut optional = |field: &str, text: Option<String>| match text {
        Some(text) => v.take(field, number(&text)),
        None => Some(0),
    };
    let share = optional("in.pct", test.input.pct).and_then(|percent| percent.checked_mul(100));
    let age_days = optional("in.age_days", test.input.age_days);
    let want = match require(v, "want", test.want)? {
        Require::Automatic => Vec::new(),
        Require::Approvers(needs) => needs,
    };
    let entity = test.input.entity;
    let input =
        Input { kind: kind?, cause: cause?, entity, amount: amount?, share: share?, age_days: age_days? };
    Some(Example { input, want })
}

fn require(v: &mut Violations, field: &str, asked: Asked) -> Option<Require> {
    match asked {
        Asked::Word(word) if word == "AUTO" => Some(Require::Automatic),
        Asked::Word(word) => {
            v.add(field, format!("is {word:?}; it must be AUTO or a list such as [\"BILLING_MANAGER:1\"]"));
            None
        }
        Asked::List(needs) => words(v, field, &needs, need).map(Require::Approvers),
    }
}

fn need(v: &mut Violations, place: &str, need: &str) -> Option<Need> {
    let (role, quorum) = need.split_once(':').unwrap_or((need, "1"));
    let role = named(v, place, role.trim(), Role::ALL);
    let people = quorum.trim().parse::<u32>();
    let said = || format!("is {need:?}; it must be a role and how many of its people, such as CONTROLLER:1");
    let quorum = v.take(place, people.map_err(|_| said()));
    Some(Need { role: role?, quorum: quorum? })
}

/// Each of a list, with its place in the path of what is wrong.
fn each<T, R>(
    v: &mut Violations,
    field: &str,
    list: Vec<T>,
    mut read: impl FnMut(&mut Violations, T) -> Option<R>,
) -> Option<Vec<R>> {
    let read_all: Vec<Option<R>> = list
        .into_iter()
        .enumerate()
        .map(|(place, item)| v.within(&format!("{field}[{place}]"), |v| read(v, item)))
        .collect();
    read_all.into_iter().collect()
}

/// Each of a list of words, which is wrong at its own place: nothing stands below a word.
fn words<R>(
    v: &mut Violations,
    field: &str,
    list: &[String],
    mut read: impl FnMut(&mut Violations, &str, &str) -> Option<R>,
) -> Option<Vec<R>> {
    let places = list.iter().enumerate();
    let read_all: Vec<Option<R>> =
        places.map(|(place, word)| read(v, &format!("{field}[{place}]"), word)).collect();
    read_all.into_iter().collect()
}

/// The one of all that has this name.
fn named<T: Copy + Display>(v: &mut Violations, field: &str, name: &str, all: &[T]) -> Option<T> {
    let found = all.iter().copied().find(|each| each.to_string() == name);
    let known = || all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    v.take(
        field,
        found.ok_or_else(|| format!("is {name:?}, which a policy does not know; it knows {}", known())),
    )
}

fn number(text: &str) -> Result<u128, &'static str> {
    let digits = text.trim().replace('_', "");
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain).ok_or("must be a whole number")
}

#[cfg(test)]
mod tests;
