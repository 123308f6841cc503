//! TaxService.

use billing_proto::billing::invoicing::v1::{self as pb, tax_service_server::TaxService};
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse, answer},
    mask::Mask,
    page::Page,
};
use ids::{Revision, TaxRateId};
use invoicing_domain::tax::TaxRate;
use outbox::{Begun, Fact, Once, Voice, say};
use refusal::Violations;
use sqlx::PgConnection;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    Rpc,
    changed::{self, unlimited},
    import_tax_rates,
};
use crate::{
    store::{
        input_change::{self, Cause},
        tax as store,
    },
    wire::{name, tax as wire},
};

#[tonic::async_trait]
impl TaxService for Rpc {
    async fn create_tax_rate(
        &self,
        request: Request<pb::CreateTaxRateRequest>,
    ) -> Result<Response<pb::TaxRate>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            unlimited(&call)?;
            let id = TaxRateId::from_uuid(Uuid::now_v7());
            let rate = wire::parse(id, Revision::FIRST, message.tax_rate.as_ref())?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            store::lock(&mut transaction).await?;
            let others = beside(&mut transaction, &rate).await?;
            if !others.is_empty() {
                self.is_approved_change(&call, "")?;
            }
            rate.check(&others).or_refuse()?;
            store::insert(&mut transaction, &rate, call.at).await?;
            let is_first = is_first(&mut transaction, &rate).await?;
            record_change(&mut transaction, &rate, is_first).await?;
            let answer = wire::message(&rate);
            let created = fact("billing.invoicing.v1.tax_rate.created", &answer);
            say(&mut transaction, &Voice::of(&call), vec![created]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn get_tax_rate(
        &self,
        request: Request<pb::GetTaxRateRequest>,
    ) -> Result<Response<pb::TaxRate>, Status> {
        answer(async {
            let mut v = Violations::new();
            let Some(id) = name::tax_rate(&mut v, "name", &request.get_ref().name) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            Ok(wire::message(&store::get(&mut connection, id).await?))
        })
        .await
    }

    async fn list_tax_rates(
        &self,
        request: Request<pb::ListTaxRatesRequest>,
    ) -> Result<Response<pb::ListTaxRatesResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListTaxRatesRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut connection = self.pool.acquire().await?;
            let which = store::Which {
                id: None,
                place: Some(message.place.as_str()).filter(|place| !place.is_empty()),
                code: Some(message.tax_code.as_str()).filter(|code| !code.is_empty()),
                after: page.after,
                limit: Some(page.fetch()),
            };
            let loaded = store::load(&mut connection, which).await?;
            let (rates, next_page_token) = page.cut(loaded, |rate| rate.id.uuid())?;
            let tax_rates = rates.iter().map(wire::message).collect();
            Ok(pb::ListTaxRatesResponse { tax_rates, next_page_token })
        })
        .await
    }

    async fn update_tax_rate(
        &self,
        request: Request<pb::UpdateTaxRateRequest>,
    ) -> Result<Response<pb::TaxRate>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let update = message.tax_rate.clone().unwrap_or_default();
            self.is_approved_change(&call, &update.name)?;
            unlimited(&call)?;
            let mask = Mask::of(message.update_mask.as_ref(), wire::CHANGEABLE)?;
            let mut v = Violations::new();
            let Some(id) = name::tax_rate(&mut v, "tax_rate.name", &update.name) else {
                return Err(v.refusal().into());
            };
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            store::lock(&mut transaction).await?;
            let current = store::get(&mut transaction, id).await?;
            let revision =
                changed::next_revision(&update.name, &update.etag, current.revision).or_refuse()?;
            let rate = wire::parse(id, revision, Some(&wire::merge(&current, &update, &mask)))?;
            rate.check(&beside(&mut transaction, &rate).await?).or_refuse()?;
            store::update(&mut transaction, &rate, call.at).await?;
            let is_first = is_first(&mut transaction, &rate).await?;
            record_change(&mut transaction, &rate, is_first).await?;
            let answer = wire::message(&rate);
            let updated = fact("billing.invoicing.v1.tax_rate.updated", &answer);
            say(&mut transaction, &Voice::of(&call), vec![updated]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn import_tax_rates(
        &self,
        request: Request<pb::ImportTaxRatesRequest>,
    ) -> Result<Response<pb::ImportTaxRatesResponse>, Status> {
        answer(import_tax_rates::import(self, request)).await
    }

    async fn allocate_places(
        &self,
        request: Request<pb::AllocatePlacesRequest>,
    ) -> Result<Response<pb::PlaceAllocation>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let wire::Allocating { line: (account, order, line), from, shares } = wire::allocating(&message)?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let scope = call.scope.json();
            store::find_line(&mut transaction, (account, order, line), scope.as_ref()).await?;
            store::allocate(&mut transaction, (account, line), from, &shares).await?;
            input_change::record(&mut transaction, &[account], Cause::Tax).await?;
            let answer = wire::allocation_message(from, &shares);
            let (kind, type_name) =
                ("billing.invoicing.v1.place_allocation.made", "billing.invoicing.v1.PlaceAllocation");
            let made = Fact::new(kind, &message.order_line, type_name, &answer).of_account(account);
            say(&mut transaction, &Voice::of(&call), vec![made]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn line_place_allocations(
        &self,
        request: Request<pb::LinePlaceAllocationsRequest>,
    ) -> Result<Response<pb::LinePlaceAllocationsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let mut v = Violations::new();
            let Some(named) = name::line(&mut v, "parent", &request.get_ref().parent) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            store::find_line(&mut connection, named, call.scope.json().as_ref()).await?;
            let (account, _, line) = named;
            let mut found = store::allocations(&mut connection, &[account], Some(line)).await?;
            let place_allocations = found.remove(&line).map_or_else(Vec::new, wire::allocations_message);
            Ok(pb::LinePlaceAllocationsResponse { place_allocations })
        })
        .await
    }
}

/// What is known of its place and tax code, beside which a rate stands; the table is locked.
async fn beside(connection: &mut PgConnection, rate: &TaxRate) -> Result<Vec<TaxRate>, Failure> {
    let (place, code) = (Some(rate.place.as_str()), Some(rate.tax_code.as_str()));
    store::load(connection, store::Which { place, code, ..store::Which::default() }).await
}

/// The rate is the only one of its place.
async fn is_first(connection: &mut PgConnection, rate: &TaxRate) -> Result<bool, Failure> {
    let of_place =
        store::Which { place: Some(rate.place.as_str()), limit: Some(2), ..store::Which::default() };
    Ok(store::load(connection, of_place).await?.len() < 2)
}

/// A rate is an input of rating for everybody who buys what it taxes. The first of a place is one for everybody: from
/// then on nothing that is sold from there goes untaxed by itself.
pub(super) async fn record_change(
    connection: &mut PgConnection,
    rate: &TaxRate,
    is_first: bool,
) -> Result<(), Failure> {
    let code = (!is_first).then_some(rate.tax_code.as_str());
    let accounts = store::accounts_of(connection, code).await?;
    input_change::record(connection, &accounts, Cause::Tax).await
}

pub(super) fn fact(kind: &'static str, rate: &pb::TaxRate) -> Fact {
    Fact::new(kind, &rate.name, "billing.invoicing.v1.TaxRate", rate)
}
