//! DelegationService.

use adjustments_domain::{
    act::Act,
    approval::{Delegation, DelegationRefusal, accept, propose, revoke},
};
use billing_proto::billing::{
    access::v1::PrincipalKind,
    adjustments::v1::{self as pb, delegation_service_server::DelegationService},
};
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse, answer},
    page::Page,
};
use ids::DelegationId;
use outbox::{Begun, Once, Voice, say};
use prost::Message;
use refusal::Violations;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Rpc, act, in_directory, roles};
use crate::{
    store::{
        delegation::{self as store, Which},
        person,
    },
    wire::{delegation as wire, fact, name},
};

#[tonic::async_trait]
impl DelegationService for Rpc {
    async fn create_delegation(
        &self,
        request: Request<pb::CreateDelegationRequest>,
    ) -> Result<Response<pb::Delegation>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let id = DelegationId::from_uuid(Uuid::now_v7());
            let offered = wire::parse(id, message.delegation.as_ref(), act(&call))?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            in_directory(&mut transaction, "delegation.delegate", &offered.to).await?;
            store::lock(&mut transaction).await?;
            let open = Which { open_at: Some(call.at), ..Which::default() };
            let others = store::load(&mut transaction, open).await?;
            let directory = person::directory(&mut transaction).await?;
            // A platform's roles are not its own to lend.
            let own = if is_person(&call) { roles(&call, None, None) } else { Vec::new() };
            let delegation = propose(offered, &own, &others, &directory).or_refuse()?;
            store::insert(&mut transaction, &delegation).await?;
            let answer = wire::message(&delegation);
            let said = fact::delegation("billing.adjustments.v1.delegation.proposed", &answer);
            say(&mut transaction, &Voice::of(&call), vec![said]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn list_delegations(
        &self,
        request: Request<pb::ListDelegationsRequest>,
    ) -> Result<Response<pb::ListDelegationsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments = pb::ListDelegationsRequest { page_size: 0, page_token: String::new() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let audits = call
                .caller
                .grants
                .iter()
                .any(|grant| grant.role == billing_proto::billing::access::v1::Role::Auditor);
            let of = (!audits).then_some(call.caller.person.as_str());
            let which = Which { of, before: page.after, limit: Some(page.fetch()), ..Which::default() };
            let mut connection = self.pool.acquire().await?;
            let loaded = store::load(&mut connection, which).await?;
            let (listed, next_page_token) = page.cut(loaded, |delegation| delegation.id.uuid())?;
            let delegations = listed.iter().map(wire::message).collect();
            Ok(pb::ListDelegationsResponse { delegations, next_page_token })
        })
        .await
    }

    async fn accept_delegation(
        &self,
        request: Request<pb::AcceptDelegationRequest>,
    ) -> Result<Response<pb::Delegation>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let kind = "billing.adjustments.v1.delegation.accepted";
            let is_person = is_person(&call);
            self.settle(&call, &message, (&message.name, &message.request_id, kind), |delegation, act| {
                accept(delegation, act, is_person)
            })
            .await
        })
        .await
    }

    async fn revoke_delegation(
        &self,
        request: Request<pb::RevokeDelegationRequest>,
    ) -> Result<Response<pb::Delegation>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let kind = "billing.adjustments.v1.delegation.revoked";
            self.settle(&call, &message, (&message.name, &message.request_id, kind), revoke).await
        })
        .await
    }
}

impl Rpc {
    async fn settle(
        &self,
        call: &Call,
        message: &impl Message,
        (name, request_id, kind): (&str, &str, &'static str),
        decide: impl FnOnce(&Delegation, Act) -> Result<Delegation, DelegationRefusal>,
    ) -> Result<pb::Delegation, Failure> {
        let mut v = Violations::new();
        let Some(id) = name::delegation(&mut v, "name", name) else { return Err(v.refusal().into()) };
        let mut transaction = self.pool.begin().await?;
        let once = match Once::begin(&mut transaction, call, request_id, message).await? {
            Begun::Answered(before) => return Ok(before),
            Begun::Fresh(once) => once,
        };
        store::lock(&mut transaction).await?;
        let delegation = store::get(&mut transaction, id).await?;
        let settled = decide(&delegation, act(call)).or_refuse()?;
        let settled = store::record_settled(&mut transaction, settled).await?;
        let answer = wire::message(&settled);
        say(&mut transaction, &Voice::of(call), vec![fact::delegation(kind, &answer)]).await?;
        once.answer(&mut transaction, &answer).await?;
        transaction.commit().await?;
        Ok(answer)
    }
}

fn is_person(call: &Call) -> bool {
    call.caller.kind == PrincipalKind::Person
}
