//! Gives drafts their tax, by the rates or by an outside engine, or says why their orders wait for it.

use anyhow::Context;
use billing_proto::outside::tax::v1::TaxedLine;
use chassis::failure::Failure;
use ids::AccountId;
use invoicing_domain::{
    billing_entity::BillingEntity,
    invoice::{Draft, Untaxed},
    rating::RatingError,
    tax::{AccountTax, Place, Places, TaxError, TaxRegistration, determine},
};
use refusal::Refusal;

use super::tax_engine::{Question, TaxEngines};
use crate::{store::tax::Inputs, wire::tax_engine as wire};

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

    /// Drafts with their tax, in their order; or why one waits for it.
    pub async fn tax(
        &self,
        drafts: Vec<Untaxed>,
        engines: &TaxEngines,
    ) -> Result<Vec<Result<Draft, Refusal>>, Failure> {
        let Some(engine) = &self.entity.tax_engine else {
            let by_rates = |draft: Untaxed| -> Result<_, Failure> {
                Ok(self.buyer(draft.draft().account)?.by_rates(draft))
            };
            return drafts.into_iter().map(by_rates).collect();
        };
        let question = |draft: Untaxed| -> Result<Question, Failure> {
            Ok(self.buyer(draft.draft().account)?.question(draft))
        };
        let questions: Result<Vec<_>, _> = drafts.into_iter().map(question).collect();
        let (base, rounding) = (self.entity.tax_base, self.entity.rounding);
        let taxed = |draft: Untaxed, lines: &[TaxedLine]| {
            let determined = wire::determined(lines, draft.draft().currency)?;
            draft.taxed_as((engine.as_str(), &determined), base, rounding).map_err(|error| error.to_string())
        };
        let refused = |why| -> Refusal { TaxError::EngineUnavailable { engine: engine.clone(), why }.into() };
        let taxed = engines.tax(engine, questions?, taxed).await;
        Ok(taxed.into_iter().map(|taxed| taxed.map_err(refused)).collect())
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

    /// The account's tax ids with their days.
    pub fn registrations(&self) -> &[TaxRegistration] {
        &self.buyer.registrations
    }

    /// The draft with the tax that the rates say.
    fn by_rates(&self, draft: Untaxed) -> Result<Draft, Refusal> {
        let Taxing { entity, seller, inputs } = self.taxing;
        let lines = draft.taxables(entity.tax_base).into_iter();
        let treatments: Result<Vec<_>, _> =
            lines.map(|line| determine(seller, self.buyer, &inputs.rates, line)).collect();
        draft
            .taxed(treatments?, entity.tax_base, entity.rounding, entity.remainder)
            .map_err(|error| RatingError::from(error).into())
    }

    fn question(&self, draft: Untaxed) -> Question {
        let Taxing { entity, seller, inputs: _ } = self.taxing;
        let document = wire::document(&draft, seller, (self.place, self.buyer), entity.tax_base);
        Question { draft, document }
    }
}
