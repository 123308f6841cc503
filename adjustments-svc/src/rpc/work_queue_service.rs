//! WorkQueueService.

use std::collections::BTreeSet;

use adjustments_domain::{
    approval::{Facts, Standing, standing},
    customer_case, dispute,
};
use billing_proto::billing::adjustments::v1::{self as pb, work_queue_service_server::WorkQueueService};
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse, answer},
    page::Page,
};
use jiff::Timestamp;
use refusal::{Class, Refusal, Violations};
use sqlx::PgConnection;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Rpc, case_service, dispute_change::Change, in_directory, roles};
use crate::{
    report::work_items::{self, Item, Which},
    store::{approval, delegation, person},
    wire::{name, text, work_item as wire},
};

/// How many items are looked at at once for those that wait for the caller.
const LOOK_AT: i64 = 200;

/// After which item a page begins: since when it waits, in microseconds, and its id.
type Key = (i64, Uuid);

#[tonic::async_trait]
impl WorkQueueService for Rpc {
    async fn list_work_items(
        &self,
        request: Request<pb::ListWorkItemsRequest>,
    ) -> Result<Response<pb::ListWorkItemsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListWorkItemsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Key> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let asked = wire::asked(&message, call.at)?;
            let mut connection = self.pool.acquire().await?;
            let accounts = accounts(&mut connection, &call).await?;
            let scope = call.scope.json();
            let after = page.after.map(|(since, id)| {
                let since = Timestamp::from_microsecond(since).map_err(anyhow::Error::from)?;
                Ok::<_, Failure>((since, id))
            });
            let which = Which {
                accounts: &accounts,
                kinds: asked.kinds.as_deref(),
                owner: given(&message.owner),
                unassigned: message.unassigned,
                territory: given(&message.territory),
                since: asked.since,
                due: asked.due,
                after: after.transpose()?,
                scope: scope.as_ref(),
                limit: LOOK_AT,
            };
            let waiting = waiting(&mut connection, &call, which, page.fetch()).await?;
            let (items, next_page_token) =
                page.cut(waiting, |item| (item.since.as_microsecond(), item.id))?;
            let work_items = items.into_iter().map(|item| item.message).collect();
            Ok(pb::ListWorkItemsResponse { work_items, next_page_token })
        })
        .await
    }

    async fn assign_work_item(
        &self,
        request: Request<pb::AssignWorkItemRequest>,
    ) -> Result<Response<pb::WorkItem>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let Some(owner) = text::account(&mut v, "owner", &message.owner) else {
                return Err(v.refusal().into());
            };
            let change = |kind| Change::new(&message.name, "", &message.request_id, kind);
            let mut of = Violations::new();
            if name::dispute(&mut of, "name", &message.name).is_some() {
                let change = change("billing.adjustments.v1.dispute.assigned");
                let assign = async |connection: &mut PgConnection, found: &dispute::Dispute| {
                    in_directory(connection, "owner", &owner).await?;
                    dispute::assign(found, &owner).or_refuse()
                };
                let assigned = self.change_dispute(&call, &message, change, assign).await?;
                return Ok(wire::of_dispute(assigned));
            }
            if name::case(&mut of, "name", &message.name).is_some() {
                let change = change(case_service::ASSIGNED);
                let assign = async |connection: &mut PgConnection, found: &customer_case::Case| {
                    in_directory(connection, "owner", &owner).await?;
                    customer_case::assign(found, &owner).or_refuse()
                };
                return Ok(wire::of_case(self.change_case(&call, &message, change, assign).await?));
            }
            Err(not_assigned(&message.name).into())
        })
        .await
    }
}

fn not_assigned(name: &str) -> Refusal {
    let message = format!(
        "{name} is neither a dispute nor a case, which are given to somebody; an approval is lent by a delegation, an adjustment or a refund is its maker's, and an improvement gets its owner by an update"
    );
    Refusal::new(Class::Malformed, "NOT_ASSIGNABLE", message)
}

fn given(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// All accounts of who calls.
async fn accounts(connection: &mut PgConnection, call: &Call) -> Result<Vec<String>, Failure> {
    let directory = person::directory(connection).await?;
    let caller = &call.caller.person;
    let known = directory.entries.keys().filter(|account| directory.same(account, caller)).cloned();
    Ok(known.chain([caller.clone()]).collect::<BTreeSet<_>>().into_iter().collect())
}

/// At most so many of the items; of requests for approval those that the caller may decide.
async fn waiting(
    connection: &mut PgConnection,
    call: &Call,
    mut which: Which<'_>,
    most: i64,
) -> Result<Vec<Item>, Failure> {
    let most = usize::try_from(most).map_err(anyhow::Error::from)?;
    let mut found = Vec::new();
    loop {
        let looked_at = work_items::load(connection, which).await?;
        which.after = looked_at.last().map(|last| (last.since, last.id));
        let open = decidable(connection, call, &looked_at).await?;
        let is_asked =
            |item: &Item| item.message.kind() != pb::WorkItemKind::Approval || open.contains(&item.id);
        found.extend(looked_at.into_iter().filter(is_asked));
        if which.after.is_none() || found.len() >= most {
            found.truncate(most);
            return Ok(found);
        }
    }
}

/// Those of the requests among the items that the caller may decide.
async fn decidable(
    connection: &mut PgConnection,
    call: &Call,
    items: &[Item],
) -> Result<BTreeSet<Uuid>, Failure> {
    let requests = items.iter().filter(|item| item.message.kind() == pb::WorkItemKind::Approval);
    let ids: Vec<Uuid> = requests.map(|item| item.id).collect();
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let directory = person::directory(connection).await?;
    let delegations = delegation::in_force(connection, call.at).await?;
    let facts = Facts { directory: &directory, delegations: &delegations };
    let among = approval::Which { among: Some(&ids), ..approval::Which::default() };
    let requests = approval::load(connection, among).await?;
    let may = requests.iter().filter(|asked| {
        let theirs = roles(call, asked.subject.entity, asked.subject.account);
        matches!(standing(asked, &call.caller.person, &theirs, facts), Standing::May(_))
    });
    Ok(may.map(|asked| asked.id.uuid()).collect())
}
