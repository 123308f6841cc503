//! AdCredit ↔ domain.

use billing_proto::billing::invoicing::v1 as pb;
use calendar::Days;
use chassis::mask::Mask;
use ids::{AccountId, AdCreditId, OrderId, Revision};
use invoicing_domain::ad_credit::{AdCredit, Used};
use money::{Money, MoneyError};
use refusal::{Refusal, Violations};

use super::{
    money::{currency, message as money},
    name,
    order::amount,
    period::{day, day_message},
    text::{Text, text},
};

/// What an update may change.
pub const CHANGEABLE: &[&str] = &["expire_date", "reason"];

/// The credit that a message describes.
pub fn parse(
    (account, id, revision): (AccountId, AdCreditId, Revision),
    message: Option<&pb::AdCredit>,
    granted_by: &str,
) -> Result<AdCredit, Refusal> {
    let mut v = Violations::new();
    let Some(message) = message else {
        v.add("ad_credit", "must be given");
        return Err(v.refusal());
    };
    let parsed = v.within("ad_credit", |v| {
        let entity = name::entity(v, "billing_entity", &message.billing_entity);
        let product = name::product(v, "ad_product", &message.ad_product);
        let granted = granted(v, message.amount.as_ref());
        let reason = text(v, "reason", &message.reason, Text::Required(200));
        let first = day(v, "grant_date", message.grant_date.as_ref());
        let last = day(v, "expire_date", message.expire_date.as_ref());
        let days = v.take("expire_date", Days::new(first?, last?));
        Some(AdCredit {
            id,
            revision,
            account,
            entity: entity?,
            product: product?,
            amount: granted?,
            days: days?,
            reason: reason?,
            granted_by: granted_by.to_owned(),
        })
    });
    parsed.ok_or_else(|| v.refusal())
}

fn granted(v: &mut Violations, m: Option<&pb::Money>) -> Option<Money> {
    let Some(m) = m else {
        v.add("amount", "must be given");
        return None;
    };
    let currency = currency(v, "amount.currency_code", &m.currency_code)?;
    let granted = amount(v, "amount.amount", &m.amount, currency)?;
    v.take("amount.amount", Some(granted).filter(|granted| granted.is_positive()).ok_or("must be above 0"))
}

/// The order that a credit makes: both have one id.
pub fn order(credit: AdCreditId) -> OrderId {
    OrderId::from_uuid(credit.uuid())
}

/// The credit as a message.
pub fn message(credit: &AdCredit, used: Used) -> Result<pb::AdCredit, MoneyError> {
    Ok(pb::AdCredit {
        used: Some(money(used.issued)),
        drafted: Some(money(used.drafted)),
        left: Some(money(credit.left(used)?)),
        order: name::order_name(credit.account, order(credit.id)),
        ..said(credit)
    })
}

fn said(credit: &AdCredit) -> pb::AdCredit {
    pb::AdCredit {
        name: name::ad_credit_name(credit.account, credit.id),
        etag: credit.revision.to_string(),
        billing_entity: name::entity_name(credit.entity),
        ad_product: name::product_name(credit.product),
        amount: Some(money(credit.amount)),
        grant_date: Some(day_message(credit.days.first())),
        expire_date: Some(day_message(credit.days.last())),
        reason: credit.reason.clone(),
        granted_by: credit.granted_by.clone(),
        ..pb::AdCredit::default()
    }
}

/// The current credit with the fields that the mask names taken from `update`.
pub fn merge(current: &AdCredit, update: &pb::AdCredit, mask: &Mask) -> pb::AdCredit {
    let mut merged = said(current);
    let update = update.clone();
    macro_rules! take {
        ($($field:ident),*) => { $( if mask.names(stringify!($field)) { merged.$field = update.$field; } )* };
    }
    take!(expire_date, reason);
    merged
}
