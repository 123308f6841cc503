//! AgreementService.

use billing_proto::billing::invoicing::v1::{self as pb, agreement_service_server::AgreementService};
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse, answer},
    mask::Mask,
    page::Page,
};
use ids::{AccountId, AgreementId, Revision};
use invoicing_domain::agreement::{self as domain, Agreement};
use outbox::{Begun, Fact, Once, Voice, say};
use refusal::Violations;
use serde_json::Value;
use sqlx::PgConnection;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Rpc, changed};
use crate::{
    store::{
        self, agreement as kept,
        input_change::{self, Cause},
        settling_order::{self, SettlingOrder, StandsFor},
    },
    wire::{agreement as wire, name},
};

#[tonic::async_trait]
impl AgreementService for Rpc {
    async fn create_agreement(
        &self,
        request: Request<pb::CreateAgreementRequest>,
    ) -> Result<Response<pb::Agreement>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let id = AgreementId::from_uuid(Uuid::now_v7());
            let agreement = wire::parse(id, Revision::FIRST, message.agreement.as_ref())?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let scope = call.scope.json();
            store::billing_entity::get(&mut transaction, agreement.entity, scope.as_ref()).await?;
            let answer = record(&mut transaction, &call, &agreement, scope.as_ref()).await?;
            let created = fact("billing.invoicing.v1.agreement.created", &agreement, &answer);
            say(&mut transaction, &Voice::of(&call), vec![created]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn get_agreement(
        &self,
        request: Request<pb::GetAgreementRequest>,
    ) -> Result<Response<pb::Agreement>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let mut v = Violations::new();
            let Some(id) = name::agreement(&mut v, "name", &request.get_ref().name) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            Ok(wire::message(&kept::get(&mut connection, id, call.scope.json().as_ref()).await?))
        })
        .await
    }

    async fn list_agreements(
        &self,
        request: Request<pb::ListAgreementsRequest>,
    ) -> Result<Response<pb::ListAgreementsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListAgreementsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let account = account_of(&message.account)?;
            let scope = call.scope.json();
            let which = kept::Which {
                ids: &[],
                account,
                after: page.after,
                scope: scope.as_ref(),
                limit: Some(page.fetch()),
            };
            let mut connection = self.pool.acquire().await?;
            let loaded = kept::load(&mut connection, which).await?;
            let (agreements, next_page_token) = page.cut(loaded, |agreement| agreement.id.uuid())?;
            let agreements = agreements.iter().map(wire::message).collect();
            Ok(pb::ListAgreementsResponse { agreements, next_page_token })
        })
        .await
    }

    async fn update_agreement(
        &self,
        request: Request<pb::UpdateAgreementRequest>,
    ) -> Result<Response<pb::Agreement>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let update = message.agreement.clone().unwrap_or_default();
            self.is_approved_change(&call, &update.name)?;
            let mask = Mask::of(message.update_mask.as_ref(), wire::CHANGEABLE)?;
            let mut v = Violations::new();
            let Some(id) = name::agreement(&mut v, "agreement.name", &update.name) else {
                return Err(v.refusal().into());
            };
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let scope = call.scope.json();
            kept::lock(&mut transaction, id).await?;
            let current = kept::get(&mut transaction, id, scope.as_ref()).await?;
            let revision =
                changed::next_revision(&update.name, &update.etag, current.revision).or_refuse()?;
            let agreement = wire::parse(id, revision, Some(&wire::merge(&current, &update, &mask)))?;
            domain::update(&current, &agreement).or_refuse()?;
            let answer = record(&mut transaction, &call, &agreement, scope.as_ref()).await?;
            let updated = fact("billing.invoicing.v1.agreement.updated", &agreement, &answer);
            say(&mut transaction, &Voice::of(&call), vec![updated]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok::<_, Failure>(answer)
        })
        .await
    }
}

fn account_of(name: &str) -> Result<Option<AccountId>, Failure> {
    if name.is_empty() {
        return Ok(None);
    }
    let mut v = Violations::new();
    name::account(&mut v, "account", name).map(Some).ok_or_else(|| v.refusal().into())
}

/// Records the agreement with its order. Its accounts must exist for the caller.
async fn record(
    connection: &mut PgConnection,
    call: &Call,
    agreement: &Agreement,
    scope: Option<&Value>,
) -> Result<pb::Agreement, Failure> {
    let accounts: Vec<AccountId> =
        [agreement.account].into_iter().chain(agreement.accounts.iter().copied()).collect();
    store::account::require(connection, &accounts, scope).await?;
    kept::put(connection, agreement, call.at).await?;
    let order = SettlingOrder {
        stands_for: StandsFor::Agreement,
        order: wire::order(agreement.id),
        account: agreement.account,
        entity: agreement.entity,
        code: &agreement.code,
        description: &agreement.display_name,
        product: agreement.product,
        currency: agreement.currency,
        days: agreement.term,
        commission: agreement.commission,
    };
    settling_order::put(connection, order, (call.at, &call.caller.person)).await?;
    input_change::record(connection, &[agreement.account], Cause::Order).await?;
    Ok(wire::message(agreement))
}

fn fact(kind: &'static str, agreement: &Agreement, message: &pb::Agreement) -> Fact {
    Fact::new(kind, &message.name, "billing.invoicing.v1.Agreement", message)
        .of_entity(agreement.entity)
        .of_account(agreement.account)
}
