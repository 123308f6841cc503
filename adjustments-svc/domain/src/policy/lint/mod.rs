//! What is wrong with a table, found by looking at every case that its rows can tell apart.
//!
//! Kinds, causes and entities that the same rows speak of are one case; each numeric column is cut at every bound. What
//! is left is finite, and each case is asked once.

mod finding;
mod liveness;
mod rows;
mod space;
mod sweep;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub use finding::{Finding, Rule, Severity};

use super::{Input, Need, Policy, ROWS_MAX, evaluate};
use crate::role::Role;
use finding::Findings;

/// The roles of each person; `None`: nobody has said who there is.
pub type Staff<'a> = Option<&'a [BTreeSet<Role>]>;

/// Everything that is wrong with a policy, and what is odd about it, the rules in their order.
pub fn lint(policy: &Policy, staff: Staff<'_>) -> Vec<Finding> {
    let mut found = Findings::default();
    rows::check(policy, &mut found);
    // More rows than a set of rows can hold have been told already.
    if policy.rows.len() <= ROWS_MAX {
        let seen = space::walk(policy, &mut found);
        liveness::check(&seen, staff, &mut found);
        check_examples(policy, &mut found);
    }
    found.all()
}

fn check_examples(policy: &Policy, found: &mut Findings) {
    for (number, example) in (1..).zip(&policy.examples) {
        let says = match evaluate(policy, &example.input) {
            Ok(plan) if plan.needs().eq(example.want.iter().copied()) => continue,
            Ok(plan) => in_words(&plan.needs().collect::<Vec<_>>()),
            Err(refusal) => refusal.to_string(),
        };
        let Input { kind, amount, .. } = &example.input;
        let wanted = in_words(&example.want);
        found.add(
            Rule::Example,
            &[],
            format!("test {number} ({kind}, {amount}) wants {wanted}; the table says {says}"),
        );
    }
}

fn in_words(needs: &[Need]) -> String {
    let words: Vec<String> = needs.iter().map(|need| format!("{}:{}", need.role, need.quorum)).collect();
    if words.is_empty() { "AUTO".to_owned() } else { words.join(", ") }
}
