//! BillingRunService.

use std::time::Duration;

use async_stream::try_stream;
use billing_proto::billing::invoicing::v1::{self as pb, billing_run_service_server::BillingRunService};
use chassis::{
    call::Call,
    failure::{Answers, Failure, OrRefuse, answer, answer_stream},
    page::Page,
};
use ids::RunId;
use invoicing_domain::{
    billing_run::{self as domain, Act, BillingRun, BillingRunRefusal, Numbers},
    invoice::DocumentKind,
    number_series::{self, Dated},
};
use outbox::{Begun, Once, Voice, say};
use prost::Message;
use refusal::Violations;
use sqlx::PgConnection;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Rpc, approve_billing_run, stale_accounts, thresholds};
use crate::{
    report::{billing_run as report, comparison, exception as exceptions},
    store::{self, billing_run::Which},
    wire::{exception as wire_exception, fact, name, period},
};

/// How often a watched run is looked at.
const WATCH_EVERY: Duration = Duration::from_millis(250);

#[tonic::async_trait]
impl BillingRunService for Rpc {
    type WatchBillingRunStream = Answers<pb::BillingRun>;

    async fn start_billing_run(
        &self,
        request: Request<pb::StartBillingRunRequest>,
    ) -> Result<Response<pb::BillingRun>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let entity = name::entity(&mut v, "billing_entity", &message.billing_entity);
            let month = period::month(&mut v, "month", &message.month);
            let accounts = message.accounts.iter().enumerate();
            let accounts: Option<Vec<_>> = accounts
                .map(|(n, account)| name::account(&mut v, &format!("accounts[{n}]"), account))
                .collect();
            let (Some(entity), Some(month), Some(accounts)) = (entity, month, accounts) else {
                return Err(v.refusal().into());
            };
            let scope = call.scope.json();
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            store::billing_entity::lock(&mut transaction, entity).await?;
            // Taken before anything is looked at: what is committed later counts as later.
            let snapshot = store::stale::snapshot(&mut transaction).await?;
            let today = store::billing_entity::get(&mut transaction, entity, scope.as_ref())
                .await?
                .zone
                .day_of(call.at);
            store::account::require(&mut transaction, &accounts, scope.as_ref()).await?;
            let open = store::billing_run::open(&mut transaction, entity).await?;
            let to_bill = store::billing_run::accounts(
                &mut transaction,
                entity,
                month.last_day(),
                &accounts,
                scope.as_ref(),
            )
            .await?;
            // Who sees only some accounts starts a run over those, and over no other that comes later.
            let whole = call.scope.covers(Some(entity.uuid()), None, None);
            let accounts = if whole || !accounts.is_empty() { accounts } else { to_bill.clone() };
            if !whole && accounts.is_empty() {
                return Err(BillingRunRefusal::NothingToBill { month: month.to_string() }).or_refuse();
            }
            let id = RunId::from_uuid(Uuid::now_v7());
            let asked = domain::Asked { entity, month, accounts, preview: message.preview };
            let run = domain::start(id, asked, &open, (act(&call), today)).or_refuse()?;
            store::input_change::forget(&mut transaction, &to_bill).await?;
            store::billing_run::insert(&mut transaction, &run, &snapshot, &domain::shards(to_bill)).await?;
            let answer = report::message_of(&mut transaction, &run).await?;
            let started = fact::run("billing.invoicing.v1.billing_run.started", run.entity, &answer);
            say(&mut transaction, &Voice::of(&call), vec![started]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            self.bell.ring();
            Ok(answer)
        })
        .await
    }

    async fn get_billing_run(
        &self,
        request: Request<pb::GetBillingRunRequest>,
    ) -> Result<Response<pb::BillingRun>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let id = run_id("name", &request.get_ref().name)?;
            let mut connection = self.pool.acquire().await?;
            let run = store::billing_run::get(&mut connection, id, call.scope.json().as_ref()).await?;
            report::message_of(&mut connection, &run).await
        })
        .await
    }

    async fn list_billing_runs(
        &self,
        request: Request<pb::ListBillingRunsRequest>,
    ) -> Result<Response<pb::ListBillingRunsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListBillingRunsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let entity = Some(&message.billing_entity).filter(|name| !name.is_empty());
            let entity = entity.map(|entity| name::entity(&mut v, "billing_entity", entity));
            let month = Some(&message.month).filter(|month| !month.is_empty());
            let month = month.map(|month| period::month(&mut v, "month", month));
            v.check()?;
            let scope = call.scope.json();
            let which = Which {
                entity: entity.flatten(),
                month: month.flatten(),
                before: page.after,
                scope: scope.as_ref(),
                limit: page.fetch(),
                id: None,
            };
            let mut connection = self.pool.acquire().await?;
            let loaded = store::billing_run::load(&mut connection, which).await?;
            let (runs, next_page_token) = page.cut(loaded, |run| run.id.uuid())?;
            let billing_runs = report::messages(&mut connection, &runs).await?;
            Ok(pb::ListBillingRunsResponse { billing_runs, next_page_token })
        })
        .await
    }

    async fn watch_billing_run(
        &self,
        request: Request<pb::WatchBillingRunRequest>,
    ) -> Result<Response<Answers<pb::BillingRun>>, Status> {
        let (pool, cancellation) = (self.pool.clone(), self.background.cancellation());
        Ok(answer_stream(try_stream! {
            let call = Call::of(&request)?;
            let id = run_id("name", &request.get_ref().name)?;
            let scope = call.scope.json();
            let mut said: Option<pb::BillingRun> = None;
            loop {
                let mut connection = pool.acquire().await?;
                let run = store::billing_run::get(&mut connection, id, scope.as_ref()).await?;
                let message = report::message_of(&mut connection, &run).await?;
                drop(connection);
                if said.as_ref() != Some(&message) {
                    yield message.clone();
                    said = Some(message);
                }
                if run.state.rests() || cancellation.is_cancelled() {
                    break;
                }
                cancellation.run_until_cancelled(tokio::time::sleep(WATCH_EVERY)).await;
            }
        }))
    }

    async fn refresh_billing_run(
        &self,
        request: Request<pb::RefreshBillingRunRequest>,
    ) -> Result<Response<pb::BillingRun>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let asked = Asked {
                name: &message.name,
                request_id: &message.request_id,
                kind: "billing.invoicing.v1.billing_run.refreshed",
            };
            self.act(&call, &message, asked, async |connection, run| {
                let snapshot = store::stale::snapshot(connection).await?;
                let stale = store::stale::accounts(connection, run.id, None, None).await?;
                let refreshed = domain::refresh(run, stale.len(), call.at).or_refuse()?;
                let stale: Vec<_> = stale.into_iter().map(|(account, _)| account).collect();
                let shards = if stale.is_empty() { Vec::new() } else { domain::shards(stale) };
                store::stale::refresh(connection, run, &snapshot, &shards).await?;
                Ok(refreshed)
            })
            .await
        })
        .await
    }

    async fn list_stale_accounts(
        &self,
        request: Request<pb::ListStaleAccountsRequest>,
    ) -> Result<Response<pb::ListStaleAccountsResponse>, Status> {
        answer(stale_accounts::list(self, request)).await
    }

    async fn list_thresholds_reached(
        &self,
        request: Request<pb::ListThresholdsReachedRequest>,
    ) -> Result<Response<pb::ListThresholdsReachedResponse>, Status> {
        answer(thresholds::list(self, request)).await
    }

    async fn compare_billing_runs(
        &self,
        request: Request<pb::CompareBillingRunsRequest>,
    ) -> Result<Response<pb::CompareBillingRunsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::CompareBillingRunsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<comparison::Place> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let (left, right) = (run_id("left", &message.left)?, run_id("right", &message.right)?);
            let scope = call.scope.json();
            let mut connection = self.pool.acquire().await?;
            for run in [left, right] {
                store::billing_run::get(&mut connection, run, scope.as_ref()).await?;
            }
            let which = comparison::Which {
                runs: (left, right),
                include_same: message.include_same,
                after: page.after.clone(),
                limit: page.fetch(),
            };
            let loaded = comparison::differences(&mut connection, which).await?;
            let totals = comparison::totals(&mut connection, (left, right)).await?;
            let (differences, next_page_token) = page.cut(loaded, |(place, _)| place.clone())?;
            let differences = differences.into_iter().map(|(_, difference)| difference).collect();
            Ok(pb::CompareBillingRunsResponse { differences, totals, next_page_token })
        })
        .await
    }

    async fn list_billing_exceptions(
        &self,
        request: Request<pb::ListBillingExceptionsRequest>,
    ) -> Result<Response<pb::ListBillingExceptionsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments = pb::ListBillingExceptionsRequest {
                page_size: 0,
                page_token: String::new(),
                ..message.clone()
            };
            let page: Page<exceptions::Place> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let id = run_id("parent", &message.parent)?;
            let scope = call.scope.json();
            let filter = wire_exception::parse(&message)?;
            let which = exceptions::Which {
                id: None,
                state: filter.state,
                severity: filter.severity,
                reason: filter.reason,
                account: filter.account,
                after: page.after,
                scope: scope.as_ref(),
                limit: page.fetch(),
            };
            let mut connection = self.pool.acquire().await?;
            store::billing_run::get(&mut connection, id, scope.as_ref()).await?;
            let loaded = exceptions::load(&mut connection, id, which).await?;
            let (exceptions, next_page_token) = page.cut(loaded, |(place, _, _)| *place)?;
            let exceptions = exceptions.into_iter().map(|(_, _, exception)| exception).collect();
            Ok(pb::ListBillingExceptionsResponse { exceptions, next_page_token })
        })
        .await
    }

    async fn approve_billing_run(
        &self,
        request: Request<pb::ApproveBillingRunRequest>,
    ) -> Result<Response<pb::BillingRun>, Status> {
        answer(approve_billing_run::approve(self, request)).await
    }

    async fn issue_billing_run(
        &self,
        request: Request<pb::IssueBillingRunRequest>,
    ) -> Result<Response<pb::BillingRun>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let Some(date) = period::optional_day(&mut v, "issue_date", message.issue_date.as_ref()) else {
                return Err(v.refusal().into());
            };
            let asked = Asked {
                name: &message.name,
                request_id: &message.request_id,
                kind: "billing.invoicing.v1.billing_run.issuing",
            };
            self.act(&call, &message, asked, async |connection, run| {
                let entity = store::billing_entity::get(connection, run.entity, None).await?;
                let today = entity.zone.day_of(call.at);
                let date = date.unwrap_or(today);
                let by = call.caller.person.clone();
                let Some(found) =
                    store::number_series::claim(connection, run.entity, DocumentKind::Invoice).await?
                else {
                    return domain::issue(run, by, (date, today), None).or_refuse();
                };
                let id = found.series.id;
                let (others, waiting) = store::billing_run::issuing(connection, id).await?;
                let (drafts, _) = store::billing_run::counts(connection, run.id).await?;
                let numbers = Numbers { series: id, others: &others };
                let issuing = domain::issue(run, by, (date, today), Some(numbers)).or_refuse()?;
                let expires = store::ad_credit::first_expiry(connection, run.id).await?;
                domain::check_credits(run, date, expires).or_refuse()?;
                if drafts > 0 {
                    let documents = u64::try_from(drafts + waiting).map_err(anyhow::Error::from)?;
                    let year = found.series.year_basis.year_of(&entity, date);
                    number_series::room(&found.series, &found.years, Dated { date, year }, documents)
                        .or_refuse()?;
                }
                Ok(issuing)
            })
            .await
        })
        .await
    }

    async fn cancel_billing_run(
        &self,
        request: Request<pb::CancelBillingRunRequest>,
    ) -> Result<Response<pb::BillingRun>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let asked = Asked {
                name: &message.name,
                request_id: &message.request_id,
                kind: "billing.invoicing.v1.billing_run.cancelled",
            };
            self.act(&call, &message, asked, async |connection, run| {
                let (_, documents) = store::billing_run::counts(connection, run.id).await?;
                let cancelled = domain::cancel(run, documents).or_refuse()?;
                store::draft::delete(connection, run.id).await?;
                Ok(cancelled)
            })
            .await
        })
        .await
    }

    async fn resume_billing_run(
        &self,
        request: Request<pb::ResumeBillingRunRequest>,
    ) -> Result<Response<pb::BillingRun>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let asked = Asked {
                name: &message.name,
                request_id: &message.request_id,
                kind: "billing.invoicing.v1.billing_run.resumed",
            };
            self.act(&call, &message, asked, async |_, run| domain::resume(run).or_refuse()).await
        })
        .await
    }
}

