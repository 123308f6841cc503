//! AccountService.

use billing_proto::billing::invoicing::v1::{self as pb, account_service_server::AccountService};
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse, answer},
    mask::Mask,
    page::Page,
};
use ids::{AccountId, Revision};
use outbox::{Begun, Fact, Once, Voice, say};
use refusal::Violations;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Rpc, changed};
use crate::{
    store::{
        account as store,
        input_change::{self, Cause},
    },
    wire::{account as wire, name},
};

#[tonic::async_trait]
impl AccountService for Rpc {
    async fn create_account(
        &self,
        request: Request<pb::CreateAccountRequest>,
    ) -> Result<Response<pb::Account>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let id = AccountId::from_uuid(Uuid::now_v7());
            let account = wire::parse(id, Revision::FIRST, message.account.as_ref())?;
            changed::within_territory(&call, &account.territory)?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            store::insert(&mut transaction, &account, call.at).await?;
            let answer = wire::message(&account);
            say(
                &mut transaction,
                &Voice::of(&call),
                vec![fact("billing.invoicing.v1.account.created", id, &answer)],
            )
            .await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn get_account(
        &self,
        request: Request<pb::GetAccountRequest>,
    ) -> Result<Response<pb::Account>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let mut v = Violations::new();
            let Some(id) = name::account(&mut v, "name", &request.get_ref().name) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            Ok(wire::message(&store::get(&mut connection, id, call.scope.json().as_ref()).await?))
        })
        .await
    }

    async fn list_accounts(
        &self,
        request: Request<pb::ListAccountsRequest>,
    ) -> Result<Response<pb::ListAccountsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListAccountsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut connection = self.pool.acquire().await?;
            let scope = call.scope.json();
            let code = Some(message.code.as_str()).filter(|code| !code.is_empty());
            let which = store::Which {
                after: page.after,
                scope: scope.as_ref(),
                limit: page.fetch(),
                code,
                id: None,
            };
            let loaded = store::load(&mut connection, which).await?;
            let (accounts_page, next_page_token) = page.cut(loaded, |account| account.id.uuid())?;
            let accounts = accounts_page.iter().map(wire::message).collect();
            Ok(pb::ListAccountsResponse { accounts, next_page_token })
        })
        .await
    }

    async fn update_account(
        &self,
        request: Request<pb::UpdateAccountRequest>,
    ) -> Result<Response<pb::Account>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let update = message.account.clone().unwrap_or_default();
            self.is_approved_change(&call, &update.name)?;
            let mask = Mask::of(message.update_mask.as_ref(), wire::CHANGEABLE)?;
            let mut v = Violations::new();
            let Some(id) = name::account(&mut v, "account.name", &update.name) else {
                return Err(v.refusal().into());
            };
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            store::lock(&mut transaction, id).await?;
            let current = store::get(&mut transaction, id, call.scope.json().as_ref()).await?;
            let revision =
                changed::next_revision(&update.name, &update.etag, current.revision).or_refuse()?;
            let account = wire::parse(id, revision, Some(&wire::merge(&current, &update, &mask)))?;
            changed::within_territory(&call, &account.territory)?;
            store::update(&mut transaction, &account, call.at).await?;
            input_change::record(&mut transaction, &[id], Cause::Reference).await?;
            let answer = wire::message(&account);
            say(
                &mut transaction,
                &Voice::of(&call),
                vec![fact("billing.invoicing.v1.account.updated", id, &answer)],
            )
            .await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok::<_, Failure>(answer)
        })
        .await
    }
}

fn fact(kind: &'static str, id: AccountId, account: &pb::Account) -> Fact {
    Fact::new(kind, &account.name, "billing.invoicing.v1.Account", account).of_account(id)
}
