//! The stream of ReconcileOrders: its header, and the orders that the system has.

use billing_proto::billing::invoicing::v1::{self as pb, reconcile_orders_request::Part};
use invoicing_domain::{control_total::ControlTotal, order::Sent};
use refusal::{Refusal, Violations};
use rust_decimal::Decimal;

use super::{
    order::source_system,
    order_line::optional,
    text::{Text, text},
};

/// The system whose orders are compared; the header is the first part of a stream.
pub fn header(part: Option<Part>) -> Result<String, Refusal> {
    let mut v = Violations::new();
    let Some(Part::Header(m)) = part else {
        v.add("header", "must be the first message of the stream");
        return Err(v.refusal());
    };
    source_system(&mut v, "header.source_system", &m.source_system).ok_or_else(|| v.refusal())
}

/// The next order.
pub fn order(part: Option<Part>) -> Result<Sent, Refusal> {
    let mut v = Violations::new();
    let sent = match part {
        Some(Part::Order(m)) => v.within("order", |v| fields(v, &m)),
        Some(Part::Header(_)) => {
            v.add("header", "must come first and only first");
            None
        }
        None => {
            v.add("", "a message of the stream is empty; it has to have header or order");
            None
        }
    };
    sent.ok_or_else(|| v.refusal())
}

fn fields(v: &mut Violations, m: &pb::SentOrder) -> Option<Sent> {
    let external_id = text(v, "external_id", &m.external_id, Text::Code(128));
    let revision =
        v.take("revision", Some(m.revision).filter(|number| *number >= 1).ok_or("must be at least 1"));
    let amount = optional(v, "amount", &m.amount, |v, field, value| {
        let number = ControlTotal::parse(value).map(|_| value.parse::<Decimal>());
        v.take(field, number)?.ok()
    });
    let digest = optional(v, "content_digest", &m.content_digest, |v, field, value| {
        v.take(
            field,
            bytes(value).ok_or("must be the 64 hexadecimal digits that the order was answered with"),
        )
    });
    Some(Sent { external_id: external_id?, revision: revision?, amount: amount?, content_digest: digest? })
}

/// The 32 bytes of a SHA-256, from its hexadecimal digits.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|digit| digit.to_digit(16)).collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok());
    if digits.len() == 64 { pairs.collect() } else { None }
}
