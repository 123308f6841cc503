//! RateCard ↔ domain.

use billing_proto::billing::invoicing::v1 as pb;
use chassis::mask::Mask;
use ids::{RateCardId, Revision};
use invoicing_domain::rate_card::RateCard;
use money::Rate;
use refusal::{Refusal, Violations};

use super::{
    money::currency,
    name,
    period::{day, day_message, optional_day},
    text::{Text, text},
};

/// What an update may change.
pub const CHANGEABLE: &[&str] = &["list_price", "valid_from", "valid_to"];

/// The card that a message describes.
pub fn parse(
    id: RateCardId,
    revision: Revision,
    message: Option<&pb::RateCard>,
) -> Result<RateCard, Refusal> {
    let mut v = Violations::new();
    let Some(message) = message else {
        v.add("rate_card", "must be given");
        return Err(v.refusal());
    };
    v.within("rate_card", |v| fields(v, id, revision, message)).ok_or_else(|| v.refusal())
}

fn fields(v: &mut Violations, id: RateCardId, revision: Revision, m: &pb::RateCard) -> Option<RateCard> {
    let product = name::product(v, "ad_product", &m.ad_product);
    let market = text(v, "market", &m.market, Text::Optional(64));
    let currency = currency(v, "currency_code", &m.currency_code);
    let list_price = v.take("list_price", Rate::parse(&m.list_price));
    let list_price =
        list_price.and_then(|price| v.take("list_price", above_zero(price).ok_or("must be above 0")));
    let first = day(v, "valid_from", m.valid_from.as_ref());
    let last = optional_day(v, "valid_to", m.valid_to.as_ref());
    Some(RateCard {
        id,
        revision,
        product: product?,
        market: market?,
        currency: currency?,
        list_price: list_price?,
        first: first?,
        last: last?,
    })
}

fn above_zero(price: Rate) -> Option<Rate> {
    Some(price).filter(|price| !price.value().is_zero())
}

/// The card as a message.
pub fn message(card: &RateCard) -> pb::RateCard {
    pb::RateCard {
        name: name::rate_card_name(card.id),
        etag: card.revision.to_string(),
        ad_product: name::product_name(card.product),
        market: card.market.clone(),
        currency_code: card.currency.code().to_owned(),
        list_price: card.list_price.to_string(),
        valid_from: Some(day_message(card.first)),
        valid_to: card.last.map(day_message),
    }
}

/// The current card with the fields that the mask names taken from `update`.
pub fn merge(current: &RateCard, update: &pb::RateCard, mask: &Mask) -> pb::RateCard {
    let mut merged = message(current);
    let update = update.clone();
    macro_rules! take {
        ($($field:ident),*) => { $( if mask.names(stringify!($field)) { merged.$field = update.$field; } )* };
    }
    take!(list_price, valid_from, valid_to);
    merged
}
