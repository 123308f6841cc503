//! The head of a SyncOrders request: what the batch says about itself, and what is counted in it.

use std::collections::BTreeSet;

use billing_proto::billing::invoicing::v1 as pb;
use invoicing_domain::{control_total::ControlTotal, order::BatchTotals};
use refusal::{Refusal, Violations};

use super::order::source_system;

const ORDERS_MAX: usize = 1_000;

/// A batch as it says that it is, and as it was counted.
#[derive(Clone, Debug)]
pub struct Batch {
    pub source_system: String,
    pub sequence: Option<i64>,
    pub said: BatchTotals,
    pub counted: BatchTotals,
    /// Ids that stand for more than one order of the batch.
    pub repeated: BTreeSet<String>,
}

/// The head of the batch. An amount that cannot be read refuses the batch: no total could be held against it.
pub fn parse(message: &pb::SyncOrdersRequest) -> Result<Batch, Refusal> {
    let mut v = Violations::new();
    let source_system = source_system(&mut v, "source_system", &message.source_system);
    let sequence = message.sequence.map(|number| sequence(&mut v, "sequence", number));
    if !(1..=ORDERS_MAX).contains(&message.orders.len()) {
        v.add("orders", format!("has {} entries; 1 to {ORDERS_MAX} are allowed", message.orders.len()));
    }
    let counted = counted(&mut v, &message.orders);
    let said = message.control_totals.as_ref().and_then(|m| {
        let amount = v.take("control_totals.amount", ControlTotal::parse(&m.amount))?;
        Some(BatchTotals { orders: m.orders, lines: m.lines, amount })
    });
    if message.control_totals.is_none() {
        v.add("control_totals", "must be given");
    }
    let (mut ids, mut repeated) = (BTreeSet::new(), BTreeSet::new());
    for id in message.orders.iter().filter_map(|order| order.external_id.as_ref()) {
        if !ids.insert(id.id.trim()) {
            repeated.insert(id.id.trim().to_owned());
        }
    }
    match (source_system, said, counted) {
        (Some(source_system), Some(said), Some(counted)) => {
            let batch = Batch { source_system, sequence: sequence.flatten(), said, counted, repeated };
            v.check().map(|()| batch)
        }
        (_, _, _) => Err(v.refusal()),
    }
}

/// A batch that nobody sent: one order of a source, which was received before.
pub fn of_one(source_system: &str, order: &pb::Order) -> Batch {
    let lines = i64::try_from(order.lines.len()).unwrap_or(i64::MAX);
    let counted = BatchTotals { orders: 1, lines, amount: ControlTotal::default() };
    Batch {
        source_system: source_system.to_owned(),
        sequence: None,
        said: counted,
        counted,
        repeated: BTreeSet::new(),
    }
}

/// The number of a batch in its source.
pub fn sequence(v: &mut Violations, field: &str, number: i64) -> Option<i64> {
    v.take(field, Some(number).filter(|number| *number >= 1).ok_or("must be at least 1"))
}

fn counted(v: &mut Violations, orders: &[pb::Order]) -> Option<BatchTotals> {
    let mut amount = Some(ControlTotal::default());
    let mut lines = 0;
    for (n, order) in orders.iter().enumerate() {
        for (k, line) in order.lines.iter().enumerate().filter(|(_, line)| !line.amount.is_empty()) {
            let field = format!("orders[{n}].lines[{k}].amount");
            let read = v.take(&field, ControlTotal::parse(&line.amount));
            amount = amount.zip(read).and_then(|(sum, read)| {
                v.take(
                    &field,
                    sum.plus(read).ok_or("makes the sum of the batch too large to be calculated exactly"),
                )
            });
        }
        lines += order.lines.len();
    }
    let count = |count| i64::try_from(count).ok();
    Some(BatchTotals { orders: count(orders.len())?, lines: count(lines)?, amount: amount? })
}
