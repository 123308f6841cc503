//! Agreement ↔ domain.

use std::collections::BTreeSet;

use billing_proto::billing::invoicing::v1::{self as pb, agreement::Kind};
use chassis::mask::Mask;
use ids::{AccountId, AgreementId, OrderId, Revision};
use invoicing_domain::agreement::{Agreement, AgreementKind, Counts, RebateTier, RebateTiers};
use money::{Currency, Money};
use refusal::{Refusal, Violations};

use super::{
    choice::optional_choice,
    money::{currency, percent},
    name,
    order::amount,
    period::{days, days_message},
    text::{Text, text},
};

/// What an update may change.
pub const CHANGEABLE: &[&str] =
    &["display_name", "accounts", "ad_product", "term", "counts", "minimum_amount", "volume_rebate"];

/// How many accounts, and how many tiers.
const ACCOUNTS_MAX: usize = 1_000;
const TIERS_MAX: usize = 20;

/// The agreement that a message describes.
pub fn parse(
    id: AgreementId,
    revision: Revision,
    message: Option<&pb::Agreement>,
) -> Result<Agreement, Refusal> {
    let mut v = Violations::new();
    let Some(message) = message else {
        v.add("agreement", "must be given");
        return Err(v.refusal());
    };
    v.within("agreement", |v| fields(v, id, revision, message)).ok_or_else(|| v.refusal())
}

fn fields(v: &mut Violations, id: AgreementId, revision: Revision, m: &pb::Agreement) -> Option<Agreement> {
    let code = text(v, "code", &m.code, Text::Code(64));
    let display_name = text(v, "display_name", &m.display_name, Text::Required(200));
    let entity = name::entity(v, "billing_entity", &m.billing_entity);
    let account = name::account(v, "account", &m.account);
    let accounts = accounts(v, &m.accounts);
    let product = name::product(v, "ad_product", &m.ad_product);
    let term = days(v, "term", m.term.as_ref());
    let counts = optional_choice(v, "counts", m.counts).map(|counts| match counts {
        pb::AgreementCounts::Unspecified | pb::AgreementCounts::Gross => Counts::Gross,
        pb::AgreementCounts::Net => Counts::Net,
    });
    let commission = percent(v, "commission_percent", &m.commission_percent);
    // Without its currency no amount of the agreement can be read.
    let currency = currency(v, "currency_code", &m.currency_code)?;
    let kind = kind(v, m.kind.as_ref(), currency);
    Some(Agreement {
        id,
        revision,
        code: code?,
        display_name: display_name?,
        entity: entity?,
        account: account?,
        accounts: accounts?,
        product: product?,
        currency,
        term: term?,
        counts: counts?,
        commission: commission?,
        kind: kind?,
    })
}

fn accounts(v: &mut Violations, names: &[String]) -> Option<BTreeSet<AccountId>> {
    if names.is_empty() || names.len() > ACCOUNTS_MAX {
        v.add("accounts", format!("has {} entries; must have 1 to {ACCOUNTS_MAX}", names.len()));
        return None;
    }
    let named: Vec<_> =
        names.iter().enumerate().map(|(n, name)| name::account(v, &format!("accounts[{n}]"), name)).collect();
    let accounts: BTreeSet<AccountId> = named.into_iter().collect::<Option<_>>()?;
    let once = accounts.len() == names.len();
    v.take("accounts", once.then_some(accounts).ok_or("has an account more than once"))
}

fn kind(v: &mut Violations, kind: Option<&Kind>, currency: Currency) -> Option<AgreementKind> {
    match kind {
        None => {
            v.add("minimum_amount", "must be given, or volume_rebate");
            None
        }
        Some(Kind::MinimumAmount(written)) => {
            let least = amount(v, "minimum_amount", written, currency)?;
            let least = Some(least).filter(|least| least.is_positive()).ok_or("must be above 0");
            v.take("minimum_amount", least).map(AgreementKind::Minimum)
        }
        Some(Kind::VolumeRebate(rebate)) => {
            v.within("volume_rebate", |v| tiers(v, &rebate.tiers, currency)).map(AgreementKind::Rebate)
        }
    }
}

fn tiers(v: &mut Violations, tiers: &[pb::RebateTier], currency: Currency) -> Option<RebateTiers> {
    if tiers.len() > TIERS_MAX {
        v.add("tiers", format!("has {} entries; at most {TIERS_MAX} are allowed", tiers.len()));
        return None;
    }
    let tier = |v: &mut Violations, m: &pb::RebateTier| {
        let from = amount(v, "from_amount", &m.from_amount, currency);
        let percent = percent(v, "percent", &m.percent);
        Some(RebateTier { from: from?, percent: percent? })
    };
    let parsed: Vec<_> =
        tiers.iter().enumerate().map(|(n, m)| v.within(&format!("tiers[{n}]"), |v| tier(v, m))).collect();
    match RebateTiers::of(parsed.into_iter().collect::<Option<_>>()?) {
        Ok(tiers) => Some(tiers),
        Err(None) => {
            v.add("tiers", "must have at least one tier");
            None
        }
        Err(Some(place)) => {
            v.add(&format!("tiers[{place}].from_amount"), "must be above the one before");
            None
        }
    }
}

/// The order that an agreement makes: both have one id.
pub fn order(agreement: AgreementId) -> OrderId {
    OrderId::from_uuid(agreement.uuid())
}

/// The agreement as a message.
pub fn message(agreement: &Agreement) -> pb::Agreement {
    let tier = |tier: &RebateTier| pb::RebateTier {
        from_amount: tier.from.to_string(),
        percent: tier.percent.to_string(),
    };
    pb::Agreement {
        name: name::agreement_name(agreement.id),
        etag: agreement.revision.to_string(),
        code: agreement.code.clone(),
        display_name: agreement.display_name.clone(),
        billing_entity: name::entity_name(agreement.entity),
        account: name::account_name(agreement.account),
        accounts: agreement.accounts.iter().map(|account| name::account_name(*account)).collect(),
        ad_product: name::product_name(agreement.product),
        currency_code: agreement.currency.code().to_owned(),
        term: Some(days_message(agreement.term)),
        counts: match agreement.counts {
            Counts::Gross => pb::AgreementCounts::Gross,
            Counts::Net => pb::AgreementCounts::Net,
        }
        .into(),
        commission_percent: agreement.commission.to_string(),
        kind: Some(match &agreement.kind {
            AgreementKind::Minimum(least) => Kind::MinimumAmount(Money::to_string(least)),
            AgreementKind::Rebate(tiers) => {
                Kind::VolumeRebate(pb::VolumeRebate { tiers: tiers.all().iter().map(tier).collect() })
            }
        }),
        order: name::order_name(agreement.account, order(agreement.id)),
    }
}

/// The current agreement with the fields that the mask names taken from `update`.
pub fn merge(current: &Agreement, update: &pb::Agreement, mask: &Mask) -> pb::Agreement {
    let mut merged = message(current);
    let update = update.clone();
    macro_rules! take {
        ($($field:ident),*) => { $( if mask.names(stringify!($field)) { merged.$field = update.$field; } )* };
    }
    take!(display_name, accounts, ad_product, term, counts);
    if mask.names("minimum_amount") || mask.names("volume_rebate") {
        merged.kind = update.kind;
    }
    merged
}
