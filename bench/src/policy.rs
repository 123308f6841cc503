//! A policy as large as one gets: 200 rows over all eight columns. Tiers of each kind, and rows by cause, entity, share and
//! age across them.

use adjustments_domain::{
    policy::{Input, Interval, Need, Policy, Require, Row, ServiceLevel},
    role::Role,
    subject::{Cause, SubjectKind},
};
use anyhow::Result;

/// How many rows it has.
pub const ROWS: usize = 200;

/// What the tiers of a kind ask for.
const TIERS: [&[(Role, u32)]; 4] = [
    &[(Role::BillingManager, 1)],
    &[(Role::BillingManager, 1), (Role::Controller, 1)],
    &[(Role::BillingManager, 2), (Role::Controller, 1)],
    &[(Role::BillingManager, 2), (Role::Controller, 1), (Role::Cfo, 1)],
];

/// The same every time.
pub fn policy() -> Result<Policy> {
    let mut rows = tiers()?;
    for number in 0..ROWS - rows.len() {
        rows.push(across(number)?);
    }
    Ok(Policy {
        name: "bench".to_owned(),
        version: 1,
        effective_from: "2026-01-01T00:00:00Z".parse()?,
        rows,
        order: vec![vec![Role::BillingManager, Role::ProductOps], vec![Role::Controller], vec![Role::Cfo]],
        service_level: ServiceLevel { remind_days: 1, escalate_days: 2, expire_days: 10 },
        break_glass_cap: 1_000_000,
        examples: Vec::new(),
    })
}

/// What it is asked about: amounts, kinds, causes and entities all over the table.
pub fn inputs() -> Result<Vec<Input>> {
    (0_usize..1_000)
        .map(|number| {
            Ok(Input {
                kind: SubjectKind::ALL[number % SubjectKind::ALL.len()],
                cause: Some(Cause::ALL[number % Cause::ALL.len()]),
                entity: format!("E{}", number % 7),
                amount: u128::try_from(number)? * 997,
                share: u128::try_from(number % 100)? * 100,
                age_days: u128::try_from(number % 365)?,
            })
        })
        .collect()
}

/// Four tiers for each kind, which meet without a hole.
fn tiers() -> Result<Vec<Row>> {
    let mut rows = Vec::with_capacity(ROWS);
    for (number, kind) in SubjectKind::ALL.iter().enumerate() {
        let each = 10_000 * (u128::try_from(number)? + 1);
        for (tier, needs) in TIERS.iter().enumerate() {
            let from = u128::try_from(tier)? * each;
            let to = (tier + 1 < TIERS.len()).then_some(from + each);
            rows.push(row(format!("T{number}.{tier}"), vec![*kind], Interval { from, to }, needs));
        }
    }
    Ok(rows)
}

/// A row by cause, entity, share and age.
fn across(number: usize) -> Result<Row> {
    let from = |number: usize, each: u128| -> Result<Interval> {
        Ok(Interval { from: u128::try_from(number)? * each, to: None })
    };
    Ok(Row {
        causes: vec![Cause::ALL[number % Cause::ALL.len()]],
        entities: vec![format!("E{}", number % 5)],
        share: from(number % 12, 500)?,
        age_days: from(number % 9, 30)?,
        ..row(format!("X{number}"), Vec::new(), from(number, 1_000)?, &[(Role::Controller, 2)])
    })
}

fn row(id: String, kinds: Vec<SubjectKind>, amount: Interval, needs: &[(Role, u32)]) -> Row {
    let needs = needs.iter().map(|(role, quorum)| Need { role: *role, quorum: *quorum }).collect();
    Row {
        id,
        kinds,
        causes: Vec::new(),
        entities: Vec::new(),
        amount,
        share: Interval::ALL,
        age_days: Interval::ALL,
        require: Require::Approvers(needs),
    }
}
