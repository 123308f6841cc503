//! AdCreditService.

use anyhow::Context;
use billing_proto::billing::invoicing::v1::{self as pb, ad_credit_service_server::AdCreditService};
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse, answer},
    mask::Mask,
    page::Page,
};
use ids::{AdCreditId, Revision};
use invoicing_domain::ad_credit::{AdCredit, Used};
use money::Percent;
use outbox::{Begun, Fact, Once, Voice, say};
use refusal::Violations;
use sqlx::PgConnection;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Rpc, changed};
use crate::{
    store::{
        self, ad_credit as kept,
        input_change::{self, Cause},
        settling_order::{self, SettlingOrder, StandsFor},
    },
    wire::{ad_credit as wire, name},
};

#[tonic::async_trait]
impl AdCreditService for Rpc {
    async fn create_ad_credit(
        &self,
        request: Request<pb::CreateAdCreditRequest>,
    ) -> Result<Response<pb::AdCredit>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            self.is_approved_change(&call, &message.parent)?;
            let mut v = Violations::new();
            let Some(account) = name::account(&mut v, "parent", &message.parent) else {
                return Err(v.refusal().into());
            };
            let named = (account, AdCreditId::from_uuid(Uuid::now_v7()), Revision::FIRST);
            let credit = wire::parse(named, message.ad_credit.as_ref(), &call.caller.person)?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let scope = call.scope.json();
            store::billing_entity::get(&mut transaction, credit.entity, scope.as_ref()).await?;
            store::account::get(&mut transaction, account, scope.as_ref()).await?;
            let zero = money::Money::zero(credit.amount.currency());
            let unused = Used { issued: zero, drafted: zero, drafted_in: None };
            let answer = record(&mut transaction, &call, &credit, unused).await?;
            let created = fact("billing.invoicing.v1.ad_credit.created", &credit, &answer);
            say(&mut transaction, &Voice::of(&call), vec![created]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn get_ad_credit(
        &self,
        request: Request<pb::GetAdCreditRequest>,
    ) -> Result<Response<pb::AdCredit>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let mut v = Violations::new();
            let Some(named) = name::ad_credit(&mut v, "name", &request.get_ref().name) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            let (credit, used) = kept::get(&mut connection, named, call.scope.json().as_ref()).await?;
            told(&credit, used)
        })
        .await
    }

    async fn list_ad_credits(
        &self,
        request: Request<pb::ListAdCreditsRequest>,
    ) -> Result<Response<pb::ListAdCreditsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListAdCreditsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let Some(account) = name::account_or_all(&mut v, "parent", &message.parent) else {
                return Err(v.refusal().into());
            };
            let accounts: Vec<Uuid> = account.iter().map(|account| account.uuid()).collect();
            let scope = call.scope.json();
            let which = kept::Which {
                accounts: &accounts,
                after: page.after,
                scope: scope.as_ref(),
                limit: Some(page.fetch()),
                ..kept::Which::default()
            };
            let mut connection = self.pool.acquire().await?;
            let loaded = kept::load(&mut connection, which).await?;
            let (credits, next_page_token) = page.cut(loaded, |(credit, _)| credit.id.uuid())?;
            let ad_credits: Result<_, Failure> =
                credits.iter().map(|(credit, used)| told(credit, *used)).collect();
            Ok(pb::ListAdCreditsResponse { ad_credits: ad_credits?, next_page_token })
        })
        .await
    }

    async fn update_ad_credit(
        &self,
        request: Request<pb::UpdateAdCreditRequest>,
    ) -> Result<Response<pb::AdCredit>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let update = message.ad_credit.clone().unwrap_or_default();
            self.is_approved_change(&call, &update.name)?;
            let mask = Mask::of(message.update_mask.as_ref(), wire::CHANGEABLE)?;
            let mut v = Violations::new();
            let Some(named) = name::ad_credit(&mut v, "ad_credit.name", &update.name) else {
                return Err(v.refusal().into());
            };
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            store::account::lock(&mut transaction, named.0).await?;
            let (current, used) = kept::get(&mut transaction, named, call.scope.json().as_ref()).await?;
            let revision =
                changed::next_revision(&update.name, &update.etag, current.revision).or_refuse()?;
            let merged = wire::merge(&current, &update, &mask);
            let credit = wire::parse((named.0, named.1, revision), Some(&merged), &current.granted_by)?;
            let answer = record(&mut transaction, &call, &credit, used).await?;
            let updated = fact("billing.invoicing.v1.ad_credit.updated", &credit, &answer);
            say(&mut transaction, &Voice::of(&call), vec![updated]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok::<_, Failure>(answer)
        })
        .await
    }
}

/// Records the credit with its order.
async fn record(
    connection: &mut PgConnection,
    call: &Call,
    credit: &AdCredit,
    used: Used,
) -> Result<pb::AdCredit, Failure> {
    kept::put(connection, credit, call.at).await?;
    let code = credit.id.to_string();
    let order = SettlingOrder {
        stands_for: StandsFor::AdCredit,
        order: wire::order(credit.id),
        account: credit.account,
        entity: credit.entity,
        code: &code,
        description: &credit.reason,
        product: credit.product,
        currency: credit.amount.currency(),
        days: credit.days,
        commission: Percent::of(0.into()).context("nothing is a percent")?,
    };
    settling_order::put(connection, order, (call.at, &call.caller.person)).await?;
    input_change::record(connection, &[credit.account], Cause::Adjustment).await?;
    told(credit, used)
}

fn told(credit: &AdCredit, used: Used) -> Result<pb::AdCredit, Failure> {
    Ok(wire::message(credit, used).context("a credit too large to be told")?)
}

fn fact(kind: &'static str, credit: &AdCredit, message: &pb::AdCredit) -> Fact {
    Fact::new(kind, &message.name, "billing.invoicing.v1.AdCredit", message)
        .of_entity(credit.entity)
        .of_account(credit.account)
}
