//! MakegoodService.

use anyhow::Context;
use billing_proto::billing::invoicing::v1::{self as pb, makegood_service_server::MakegoodService};
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse, answer},
    page::Page,
};
use ids::{AccountId, EntityId, ObligationId, OrderId};
use invoicing_domain::{
    makegood::{Obligation, owed, release},
    resource::ResourceRefusal,
};
use outbox::{Begun, Once, Voice, say};
use refusal::{Refusal, Violations};
use sqlx::PgConnection;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Rpc, billing_run_service::act, issue_note::draft_again, owe_makegoods, release_makegoods};
use crate::{
    store::{
        self,
        makegood::{Decision, Order, Place, Spot, Which},
    },
    wire::{
        fact, makegood as wire, name,
        receivable::amount,
        text::{Text, text},
    },
};

/// How many orders are looked at together.
const ORDERS: i64 = 100;

/// The place of an obligation in a list.
type ObligationPlace = (Uuid, Uuid, Uuid);

/// An obligation by its name.
type Named = (AccountId, OrderId, ObligationId);

#[tonic::async_trait]
impl MakegoodService for Rpc {
    async fn get_makegood_obligation(
        &self,
        request: Request<pb::GetMakegoodObligationRequest>,
    ) -> Result<Response<pb::MakegoodObligation>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let mut v = Violations::new();
            let Some(named) = name::obligation(&mut v, "name", &request.get_ref().name) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            let order = order(&mut connection, &call, (named.0, named.1)).await?;
            let owed = owed(order.spots.iter().map(Spot::known));
            told(&order, find(&owed.obligations, named)?)
        })
        .await
    }

    async fn list_makegood_obligations(
        &self,
        request: Request<pb::ListMakegoodObligationsRequest>,
    ) -> Result<Response<pb::ListMakegoodObligationsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments = pb::ListMakegoodObligationsRequest {
                page_size: 0,
                page_token: String::new(),
                ..message.clone()
            };
            let page: Page<ObligationPlace> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let parent = name::order_or_all(&mut v, "parent", &message.parent);
            let state = wire::state(&mut v, message.state);
            let (Some((account, order)), Some(state)) = (parent, state) else {
                return Err(v.refusal().into());
            };
            let is_asked = |order: &Order, obligation: &Obligation<'_>| {
                let line = obligation.spot().map_or("", |spot| spot.line_number);
                state.is_none_or(|state| obligation.state(order.today) == state)
                    && (message.order_line.is_empty() || line == message.order_line)
            };
            let mut connection = self.pool.acquire().await?;
            let wanted = usize::try_from(page.fetch()).context("a page of less than nothing")?;
            let which = (account, order, page.after);
            let found = obligations(&mut connection, &call, which, (wanted, is_asked)).await?;
            let (found, next_page_token) = page.cut(found, |(place, _)| *place)?;
            let makegood_obligations = found.into_iter().map(|(_, message)| message).collect();
            Ok(pb::ListMakegoodObligationsResponse { makegood_obligations, next_page_token })
        })
        .await
    }

    async fn get_makegood_balance(
        &self,
        request: Request<pb::GetMakegoodBalanceRequest>,
    ) -> Result<Response<pb::MakegoodBalance>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let mut v = Violations::new();
            let Some(named) = name::makegood_balance(&mut v, "name", &request.get_ref().name) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            let order = order(&mut connection, &call, named).await?;
            let balance = wire::balance(&order, &owed(order.spots.iter().map(Spot::known)));
            Ok::<_, Failure>(balance.context("an obligation too large to be told")?)
        })
        .await
    }

    async fn preview_makegoods(
        &self,
        request: Request<pb::PreviewMakegoodsRequest>,
    ) -> Result<Response<pb::MakegoodPreview>, Status> {
        answer(owe_makegoods::preview(self, request)).await
    }

    async fn owe_makegoods(
        &self,
        request: Request<pb::OweMakegoodsRequest>,
    ) -> Result<Response<pb::OweMakegoodsResponse>, Status> {
        answer(owe_makegoods::owe(self, request)).await
    }

    async fn preview_makegood_release(
        &self,
        request: Request<pb::PreviewMakegoodReleaseRequest>,
    ) -> Result<Response<pb::MakegoodPreview>, Status> {
        answer(release_makegoods::preview(self, request)).await
    }

    async fn release_makegoods(
        &self,
        request: Request<pb::ReleaseMakegoodsRequest>,
    ) -> Result<Response<pb::ReleaseMakegoodsResponse>, Status> {
        answer(release_makegoods::release(self, request)).await
    }

    async fn release_makegood_obligation(
        &self,
        request: Request<pb::ReleaseMakegoodObligationRequest>,
    ) -> Result<Response<pb::MakegoodObligation>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let is_approved = self.is_approved_change(&call, &message.name)?;
            let mut v = Violations::new();
            let named = name::obligation(&mut v, "name", &message.name);
            let reason = text(&mut v, "reason", &message.reason, Text::Required(1_000));
            let (Some(named), Some(reason)) = (named, reason) else {
                return Err(v.refusal().into());
            };
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            store::account::lock(&mut transaction, named.0).await?;
            let approval = is_approved.then(|| message.request_id.clone());
            let asked = Decision { reason, approval, act: act(&call) };
            let entity = self.let_go(&mut transaction, &call, (named, &message), &asked).await?;
            let order = order(&mut transaction, &call, (named.0, named.1)).await?;
            let owed = owed(order.spots.iter().map(Spot::known));
            let answer = told(&order, find(&owed.obligations, named)?)?;
            let released = fact::released(entity, named.0, &answer);
            say(&mut transaction, &Voice::of(&call), vec![released]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }
}

