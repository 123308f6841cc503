//! CaseService.

use adjustments_domain::customer_case::{Case, CaseRefusal, assign, await_customer, close, hear, open};
use billing_proto::billing::adjustments::v1::{self as pb, case_service_server::CaseService};
use calendar::Holidays;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse, answer},
    page::Page,
};
use ids::CaseId;
use outbox::{Begun, Once, Voice, say};
use prost::Message;
use refusal::Violations;
use sqlx::PgConnection;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Rpc, act, dispute_change::Change, in_directory};
use crate::{
    store::{
        correspondence,
        customer_case::{self as store, Named, Which},
    },
    wire::{
        correspondence::{MESSAGE_MAX, message as written},
        customer_case as wire, fact, name, text,
    },
};

#[tonic::async_trait]
impl CaseService for Rpc {
    async fn open_case(&self, request: Request<pb::OpenCaseRequest>) -> Result<Response<pb::Case>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let (opening, document) = wire::parse(&message.parent, message.case.as_ref())?;
            let account = self.invoicing.account(&call.caller, message.parent.clone()).await?;
            let document = match document {
                Some((account, invoice)) => {
                    let name = name::invoice_name(account, invoice);
                    Some(self.invoicing.open_document(Some(&call.caller), name).await?)
                }
                None => None,
            };
            let opening = wire::known(opening, &account, document.as_ref())?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            if let Some(owner) = &opening.owner {
                in_directory(&mut transaction, "case.owner", owner).await?;
            }
            let id = CaseId::from_uuid(Uuid::now_v7());
            let case = open(id, opening, act(&call), &Holidays::default()).or_refuse()?;
            store::insert(&mut transaction, &case).await?;
            let opened = fact::case("billing.adjustments.v1.case.opened", &case);
            say(&mut transaction, &Voice::of(&call), vec![opened]).await?;
            let answer = wire::message(&case);
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn assign_case(
        &self,
        request: Request<pb::AssignCaseRequest>,
    ) -> Result<Response<pb::Case>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let Some(owner) = text::account(&mut v, "owner", &message.owner) else {
                return Err(v.refusal().into());
            };
            let change = Change::new(&message.name, &message.etag, &message.request_id, ASSIGNED);
            self.change_case(&call, &message, change, async |connection, case| {
                in_directory(connection, "owner", &owner).await?;
                assign(case, &owner).or_refuse()
            })
            .await
        })
        .await
    }

    async fn add_case_message(
        &self,
        request: Request<pb::AddCaseMessageRequest>,
    ) -> Result<Response<pb::Case>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let Some(words) = text::required(&mut v, "text", &message.text, MESSAGE_MAX) else {
                return Err(v.refusal().into());
            };
            let kind = "billing.adjustments.v1.case.message_added";
            let change = Change::new(&message.name, "", &message.request_id, kind);
            self.change_case(&call, &message, change, async |connection, case| {
                let heard = hear(case, message.from_customer, (call.at, &Holidays::default())).or_refuse()?;
                let about = (case.account, case.id.uuid());
                correspondence::insert(connection, about, (message.from_customer, &words), &act(&call))
                    .await?;
                Ok(heard)
            })
            .await
        })
        .await
    }

    async fn ask_customer(
        &self,
        request: Request<pb::AskCustomerRequest>,
    ) -> Result<Response<pb::Case>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let Some(question) = text::required(&mut v, "question", &message.question, MESSAGE_MAX) else {
                return Err(v.refusal().into());
            };
            let kind = "billing.adjustments.v1.case.customer_asked";
            let change = Change::new(&message.name, &message.etag, &message.request_id, kind);
            self.change_case(&call, &message, change, async |connection, case| {
                let asked = await_customer(case, call.at).or_refuse()?;
                let about = (case.account, case.id.uuid());
                correspondence::insert(connection, about, (false, &question), &act(&call)).await?;
                Ok(asked)
            })
            .await
        })
        .await
    }

    async fn close_case(&self, request: Request<pb::CloseCaseRequest>) -> Result<Response<pb::Case>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let closing = wire::closing(&message)?;
            let kind = "billing.adjustments.v1.case.closed";
            let change = Change::new(&message.name, &message.etag, &message.request_id, kind);
            self.change_case(&call, &message, change, async |_, case| {
                close(case, closing, act(&call)).or_refuse()
            })
            .await
        })
        .await
    }

    async fn get_case(&self, request: Request<pb::GetCaseRequest>) -> Result<Response<pb::Case>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let named = case_id(&request.get_ref().name)?;
            let mut connection = self.pool.acquire().await?;
            Ok(wire::message(&store::get(&mut connection, named, call.scope.json().as_ref()).await?))
        })
        .await
    }

    async fn list_cases(
        &self,
        request: Request<pb::ListCasesRequest>,
    ) -> Result<Response<pb::ListCasesResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListCasesRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let account = match message.parent.as_str() {
                "accounts/-" => Some(None),
                parent => name::account(&mut v, "parent", parent).map(Some),
            };
            let state: Option<pb::CaseState> = text::optional_choice(&mut v, "state", message.state);
            let kind: Option<pb::CaseKind> = text::optional_choice(&mut v, "kind", message.kind);
            let (Some(account), Some(state), Some(kind)) = (account, state, kind) else {
                return Err(v.refusal().into());
            };
            let scope = call.scope.json();
            let which = Which {
                account,
                id: None,
                state: wire::state_name(state),
                kind: wire::kind_name(kind),
                owner: Some(message.owner.as_str()).filter(|owner| !owner.is_empty()),
                before: page.after,
                scope: scope.as_ref(),
                limit: Some(page.fetch()),
            };
            let mut connection = self.pool.acquire().await?;
            let loaded = store::load(&mut connection, which).await?;
            let (cases, next_page_token) = page.cut(loaded, |case| case.id.uuid())?;
            Ok(pb::ListCasesResponse { cases: cases.iter().map(wire::message).collect(), next_page_token })
        })
        .await
    }

    async fn list_case_messages(
        &self,
        request: Request<pb::ListCaseMessagesRequest>,
    ) -> Result<Response<pb::ListCaseMessagesResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListCaseMessagesRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<i32> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let Some(named) = name::case(&mut v, "parent", &message.parent) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            // Whoever may see the case may read what was written.
            store::get(&mut connection, named, call.scope.json().as_ref()).await?;
            let about = (named.0, named.1.uuid());
            let loaded = correspondence::page(&mut connection, about, (page.after, page.fetch())).await?;
            let (messages, next_page_token) = page.cut(loaded, |message| message.ordinal)?;
            let messages = messages.iter().map(|each| written(&message.parent, each)).collect();
            Ok(pb::ListCaseMessagesResponse { messages, next_page_token })
        })
        .await
    }
}

