//! AdProductService.

use billing_proto::billing::invoicing::v1::{self as pb, ad_product_service_server::AdProductService};
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse, answer},
    mask::Mask,
    page::Page,
};
use ids::{ProductId, Revision};
use invoicing_domain::ad_product;
use outbox::{Begun, Fact, Once, Voice, say};
use refusal::Violations;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    Rpc,
    changed::{self, unlimited},
};
use crate::{
    store::{ad_product as store, input_change},
    wire::{ad_product as wire, name},
};

#[tonic::async_trait]
impl AdProductService for Rpc {
    async fn create_ad_product(
        &self,
        request: Request<pb::CreateAdProductRequest>,
    ) -> Result<Response<pb::AdProduct>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            unlimited(&call)?;
            let id = ProductId::from_uuid(Uuid::now_v7());
            let product = wire::parse(id, Revision::FIRST, message.ad_product.as_ref())?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            store::insert(&mut transaction, &product, call.at).await?;
            let answer = wire::message(&product);
            say(
                &mut transaction,
                &Voice::of(&call),
                vec![fact("billing.invoicing.v1.ad_product.created", &answer)],
            )
            .await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn get_ad_product(
        &self,
        request: Request<pb::GetAdProductRequest>,
    ) -> Result<Response<pb::AdProduct>, Status> {
        answer(async {
            let mut v = Violations::new();
            let Some(id) = name::product(&mut v, "name", &request.get_ref().name) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            Ok(wire::message(&store::get(&mut connection, id).await?))
        })
        .await
    }

    async fn list_ad_products(
        &self,
        request: Request<pb::ListAdProductsRequest>,
    ) -> Result<Response<pb::ListAdProductsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListAdProductsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut connection = self.pool.acquire().await?;
            let code = Some(message.code.as_str()).filter(|code| !code.is_empty());
            let which = store::Which { after: page.after, limit: page.fetch(), code, id: None };
            let loaded = store::load(&mut connection, which).await?;
            let (products, next_page_token) = page.cut(loaded, |product| product.id.uuid())?;
            let ad_products = products.iter().map(wire::message).collect();
            Ok(pb::ListAdProductsResponse { ad_products, next_page_token })
        })
        .await
    }

    async fn update_ad_product(
        &self,
        request: Request<pb::UpdateAdProductRequest>,
    ) -> Result<Response<pb::AdProduct>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let update = message.ad_product.clone().unwrap_or_default();
            self.is_approved_change(&call, &update.name)?;
            let mask = Mask::of(message.update_mask.as_ref(), wire::CHANGEABLE)?;
            let mut v = Violations::new();
            let Some(id) = name::product(&mut v, "ad_product.name", &update.name) else {
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
            let product = wire::parse(id, revision, Some(&wire::merge(&current, &update, &mask)))?;
            ad_product::update(&current, &product).or_refuse()?;
            store::update(&mut transaction, &product, call.at).await?;
            input_change::record_of_product(&mut transaction, product.id).await?;
            let answer = wire::message(&product);
            say(
                &mut transaction,
                &Voice::of(&call),
                vec![fact("billing.invoicing.v1.ad_product.updated", &answer)],
            )
            .await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok::<_, Failure>(answer)
        })
        .await
    }
}

fn fact(kind: &'static str, product: &pb::AdProduct) -> Fact {
    Fact::new(kind, &product.name, "billing.invoicing.v1.AdProduct", product)
}
