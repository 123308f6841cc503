use std::{collections::BTreeMap, fmt};

use crate::spelled::spelled;

/// How many findings of one rule are told; the rest is counted.
const TOLD_MAX: usize = 25;

spelled! {
    /// What a table is checked for.
    pub enum Rule {
        /// More rows than a table may have.
        TooManyRows "TOO_MANY_ROWS",
        /// Two rows of one id, or a row without one.
        RowId "ROW_ID",
        /// An interval in which there is no number.
        EmptyInterval "EMPTY_INTERVAL",
        /// A row that asks for nobody without saying AUTO, or for none of a role.
        ZeroApprovers "ZERO_APPROVERS",
        /// AUTO for what no table may let pass.
        NeedsPerson "NEEDS_PERSON",
        /// A role that is asked for and has no step, or has two.
        Order "ORDER",
        /// A service level out of its order.
        ServiceLevel "SERVICE_LEVEL",
        /// A case for which there is no row.
        Gap "GAP",
        /// A higher amount that asks for less.
        NotMonotone "NOT_MONOTONE",
        /// A row that never makes a difference.
        DeadRow "DEAD_ROW",
        /// More people than there are, once the maker is left out.
        Quorum "QUORUM",
        /// A row that says AUTO where others ask for somebody; these win.
        AutomaticOverlap "AUTOMATIC_OVERLAP",
        /// An example that the table does not agree with.
        Example "EXAMPLE",
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The policy cannot hold.
    Error,
    /// It can, and somebody should look.
    Warning,
}

/// Something that is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: Rule,
    /// The ids of the rows that it is about.
    pub rows: Vec<String>,
    /// What is wrong, where, and what to do about it.
    pub message: String,
}

impl Finding {
    /// How bad it is: only what is sure to do what its rows say may be odd.
    pub fn severity(&self) -> Severity {
        match self.rule {
            Rule::AutomaticOverlap => Severity::Warning,
            Rule::TooManyRows
            | Rule::RowId
            | Rule::EmptyInterval
            | Rule::ZeroApprovers
            | Rule::NeedsPerson
            | Rule::Order
            | Rule::ServiceLevel
            | Rule::Gap
            | Rule::NotMonotone
            | Rule::DeadRow
            | Rule::Quorum
            | Rule::Example => Severity::Error,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.message)
    }
}

/// Findings while they are collected: the same rule about the same rows is told once.
#[derive(Default)]
pub(super) struct Findings(BTreeMap<Rule, (Vec<Finding>, usize)>);

impl Findings {
    pub(super) fn add(&mut self, rule: Rule, rows: &[&str], message: String) {
        let (told, more) = self.0.entry(rule).or_default();
        if !rows.is_empty() && told.iter().any(|finding| finding.rows == rows) {
            return;
        }
        if told.len() < TOLD_MAX {
            let rows = rows.iter().map(|row| (*row).to_owned()).collect();
            told.push(Finding { rule, rows, message });
        } else {
            *more += 1;
        }
    }

    pub(super) fn all(self) -> Vec<Finding> {
        let mut all = Vec::new();
        for (rule, (told, more)) in self.0 {
            all.extend(told);
            if more > 0 {
                all.push(Finding { rule, rows: Vec::new(), message: format!("and {more} more like these") });
            }
        }
        all
    }
}
