//! DisputeService.

use adjustments_domain::dispute::{
    Note, Settlement, assign, await_customer, change_amount, close, hear, investigate, open, propose, reopen,
    resolve, triage,
};
use billing_proto::billing::adjustments::v1::{self as pb, dispute_service_server::DisputeService};
use calendar::Holidays;
use chassis::{
    call::Call,
    failure::{OrRefuse, answer},
    page::Page,
};
use ids::DisputeId;
use outbox::{Begun, Once, Voice, say};
use refusal::Violations;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    Rpc, act,
    dispute_change::{Change, Notes, current, dispute_id, disputed, document, notes, products, shown},
    in_directory,
};
use crate::{
    store::{
        cause_product, correspondence,
        dispute::{self as store, Which},
        disputed_document,
    },
    wire::{
        correspondence::{MESSAGE_MAX, message as written},
        dispute as wire, fact, name, text,
    },
};

#[tonic::async_trait]
impl DisputeService for Rpc {
    async fn open_dispute(
        &self,
        request: Request<pb::OpenDisputeRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let (place, claim) = wire::parse(&message.parent, message.dispute.as_ref())?;
            let products = products(self, &call, place).await?;
            let read = document(self, &call, place, products.keys().copied().collect()).await?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let currency = read.open.currency();
            disputed_document::lock(&mut transaction, place, currency, call.at).await?;
            let read = read.with(store::disputed(&mut transaction, place, None, currency).await?);
            let id = DisputeId::from_uuid(Uuid::now_v7());
            let dispute = open(id, &read, claim, act(&call), &Holidays::default()).or_refuse()?;
            store::insert(&mut transaction, &dispute).await?;
            let parts = disputed(&dispute, &products);
            cause_product::record(&mut transaction, (place.0, id.uuid()), &parts).await?;
            disputed_document::change(&mut transaction, place, id).await?;
            let opened = fact::dispute("billing.adjustments.v1.dispute.opened", &dispute);
            say(&mut transaction, &Voice::of(&call), vec![opened]).await?;
            let answer = wire::message(&dispute, wire::Shown::default());
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            self.bell.ring();
            Ok(answer)
        })
        .await
    }

    async fn triage_dispute(
        &self,
        request: Request<pb::TriageDisputeRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let given = wire::triage(&message)?;
            let kind = "billing.adjustments.v1.dispute.triaged";
            let change = Change::new(&message.name, &message.etag, &message.request_id, kind);
            self.change_dispute(&call, &message, change, async |connection, dispute| {
                in_directory(connection, "owner", &given.owner).await?;
                triage(dispute, given, (&act(&call), &Holidays::default())).or_refuse()
            })
            .await
        })
        .await
    }

    async fn assign_dispute(
        &self,
        request: Request<pb::AssignDisputeRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let Some(owner) = text::account(&mut v, "owner", &message.owner) else {
                return Err(v.refusal().into());
            };
            let kind = "billing.adjustments.v1.dispute.assigned";
            let change = Change::new(&message.name, &message.etag, &message.request_id, kind);
            self.change_dispute(&call, &message, change, async |connection, dispute| {
                in_directory(connection, "owner", &owner).await?;
                assign(dispute, &owner).or_refuse()
            })
            .await
        })
        .await
    }

    async fn change_disputed_amount(
        &self,
        request: Request<pb::ChangeDisputedAmountRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let Some(amount) = wire::amount(&mut v, "amount", message.amount.as_ref()) else {
                return Err(v.refusal().into());
            };
            let before = current(self, &call, dispute_id(&message.name)?).await?;
            let read = document(self, &call, (before.account, before.invoice), Vec::new()).await?;
            let kind = "billing.adjustments.v1.dispute.amount_changed";
            let change = Change::new(&message.name, &message.etag, &message.request_id, kind);
            self.change_dispute(&call, &message, change, async |connection, dispute| {
                let place = (dispute.account, dispute.invoice);
                let others =
                    store::disputed(connection, place, Some(dispute.id), dispute.amount.currency()).await?;
                change_amount(dispute, &read.with(others), amount).or_refuse()
            })
            .await
        })
        .await
    }

    async fn add_dispute_message(
        &self,
        request: Request<pb::AddDisputeMessageRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let Some(words) = text::required(&mut v, "text", &message.text, MESSAGE_MAX) else {
                return Err(v.refusal().into());
            };
            let kind = "billing.adjustments.v1.dispute.message_added";
            let change = Change::new(&message.name, "", &message.request_id, kind);
            self.change_dispute(&call, &message, change, async |connection, dispute| {
                let heard =
                    hear(dispute, message.from_customer, (call.at, &Holidays::default())).or_refuse()?;
                let about = (dispute.account, dispute.id.uuid());
                let said = (message.from_customer, words.as_str());
                correspondence::insert(connection, about, said, &act(&call)).await?;
                Ok(heard)
            })
            .await
        })
        .await
    }

    async fn await_customer(
        &self,
        request: Request<pb::AwaitCustomerRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let Some(question) = text::required(&mut v, "question", &message.question, MESSAGE_MAX) else {
                return Err(v.refusal().into());
            };
            let kind = "billing.adjustments.v1.dispute.customer_asked";
            let change = Change::new(&message.name, &message.etag, &message.request_id, kind);
            self.change_dispute(&call, &message, change, async |connection, dispute| {
                let asked = await_customer(dispute, call.at).or_refuse()?;
                let about = (dispute.account, dispute.id.uuid());
                correspondence::insert(connection, about, (false, &question), &act(&call)).await?;
                Ok(asked)
            })
            .await
        })
        .await
    }

    async fn investigate_dispute(
        &self,
        request: Request<pb::InvestigateDisputeRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let kind = "billing.adjustments.v1.dispute.investigated";
            let change = Change::new(&message.name, &message.etag, &message.request_id, kind);
            self.change_dispute(&call, &message, change, async |_, dispute| {
                investigate(dispute, call.at, &Holidays::default()).or_refuse()
            })
            .await
        })
        .await
    }

    async fn propose_resolution(
        &self,
        request: Request<pb::ProposeResolutionRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let proposal = wire::proposal(message.proposal.as_ref())?;
            let kind = "billing.adjustments.v1.dispute.proposed";
            let change = Change::new(&message.name, &message.etag, &message.request_id, kind);
            self.change_dispute(&call, &message, change, async |_, dispute| {
                propose(dispute, proposal).or_refuse()
            })
            .await
        })
        .await
    }

    async fn resolve_dispute(
        &self,
        request: Request<pb::ResolveDisputeRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let (outcome, settled_by, cause, words) = wire::resolution(&message)?;
            let before = current(self, &call, dispute_id(&message.name)?).await?;
            let Notes { names, totals, parts } = notes(self, &call, &before, &settled_by).await?;
            let kind = "billing.adjustments.v1.dispute.resolved";
            let change = Change::new(&message.name, &message.etag, &message.request_id, kind);
            self.change_dispute(&call, &message, change, async |connection, dispute| {
                let named = names.iter().zip(&totals);
                let notes = named.map(|(name, (_, total))| Note { name: name.clone(), total: *total });
                let settlement = Settlement { outcome, notes: notes.collect(), cause, words };
                let resolved = resolve(dispute, settlement, act(&call)).or_refuse()?;
                store::insert_settlements(connection, dispute, &totals, call.at).await?;
                let subject = (dispute.account, dispute.id.uuid());
                if parts.is_empty() {
                    cause_product::record_nothing(connection, subject).await?;
                } else {
                    cause_product::record(connection, subject, &parts).await?;
                }
                Ok(resolved)
            })
            .await
        })
        .await
    }

    async fn close_dispute(
        &self,
        request: Request<pb::CloseDisputeRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let kind = "billing.adjustments.v1.dispute.closed";
            let change = Change::new(&message.name, &message.etag, &message.request_id, kind);
            self.change_dispute(&call, &message, change, async |_, dispute| {
                close(dispute, act(&call)).or_refuse()
            })
            .await
        })
        .await
    }

    async fn reopen_dispute(
        &self,
        request: Request<pb::ReopenDisputeRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let amount = wire::amount(&mut v, "amount", message.amount.as_ref());
            let words = text::required(&mut v, "text", &message.text, MESSAGE_MAX);
            let (Some(amount), Some(words)) = (amount, words) else { return Err(v.refusal().into()) };
            let before = current(self, &call, dispute_id(&message.name)?).await?;
            let read = document(self, &call, (before.account, before.invoice), Vec::new()).await?;
            let kind = "billing.adjustments.v1.dispute.reopened";
            let change = Change::new(&message.name, &message.etag, &message.request_id, kind);
            self.change_dispute(&call, &message, change, async |connection, dispute| {
                let place = (dispute.account, dispute.invoice);
                let others =
                    store::disputed(connection, place, Some(dispute.id), dispute.amount.currency()).await?;
                let by = act(&call);
                let again = reopen(dispute, &read.with(others), amount, (&by, &Holidays::default()));
                let again = again.or_refuse()?;
                let about = (dispute.account, dispute.id.uuid());
                correspondence::insert(connection, about, (true, &words), &by).await?;
                Ok(again)
            })
            .await
        })
        .await
    }

    async fn get_dispute(
        &self,
        request: Request<pb::GetDisputeRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let named = dispute_id(&request.get_ref().name)?;
            let mut connection = self.pool.acquire().await?;
            let kept = store::get(&mut connection, named, call.scope.json().as_ref()).await?;
            Ok(shown(&kept))
        })
        .await
    }

    async fn list_disputes(
        &self,
        request: Request<pb::ListDisputesRequest>,
    ) -> Result<Response<pb::ListDisputesResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListDisputesRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let account = match message.parent.as_str() {
                "accounts/-" => Some(None),
                parent => name::account(&mut v, "parent", parent).map(Some),
            };
            let state: Option<pb::DisputeState> = text::optional_choice(&mut v, "state", message.state);
            let invoice = match message.invoice.as_str() {
                "" => Some(None),
                invoice => name::invoice(&mut v, "invoice", invoice).map(|(_, invoice)| Some(invoice)),
            };
            let (Some(account), Some(state), Some(invoice)) = (account, state, invoice) else {
                return Err(v.refusal().into());
            };
            let scope = call.scope.json();
            let which = Which {
                account,
                id: None,
                state: wire::state_name(state),
                owner: Some(message.owner.as_str()).filter(|owner| !owner.is_empty()),
                invoice,
                before: page.after,
                scope: scope.as_ref(),
                limit: Some(page.fetch()),
            };
            let mut connection = self.pool.acquire().await?;
            let loaded = store::load(&mut connection, which).await?;
            let (kept, next_page_token) = page.cut(loaded, |kept| kept.dispute.id.uuid())?;
            Ok(pb::ListDisputesResponse { disputes: kept.iter().map(shown).collect(), next_page_token })
        })
        .await
    }

    async fn list_dispute_messages(
        &self,
        request: Request<pb::ListDisputeMessagesRequest>,
    ) -> Result<Response<pb::ListDisputeMessagesResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListDisputeMessagesRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<i32> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let Some(named) = name::dispute(&mut v, "parent", &message.parent) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            // Whoever may see the dispute may read what was written.
            store::get(&mut connection, named, call.scope.json().as_ref()).await?;
            let loaded =
                correspondence::page(&mut connection, (named.0, named.1.uuid()), (page.after, page.fetch()))
                    .await?;
            let (messages, next_page_token) = page.cut(loaded, |message| message.ordinal)?;
            let messages = messages.iter().map(|each| written(&message.parent, each)).collect();
            Ok(pb::ListDisputeMessagesResponse { messages, next_page_token })
        })
        .await
    }
}
