//! Who must approve what: a decision table, as finance people keep it.
//!
//! Every row that fits adds what it requires, and of each role the highest number holds (hit policy COLLECT). Intervals
//! are half-open, so that tiers that meet leave no hole. What nothing fits is refused, never approved.

mod evaluate;
mod interval;
mod lint;
mod measure;
#[cfg(test)]
pub(crate) mod tests;

pub use evaluate::evaluate;
pub use interval::Interval;
pub use lint::{Finding, Rule, Severity, Staff, lint};
pub use measure::{
    History, Largest, Measure, basis_points, beyond_limits, in_functional, in_words, measure, minor_units,
};

use jiff::Timestamp;

use crate::{
    content_digest::ContentDigest,
    role::Role,
    subject::{Cause, Digest, SubjectKind},
};

/// How many rows a table may have.
pub const ROWS_MAX: usize = 256;

/// A version of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub name: String,
    /// Counted from 1.
    pub version: u32,
    /// From then on it holds, until the next version does.
    pub effective_from: Timestamp,
    pub rows: Vec<Row>,
    /// The steps in their order; the roles of one step are asked at the same time.
    pub order: Vec<Vec<Role>>,
    pub service_level: ServiceLevel,
    /// What one person may let pass in an emergency, in minor units of the functional currency.
    pub break_glass_cap: u128,
    /// What the table is expected to say.
    pub examples: Vec<Example>,
}

/// A row of the table. What is left empty does not limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: String,
    pub kinds: Vec<SubjectKind>,
    pub causes: Vec<Cause>,
    /// Codes of billing entities.
    pub entities: Vec<String>,
    /// The measure, in minor units of the functional currency.
    pub amount: Interval,
    /// The amount as a share of its invoice, in hundredths of a percent.
    pub share: Interval,
    /// How old the invoice is, in days.
    pub age_days: Interval,
    pub require: Require,
}

/// What a row asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Require {
    /// Nobody, where no other row asks for somebody.
    Automatic,
    Approvers(Vec<Need>),
}

/// So many people of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    pub role: Role,
    pub quorum: u32,
}

/// When who waits is reminded, when others may stand in, and when a request ends; in business days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceLevel {
    pub remind_days: u32,
    pub escalate_days: u32,
    pub expire_days: u32,
}

/// An example beside the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    pub input: Input,
    /// Empty: automatic. In the order of the steps.
    pub want: Vec<Need>,
}

/// What the table is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub kind: SubjectKind,
    pub cause: Option<Cause>,
    /// The code of the billing entity; empty where there is none.
    pub entity: String,
    /// In minor units of the functional currency, without a sign.
    pub amount: u128,
    /// In hundredths of a percent.
    pub share: u128,
    pub age_days: u128,
}

/// Who must approve, in which order, and the rows that say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The ids of the rows that fit, in the order of the table.
    pub rows: Vec<String>,
    /// Each step after the one before it; empty: automatic.
    pub steps: Vec<Vec<Need>>,
}

impl Plan {
    /// Nobody is asked.
    pub fn is_automatic(&self) -> bool {
        self.steps.is_empty()
    }

    /// Everybody who is asked, in the order of the steps.
    pub fn needs(&self) -> impl Iterator<Item = Need> {
        self.steps.iter().flatten().copied()
    }

    /// What a decision binds itself to, besides the subject.
    pub fn digest(&self) -> Digest {
        let mut digest = ContentDigest::of("plan/1");
        digest.count(self.steps.len());
        for step in &self.steps {
            digest.count(step.len());
            for need in step {
                digest.written(need.role);
                digest.written(need.quorum);
            }
        }
        digest.finish()
    }
}

refusal::refusals! {
    /// Why a policy does not answer, or does not come to hold.
    pub enum PolicyRefusal {
        /// It does not exist.
        Missing "NOT_FOUND" NotFound { name: String } => "{name} does not exist",
        /// A table with a hole must not let anything through it.
        StateForbids "POLICY_HAS_NO_ROW" NoRow { policy: String, version: u32, kind: String, amount: String } =>
            "version {version} of the policy {policy} has no row for {kind} of {amount} minor units; upload a version that has one",
        /// A row that asks for nobody is not automatic.
        StateForbids "POLICY_ASKS_NOBODY" AsksNobody { policy: String, version: u32, rows: String } =>
            "version {version} of the policy {policy} asks for no approver in {rows}; name one, or say AUTO",
        /// What is wrong is told before it holds.
        StateForbids "POLICY_HAS_ERRORS" HasErrors { policy: String, errors: usize, first: String } =>
            "the policy {policy} has {errors} errors; the first: {first}",
        /// Nothing that was submitted already changes.
        StateForbids "POLICY_IN_PAST" InPast { policy: String, effective_from: String, now: String } =>
            "the policy {policy} would hold from {effective_from}, and it is {now}; a policy takes effect in the future",
        /// Amounts of two currencies have no order.
        Malformed "RATE_MISSING" RateMissing { currency: String, functional: String } =>
            "the amount is in {currency} and limits are in {functional}; give the rate between them",
        /// Who asks must not say how little it is.
        Forbidden "RATE_OF_OTHERS" RateOfOthers =>
            "a rate measures the amount, so a controller of the entity and the account says it; have one of them submit this",
    }
}

/// Lets a version in that is without errors and does not reach back.
///
/// Order of refusal: POLICY_HAS_ERRORS, POLICY_IN_PAST.
pub fn admit(policy: &Policy, findings: &[Finding], now: Timestamp) -> Result<(), PolicyRefusal> {
    let errors: Vec<&Finding> =
        findings.iter().filter(|finding| finding.severity() == Severity::Error).collect();
    if let Some(first) = errors.first() {
        return Err(PolicyRefusal::HasErrors {
            policy: policy.name.clone(),
            errors: errors.len(),
            first: first.to_string(),
        });
    }
    if policy.effective_from <= now {
        return Err(PolicyRefusal::InPast {
            policy: policy.name.clone(),
            effective_from: policy.effective_from.to_string(),
            now: now.to_string(),
        });
    }
    Ok(())
}
