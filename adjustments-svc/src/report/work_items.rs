//! All that waits for somebody, in one list.

use anyhow::{Context, anyhow};
use billing_proto::billing::adjustments::v1 as pb;
use chassis::failure::Failure;
use ids::{AccountId, AdjustmentId, ApprovalId, CaseId, DisputeId, EntityId, ImprovementId, RefundRequestId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    store::written::money,
    wire::{money as wire_money, name, time},
};

/// Which of it.
#[derive(Clone, Copy, Debug)]
pub struct Which<'a> {
    /// The accounts of who asks.
    pub accounts: &'a [String],
    pub kinds: Option<&'a [String]>,
    pub owner: Option<&'a str>,
    pub unassigned: bool,
    pub territory: Option<&'a str>,
    /// Waiting since then or longer.
    pub since: Option<Timestamp>,
    /// Due then or before.
    pub due: Option<Timestamp>,
    /// Only what comes after this.
    pub after: Option<(Timestamp, Uuid)>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    pub limit: i64,
}

/// Something that waits.
#[derive(Clone, Debug)]
pub struct Item {
    pub id: Uuid,
    pub since: Timestamp,
    pub message: pb::WorkItem,
}

/// What waits, the oldest first.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<Item>, Failure> {
    let rows = sqlx::query_file!(
        "src/report/sql/work_items.sql",
        which.accounts,
        which.kinds,
        which.owner,
        which.unassigned,
        which.territory,
        which.since.map(ToSqlx::to_sqlx) as _,
        which.due.map(ToSqlx::to_sqlx) as _,
        which.after.map(|(since, _)| since.to_sqlx()) as _,
        which.after.map(|(_, id)| id),
        which.scope,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    let item = rows.into_iter().map(|row| {
        let account = row.account_id.map(AccountId::from_uuid);
        let (name, kind) = named(&row.kind, account, row.id)?;
        let amount = row.currency.as_deref().zip(row.amount);
        let amount = amount.map(|(currency, amount)| money(currency, amount)).transpose()?;
        let message = pb::WorkItem {
            name,
            kind: kind.into(),
            state: row.state,
            summary: row.summary,
            account: account.map_or_else(String::new, |account| format!("accounts/{account}")),
            billing_entity: row.entity_id.map_or_else(String::new, |entity| {
                format!("billingEntities/{}", EntityId::from_uuid(entity))
            }),
            territory: row.territory,
            amount: amount.map(wire_money::message),
            owner: row.owner.unwrap_or_default(),
            create_time: Some(time::message(row.since.to_jiff())),
            due_time: row.due_at.map(|due| time::message(due.to_jiff())),
            escalated: row.escalated,
            waits_for_customer: row.waits_for_customer,
        };
        Ok(Item { id: row.id, since: row.since.to_jiff(), message })
    });
    item.collect()
}

fn named(kind: &str, account: Option<AccountId>, id: Uuid) -> Result<(String, pb::WorkItemKind), Failure> {
    let of = || account.context("what waits of an account names it");
    Ok(match kind {
        "APPROVAL" => (name::approval_name(ApprovalId::from_uuid(id)), pb::WorkItemKind::Approval),
        "ADJUSTMENT" => {
            (name::adjustment_name(of()?, AdjustmentId::from_uuid(id)), pb::WorkItemKind::Adjustment)
        }
        "DISPUTE" => (name::dispute_name((of()?, DisputeId::from_uuid(id))), pb::WorkItemKind::Dispute),
        "IMPROVEMENT" => {
            (name::improvement_name(ImprovementId::from_uuid(id)), pb::WorkItemKind::Improvement)
        }
        "REFUND_REQUEST" => (
            name::refund_request_name((of()?, RefundRequestId::from_uuid(id))),
            pb::WorkItemKind::RefundRequest,
        ),
        "CASE" => (name::case_name((of()?, CaseId::from_uuid(id))), pb::WorkItemKind::Case),
        other => return Err(anyhow!("the database holds the kind of work {other:?}").into()),
    })
}
