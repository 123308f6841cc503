//! BillingExceptionService.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{self as pb, billing_exception_service_server::BillingExceptionService},
};
use chassis::{
    call::Call,
    caller::Grant,
    failure::{Failure, OrRefuse, answer},
    scope::{Scope, ScopeGrant},
};
use ids::{AccountId, ExceptionId, LineId, RunId};
use invoicing_domain::{
    billing_run::{Act, BillingRun},
    exception::{self as domain, Exception, Settlement},
};
use jiff::civil::Date;
use outbox::{Begun, Once, Voice, say};
use prost::Message;
use refusal::Violations;
use sqlx::PgConnection;
use tonic::{Request, Response, Status};

use super::{Rpc, billing_run_service::act, changed, check_settings};
use crate::{
    report::exception as report,
    store::{
        self,
        input_change::{self, Cause},
    },
    wire::{
        fact, name,
        text::{Text, text},
    },
    work,
};

/// How long a reason may be.
const REASON_MAX: usize = 1_000;

/// How long the name of an owner may be.
const OWNER_MAX: usize = 200;

#[tonic::async_trait]
impl BillingExceptionService for Rpc {
    async fn get_billing_exception(
        &self,
        request: Request<pb::GetBillingExceptionRequest>,
    ) -> Result<Response<pb::BillingException>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let (run, id) = named(&request.get_ref().name)?;
            let scope = call.scope.json();
            let mut connection = self.pool.acquire().await?;
            store::billing_run::get(&mut connection, run, scope.as_ref()).await?;
            Ok(report::get(&mut connection, run, id, scope.as_ref()).await?.1)
        })
        .await
    }

    async fn assign_billing_exception(
        &self,
        request: Request<pb::AssignBillingExceptionRequest>,
    ) -> Result<Response<pb::BillingException>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let Some(owner) = text(&mut v, "owner", &message.owner, Text::Optional(OWNER_MAX)) else {
                return Err(v.refusal().into());
            };
            let asked = Asked {
                name: &message.name,
                etag: &message.etag,
                request_id: &message.request_id,
                kind: "billing.invoicing.v1.billing_exception.assigned",
            };
            self.settle(&call, &message, asked, async |connection, run, found| {
                let owner = Some(owner).filter(|owner| !owner.is_empty());
                let assigned = domain::assign(run, &found.exception, owner).or_refuse()?;
                store::exception::settle(connection, &assigned, None).await
            })
            .await
        })
        .await
    }

    async fn override_billing_exception(
        &self,
        request: Request<pb::OverrideBillingExceptionRequest>,
    ) -> Result<Response<pb::BillingException>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let settlement = settlement(&call, &message.reason)?;
            let asked = Asked {
                name: &message.name,
                etag: &message.etag,
                request_id: &message.request_id,
                kind: "billing.invoicing.v1.billing_exception.overridden",
            };
            self.settle(&call, &message, asked, async |connection, run, found| {
                let overridden = domain::override_block(run, &found.exception, settlement).or_refuse()?;
                store::exception::settle(connection, &overridden, None).await?;
                if let Some(outcome) = overridden.passes_with() {
                    // What is owed stays: nobody chose that it is not.
                    store::exception::choose(connection, overridden.id, outcome.name(), &act(&call)).await?;
                    work::rate_again(connection, run, found.account, call.at, &self.tax_engines).await?;
                } else if let Some(invoice) = overridden.invoice {
                    store::draft::free(connection, run.id, (found.account, invoice)).await?;
                    work::review_again(connection, run, call.at, &self.tax_engines).await?;
                }
                Ok(())
            })
            .await
        })
        .await
    }

    async fn list_check_settings(
        &self,
        request: Request<pb::ListCheckSettingsRequest>,
    ) -> Result<Response<pb::ListCheckSettingsResponse>, Status> {
        answer(check_settings::list(self, request)).await
    }

    async fn change_check_setting(
        &self,
        request: Request<pb::ChangeCheckSettingRequest>,
    ) -> Result<Response<pb::CheckSetting>, Status> {
        answer(check_settings::change(self, request)).await
    }

    async fn choose_billing_outcome(
        &self,
        request: Request<pb::ChooseBillingOutcomeRequest>,
    ) -> Result<Response<pb::BillingException>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let settlement = settlement(&call, &message.reason)?;
            let asked = Asked {
                name: &message.name,
                etag: &message.etag,
                request_id: &message.request_id,
                kind: "billing.invoicing.v1.billing_exception.resolved",
            };
            let outcome = message.outcome.as_str();
            self.settle(&call, &message, asked, async |connection, run, found| {
                let is_approved =
                    self.is_trusted(&call) || is_controlled(connection, run, found, &call).await?;
                let chosen = domain::choose_outcome(run, &found.exception, outcome, settlement, is_approved)
                    .or_refuse()?;
                store::exception::settle(connection, &chosen, Some(outcome)).await?;
                if let Some(place) = found.line.zip(found.origin_first) {
                    let (account, reason) = (found.account, chosen.reason.as_str());
                    if reason == "MAKEGOOD_BEYOND_OWED" {
                        store::makegood::decide(connection, chosen.id, outcome, &act(&call)).await?;
                        input_change::record(connection, &[account], Cause::Adjustment).await?;
                    } else {
                        let choice = (outcome, message.reason.as_str());
                        choose(connection, (account, place.0, place.1), chosen.id, choice, &act(&call))
                            .await?;
                    }
                    work::rate_again(connection, run, account, call.at, &self.tax_engines).await?;
                }
                Ok(())
            })
            .await
        })
        .await
    }
}

