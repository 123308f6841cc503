//! Delegation ↔ domain.

use adjustments_domain::{
    act::Act,
    approval::{Delegation, DelegationState},
};
use billing_proto::billing::adjustments::v1 as pb;
use ids::{DelegationId, Revision};
use refusal::{Refusal, Violations};

use super::{alike, name, text, time};

/// A delegation that its lender offers.
pub fn parse(
    id: DelegationId,
    delegation: Option<&pb::Delegation>,
    offered: Act,
) -> Result<Delegation, Refusal> {
    let mut v = Violations::new();
    let Some(delegation) = delegation else {
        v.add("delegation", "must be given");
        return Err(v.refusal());
    };
    let parsed = v.within("delegation", |v| {
        let to = text::account(v, "delegate", &delegation.delegate);
        let role = text::choice(v, "role", delegation.role).and_then(alike::role);
        let kinds: Vec<_> = delegation
            .subject_kinds
            .iter()
            .enumerate()
            .map(|(place, kind)| {
                text::choice(v, &format!("subject_kinds[{place}]"), *kind).and_then(alike::kind)
            })
            .collect();
        let kinds: Option<Vec<_>> = kinds.into_iter().collect();
        let amount_max = match delegation.amount_max.as_str() {
            "" => Some(None),
            digits => v.take("amount_max", minor_units(digits)).map(Some),
        };
        let begins = time::moment(v, "begin_time", delegation.begin_time.as_ref());
        let ends = time::moment(v, "end_time", delegation.end_time.as_ref());
        Some(Delegation {
            id,
            revision: Revision::FIRST,
            from: offered.by,
            to: to?,
            role: role?,
            kinds: kinds?,
            amount_max: amount_max?,
            begins: begins?,
            ends: ends?,
            proposed_at: offered.at,
            state: DelegationState::Proposed,
            settled: None,
        })
    });
    let Some(delegation) = parsed else { return Err(v.refusal()) };
    v.check()?;
    Ok(delegation)
}

fn minor_units(digits: &str) -> Result<u128, &'static str> {
    let plain = digits.len() <= 28 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = if plain { digits.parse().ok() } else { None };
    number.ok_or("must be minor units of the functional currency: at most 28 digits")
}

/// The delegation as a message.
pub fn message(delegation: &Delegation) -> pb::Delegation {
    pb::Delegation {
        name: name::delegation_name(delegation.id),
        etag: delegation.revision.to_string(),
        lender: delegation.from.clone(),
        delegate: delegation.to.clone(),
        role: alike::role_message(delegation.role).into(),
        subject_kinds: delegation.kinds.iter().map(|kind| alike::kind_message(*kind).into()).collect(),
        amount_max: delegation.amount_max.map_or_else(String::new, |most| most.to_string()),
        begin_time: Some(time::message(delegation.begins)),
        end_time: Some(time::message(delegation.ends)),
        state: alike::delegation_state_message(delegation.state).into(),
        create_time: Some(time::message(delegation.proposed_at)),
    }
}
