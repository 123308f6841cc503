//! What can be said of each row alone, and of the order of the steps.

use std::collections::BTreeSet;

use super::finding::{Findings, Rule};
use crate::{
    policy::{Policy, ROWS_MAX, Require, Row, ServiceLevel},
    role::Role,
};

/// Looks at each row by itself.
pub(super) fn check(policy: &Policy, found: &mut Findings) {
    if policy.rows.len() > ROWS_MAX {
        let rows = policy.rows.len();
        found.add(Rule::TooManyRows, &[], format!("there are {rows} rows; at most {ROWS_MAX} are looked at"));
    }
    let mut ids = BTreeSet::new();
    for row in &policy.rows {
        if row.id.is_empty() || !ids.insert(&row.id) {
            found.add(
                Rule::RowId,
                &[&row.id],
                format!("{:?} names two rows or none; give each its own id", row.id),
            );
        }
        check_row(row, found);
    }
    check_order(policy, found);
    let ServiceLevel { remind_days, escalate_days, expire_days } = policy.service_level;
    if !(0 < remind_days && remind_days <= escalate_days && escalate_days < expire_days) {
        let message = format!(
            "reminded after {remind_days}, escalated after {escalate_days} and expired after {expire_days} business days; each comes after the one before it"
        );
        found.add(Rule::ServiceLevel, &[], message);
    }
}

fn check_row(row: &Row, found: &mut Findings) {
    let columns = [("amount", row.amount), ("pct_of_invoice", row.share), ("age_days", row.age_days)];
    for (column, interval) in columns.into_iter().filter(|(_, interval)| interval.is_empty()) {
        found.add(
            Rule::EmptyInterval,
            &[&row.id],
            format!(
                "{}: {column} {interval} has no number inside; the end must be above the beginning",
                row.id
            ),
        );
    }
    let Require::Approvers(needs) = &row.require else {
        check_automatic(row, found);
        return;
    };
    if needs.is_empty() || needs.iter().any(|need| need.quorum == 0) {
        found.add(
            Rule::ZeroApprovers,
            &[&row.id],
            format!("{} asks for no approver; name one, or say AUTO", row.id),
        );
    }
}

/// Some things no table can let pass by itself.
fn check_automatic(row: &Row, found: &mut Findings) {
    if let Some(kind) = row.kinds.iter().find(|kind| kind.needs_a_person()) {
        found.add(
            Rule::NeedsPerson,
            &[&row.id],
            format!("{} says AUTO for {kind}, which always needs a person; name one", row.id),
        );
    }
}

fn check_order(policy: &Policy, found: &mut Findings) {
    let times = |role: Role| policy.order.iter().flatten().filter(|placed| **placed == role).count();
    for role in Role::ALL {
        let asks = |row: &&Row| match &row.require {
            Require::Automatic => false,
            Require::Approvers(needs) => needs.iter().any(|need| need.role == *role),
        };
        let rows: Vec<&str> = policy.rows.iter().filter(asks).map(|row| row.id.as_str()).collect();
        match times(*role) {
            0 if !rows.is_empty() => {
                found.add(Rule::Order, &rows, format!("{role} is asked for and has no place in the order"));
            }
            0 | 1 => {}
            many => {
                found.add(Rule::Order, &[], format!("{role} has {many} places in the order; one is enough"))
            }
        }
    }
}