/// How it is told that a case is somebody else's.
pub(super) const ASSIGNED: &str = "billing.adjustments.v1.case.assigned";

impl Rpc {
    /// One change of a case, in its one transaction: locked, decided, recorded, said, answered.
    pub(super) async fn change_case(
        &self,
        call: &Call,
        message: &impl Message,
        change: Change<'_>,
        decide: impl AsyncFnOnce(&mut PgConnection, &Case) -> Result<Case, Failure>,
    ) -> Result<pb::Case, Failure> {
        let Change { name, etag, request_id, kind } = change;
        let named = case_id(name)?;
        let mut transaction = self.pool.begin().await?;
        let once = match Once::begin(&mut transaction, call, request_id, message).await? {
            Begun::Answered(before) => return Ok(before),
            Begun::Fresh(once) => once,
        };
        store::lock(&mut transaction, named).await?;
        let case = store::get(&mut transaction, named, call.scope.json().as_ref()).await?;
        if !etag.is_empty() && etag != case.revision.to_string() {
            let (name, etag) = (name.to_owned(), etag.to_owned());
            return Err(CaseRefusal::EtagMismatch { name, etag }).or_refuse();
        }
        let after = decide(&mut transaction, &case).await?;
        let after = store::record(&mut transaction, after).await?;
        say(&mut transaction, &Voice::of(call), vec![fact::case(kind, &after)]).await?;
        let answer = wire::message(&after);
        once.answer(&mut transaction, &answer).await?;
        transaction.commit().await?;
        Ok(answer)
    }
}

fn case_id(name: &str) -> Result<Named, Failure> {
    let mut v = Violations::new();
    name::case(&mut v, "name", name).ok_or_else(|| v.refusal().into())
}
