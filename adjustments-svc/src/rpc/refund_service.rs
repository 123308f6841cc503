//! RefundService.

use adjustments_domain::{
    approval::{Circumstances, Involved, Part, withdraw},
    policy::in_functional,
    refund::{CHANGED_LATELY, Wanted, check, submit, withdrawable},
    subject::{Subject, SubjectKind},
};
use anyhow::Context;
use billing_proto::billing::adjustments::v1::{self as pb, refund_service_server::RefundService};
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse, answer},
    page::Page,
};
use ids::RefundRequestId;
use money::Rate;
use outbox::{Begun, Once, Voice, say};
use refusal::Violations;
use sqlx::PgConnection;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    Rpc, act,
    approval_service::change,
    ask::{self, Asker, Asking},
    rate_of,
};
use crate::{
    store::refund::{self as store, Named, Which},
    wire::{
        case::Case,
        document::{self, Entity},
        fact, name,
        refund::{self as wire, Asked},
        text,
    },
};

#[tonic::async_trait]
impl RefundService for Rpc {
    async fn request_refund(
        &self,
        request: Request<pb::RequestRefundRequest>,
    ) -> Result<Response<pb::RefundRequest>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let asked = parse(&message)?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            // First the account: who asks for more of it waits here, and sees this one.
            store::lock_accounts(&mut transaction, &[asked.account]).await?;
            let (wanted, entity) = refundable(self, &mut transaction, (&call, asked)).await?;
            let rate = rate_of(&call, &message.rate, (entity.id, wanted.account))?;
            let id = RefundRequestId::from_uuid(Uuid::now_v7());
            let involved = involved(&mut transaction, &call, &wanted).await?;
            let asking = asking((id, &wanted), &entity, rate, involved)?;
            let request = ask::ask(&mut transaction, &self.policies, &Asker::of(&call), asking).await?;
            let refund = submit(id, wanted, act(&call), (request.id, &request.state));
            store::insert(&mut transaction, &refund).await?;
            say(&mut transaction, &Voice::of(&call), vec![fact::refund(&refund)]).await?;
            let answer = wire::message(&refund, "");
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            self.bell.ring();
            Ok(answer)
        })
        .await
    }

    async fn get_refund_request(
        &self,
        request: Request<pb::GetRefundRequestRequest>,
    ) -> Result<Response<pb::RefundRequest>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let named = refund_request(&request.get_ref().name)?;
            let mut connection = self.pool.acquire().await?;
            let kept = store::get(&mut connection, named, call.scope.json().as_ref()).await?;
            Ok(wire::message(&kept.refund, &kept.delay))
        })
        .await
    }

    async fn list_refund_requests(
        &self,
        request: Request<pb::ListRefundRequestsRequest>,
    ) -> Result<Response<pb::ListRefundRequestsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListRefundRequestsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let account = match message.parent.as_str() {
                "accounts/-" => Some(None),
                parent => name::account(&mut v, "parent", parent).map(Some),
            };
            let state: Option<pb::RefundRequestState> = text::optional_choice(&mut v, "state", message.state);
            let (Some(account), Some(state)) = (account, state) else { return Err(v.refusal().into()) };
            let scope = call.scope.json();
            let which = Which {
                account,
                state: wire::state_name(state),
                before: page.after,
                scope: scope.as_ref(),
                limit: Some(page.fetch()),
                ..Which::default()
            };
            let mut connection = self.pool.acquire().await?;
            let loaded = store::load(&mut connection, which).await?;
            let (kept, next_page_token) = page.cut(loaded, |kept| kept.refund.id.uuid())?;
            let refund_requests = kept.iter().map(|kept| wire::message(&kept.refund, &kept.delay)).collect();
            Ok(pb::ListRefundRequestsResponse { refund_requests, next_page_token })
        })
        .await
    }

    async fn withdraw_refund_request(
        &self,
        request: Request<pb::WithdrawRefundRequestRequest>,
    ) -> Result<Response<pb::RefundRequest>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let named = refund_request(&message.name)?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let scope = call.scope.json();
            let refund = store::get(&mut transaction, named, scope.as_ref()).await?.refund;
            withdrawable(&refund).or_refuse()?;
            let by = act(&call);
            // The refund follows its request.
            change(&mut transaction, &call, refund.approval, async |_, asked, facts| {
                withdraw(asked, by, facts).or_refuse()
            })
            .await?;
            let kept = store::get(&mut transaction, named, scope.as_ref()).await?;
            let answer = wire::message(&kept.refund, &kept.delay);
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }
}

