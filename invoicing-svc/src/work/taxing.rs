//! Gives a draft its tax, or says why its order waits for it.

use anyhow::Context;
use chassis::failure::Failure;
use ids::AccountId;
use invoicing_domain::{
    billing_entity::BillingEntity,
    invoice::{Draft, OrderFacts, Untaxed},
    rating::RatingError,
    tax::{AccountTax, Place, Places, determine},
};
use refusal::Refusal;

use crate::store::tax::Inputs;

/// What taxing what an entity sells works with.
#[derive(Debug)]
pub struct Taxing<'a> {
    entity: &'a BillingEntity,
    seller: Place,
    inputs: &'a Inputs,
}

/// What taxing what an account buys works with.
#[derive(Debug)]
pub struct TaxingBuyer<'a> {
    taxing: &'a Taxing<'a>,
    place: &'a Place,
    buyer: &'a AccountTax,
}

impl<'a> Taxing<'a> {
    pub fn of(entity: &'a BillingEntity, inputs: &'a Inputs) -> Result<Self, Failure> {
        let seller = match &entity.tax_place {
            Some(place) => place.clone(),
            None => entity.address.country.parse().context("the entity's address has no country")?,
        };
        Ok(Self { entity, seller, inputs })
    }

    pub fn buyer(&self, account: AccountId) -> Result<TaxingBuyer<'_>, Failure> {
        let (place, buyer) = self.inputs.accounts.get(&account).context("an account without its tax")?;
        Ok(TaxingBuyer { taxing: self, place, buyer })
    }
}

impl TaxingBuyer<'_> {
    /// Where the account's lines are taxed.
    pub fn places(&self) -> Places<'_> {
        Places { otherwise: self.place, lines: &self.taxing.inputs.lines }
    }

    /// The draft with its tax.
    pub fn tax(&self, order: &OrderFacts, draft: Untaxed) -> Result<Draft, Refusal> {
        let Taxing { entity, seller, inputs } = self.taxing;
        let lines = draft.taxables(entity.tax_base).into_iter();
        let treatments: Result<Vec<_>, _> =
            lines.map(|line| determine(seller, self.buyer, &inputs.rates, line)).collect();
        draft
            .taxed(treatments?, entity.tax_base, order.rounding, order.remainder)
            .map_err(|error| RatingError::from(error).into())
    }
}