impl Rpc {
    /// Releases what is left, and has the drafts that go by it made again. Answers the order's entity.
    async fn let_go(
        &self,
        connection: &mut PgConnection,
        call: &Call,
        (named, message): (Named, &pb::ReleaseMakegoodObligationRequest),
        asked: &Decision,
    ) -> Result<EntityId, Failure> {
        let mut v = Violations::new();
        let Some(said) = amount(&mut v, "left", message.left.as_ref()) else {
            return Err(v.refusal().into());
        };
        let order = order(connection, call, (named.0, named.1)).await?;
        let owed = owed(order.spots.iter().map(Spot::known));
        let obligation = find(&owed.obligations, named)?;
        let left = wire::left(&order, obligation).context("an obligation too large to be told")?;
        release(obligation, (left, said), order.today).or_refuse()?;
        let spot = obligation.spot().context("nothing is left of what nobody knows")?.id;
        let left = obligation.sums().left;
        store::makegood::release(connection, &order, (spot, left), asked).await?;
        let lines = store::makegood::lines_of(connection, order.account, &[order.order]).await?;
        draft_again(connection, call, (order.account, &lines), &self.tax_engines).await?;
        Ok(order.entity)
    }
}

/// The order with its spots, or that it does not exist for this caller.
async fn order(
    connection: &mut PgConnection,
    call: &Call,
    (account, order): (AccountId, OrderId),
) -> Result<Order, Failure> {
    let (orders, scope) = ([order.uuid()], call.scope.json());
    let which = Which {
        account: Some(account),
        orders: &orders,
        scope: scope.as_ref(),
        limit: 1,
        ..Which::default()
    };
    let found = store::makegood::orders(connection, which, call.at).await?.pop();
    Ok(found.ok_or_else(|| missing(name::order_name(account, order)))?)
}

/// Obligations in the order of their places, as many as are wanted of those that are asked for.
async fn obligations(
    connection: &mut PgConnection,
    call: &Call,
    (account, order, after): (Option<AccountId>, Option<OrderId>, Option<ObligationPlace>),
    (wanted, is_asked): (usize, impl Fn(&Order, &Obligation<'_>) -> bool),
) -> Result<Vec<(ObligationPlace, pb::MakegoodObligation)>, Failure> {
    let orders: Vec<Uuid> = order.iter().map(|order| order.uuid()).collect();
    let scope = call.scope.json();
    let mut from: Option<Place> = after.map(|(account, order, _)| (account, order));
    let (mut found, mut last) = (Vec::new(), None);
    loop {
        let which = Which { account, orders: &orders, from, scope: scope.as_ref(), limit: ORDERS };
        let loaded = store::makegood::orders(connection, which, call.at).await?;
        let is_last = i64::try_from(loaded.len()).context("more orders than there are numbers")? < ORDERS;
        for order in &loaded {
            let place = (order.account.uuid(), order.order.uuid());
            // Each portion begins with the order with which the one before it ended.
            if last == Some(place) {
                continue;
            }
            last = Some(place);
            let owed = owed(order.spots.iter().map(Spot::known));
            let seen = after.filter(|(account, order, _)| (*account, *order) == place);
            let seen = seen.and_then(|(_, _, seen)| {
                owed.obligations.iter().position(|obligation| obligation.id().uuid() == seen)
            });
            let rest = owed.obligations.iter().skip(seen.map_or(0, |seen| seen + 1));
            for obligation in rest.filter(|obligation| is_asked(order, obligation)) {
                found.push(((place.0, place.1, obligation.id().uuid()), told(order, obligation)?));
            }
        }
        if is_last || found.len() >= wanted {
            found.truncate(wanted);
            return Ok(found);
        }
        from = last;
    }
}

fn find<'o, 'a>(obligations: &'o [Obligation<'a>], named: Named) -> Result<&'o Obligation<'a>, Failure> {
    let (account, order, id) = named;
    let found = obligations.iter().find(|obligation| obligation.id() == id);
    Ok(found.ok_or_else(|| missing(name::obligation_name(account, order, id)))?)
}

fn missing(name: String) -> Refusal {
    ResourceRefusal::NotFound { name }.into()
}

fn told(order: &Order, obligation: &Obligation<'_>) -> Result<pb::MakegoodObligation, Failure> {
    Ok(wire::message(order, obligation).context("an obligation too large to be told")?)
}
