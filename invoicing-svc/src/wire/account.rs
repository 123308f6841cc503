//! Account ↔ domain.

use billing_proto::billing::invoicing::v1 as pb;
use chassis::mask::Mask;
use ids::{AccountId, Revision};
use invoicing_domain::{
    account::{Account, AccountKind, Hold, PurchaseOrderRule, SettledBy},
    invoice::Consolidation,
    tax::Place,
};
use refusal::{Refusal, Violations};

use super::{
    billing_entity::{address, address_message},
    choice::{choice, given, optional_choice},
    money::{currency, percent},
    name,
    order::amount,
    order_line::{many, optional},
    period::{day_message, optional_day},
    tax,
    text::{Text, text, texts},
};

/// What an update may change.
pub const CHANGEABLE: &[&str] = &[
    "kind",
    "legal_name",
    "address",
    "commission_percent",
    "payment_terms_days",
    "tax_ids",
    "territory",
    "billing_email",
    "purchase_order_required",
    "purchase_order_format",
    "consolidation",
    "credit_limit",
    "billing_threshold",
    "settled_by",
    "holds",
    "tax_place",
    "tax_registrations",
    "tax_exemptions",
];

/// The account that a message describes.
pub fn parse(id: AccountId, revision: Revision, message: Option<&pb::Account>) -> Result<Account, Refusal> {
    let mut v = Violations::new();
    let Some(message) = message else {
        v.add("account", "must be given");
        return Err(v.refusal());
    };
    v.within("account", |v| fields(v, id, revision, message)).ok_or_else(|| v.refusal())
}

fn fields(v: &mut Violations, id: AccountId, revision: Revision, m: &pb::Account) -> Option<Account> {
    let code = text(v, "code", &m.code, Text::Code(64));
    let kind = kind(v, m.kind);
    let legal_name = text(v, "legal_name", &m.legal_name, Text::Required(200));
    let address = address(v, "address", m.address.as_ref());
    let currency = currency(v, "currency_code", &m.currency_code);
    let commission = percent(v, "commission_percent", &m.commission_percent);
    let payment_terms_days = terms(v, "payment_terms_days", m.payment_terms_days);
    let tax_ids = texts(v, "tax_ids", &m.tax_ids, Text::Required(64), 10);
    let territory = text(v, "territory", &m.territory, Text::Optional(64));
    let billing_email = text(v, "billing_email", &m.billing_email, Text::Optional(254));
    let format = text(v, "purchase_order_format", &m.purchase_order_format, Text::Optional(64));
    let consolidation = consolidation(v, m.consolidation);
    let settled_by = settled_by(v, m.settled_by);
    let holds = many(v, "holds", &m.holds, hold);
    // Without its currency no amount of the account can be read.
    let currency = currency?;
    let credit_limit =
        optional(v, "credit_limit", &m.credit_limit, |v, field, value| amount(v, field, value, currency));
    let threshold = optional(v, "billing_threshold", &m.billing_threshold, |v, field, value| {
        let threshold = amount(v, field, value, currency)?;
        v.take(field, Some(threshold).filter(|amount| amount.is_positive()).ok_or("must be above 0"))
    });
    let rule = format.map(|format| PurchaseOrderRule { is_required: m.purchase_order_required, format });
    let tax = tax::account(v, m);
    Some(Account {
        id,
        revision,
        code: code?,
        kind: kind?,
        legal_name: legal_name?,
        address: address?,
        currency,
        commission: commission?,
        payment_terms_days: payment_terms_days?,
        tax_ids: tax_ids?,
        territory: territory?,
        billing_email: billing_email?,
        purchase_orders: rule?,
        consolidation: consolidation?,
        credit_limit: credit_limit?,
        billing_threshold: threshold?,
        settled_by: settled_by?,
        holds: holds?,
        tax: tax?,
    })
}

fn hold(v: &mut Violations, m: &pb::AccountHold) -> Option<Hold> {
    let reason = text(v, "reason", &m.reason, Text::Required(200));
    let owner = text(v, "owner", &m.owner, Text::Required(200));
    let expires = optional_day(v, "expires", m.expires.as_ref());
    Some(Hold { reason: reason?, owner: owner?, expires: expires? })
}

fn kind(v: &mut Violations, value: i32) -> Option<AccountKind> {
    let kind = choice(v, "kind", value)?;
    let kind = match kind {
        pb::AccountKind::Unspecified => None,
        pb::AccountKind::Advertiser => Some(AccountKind::Advertiser),
        pb::AccountKind::Agency => Some(AccountKind::Agency),
    };
    given(v, "kind", kind)
}

