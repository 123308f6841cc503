//! ChangeService.

use adjustments_domain::{
    approval::{Circumstances, Involved, Part},
    change::{Wanted, submit},
    subject::Subject,
};
use anyhow::Context;
use billing_proto::billing::adjustments::v1::{self as pb, change_service_server::ChangeService};
use chassis::{
    allow::Method,
    call::Call,
    caller::{Caller, Grant},
    failure::{Failure, answer},
    page::Page,
};
use ids::ChangeId;
use outbox::{Begun, Once, Voice, say};
use refusal::Violations;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    Rpc, act,
    ask::{self, Asker, Asking},
};
use crate::{
    store::change::{self as store, Which},
    wire::{case::Case, change as wire, document, fact, name, text},
};

#[tonic::async_trait]
impl ChangeService for Rpc {
    async fn propose_change(
        &self,
        request: Request<pb::ProposeChangeRequest>,
    ) -> Result<Response<pb::Change>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let (method, wanted) = wire::parse(message.change.as_ref())?;
            // Who may not do it cannot have it done.
            method.admit(&call.caller)?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let grants = reaching(method, &call.caller);
            let entity_code = self.seen(&call, &grants, &wanted).await?;
            let grants = serde_json::to_value(grants).context("rights cannot be written")?;
            let id = ChangeId::from_uuid(Uuid::now_v7());
            let asking = asking((id, &wanted), entity_code, &call.caller.person);
            let request = ask::ask(&mut transaction, &self.policies, &Asker::of(&call), asking).await?;
            let change = submit(id, wanted, act(&call), (request.id, &request.state));
            store::insert(&mut transaction, &change, &grants).await?;
            say(&mut transaction, &Voice::of(&call), vec![fact::change(&change)?]).await?;
            let answer = wire::message(&change, "")?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            self.bell.ring();
            Ok(answer)
        })
        .await
    }

    async fn get_change(
        &self,
        request: Request<pb::GetChangeRequest>,
    ) -> Result<Response<pb::Change>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let mut v = Violations::new();
            let Some(id) = name::change(&mut v, "name", &request.get_ref().name) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            let kept = store::get(&mut connection, id, call.scope.json().as_ref()).await?;
            Ok(wire::message(&kept.change, &kept.delay)?)
        })
        .await
    }

    async fn list_changes(
        &self,
        request: Request<pb::ListChangesRequest>,
    ) -> Result<Response<pb::ListChangesResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListChangesRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let state: Option<pb::ChangeState> = text::optional_choice(&mut v, "state", message.state);
            let Some(state) = state else { return Err(v.refusal().into()) };
            let scope = call.scope.json();
            let which = Which {
                state: wire::state_name(state),
                resource: Some(message.resource.as_str()).filter(|resource| !resource.is_empty()),
                before: page.after,
                scope: scope.as_ref(),
                limit: Some(page.fetch()),
                ..Which::default()
            };
            let mut connection = self.pool.acquire().await?;
            let loaded = store::load(&mut connection, which).await?;
            let (kept, next_page_token) = page.cut(loaded, |kept| kept.change.id.uuid())?;
            let changes = kept.iter().map(|kept| wire::message(&kept.change, &kept.delay));
            let changes = changes.collect::<Result<_, anyhow::Error>>()?;
            Ok(pb::ListChangesResponse { changes, next_page_token })
        })
        .await
    }
}

impl Rpc {
    /// Asks invoicing for what is to be changed, with the rights by which it would be. Answers the code of its entity, where it has
    /// one.
    async fn seen(&self, call: &Call, grants: &[Grant], wanted: &Wanted) -> Result<String, Failure> {
        let caller = Caller { grants: grants.to_vec(), ..call.caller.clone() };
        if let Some(account) = wanted.account {
            self.invoicing.account(&caller, name::account_name(account)).await?;
        }
        let Some(entity) = wanted.entity else { return Ok(String::new()) };
        let entity = self.invoicing.entity_as(&caller, &format!("billingEntities/{entity}")).await?;
        Ok(document::entity(&entity)?.code)
    }
}

/// The rights by which a caller may call a method.
fn reaching(method: &Method, caller: &Caller) -> Vec<Grant> {
    caller.grants.iter().filter(|grant| method.roles().contains(&grant.role)).cloned().collect()
}

/// What is asked to be approved. No amount of it is known.
fn asking((id, wanted): (ChangeId, &Wanted), entity: String, maker: &str) -> Asking {
    let (kind, of, account) = (wanted.kind, wanted.entity, wanted.account);
    let circumstances = Circumstances { entity, share: 0, age_days: 0 };
    let case = Case {
        kind,
        cause: None,
        entity: of,
        account,
        amount: None,
        said_rate: None,
        lacks_rate: false,
        circumstances,
    };
    let (_, call) = wanted.method.rsplit_once('/').unwrap_or_default();
    let about = if wanted.resource.is_empty() { "something new" } else { wanted.resource.as_str() };
    let subject = Subject {
        kind,
        name: name::change_name(id),
        entity: of,
        account,
        cause: None,
        digest: wanted.digest(),
        summary: format!("{call} of {about}: {}", wanted.reason),
    };
    let involved = vec![Involved { account: maker.to_owned(), part: Part::Maker }];
    Asking { subject, case, involved, replaces: None }
}
