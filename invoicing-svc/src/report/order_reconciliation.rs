//! What an order system has against what is known here.

use std::collections::{HashMap, HashSet};

use billing_proto::billing::invoicing::v1::{self as pb, OrderDifferenceKind as Kind};
use chassis::failure::Failure;
use futures::TryStreamExt;
use ids::OrderId;
use invoicing_domain::order::{KnownAs, OrderDifference, Sent, reconcile};
use refusal::{Refusal, Violations};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::wire::billing_run::hexadecimal;

/// How many differences are told.
const DIFFERENCES_MAX: usize = 1_000;

/// How many orders are compared at once: of each its id is remembered until the end.
const ORDERS_MAX: usize = 2_000_000;

/// A comparison with one system.
#[derive(Debug)]
pub struct Comparison<'a> {
    source_system: &'a str,
    scope: Option<&'a Value>,
    /// Those that were sent.
    seen: HashSet<Uuid>,
    found: pb::ReconcileOrdersResponse,
}

impl<'a> Comparison<'a> {
    /// Nothing was sent yet.
    pub fn new(source_system: &'a str, scope: Option<&'a Value>) -> Self {
        Self { source_system, scope, seen: HashSet::new(), found: pb::ReconcileOrdersResponse::default() }
    }

    /// Compares the next orders that the system has.
    pub async fn take(&mut self, connection: &mut PgConnection, sent: &[Sent]) -> Result<(), Failure> {
        for order in sent {
            self.remember(&order.external_id)?;
        }
        let ids: Vec<String> = sent.iter().map(|order| order.external_id.clone()).collect();
        let rows =
            sqlx::query_file!("src/report/sql/reconciled_orders.sql", self.source_system, &ids, self.scope)
                .fetch_all(connection)
                .await?;
        let mut known: HashMap<String, KnownAs> = rows
            .into_iter()
            .map(|row| {
                let (revision, amount, content_digest) = (row.revision, row.amount, row.content_digest);
                (row.external_id, KnownAs { revision, amount, content_digest })
            })
            .collect();
        for order in sent {
            let known = known.remove(&order.external_id);
            match known.as_ref().map(|known| reconcile(order, known)) {
                None => self.tell(Kind::MissingHere, &order.external_id, Some(order), None),
                Some(None) => self.found.equal += 1,
                Some(Some(OrderDifference::Stale)) => {
                    self.tell(Kind::Stale, &order.external_id, Some(order), known.as_ref());
                }
                Some(Some(OrderDifference::Different)) => {
                    self.tell(Kind::Different, &order.external_id, Some(order), known.as_ref());
                }
            }
        }
        Ok(())
    }

    /// What is known here and was not sent, one after the other, and with it the answer.
    pub async fn end(
        mut self,
        connection: &mut PgConnection,
    ) -> Result<pb::ReconcileOrdersResponse, Failure> {
        let (source_system, scope) = (self.source_system, self.scope);
        let mut rows =
            sqlx::query_file!("src/report/sql/known_orders.sql", source_system, scope).fetch(connection);
        while let Some(row) = rows.try_next().await? {
            if !self.seen.contains(&row.order_id) {
                let (revision, amount) = (row.revision, row.amount);
                let known = KnownAs { revision, amount, content_digest: row.content_digest };
                self.tell(Kind::MissingThere, &row.external_id, None, Some(&known));
            }
        }
        Ok(self.found)
    }

    fn remember(&mut self, external_id: &str) -> Result<(), Refusal> {
        let mut v = Violations::new();
        if self.seen.len() >= ORDERS_MAX {
            v.add("order", format!("must not come more than {ORDERS_MAX} times"));
        }
        if !self.seen.insert(OrderId::of(self.source_system, external_id).uuid()) {
            v.add("order.external_id", format!("{external_id} came before; an order is compared once"));
        }
        v.check()
    }

    fn tell(&mut self, kind: Kind, external_id: &str, sent: Option<&Sent>, known: Option<&KnownAs>) {
        let found = &mut self.found;
        match kind {
            Kind::Unspecified => {}
            Kind::Stale => found.stale += 1,
            Kind::Different => found.different += 1,
            Kind::MissingHere => found.missing_here += 1,
            Kind::MissingThere => found.missing_there += 1,
        }
        if found.differences.len() == DIFFERENCES_MAX {
            return;
        }
        let amount = sent.and_then(|sent| sent.amount);
        found.differences.push(pb::OrderDifference {
            external_id: external_id.to_owned(),
            kind: kind.into(),
            sent_revision: sent.map_or(0, |sent| sent.revision),
            known_revision: known.map_or(0, |known| known.revision),
            sent_amount: amount.map_or_else(String::new, |amount| amount.to_string()),
            known_amount: known.map_or_else(String::new, |known| known.amount.to_string()),
            known_content_digest: known.map_or_else(String::new, |known| hexadecimal(&known.content_digest)),
        });
    }
}
