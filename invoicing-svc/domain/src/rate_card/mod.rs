//! Price lists: what a product costs in a market over some days, and how far below it somebody sells.
//!
//! Of a product, market and currency one card holds on a day. A market without a card of its own has that of all
//! markets.

#[cfg(test)]
mod tests;

use ids::{ProductId, RateCardId, Revision};
use jiff::civil::Date;
use money::{Currency, Percent, Rate};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::pricing::PricingModel;

/// The decimals with which a percent is told.
const TOLD_DECIMALS: u32 = 2;

/// What a product costs by the list.
#[derive(Clone, Debug)]
pub struct RateCard {
    pub id: RateCardId,
    pub revision: Revision,
    pub product: ProductId,
    /// Empty: every market without a card of its own.
    pub market: String,
    pub currency: Currency,
    /// Per price base of the product's pricing model; above 0.
    pub list_price: Rate,
    pub first: Date,
    /// `None`: until further notice.
    pub last: Option<Date>,
}

refusal::refusals! {
    /// Why a rate card is not recorded.
    pub enum RateCardRefusal {
        /// Tiers are a price list of their own.
        Malformed "RATE_CARD_PRICING_MODEL" PricingModel { product: String } =>
            "{product} is priced by tiers, which have no one list price; make cards for products with one price",
        /// It would end before it begins.
        Malformed "RATE_CARD_DAYS" Days { first: Date, last: Date } =>
            "the card would hold until {last}, before its first day, {first}",
        /// Two prices on one day.
        StateForbids "RATE_CARD_OVERLAPS" Overlaps { product: String, market: String, first: Date } =>
            "another card of {product} holds in the market {market:?} on some of the days from {first} on; end that one first",
    }
}

/// Checks a card of a product of this pricing model.
pub fn check(card: &RateCard, model: PricingModel) -> Result<(), RateCardRefusal> {
    if has_tiers(model) {
        return Err(RateCardRefusal::PricingModel { product: format!("adProducts/{}", card.product) });
    }
    match card.last {
        Some(last) if last < card.first => Err(RateCardRefusal::Days { first: card.first, last }),
        Some(_) | None => Ok(()),
    }
}

/// Whether a pricing model has several prices.
fn has_tiers(model: PricingModel) -> bool {
    match model {
        PricingModel::Graduated
        | PricingModel::Volume
        | PricingModel::TieredFlat
        | PricingModel::GraduatedPercent => true,
        PricingModel::FlatFee
        | PricingModel::PerSpot
        | PricingModel::Cpm
        | PricingModel::Vcpm
        | PricingModel::Cpc
        | PricingModel::Cpv
        | PricingModel::Cpcv
        | PricingModel::Cpa
        | PricingModel::Cpd
        | PricingModel::PercentOfSpend
        | PricingModel::Package
        | PricingModel::Subscription
        | PricingModel::TimeAndMaterials => false,
    }
}

/// Which price is looked up.
#[derive(Clone, Copy, Debug)]
pub struct Sold<'a> {
    pub product: ProductId,
    pub market: &'a str,
    pub currency: Currency,
    /// Its first day.
    pub day: Date,
}

/// The list price of what is sold; none where no card holds.
pub fn list_price(cards: &[RateCard], sold: Sold<'_>) -> Option<Rate> {
    let holds = |card: &&RateCard| {
        card.product == sold.product
            && card.currency == sold.currency
            && card.first <= sold.day
            && card.last.is_none_or(|last| sold.day <= last)
    };
    let of = |market: &str| cards.iter().filter(holds).find(|card| card.market == market);
    of(sold.market).or_else(|| of("")).map(|card| card.list_price)
}

/// A price that is further below the list price than is tolerated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Below {
    pub list_price: Rate,
    pub price: Decimal,
    /// Of the list price, rounded to be read.
    pub percent: Decimal,
}

/// Compares a price with the list; exactly so far below as is tolerated is within.
pub fn below(list_price: Rate, price: Decimal, tolerance: Percent) -> Option<Below> {
    let list = list_price.value();
    let hundredfold = (list - price).checked_mul(Decimal::ONE_HUNDRED)?;
    let allowed = list.checked_mul(tolerance.value())?;
    if hundredfold <= allowed {
        return None;
    }
    let percent = hundredfold.checked_div(list)?;
    let mut percent = percent.round_dp_with_strategy(TOLD_DECIMALS, RoundingStrategy::MidpointAwayFromZero);
    percent.rescale(TOLD_DECIMALS);
    Some(Below { list_price, price: price.normalize(), percent })
}
