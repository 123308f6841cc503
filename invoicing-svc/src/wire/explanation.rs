//! Explanations as messages.

use billing_proto::billing::invoicing::v1 as pb;
use invoicing_domain::explanation::{Node, Subject};
use money::Exact;

use super::name;

/// A step with all that is below it.
pub fn node(node: Node) -> pb::ExplanationNode {
    let Node { label, count, price, amount, subjects, parts, grounds } = node;
    let (quantity, unit) = match count {
        Some(count) => (count.units.normalize().to_string(), count.unit),
        None => (String::new(), String::new()),
    };
    let (rate, price_base) = match price {
        Some((rate, base)) => (rate.to_string(), base),
        None => (String::new(), 0),
    };
    pb::ExplanationNode {
        label,
        quantity,
        unit,
        rate,
        price_base,
        amount: amount.map_or_else(String::new, decimal),
        names: subjects.into_iter().map(subject).collect(),
        parts: parts.into_iter().map(self::node).collect(),
        grounds: grounds.into_iter().map(self::node).collect(),
    }
}

/// At least the minor units of the currency, and every digit that there is.
fn decimal(amount: Exact) -> String {
    let mut written = amount.amount().normalize();
    if written.scale() < amount.currency().minor_units() {
        written.rescale(amount.currency().minor_units());
    }
    written.to_string()
}

fn subject(subject: Subject) -> String {
    match subject {
        Subject::Invoice(account, invoice) => name::invoice_name(account, invoice),
        Subject::Order(account, order) => name::order_name(account, order),
        Subject::Batch(batch) => name::batch_name(batch),
        Subject::Airing(airing) => name::airing_name(airing),
    }
}
