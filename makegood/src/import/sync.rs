//! Orders into the suite, in batches that each carry their control totals.

use std::collections::{BTreeMap, BTreeSet};

use billing_proto::billing::invoicing::v1 as pb;
use prost::Message;
use rust_decimal::Decimal;

use super::{causes::Causes, reference, table::decimal};
use crate::{
    client::{Client, ask},
    progress::Bar,
};

/// How large a batch may be, below what the service takes: 1,000 orders and 16 MiB.
const ORDERS_MAX: usize = 200;
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// Whose orders these are, who invoices them, and who sends them.
pub struct Sync<'a> {
    /// Syncs orders and creates accounts.
    pub orders: &'a Client,
    /// Creates the product.
    pub products: &'a Client,
    /// Who invoices.
    pub entity: &'a pb::BillingEntity,
    /// The system whose orders these are.
    pub source_system: &'a str,
    /// What the request ids begin with: new for each time, since what was refused once may be taken now.
    pub request: &'a str,
}

impl Sync<'_> {
    /// Sends the orders. Answers a result for each, in their order.
    pub async fn send(&self, orders: Vec<pb::Order>) -> Result<Vec<pb::SyncOrderResult>, anyhow::Error> {
        let orders = self.complete(orders).await?;
        let bar =
            Bar::new(&format!("Orders of {}", self.source_system), "orders", u64::try_from(orders.len())?);
        let mut results = Vec::with_capacity(orders.len());
        for (number, batch) in (1_u32..).zip(batches(orders)) {
            let request = pb::SyncOrdersRequest {
                source_system: self.source_system.to_owned(),
                sequence: None,
                control_totals: Some(control_totals(&batch)?),
                orders: batch,
                request_id: format!("{}-{}-{number}", self.request, self.source_system),
            };
            results.extend(ask!(self.orders.orders(), sync_orders, request)?.results);
            bar.at(u64::try_from(results.len())?, u64::try_from(results.capacity())?);
        }
        bar.done();
        Ok(results)
    }

    /// Fills in what the files do not say.
    async fn complete(&self, mut orders: Vec<pb::Order>) -> Result<Vec<pb::Order>, anyhow::Error> {
        let currency = &self.entity.functional_currency;
        let unnamed = orders.iter().filter(|order| order.account.is_empty());
        let advertisers: BTreeSet<String> = unnamed.map(|order| order.advertiser.clone()).collect();
        let accounts: BTreeMap<String, String> =
            reference::accounts(self.orders, advertisers, currency).await?;
        let sells_spots = orders.iter().flat_map(|order| &order.lines).any(|line| line.ad_product.is_empty());
        let spots = if sells_spots { reference::spot_product(self.products).await? } else { String::new() };
        for order in &mut orders {
            if order.account.is_empty() {
                order.account = accounts.get(&order.advertiser).cloned().unwrap_or_default();
            }
            order.billing_entity = self.entity.name.clone();
            if order.currency_code.is_empty() {
                order.currency_code = currency.clone();
            }
            if let Some(id) = &mut order.external_id {
                self.source_system.clone_into(&mut id.source_system);
            }
            for line in order.lines.iter_mut().filter(|line| line.ad_product.is_empty()) {
                line.ad_product.clone_from(&spots);
            }
        }
        Ok(orders)
    }
}

/// Says how many orders came to what, and why some were not taken. Answers how many those are.
pub fn report(results: &[pb::SyncOrderResult]) -> usize {
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut refused = Causes::default();
    for result in results {
        let outcome = result.outcome();
        let name = outcome.as_str_name().trim_start_matches("SYNC_OUTCOME_");
        *outcomes.entry(name).or_default() += 1;
        match outcome {
            pb::SyncOutcome::Created
            | pb::SyncOutcome::Amended
            | pb::SyncOutcome::Unchanged
            | pb::SyncOutcome::Stale => {}
            pb::SyncOutcome::Unspecified
            | pb::SyncOutcome::Conflict
            | pb::SyncOutcome::Refused
            | pb::SyncOutcome::InReview => {
                let id = result.external_id.as_ref().map_or("", |id| id.id.as_str());
                refused.add(&format!("{name} {}", result.reason), format!("{id}: {}", result.message));
            }
        }
    }
    let outcomes: Vec<String> =
        outcomes.iter().map(|(name, count)| format!("{count} {}", name.to_lowercase())).collect();
    eprint!("{refused}");
    eprintln!("Orders: {}", if outcomes.is_empty() { "none".to_owned() } else { outcomes.join(", ") });
    refused.count()
}

fn batches(orders: Vec<pb::Order>) -> Vec<Vec<pb::Order>> {
    let mut batches: Vec<Vec<pb::Order>> = Vec::new();
    let mut bytes = 0;
    for order in orders {
        let size = order.encoded_len();
        match batches.last_mut().filter(|batch| batch.len() < ORDERS_MAX && bytes + size <= BYTES_MAX) {
            Some(batch) => batch.push(order),
            None => {
                batches.push(vec![order]);
                bytes = 0;
            }
        }
        bytes += size;
    }
    batches
}

fn control_totals(orders: &[pb::Order]) -> Result<pb::OrderControlTotals, anyhow::Error> {
    let lines = || orders.iter().flat_map(|order| &order.lines);
    let amounts = lines().filter_map(|line| decimal(&line.amount));
    let amount = amounts.into_iter().try_fold(Decimal::ZERO, |sum, amount| {
        sum.checked_add(amount).filter(|total| total.checked_sub(amount) == Some(sum))
    });
    let amount =
        amount.ok_or_else(|| anyhow::anyhow!("the sum of the lines' amounts has too many digits"))?;
    Ok(pb::OrderControlTotals {
        orders: i64::try_from(orders.len())?,
        lines: i64::try_from(lines().count())?,
        amount: amount.to_string(),
    })
}
