//! HoldService.

use billing_proto::billing::invoicing::v1::{self as pb, hold_service_server::HoldService};
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse, answer},
    page::Page,
};
use ids::{AccountId, HoldId};
use invoicing_domain::hold::{Hold, create, release};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use outbox::{Begun, Once, Voice, say};
use refusal::Violations;
use sqlx::PgConnection;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Rpc, billing_run_service::act, changed};
use crate::{
    store::{
        self,
        hold::{self as store_hold, Which},
        input_change::{self, Cause},
    },
    wire::{fact, hold as wire, name},
    work,
};

#[tonic::async_trait]
impl HoldService for Rpc {
    async fn create_hold(
        &self,
        request: Request<pb::CreateHoldRequest>,
    ) -> Result<Response<pb::Hold>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let Some(account) = name::account(&mut v, "parent", &message.parent) else {
                return Err(v.refusal().into());
            };
            let id = HoldId::from_uuid(Uuid::now_v7());
            let hold = wire::parse((id, account), message.hold.as_ref(), act(&call))?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            store::account::get(&mut transaction, account, call.scope.json().as_ref()).await?;
            let today = today(&mut transaction, account, call.at).await?;
            let hold = create(hold, today).or_refuse()?;
            store_hold::insert(&mut transaction, &hold).await?;
            let answer = take_in(self, &mut transaction, &call, &hold).await?;
            let created = fact::hold("billing.invoicing.v1.hold.created", account, &answer);
            say(&mut transaction, &Voice::of(&call), vec![created]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn list_holds(
        &self,
        request: Request<pb::ListHoldsRequest>,
    ) -> Result<Response<pb::ListHoldsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListHoldsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let Some(account) = name::account_or_all(&mut v, "parent", &message.parent) else {
                return Err(v.refusal().into());
            };
            let accounts: Vec<Uuid> = account.iter().map(|account| account.uuid()).collect();
            let scope = call.scope.json();
            let which = Which {
                accounts: &accounts,
                after: page.after,
                scope: scope.as_ref(),
                limit: Some(page.fetch()),
                ..Which::default()
            };
            let mut connection = self.pool.acquire().await?;
            let loaded = store_hold::load(&mut connection, which).await?;
            let (holds, next_page_token) = page.cut(loaded, |hold| hold.id.uuid())?;
            let numbers = store_hold::line_numbers(&mut connection, &holds).await?;
            let holds = holds.iter().zip(numbers).map(|(hold, number)| wire::message(hold, number)).collect();
            Ok(pb::ListHoldsResponse { holds, next_page_token })
        })
        .await
    }

    async fn release_hold(
        &self,
        request: Request<pb::ReleaseHoldRequest>,
    ) -> Result<Response<pb::Hold>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let Some(named) = name::hold(&mut v, "name", &message.name) else {
                return Err(v.refusal().into());
            };
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            store::account::lock(&mut transaction, named.0).await?;
            let hold = store_hold::get(&mut transaction, named, call.scope.json().as_ref()).await?;
            changed::next_revision(&message.name, &message.etag, hold.revision).or_refuse()?;
            let released = release(&hold, act(&call)).or_refuse()?;
            let released = store_hold::record_released(&mut transaction, released).await?;
            let answer = take_in(self, &mut transaction, &call, &released).await?;
            let fact = fact::hold("billing.invoicing.v1.hold.released", named.0, &answer);
            say(&mut transaction, &Voice::of(&call), vec![fact]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }
}

/// The earliest day that it is for the entities that bill the account; in UTC where none does yet.
async fn today(connection: &mut PgConnection, account: AccountId, at: Timestamp) -> Result<Date, Failure> {
    let mut days = Vec::new();
    for entity in store::unbilled::entities(connection, account, None).await? {
        days.push(store::billing_entity::get(connection, entity, None).await?.zone.day_of(at));
    }
    Ok(days.into_iter().min().unwrap_or(at.to_zoned(TimeZone::UTC).date()))
}

/// Runs that are reviewed take the hold in at once; those that are rating learn of it with a refresh.
async fn take_in(
    rpc: &Rpc,
    connection: &mut PgConnection,
    call: &Call,
    hold: &Hold,
) -> Result<pb::Hold, Failure> {
    input_change::record(connection, &[hold.account], Cause::Reference).await?;
    for run in store::billing_run::reviewing(connection, hold.account).await? {
        let run = store::billing_run::get(connection, run, None).await?;
        work::rate_again(connection, &run, hold.account, call.at, &rpc.tax_engines).await?;
    }
    let number = store_hold::line_numbers(connection, std::slice::from_ref(hold)).await?.concat();
    Ok(wire::message(hold, number))
}