/// What an act on an exception says of itself.
struct Asked<'a> {
    name: &'a str,
    etag: &'a str,
    request_id: &'a str,
    kind: &'static str,
}

/// An exception that is locked, and whose it is.
pub struct Found {
    pub account: AccountId,
    pub line: Option<LineId>,
    pub origin_first: Option<Date>,
    pub exception: Exception,
}

impl Rpc {
    /// One act on an exception, in its one transaction: its run and itself locked, decided, recorded, said, answered.
    async fn settle(
        &self,
        call: &Call,
        message: &impl Message,
        asked: Asked<'_>,
        decide: impl AsyncFnOnce(&mut PgConnection, &BillingRun, &Found) -> Result<(), Failure>,
    ) -> Result<pb::BillingException, Failure> {
        let (run, id) = named(asked.name)?;
        let scope = call.scope.json();
        let mut transaction = self.pool.begin().await?;
        let once = match Once::begin(&mut transaction, call, asked.request_id, message).await? {
            Begun::Answered(before) => return Ok(before),
            Begun::Fresh(once) => once,
        };
        store::billing_run::lock(&mut transaction, run).await?;
        let run = store::billing_run::get(&mut transaction, run, scope.as_ref()).await?;
        report::get(&mut transaction, run.id, id, scope.as_ref()).await?;
        let (account, line, origin_first, exception) =
            store::exception::lock(&mut transaction, run.id, id).await?;
        changed::next_revision(asked.name, asked.etag, exception.revision).or_refuse()?;
        let found = Found { account, line, origin_first, exception };
        decide(&mut transaction, &run, &found).await?;
        let (account, answer) = report::get(&mut transaction, run.id, id, scope.as_ref()).await?;
        let settled = fact::exception(asked.kind, run.entity, account, &answer);
        say(&mut transaction, &Voice::of(call), vec![settled]).await?;
        once.answer(&mut transaction, &answer).await?;
        transaction.commit().await?;
        Ok(answer)
    }
}

/// Chooses between two counts of a line in a period, with what is owed by that.
async fn choose(
    connection: &mut PgConnection,
    of: (AccountId, LineId, Date),
    exception: ExceptionId,
    choice: (&str, &str),
    act: &Act,
) -> Result<(), Failure> {
    store::exception::choose(connection, exception, choice.0, act).await?;
    store::owed_shortfall::choose(connection, of, exception, choice, act).await
}

fn named(name: &str) -> Result<(RunId, ExceptionId), Failure> {
    let mut v = Violations::new();
    name::exception(&mut v, "name", name).ok_or_else(|| v.refusal().into())
}

/// Whether the caller is a controller of what the exception is about.
async fn is_controlled(
    connection: &mut PgConnection,
    run: &BillingRun,
    found: &Found,
    call: &Call,
) -> Result<bool, Failure> {
    let grants = call.caller.grants.iter().filter(|grant| grant.role == Role::Controller);
    let covers = |Grant { role: _, entities, territories, accounts }: &Grant| ScopeGrant {
        entities: entities.clone(),
        territories: territories.clone(),
        accounts: accounts.clone(),
    };
    let scope = Scope::Grants(grants.map(covers).collect()).json();
    report::is_seen(connection, (run.id, found.exception.id), scope.as_ref()).await
}

fn settlement(call: &Call, reason: &str) -> Result<Settlement, Failure> {
    let mut v = Violations::new();
    let why = text(&mut v, "reason", reason, Text::Required(REASON_MAX));
    let why = why.ok_or_else(|| v.refusal())?;
    Ok(Settlement { act: act(call), why })
}
