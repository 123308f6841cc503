//! What a policy is asked about.

use adjustments_domain::{
    approval::{Circumstances, Involved},
    policy::{basis_points, in_functional},
    subject::{Cause, Digest, SubjectKind},
};
use billing_proto::billing::adjustments::v1 as pb;
use ids::{AccountId, EntityId};
use money::{Currency, Money, Rate};
use refusal::{Refusal, Violations};

use super::{alike, money as wire_money, name, text};

/// How many people a subject may involve.
const INVOLVED_MAX: usize = 50;

/// A case, with its amount in the functional currency.
#[derive(Clone, Debug)]
pub struct Case {
    pub kind: SubjectKind,
    pub cause: Option<Cause>,
    pub entity: Option<EntityId>,
    pub account: Option<AccountId>,
    /// Absent where no money moves.
    pub amount: Option<Money>,
    /// What somebody has said one unit of another currency is worth, where the amount is measured by that.
    pub said_rate: Option<Rate>,
    /// Beside the amount there is more in other currencies, and no rate to measure that by.
    pub lacks_rate: bool,
    pub circumstances: Circumstances,
}

impl Case {
    /// By which rate the amount is measured, where people read it at a glance; empty where nobody has said one.
    pub fn at_rate(&self) -> String {
        self.said_rate.map_or_else(String::new, |rate| {
            format!(", measured at the rate {rate} that whoever asks has said, so that the strictest rows of the policy ask")
        })
    }
}

/// The case of a message. An amount in another currency than the entity's books needs its rate.
pub fn parse(case: Option<&pb::ApprovalCase>) -> Result<Case, Refusal> {
    let mut v = Violations::new();
    let Some(case) = case else {
        v.add("approval_case", "must be given");
        return Err(v.refusal());
    };
    let parsed = v.within("approval_case", |v| fields(v, case));
    let Some((read, amount, gross, functional, rate)) = parsed else { return Err(v.refusal()) };
    v.check()?;
    let amount = amount.map(|amount| in_functional(amount, functional.unwrap_or(amount.currency()), rate));
    let gross = gross.map(|gross| in_functional(gross, functional.unwrap_or(gross.currency()), rate));
    let (amount, gross) = (amount.transpose()?, gross.transpose()?);
    let share = amount.zip(gross).map_or(0, |(amount, gross)| basis_points(amount, gross));
    let circumstances = Circumstances { share, ..read.circumstances };
    Ok(Case { amount, circumstances, ..read })
}

type Fields = (Case, Option<Money>, Option<Money>, Option<Currency>, Option<Rate>);

fn fields(v: &mut Violations, case: &pb::ApprovalCase) -> Option<Fields> {
    let kind = text::choice(v, "subject_kind", case.subject_kind).and_then(alike::kind);
    let cause = text::optional_choice(v, "root_cause", case.root_cause).map(alike::cause);
    let entity = name::optional_entity(v, "billing_entity", &case.billing_entity);
    let account = name::optional_account(v, "account", &case.account);
    let code = text::optional(v, "entity_code", &case.entity_code, 64);
    let age_days = v.take(
        "invoice_age_days",
        u128::try_from(case.invoice_age_days).map_err(|_| "must not be below zero"),
    );
    let amount = case.amount.as_ref().map(|amount| wire_money::amount(v, "amount", amount));
    let gross = case.invoice_gross.as_ref().map(|gross| wire_money::amount(v, "invoice_gross", gross));
    let functional = match (case.functional_currency_code.as_str(), &amount) {
        ("", None) => Some(None),
        (code, _) => v.take("functional_currency_code", Currency::parse(code)).map(Some),
    };
    let rate = rate(v, "rate", &case.rate);
    // The outer `None` of each was a violation.
    let amount = amount.map_or(Some(None), |amount| amount.map(Some))?;
    let gross = gross.map_or(Some(None), |gross| gross.map(Some))?;
    let circumstances = Circumstances { entity: code?, share: 0, age_days: age_days? };
    let read = Case {
        kind: kind?,
        cause: cause?,
        entity: entity?,
        account: account?,
        amount: None,
        said_rate: None,
        lacks_rate: false,
        circumstances,
    };
    Some((read, amount, gross, functional?, rate?))
}

/// What one unit of a currency is worth in another, or nothing where it is empty. The outer `None` is a violation.
pub fn rate(v: &mut Violations, field: &str, value: &str) -> Option<Option<Rate>> {
    if value.is_empty() {
        return Some(None);
    }
    let rate = v.take(field, Rate::parse(value))?;
    if rate.value().is_zero() {
        v.add(
            field,
            "is 0, at which every amount would be nothing; say what one unit of the currency is worth",
        );
        return None;
    }
    Some(Some(rate))
}

/// A digest as 64 hexadecimal digits.
pub fn digest(v: &mut Violations, field: &str, value: &str) -> Option<Digest> {
    let mut digest = Digest::default();
    let lower = value.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let pairs = value.as_bytes().chunks_exact(2).map(|pair| std::str::from_utf8(pair).ok());
    let bytes: Option<Vec<u8>> =
        pairs.map(|pair| pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())).collect();
    match bytes {
        Some(bytes) if lower && value.len() == 64 => {
            digest.copy_from_slice(&bytes);
            Some(digest)
        }
        Some(_) | None => {
            v.add(field, "must be a SHA-256: 64 lowercase hexadecimal digits");
            None
        }
    }
}

/// Everybody who is named as having a part in a subject. A person speaks `only_of` themselves: whoever is named has no say, so
/// that who names others chooses who has one.
pub fn involved(
    v: &mut Violations,
    people: &[pb::InvolvedPerson],
    only_of: Option<&str>,
) -> Option<Vec<Involved>> {
    if people.len() > INVOLVED_MAX {
        v.add("involved", format!("has {} people; at most {INVOLVED_MAX} are taken", people.len()));
        return None;
    }
    let parsed: Vec<Option<Involved>> = people
        .iter()
        .enumerate()
        .map(|(place, person)| {
            v.within(&format!("involved[{place}]"), |v| {
                let account = text::account(v, "person", &person.person);
                let named = account.as_deref().filter(|account| only_of.is_some_and(|own| own != *account));
                if let (Some(named), Some(own)) = (named, only_of) {
                    let why = "it would take from them their say, and only a service names others";
                    v.add("person", format!("is {named}, who is not {own}, the caller: {why}"));
                    return None;
                }
                let part = text::choice(v, "part", person.part).and_then(alike::part);
                Some(Involved { account: account?, part: part? })
            })
        })
        .collect();
    parsed.into_iter().collect()
}
