//! AccountingPeriodService.

use billing_proto::billing::{
    access::v1::PrincipalKind,
    invoicing::v1::{self as pb, accounting_period_service_server::AccountingPeriodService},
};
use calendar::Month;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse, answer},
    page::Page,
};
use ids::EntityId;
use invoicing_domain::{
    billing_run::{Act, Approver},
    period::{Books, Change, Closing, PeriodRefusal, close, lock, reopen, soft_close},
};
use outbox::{Begun, Fact, Once, Voice, say};
use prost::Message;
use refusal::Violations;
use tonic::{Request, Response, Status};

use super::{Rpc, changed};
use crate::{
    store::{accounting_period as store, billing_entity},
    wire::{
        accounting_period as wire, name,
        text::{Text, text},
    },
};

#[tonic::async_trait]
impl AccountingPeriodService for Rpc {
    async fn get_accounting_period(
        &self,
        request: Request<pb::GetAccountingPeriodRequest>,
    ) -> Result<Response<pb::AccountingPeriod>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let (entity, month) = period(&request.get_ref().name)?;
            let mut connection = self.pool.acquire().await?;
            let entity = billing_entity::get(&mut connection, entity, call.scope.json().as_ref()).await?;
            Ok(wire::message(entity.id, &store::books(&mut connection, &entity).await?, month))
        })
        .await
    }

    async fn list_accounting_periods(
        &self,
        request: Request<pb::ListAccountingPeriodsRequest>,
    ) -> Result<Response<pb::ListAccountingPeriodsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments = pb::ListAccountingPeriodsRequest {
                page_size: 0,
                page_token: String::new(),
                ..message.clone()
            };
            let page: Page<String> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let Some(entity) = name::entity(&mut v, "parent", &message.parent) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            let entity = billing_entity::get(&mut connection, entity, call.scope.json().as_ref()).await?;
            let books = store::books(&mut connection, &entity).await?;
            let present = entity.fiscal.month_of(entity.zone.day_of(call.at));
            let posted = store::first_posting(&mut connection, entity.id).await?;
            let posted = posted.map(|day| entity.fiscal.month_of(day));
            let first = books.changes.keys().next().copied().into_iter().chain(posted).min();
            let latest = books.changes.keys().next_back().copied().into_iter().chain([present]).max();
            let months = down(latest.unwrap_or(present), first.unwrap_or(present));
            let after = page.after.as_ref().and_then(|after| after.parse::<Month>().ok());
            let months = months.filter(|month| after.is_none_or(|after| *month < after));
            let most = usize::try_from(page.fetch()).map_err(anyhow::Error::from)?;
            let (months, next_page_token) = page.cut(months.take(most).collect(), Month::to_string)?;
            let accounting_periods =
                months.into_iter().map(|month| wire::message(entity.id, &books, month)).collect();
            Ok(pb::ListAccountingPeriodsResponse { accounting_periods, next_page_token })
        })
        .await
    }

    async fn soft_close_accounting_period(
        &self,
        request: Request<pb::SoftCloseAccountingPeriodRequest>,
    ) -> Result<Response<pb::AccountingPeriod>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let asked = Asked {
                name: &message.name,
                request_id: &message.request_id,
                kind: "billing.invoicing.v1.accounting_period.soft_closed",
            };
            self.change(&call, &message, asked, soft_close).await
        })
        .await
    }

    async fn close_accounting_period(
        &self,
        request: Request<pb::CloseAccountingPeriodRequest>,
    ) -> Result<Response<pb::AccountingPeriod>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let asked = Asked {
                name: &message.name,
                request_id: &message.request_id,
                kind: "billing.invoicing.v1.accounting_period.closed",
            };
            self.change(&call, &message, asked, close).await
        })
        .await
    }

    async fn lock_accounting_period(
        &self,
        request: Request<pb::LockAccountingPeriodRequest>,
    ) -> Result<Response<pb::AccountingPeriod>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let asked = Asked {
                name: &message.name,
                request_id: &message.request_id,
                kind: "billing.invoicing.v1.accounting_period.locked",
            };
            self.change(&call, &message, asked, lock).await
        })
        .await
    }

    async fn reopen_accounting_period(
        &self,
        request: Request<pb::ReopenAccountingPeriodRequest>,
    ) -> Result<Response<pb::AccountingPeriod>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let is_approved = self.is_approved_change(&call, &message.name)?;
            let mut v = Violations::new();
            let Some(reason) = text(&mut v, "reason", &message.reason, Text::Required(500)) else {
                return Err(v.refusal().into());
            };
            let act = Act { by: call.caller.person.clone(), at: call.at };
            // Where it is approved, people have proposed and approved it.
            let is_person = is_approved || call.caller.kind == PrincipalKind::Person;
            let approver = Approver { act, is_person };
            let asked = Asked {
                name: &message.name,
                request_id: &message.request_id,
                kind: "billing.invoicing.v1.accounting_period.reopened",
            };
            self.change(&call, &message, asked, |books, month, _| reopen(books, month, approver, reason))
                .await
        })
        .await
    }
}

/// What an act on a period says of itself.
struct Asked<'a> {
    name: &'a str,
    request_id: &'a str,
    kind: &'static str,
}

impl Rpc {
    /// One change of a period, in its one transaction: locked, decided, recorded, said, answered.
    async fn change(
        &self,
        call: &Call,
        message: &impl Message,
        asked: Asked<'_>,
        decide: impl FnOnce(&Books, Month, Closing) -> Result<Change, PeriodRefusal>,
    ) -> Result<pb::AccountingPeriod, Failure> {
        let (id, month) = period(asked.name)?;
        let mut transaction = self.pool.begin().await?;
        let once = match Once::begin(&mut transaction, call, asked.request_id, message).await? {
            Begun::Answered(before) => return Ok(before),
            Begun::Fresh(once) => once,
        };
        billing_entity::lock(&mut transaction, id).await?;
        let entity = billing_entity::get(&mut transaction, id, call.scope.json().as_ref()).await?;
        changed::whole_entity(call, id)?;
        let mut books = store::books(&mut transaction, &entity).await?;
        let closing = Closing {
            by: call.caller.person.clone(),
            at: call.at,
            today: entity.zone.day_of(call.at),
            issuing: store::issuing(&mut transaction, id, entity.fiscal.days_of(month)).await?,
        };
        let change = decide(&books, month, closing).or_refuse()?;
        let before = books.changes(month).len();
        store::record(&mut transaction, (id, month), (before, &change)).await?;
        books.changes.entry(month).or_default().push(change);
        let answer = wire::message(id, &books, month);
        say(&mut transaction, &Voice::of(call), vec![fact(asked.kind, id, &answer)]).await?;
        once.answer(&mut transaction, &answer).await?;
        transaction.commit().await?;
        Ok(answer)
    }
}

/// The months from `latest` back to `first`.
fn down(latest: Month, first: Month) -> impl Iterator<Item = Month> {
    std::iter::successors(Some(latest), |month| Some(month.previous()))
        .take_while(move |month| *month >= first)
}

fn period(name: &str) -> Result<(EntityId, Month), Failure> {
    let mut v = Violations::new();
    name::accounting_period(&mut v, "name", name).ok_or_else(|| v.refusal().into())
}

fn fact(kind: &'static str, entity: EntityId, period: &pb::AccountingPeriod) -> Fact {
    Fact::new(kind, &period.name, "billing.invoicing.v1.AccountingPeriod", period).of_entity(entity)
}
