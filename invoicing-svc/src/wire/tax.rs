//! Tax rates, and what accounts and lines say of tax ↔ domain.

use std::collections::BTreeSet;

use billing_proto::{billing::invoicing::v1 as pb, google::r#type as google};
use chassis::mask::Mask;
use ids::{AccountId, LineId, OrderId, Revision, TaxRateId};
use invoicing_domain::tax::{
    AccountTax, Allocation, Exemption, Place, PlaceShare, TaxBase, TaxCategory, TaxRate, TaxRegistration,
    Treatment, Validity,
};
use jiff::civil::Date;
use refusal::{Refusal, Violations};

use super::{
    choice::{choice, given, optional_choice},
    money::percent,
    name,
    period::{day, day_message, optional_day},
    text::{Text, text},
};

/// What an update may change.
pub const CHANGEABLE: &[&str] =
    &["category", "percent", "reason", "reverse_charged", "valid_from", "valid_to"];

/// Shares of a line, and tax ids and exemptions of an account, at most.
const SHARES_MAX: usize = 100;
const OF_ACCOUNT_MAX: usize = 50;

/// The rate that a message describes.
pub fn parse(id: TaxRateId, revision: Revision, message: Option<&pb::TaxRate>) -> Result<TaxRate, Refusal> {
    let mut v = Violations::new();
    let Some(message) = message else {
        v.add("tax_rate", "must be given");
        return Err(v.refusal());
    };
    v.within("tax_rate", |v| fields(v, id, revision, message)).ok_or_else(|| v.refusal())
}

fn fields(v: &mut Violations, id: TaxRateId, revision: Revision, m: &pb::TaxRate) -> Option<TaxRate> {
    let place = place(v, "place", &m.place);
    let tax_code = text(v, "tax_code", &m.tax_code, Text::Code(64));
    let category = category(v, m.category);
    let percent = percent(v, "percent", &m.percent);
    let reason = text(v, "reason", &m.reason, Text::Optional(200));
    let valid = validity(v, m.valid_from.as_ref(), m.valid_to.as_ref());
    Some(TaxRate {
        id,
        revision,
        place: place?,
        tax_code: tax_code?,
        treatment: Treatment { category: category?, percent: percent?, reason: reason? },
        reverse_charged: m.reverse_charged,
        valid: valid?,
    })
}

/// A place.
pub fn place(v: &mut Violations, field: &str, value: &str) -> Option<Place> {
    v.take(field, value.parse::<Place>())
}

/// A place that may be empty. The outer `None` is a violation.
pub fn optional_place(v: &mut Violations, field: &str, value: &str) -> Option<Option<Place>> {
    if value.is_empty() { Some(None) } else { place(v, field, value).map(Some) }
}

fn validity(v: &mut Violations, from: Option<&google::Date>, to: Option<&google::Date>) -> Option<Validity> {
    let (first, last) = (day(v, "valid_from", from), optional_day(v, "valid_to", to));
    Some(Validity { first: first?, last: last? })
}

/// How a line is taxed.
pub fn category(v: &mut Violations, value: i32) -> Option<TaxCategory> {
    let category = match choice(v, "category", value)? {
        pb::TaxCategory::Unspecified => None,
        pb::TaxCategory::S => Some(TaxCategory::Standard),
        pb::TaxCategory::Z => Some(TaxCategory::ZeroRated),
        pb::TaxCategory::E => Some(TaxCategory::Exempt),
        pb::TaxCategory::Ae => Some(TaxCategory::ReverseCharge),
        pb::TaxCategory::K => Some(TaxCategory::IntraCommunity),
        pb::TaxCategory::G => Some(TaxCategory::Export),
        pb::TaxCategory::O => Some(TaxCategory::OutsideScope),
    };
    given(v, "category", category)
}

/// The category as the contract's value.
pub fn category_message(category: TaxCategory) -> pb::TaxCategory {
    match category {
        TaxCategory::Standard => pb::TaxCategory::S,
        TaxCategory::ZeroRated => pb::TaxCategory::Z,
        TaxCategory::Exempt => pb::TaxCategory::E,
        TaxCategory::ReverseCharge => pb::TaxCategory::Ae,
        TaxCategory::IntraCommunity => pb::TaxCategory::K,
        TaxCategory::Export => pb::TaxCategory::G,
        TaxCategory::OutsideScope => pb::TaxCategory::O,
    }
}

/// What tax is computed on.
pub fn base(v: &mut Violations, value: i32) -> Option<TaxBase> {
    optional_choice(v, "tax_base", value).map(|base| match base {
        pb::TaxBase::Unspecified | pb::TaxBase::NetOfCommission => TaxBase::NetOfCommission,
        pb::TaxBase::Gross => TaxBase::Gross,
    })
}

/// What tax is computed on, as the contract's value.
pub fn base_message(base: TaxBase) -> pb::TaxBase {
    match base {
        TaxBase::NetOfCommission => pb::TaxBase::NetOfCommission,
        TaxBase::Gross => pb::TaxBase::Gross,
    }
}

/// The rate as a message.
pub fn message(rate: &TaxRate) -> pb::TaxRate {
    pb::TaxRate {
        name: name::tax_rate_name(rate.id),
        etag: rate.revision.to_string(),
        place: rate.place.to_string(),
        tax_code: rate.tax_code.clone(),
        category: category_message(rate.treatment.category).into(),
        percent: rate.treatment.percent.to_string(),
        reason: rate.treatment.reason.clone(),
        reverse_charged: rate.reverse_charged,
        valid_from: Some(day_message(rate.valid.first)),
        valid_to: rate.valid.last.map(day_message),
    }
}

/// The current rate with the fields that the mask names taken from `update`.
pub fn merge(current: &TaxRate, update: &pb::TaxRate, mask: &Mask) -> pb::TaxRate {
    let mut merged = message(current);
    let update = update.clone();
    macro_rules! take {
        ($($field:ident),*) => { $( if mask.names(stringify!($field)) { merged.$field = update.$field; } )* };
    }
    take!(category, percent, reason, reverse_charged, valid_from, valid_to);
    merged
}

/// What an account says of tax.
pub fn account(v: &mut Violations, m: &pb::Account) -> Option<AccountTax> {
    let place = optional_place(v, "tax_place", &m.tax_place);
    let registrations = each(v, "tax_registrations", &m.tax_registrations, registration);
    let exemptions = each(v, "tax_exemptions", &m.tax_exemptions, exemption);
    Some(AccountTax { place: place?, registrations: registrations?, exemptions: exemptions? })
}

fn each<M, T>(
    v: &mut Violations,
    field: &str,
    messages: &[M],
    parse: fn(&mut Violations, &M) -> Option<T>,
) -> Option<Vec<T>> {
    if messages.len() > OF_ACCOUNT_MAX {
        v.add(field, format!("has {} entries; at most {OF_ACCOUNT_MAX} are allowed", messages.len()));
        return None;
    }
    let parsed: Vec<_> = messages
        .iter()
        .enumerate()
        .map(|(n, message)| v.within(&format!("{field}[{n}]"), |v| parse(v, message)))
        .collect();
    parsed.into_iter().collect()
}

fn registration(v: &mut Violations, m: &pb::TaxRegistration) -> Option<TaxRegistration> {
    let place = place(v, "place", &m.place);
    let number = text(v, "number", &m.number, Text::Required(64));
    let valid = validity(v, m.valid_from.as_ref(), m.valid_to.as_ref());
    Some(TaxRegistration { place: place?, number: number?, valid: valid? })
}

fn exemption(v: &mut Violations, m: &pb::TaxExemption) -> Option<Exemption> {
    let place = optional_place(v, "place", &m.place);
    let category = category(v, m.category);
    let reason = text(v, "reason", &m.reason, Text::Optional(200));
    let certificate = text(v, "certificate", &m.certificate, Text::Optional(100));
    let valid = validity(v, m.valid_from.as_ref(), m.valid_to.as_ref());
    let treatment = Treatment { category: category?, percent: percent(v, "percent", "")?, reason: reason? };
    let exemption = Exemption { place: place?, treatment, certificate: certificate?, valid: valid? };
    let checked = exemption.check();
    v.take("category", checked.map(|()| exemption))
}

/// The tax ids as messages.
pub fn registrations_message(tax: &AccountTax) -> Vec<pb::TaxRegistration> {
    let message = |id: &TaxRegistration| pb::TaxRegistration {
        place: id.place.to_string(),
        number: id.number.clone(),
        valid_from: Some(day_message(id.valid.first)),
        valid_to: id.valid.last.map(day_message),
    };
    tax.registrations.iter().map(message).collect()
}

/// The exemptions as messages.
pub fn exemptions_message(tax: &AccountTax) -> Vec<pb::TaxExemption> {
    let message = |exempt: &Exemption| pb::TaxExemption {
        place: exempt.place.as_ref().map_or_else(String::new, Place::to_string),
        category: category_message(exempt.treatment.category).into(),
        reason: exempt.treatment.reason.clone(),
        certificate: exempt.certificate.clone(),
        valid_from: Some(day_message(exempt.valid.first)),
        valid_to: exempt.valid.last.map(day_message),
    };
    tax.exemptions.iter().map(message).collect()
}

/// Where a line is taxed from a day on.
#[derive(Debug)]
pub struct Allocating {
    pub line: (AccountId, OrderId, LineId),
    pub from: Date,
    pub shares: Vec<PlaceShare>,
}

/// The allocation that a request asks for.
pub fn allocating(m: &pb::AllocatePlacesRequest) -> Result<Allocating, Refusal> {
    let mut v = Violations::new();
    let line = name::line(&mut v, "order_line", &m.order_line);
    let from = day(&mut v, "from_day", m.from_day.as_ref());
    let shares = shares(&mut v, &m.shares);
    let allocating = || Some(Allocating { line: line?, from: from?, shares: shares? });
    allocating().ok_or_else(|| v.refusal())
}

fn shares(v: &mut Violations, messages: &[pb::PlaceShare]) -> Option<Vec<PlaceShare>> {
    if messages.len() > SHARES_MAX {
        v.add("shares", format!("has {} entries; at most {SHARES_MAX} are allowed", messages.len()));
        return None;
    }
    let mut known = BTreeSet::new();
    let mut share = |v: &mut Violations, m: &pb::PlaceShare| {
        let place = place(v, "place", &m.place)?;
        let impressions = Some(m.impressions).filter(|impressions| *impressions > 0);
        let impressions = v.take("impressions", impressions.ok_or("must be above 0"))?;
        let first = known.insert(place.clone());
        v.take("place", first.then_some(PlaceShare { place, impressions }).ok_or("stands here twice"))
    };
    let parsed: Vec<_> = messages
        .iter()
        .enumerate()
        .map(|(n, message)| v.within(&format!("shares[{n}]"), |v| share(v, message)))
        .collect();
    parsed.into_iter().collect()
}

/// The allocations of a line as messages, the earliest first.
pub fn allocations_message(allocation: Allocation) -> Vec<pb::PlaceAllocation> {
    allocation.from.into_iter().map(|(from, shares)| allocation_message(from, &shares)).collect()
}

/// One allocation as a message.
pub fn allocation_message(from: Date, shares: &[PlaceShare]) -> pb::PlaceAllocation {
    let share = |share: &PlaceShare| pb::PlaceShare {
        place: share.place.to_string(),
        impressions: share.impressions,
    };
    pb::PlaceAllocation { from_day: Some(day_message(from)), shares: shares.iter().map(share).collect() }
}
