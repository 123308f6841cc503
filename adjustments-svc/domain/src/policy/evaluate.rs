use super::{Input, Need, Plan, Policy, PolicyRefusal, Require, Row};
use crate::role::Role;

/// Who must approve this.
///
/// Order of refusal: POLICY_HAS_NO_ROW, POLICY_ASKS_NOBODY.
pub fn evaluate(policy: &Policy, input: &Input) -> Result<Plan, PolicyRefusal> {
    let fitting: Vec<&Row> = policy.rows.iter().filter(|row| row.fits(input)).collect();
    if fitting.is_empty() {
        return Err(PolicyRefusal::NoRow {
            policy: policy.name.clone(),
            version: policy.version,
            kind: input.kind.to_string(),
            amount: input.amount.to_string(),
        });
    }
    let rows: Vec<String> = fitting.iter().map(|row| row.id.clone()).collect();
    let required = fitting.iter().fold(Required::NOTHING, |required, row| required.and(&row.require));
    let every_row_is_automatic = fitting.iter().all(|row| row.require == Require::Automatic);
    if required == Required::NOTHING && !every_row_is_automatic {
        return Err(PolicyRefusal::AsksNobody {
            policy: policy.name.clone(),
            version: policy.version,
            rows: rows.join(", "),
        });
    }
    // No table lets this pass by itself.
    let required = if required == Required::NOTHING && input.kind.needs_a_person() {
        required.and(&Require::Approvers(vec![Need { role: Role::Controller, quorum: 1 }]))
    } else {
        required
    };
    Ok(Plan { rows, steps: required.steps(&policy.order) })
}

impl Row {
    /// Whether the row is about this.
    pub(super) fn fits(&self, input: &Input) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&input.kind))
            && self.amount.has(input.amount)
            && self.share.has(input.share)
            && self.age_days.has(input.age_days)
            && (self.causes.is_empty() || input.cause.is_some_and(|cause| self.causes.contains(&cause)))
            && (self.entities.is_empty() || self.entities.contains(&input.entity))
    }
}

/// How many people of each role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Required(pub [u32; Role::COUNT]);

impl Required {
    pub(super) const NOTHING: Self = Self([0; Role::COUNT]);

    fn and(mut self, require: &Require) -> Self {
        if let Require::Approvers(needs) = require {
            for need in needs {
                let most = &mut self.0[need.role.index()];
                *most = need.quorum.max(*most);
            }
        }
        self
    }

    pub(super) fn of(self, role: Role) -> u32 {
        self.0[role.index()]
    }

    /// How many of the people asked for are of this role or above it. A tier that asks for somebody higher instead is
    /// not weaker.
    pub(super) fn reaching(self, role: Role) -> u32 {
        Role::ALL.iter().filter(|other| other.reaches(role)).map(|other| self.of(*other)).sum()
    }

    /// In the order of the policy. A role without a place comes last: nobody who is asked for is lost.
    fn steps(self, order: &[Vec<Role>]) -> Vec<Vec<Need>> {
        let placeless =
            Role::ALL.iter().copied().filter(|role| !order.iter().flatten().any(|placed| placed == role));
        let all = order.iter().cloned().chain([placeless.collect()]);
        let needs = |roles: Vec<Role>| -> Vec<Need> {
            let needs = roles.into_iter().map(|role| Need { role, quorum: self.of(role) });
            needs.filter(|need| need.quorum > 0).collect()
        };
        all.map(needs).filter(|step| !step.is_empty()).collect()
    }
}
