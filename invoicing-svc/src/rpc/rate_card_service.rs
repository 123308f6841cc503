//! RateCardService.

use billing_proto::billing::invoicing::v1::{self as pb, rate_card_service_server::RateCardService};
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse, answer},
    mask::Mask,
    page::Page,
};
use ids::{RateCardId, Revision};
use invoicing_domain::rate_card::{self, RateCard};
use outbox::{Begun, Fact, Once, Voice, say};
use refusal::Violations;
use sqlx::PgConnection;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    Rpc,
    changed::{self, unlimited},
};
use crate::{
    store::{ad_product, rate_card as store},
    wire::{name, rate_card as wire},
};

#[tonic::async_trait]
impl RateCardService for Rpc {
    async fn create_rate_card(
        &self,
        request: Request<pb::CreateRateCardRequest>,
    ) -> Result<Response<pb::RateCard>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            unlimited(&call)?;
            let id = RateCardId::from_uuid(Uuid::now_v7());
            let card = wire::parse(id, Revision::FIRST, message.rate_card.as_ref())?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            check(&mut transaction, &card).await?;
            if is_priced(&mut transaction, &card).await? {
                self.is_approved_change(&call, "")?;
            }
            store::insert(&mut transaction, &card, call.at).await?;
            let answer = wire::message(&card);
            say(
                &mut transaction,
                &Voice::of(&call),
                vec![fact("billing.invoicing.v1.rate_card.created", &answer)],
            )
            .await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn get_rate_card(
        &self,
        request: Request<pb::GetRateCardRequest>,
    ) -> Result<Response<pb::RateCard>, Status> {
        answer(async {
            let mut v = Violations::new();
            let Some(id) = name::rate_card(&mut v, "name", &request.get_ref().name) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            Ok(wire::message(&store::get(&mut connection, id).await?))
        })
        .await
    }

    async fn list_rate_cards(
        &self,
        request: Request<pb::ListRateCardsRequest>,
    ) -> Result<Response<pb::ListRateCardsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListRateCardsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let product = Some(&message.ad_product).filter(|product| !product.is_empty());
            let product = product.map(|product| name::product(&mut v, "ad_product", product));
            v.check()?;
            let products: Option<Vec<Uuid>> = product.flatten().map(|product| vec![product.uuid()]);
            let limit = Some(page.fetch());
            let which = store::Which { after: page.after, limit, products: products.as_deref(), id: None };
            let mut connection = self.pool.acquire().await?;
            let loaded = store::load(&mut connection, which).await?;
            let (cards, next_page_token) = page.cut(loaded, |card| card.id.uuid())?;
            let rate_cards = cards.iter().map(wire::message).collect();
            Ok(pb::ListRateCardsResponse { rate_cards, next_page_token })
        })
        .await
    }

    async fn update_rate_card(
        &self,
        request: Request<pb::UpdateRateCardRequest>,
    ) -> Result<Response<pb::RateCard>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let update = message.rate_card.clone().unwrap_or_default();
            self.is_approved_change(&call, &update.name)?;
            let mask = Mask::of(message.update_mask.as_ref(), wire::CHANGEABLE)?;
            let mut v = Violations::new();
            let Some(id) = name::rate_card(&mut v, "rate_card.name", &update.name) else {
                return Err(v.refusal().into());
            };
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            store::lock(&mut transaction, id).await?;
            let current = store::get(&mut transaction, id).await?;
            let revision =
                changed::next_revision(&update.name, &update.etag, current.revision).or_refuse()?;
            let card = wire::parse(id, revision, Some(&wire::merge(&current, &update, &mask)))?;
            check(&mut transaction, &card).await?;
            store::update(&mut transaction, &card, call.at).await?;
            let answer = wire::message(&card);
            say(
                &mut transaction,
                &Voice::of(&call),
                vec![fact("billing.invoicing.v1.rate_card.updated", &answer)],
            )
            .await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok::<_, Failure>(answer)
        })
        .await
    }
}

/// A card is one of a product that has one price.
async fn check(connection: &mut PgConnection, card: &RateCard) -> Result<(), Failure> {
    let product = ad_product::get(connection, card.product).await?;
    rate_card::check(card, product.pricing_model).or_refuse()
}

/// Whether the product has a card already.
async fn is_priced(connection: &mut PgConnection, card: &RateCard) -> Result<bool, Failure> {
    let of_product = [card.product.uuid()];
    let which = store::Which { products: Some(&of_product), limit: Some(1), ..store::Which::default() };
    Ok(!store::load(connection, which).await?.is_empty())
}

fn fact(kind: &'static str, card: &pb::RateCard) -> Fact {
    Fact::new(kind, &card.name, "billing.invoicing.v1.RateCard", card)
}
