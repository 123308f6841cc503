//! Gives drafts their tax, by the rates or by an outside engine, or says why their orders wait for it.

use std::sync::OnceLock;

use anyhow::Context;
use billing_proto::outside::tax::v1::{Document, TaxedLine};
use chassis::failure::Failure;
use ids::{AccountId, InvoiceId};
use invoicing_domain::{
    billing_entity::BillingEntity,
    invoice::{Draft, Untaxed, check_determined},
    rating::RatingError,
    tax::{AccountTax, Place, Places, TaxError, TaxRegistration, Taxable, Treatment, determine},
};
use money::Currency;
use refusal::Refusal;

use super::tax_engine::{Question, TaxEngines, Untold};
use crate::{store::tax::Inputs, wire::tax_engine as wire};

/// What taxing what an entity sells works with.
#[derive(Debug)]
pub struct Taxing<'a> {
    entity: &'a BillingEntity,
    seller: Place,
    inputs: &'a Inputs,
    /// Why the engine did not answer at all, where it did not.
    silence: OnceLock<Refusal>,
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
        Ok(Self { entity, seller, inputs, silence: OnceLock::new() })
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
        let question = |draft: Untaxed| -> Result<Question<Untaxed>, Failure> {
            Ok(self.buyer(draft.draft().account)?.question(draft))
        };
        let questions: Result<Vec<_>, _> = drafts.into_iter().map(question).collect();
        let (base, rounding) = (self.entity.tax_base, self.entity.rounding);
        let taxed = |draft: Untaxed, lines: &[TaxedLine]| {
            let determined = wire::determined(lines, draft.draft().currency)?;
            draft.taxed_as((engine.as_str(), &determined), base, rounding).map_err(|error| error.to_string())
        };
        let taxed = engines.tax(engine, questions?, taxed).await;
        Ok(taxed.into_iter().map(|taxed| taxed.map_err(|untold| self.refused(engine, untold))).collect())
    }

    fn refused(&self, engine: &str, untold: Untold) -> Refusal {
        let is_silent = matches!(untold, Untold::Silent(_));
        let refusal: Refusal =
            TaxError::EngineUnavailable { engine: engine.to_owned(), why: untold.why() }.into();
        if is_silent {
            self.silence.get_or_init(|| refusal.clone());
        }
        refusal
    }

    /// Why the engine did not answer at all about some of what it was asked: later it may.
    pub fn silence(&self) -> Option<&Refusal> {
        self.silence.get()
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
        let Taxing { entity, seller, inputs, silence: _ } = self.taxing;
        let lines = draft.taxables(entity.tax_base).into_iter();
        let treatments: Result<Vec<_>, _> =
            lines.map(|line| determine(seller, self.buyer, &inputs.rates, line)).collect();
        draft
            .taxed(treatments?, entity.tax_base, entity.rounding, entity.remainder)
            .map_err(|error| RatingError::from(error).into())
    }

    fn question(&self, untaxed: Untaxed) -> Question<Untaxed> {
        let draft = untaxed.draft();
        let of = (draft.id, draft.account, draft.currency);
        let document = self.document(of, &untaxed.taxables(self.taxing.entity.tax_base));
        Question { draft: untaxed, document }
    }

    fn document(&self, of: (InvoiceId, AccountId, Currency), lines: &[Taxable<'_>]) -> Document {
        wire::document(of, lines, &self.taxing.seller, (self.place, self.buyer))
    }

    /// How lines are taxed that are billed again, by the rates or by the entity's engine; or why that is not known.
    pub async fn treatments(
        &self,
        of: (InvoiceId, AccountId, Currency),
        lines: &[Taxable<'_>],
        engines: &TaxEngines,
    ) -> Result<Vec<Treatment>, Refusal> {
        let Taxing { entity, seller, inputs, silence: _ } = self.taxing;
        let Some(engine) = &entity.tax_engine else {
            let by_rates = |line: &Taxable<'_>| Ok(determine(seller, self.buyer, &inputs.rates, *line)?);
            return lines.iter().map(by_rates).collect();
        };
        let question = Question { draft: (), document: self.document(of, lines) };
        let treated = |(), answer: &[TaxedLine]| {
            let determined = wire::determined(answer, of.2)?;
            check_determined(&determined, lines.len()).map_err(|error| error.to_string())?;
            Ok(determined.into_iter().map(|line| line.treatment).collect())
        };
        let mut answers = engines.tax(engine, vec![question], treated).await;
        let nothing = || Err(Untold::Wrong("it answers nothing".to_owned()));
        let answer = answers.pop().unwrap_or_else(nothing);
        answer.map_err(|untold| self.taxing.refused(engine, untold))
    }
}
