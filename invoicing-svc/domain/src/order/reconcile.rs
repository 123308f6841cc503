use rust_decimal::Decimal;

/// What an order system says of an order that it has.
#[derive(Clone, Debug)]
pub struct Sent {
    pub external_id: String,
    pub revision: i64,
    /// What its lines are booked for after discount; `None`: not compared.
    pub amount: Option<Decimal>,
    /// Of its content as it was taken; `None`: not compared.
    pub content_digest: Option<Vec<u8>>,
}

/// What is known of an order here.
#[derive(Clone, Debug)]
pub struct KnownAs {
    pub revision: i64,
    /// What its lines are booked for after discount.
    pub amount: Decimal,
    pub content_digest: Vec<u8>,
}

/// How two sides differ in an order that both have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderDifference {
    /// One side has a newer revision than the other.
    Stale,
    /// Of the same revision, amount or content is another.
    Different,
}

/// Compares an order that both have; `None` where it is the same.
pub fn reconcile(sent: &Sent, known: &KnownAs) -> Option<OrderDifference> {
    if sent.revision != known.revision {
        return Some(OrderDifference::Stale);
    }
    let is_amount = sent.amount.is_none_or(|amount| amount == known.amount);
    let is_content = sent.content_digest.as_ref().is_none_or(|digest| *digest == known.content_digest);
    (!is_amount || !is_content).then_some(OrderDifference::Different)
}