/// What an act on a run says of itself.
pub(super) struct Asked<'a> {
    pub name: &'a str,
    pub request_id: &'a str,
    pub kind: &'static str,
}

impl Rpc {
    /// One act on a run, in its one transaction: locked, decided, recorded, said, answered.
    pub(super) async fn act(
        &self,
        call: &Call,
        message: &impl Message,
        asked: Asked<'_>,
        decide: impl AsyncFnOnce(&mut PgConnection, &BillingRun) -> Result<BillingRun, Failure>,
    ) -> Result<pb::BillingRun, Failure> {
        let id = run_id("name", asked.name)?;
        let mut transaction = self.pool.begin().await?;
        let once = match Once::begin(&mut transaction, call, asked.request_id, message).await? {
            Begun::Answered(before) => return Ok(before),
            Begun::Fresh(once) => once,
        };
        store::billing_run::lock(&mut transaction, id).await?;
        let run = store::billing_run::get(&mut transaction, id, call.scope.json().as_ref()).await?;
        let decided = decide(&mut transaction, &run).await?;
        let run = store::billing_run::record(&mut transaction, decided).await?;
        let answer = report::message_of(&mut transaction, &run).await?;
        say(&mut transaction, &Voice::of(call), vec![fact::run(asked.kind, run.entity, &answer)]).await?;
        once.answer(&mut transaction, &answer).await?;
        transaction.commit().await?;
        self.bell.ring();
        Ok(answer)
    }
}

pub(super) fn act(call: &Call) -> Act {
    Act { by: call.caller.person.clone(), at: call.at }
}

pub(super) fn run_id(field: &str, name: &str) -> Result<RunId, Failure> {
    let mut v = Violations::new();
    name::run(&mut v, field, name).ok_or_else(|| v.refusal().into())
}
