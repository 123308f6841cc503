//! Orders in review: to message, and what an adjustment says into the message of the order.

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use chassis::failure::Failure;
use ids::{AccountId, OrderId};
use invoicing_domain::order::{OrderReviewRefusal, ReviewState};
use jiff::Timestamp;
use prost::Message;
use serde_json::Value;

use super::{name, period::time_message};

/// A review as the database keeps it.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'a> {
    pub place: (AccountId, OrderId, i64),
    pub etag: &'a str,
    pub state: ReviewState,
    pub findings: &'a Value,
    /// The order: the message of the contract.
    pub content: &'a [u8],
    pub received_at: Timestamp,
    pub makers: &'a [String],
    pub decided: Option<&'a (String, Timestamp)>,
    pub note: &'a str,
}

/// The review as a message.
pub fn message(kept: Kept<'_>) -> Result<pb::OrderReview, Failure> {
    let (account, order, revision) = kept.place;
    let text = |finding: &Value, key: &str| {
        finding.get(key).and_then(Value::as_str).map_or_else(String::new, str::to_owned)
    };
    let finding = |finding| pb::OrderReviewFinding {
        reason: text(finding, "reason"),
        line: text(finding, "line"),
        message: text(finding, "message"),
    };
    Ok(pb::OrderReview {
        name: name::order_review_name(account, order, revision),
        etag: kept.etag.to_owned(),
        state: match kept.state {
            ReviewState::Waiting => pb::OrderReviewState::Waiting,
            ReviewState::Approved => pb::OrderReviewState::Approved,
            ReviewState::Rejected => pb::OrderReviewState::Rejected,
            ReviewState::Superseded => pb::OrderReviewState::Superseded,
        }
        .into(),
        findings: kept.findings.as_array().into_iter().flatten().map(finding).collect(),
        order: Some(order_of(kept.content)?),
        receive_time: Some(time_message(kept.received_at)),
        makers: kept.makers.to_vec(),
        decided_by: kept.decided.map_or_else(String::new, |(by, _)| by.clone()),
        decide_time: kept.decided.map(|(_, at)| time_message(*at)),
        note: kept.note.to_owned(),
    })
}

/// The order that was kept as it came.
pub fn order_of(content: &[u8]) -> Result<pb::Order, Failure> {
    Ok(pb::Order::decode(content).context("the database holds an order that cannot be read")?)
}

/// The order with what the adjustment says.
pub fn adjusted(
    order: pb::Order,
    request: &pb::AdjustOrderReviewRequest,
) -> Result<pb::Order, OrderReviewRefusal> {
    let mut order = order;
    for said in &request.line_scopes {
        let line = order.lines.iter_mut().find(|line| line.number == said.line);
        let line = line.ok_or_else(|| OrderReviewRefusal::LineUnknown { line: said.line.clone() })?;
        line.scopes.clone_from(&said.scopes);
    }
    if !request.purchase_orders.is_empty() {
        order.purchase_orders.clone_from(&request.purchase_orders);
    }
    Ok(order)
}

/// Only those in this state; `None`: all, where it is not said.
pub fn state(v: &mut refusal::Violations, value: i32) -> Option<Option<ReviewState>> {
    super::choice::optional_choice(v, "state", value).map(|state| match state {
        pb::OrderReviewState::Unspecified => None,
        pb::OrderReviewState::Waiting => Some(ReviewState::Waiting),
        pb::OrderReviewState::Approved => Some(ReviewState::Approved),
        pb::OrderReviewState::Rejected => Some(ReviewState::Rejected),
        pb::OrderReviewState::Superseded => Some(ReviewState::Superseded),
    })
}