fn consolidation(v: &mut Violations, value: i32) -> Option<Consolidation> {
    optional_choice(v, "consolidation", value).map(|consolidation| match consolidation {
        pb::Consolidation::Unspecified | pb::Consolidation::Order => Consolidation::Order,
        pb::Consolidation::PurchaseOrder => Consolidation::PurchaseOrder,
        pb::Consolidation::Advertiser => Consolidation::Advertiser,
        pb::Consolidation::Account => Consolidation::Account,
    })
}

fn settled_by(v: &mut Violations, value: i32) -> Option<SettledBy> {
    optional_choice(v, "settled_by", value).map(|settled_by| match settled_by {
        pb::SettledBy::Unspecified | pb::SettledBy::Terms => SettledBy::Terms,
        pb::SettledBy::Card => SettledBy::Card,
        pb::SettledBy::SellerBalance => SettledBy::SellerBalance,
        pb::SettledBy::Wallet => SettledBy::Wallet,
    })
}

/// Net days of payment terms.
pub fn terms(v: &mut Violations, field: &str, value: i32) -> Option<u16> {
    let days = u16::try_from(value).ok().filter(|days| *days <= 365);
    v.take(field, days.ok_or("must be 0 to 365 days"))
}

/// The account as a message.
pub fn message(account: &Account) -> pb::Account {
    pb::Account {
        name: name::account_name(account.id),
        etag: account.revision.to_string(),
        code: account.code.clone(),
        kind: match account.kind {
            AccountKind::Advertiser => pb::AccountKind::Advertiser,
            AccountKind::Agency => pb::AccountKind::Agency,
        }
        .into(),
        legal_name: account.legal_name.clone(),
        address: Some(address_message(&account.address)),
        currency_code: account.currency.code().to_owned(),
        commission_percent: account.commission.to_string(),
        payment_terms_days: i32::from(account.payment_terms_days),
        tax_ids: account.tax_ids.clone(),
        territory: account.territory.clone(),
        billing_email: account.billing_email.clone(),
        purchase_order_required: account.purchase_orders.is_required,
        purchase_order_format: account.purchase_orders.format.clone(),
        consolidation: match account.consolidation {
            Consolidation::Order => pb::Consolidation::Order,
            Consolidation::PurchaseOrder => pb::Consolidation::PurchaseOrder,
            Consolidation::Advertiser => pb::Consolidation::Advertiser,
            Consolidation::Account => pb::Consolidation::Account,
        }
        .into(),
        credit_limit: account.credit_limit.map_or_else(String::new, |limit| limit.to_string()),
        billing_threshold: account.billing_threshold.map_or_else(String::new, |least| least.to_string()),
        settled_by: match account.settled_by {
            SettledBy::Terms => pb::SettledBy::Terms,
            SettledBy::Card => pb::SettledBy::Card,
            SettledBy::SellerBalance => pb::SettledBy::SellerBalance,
            SettledBy::Wallet => pb::SettledBy::Wallet,
        }
        .into(),
        tax_place: account.tax.place.as_ref().map_or_else(String::new, Place::to_string),
        tax_registrations: tax::registrations_message(&account.tax),
        tax_exemptions: tax::exemptions_message(&account.tax),
        holds: account.holds.iter().map(hold_message).collect(),
    }
}

fn hold_message(hold: &Hold) -> pb::AccountHold {
    pb::AccountHold {
        reason: hold.reason.clone(),
        owner: hold.owner.clone(),
        expires: hold.expires.map(day_message),
    }
}

/// The current account with the fields that the mask names taken from `update`.
pub fn merge(current: &Account, update: &pb::Account, mask: &Mask) -> pb::Account {
    let mut merged = message(current);
    let update = update.clone();
    macro_rules! take {
        ($($field:ident),*) => { $( if mask.names(stringify!($field)) { merged.$field = update.$field; } )* };
    }
    take!(
        kind,
        legal_name,
        address,
        commission_percent,
        payment_terms_days,
        tax_ids,
        territory,
        billing_email,
        purchase_order_required,
        purchase_order_format,
        consolidation,
        credit_limit,
        billing_threshold,
        settled_by,
        holds,
        tax_place,
        tax_registrations,
        tax_exemptions
    );
    merged
}