fn parse(message: &pb::RequestRefundRequest) -> Result<Asked, Failure> {
    let mut v = Violations::new();
    let account = name::account(&mut v, "parent", &message.parent);
    let Some(account) = account else { return Err(v.refusal().into()) };
    Ok(wire::parse(account, message.refund_request.as_ref())?)
}

/// What is to be given back, and by whom, if there is so much of it.
async fn refundable(
    rpc: &Rpc,
    connection: &mut PgConnection,
    (call, asked): (&Call, Asked),
) -> Result<(Wanted, Entity), Failure> {
    // Before invoicing is asked: what is given back in between counts twice, and never not at all.
    let pending = store::pending(connection, asked.account).await?;
    let place = (name::account_name(asked.account), wire::source_name(asked.account, asked.source));
    let refundable = rpc.invoicing.refundable(&call.caller, place).await?;
    let credit = wire::credit(&refundable, asked.amount)??;
    let entity = document::entity(&rpc.invoicing.entity(&refundable.billing_entity).await?)?;
    let wanted = asked.of(entity.id);
    check(&wanted, credit, &pending).or_refuse()?;
    Ok((wanted, entity))
}

/// Who asks for it, and who has lately changed the account that the money goes to.
async fn involved(
    connection: &mut PgConnection,
    call: &Call,
    wanted: &Wanted,
) -> Result<Vec<Involved>, Failure> {
    let lately = call.at.checked_sub(CHANGED_LATELY).context("there is no calendar so long ago")?;
    let editors = store::changed_by(connection, wanted.account, lately).await?;
    let editors = editors.into_iter().map(|account| Involved { account, part: Part::AccountEditor });
    let maker = Involved { account: call.caller.person.clone(), part: Part::Maker };
    Ok([maker].into_iter().chain(editors).collect())
}

/// What is asked to be approved, measured in the currency of the books.
fn asking(
    (id, wanted): (RefundRequestId, &Wanted),
    entity: &Entity,
    rate: Option<Rate>,
    involved: Vec<Involved>,
) -> Result<Asking, Failure> {
    let amount = in_functional(wanted.amount, entity.functional, rate).or_refuse()?;
    let (kind, account, of) = (SubjectKind::Refund, Some(wanted.account), Some(entity.id));
    let circumstances = Circumstances { entity: entity.code.clone(), share: 0, age_days: 0 };
    let said_rate = rate.filter(|_| wanted.amount.currency() != entity.functional);
    let case = Case {
        kind,
        cause: None,
        entity: of,
        account,
        amount: Some(amount),
        said_rate,
        lacks_rate: false,
        circumstances,
    };
    let subject = Subject {
        kind,
        name: name::refund_request_name((wanted.account, id)),
        entity: of,
        account,
        cause: None,
        digest: wanted.digest(),
        summary: format!(
            "{kind} of {} {}{} from {}: {}",
            wanted.amount.currency(),
            wanted.amount,
            case.at_rate(),
            wire::source_name(wanted.account, wanted.source),
            wanted.reason
        ),
    };
    Ok(Asking { subject, case, involved, replaces: None })
}

fn refund_request(name: &str) -> Result<Named, Failure> {
    let mut v = Violations::new();
    name::refund_request(&mut v, "name", name).ok_or_else(|| v.refusal().into())
}
