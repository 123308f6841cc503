//! The stream of ReconcileDelivery: its header, and what the source has.

use billing_proto::billing::invoicing::v1::reconcile_delivery_request::Part;
use calendar::Days;
use invoicing_domain::{control_total::ControlTotal, delivery::Measure};
use refusal::{Refusal, Violations};

use super::{
    delivery_fact::measure,
    order::source_system,
    period,
    text::{Text, text},
};

/// How much a source compares at once: all of it has to fit in memory.
const PARTS_MAX: usize = 200_000;

/// Whose delivery is compared.
#[derive(Clone, Debug)]
pub struct Header {
    pub source: String,
    /// Lines: the system whose order ids they carry, and what is summed.
    pub lines: Option<(String, Measure)>,
}

/// A batch as its source keeps it.
#[derive(Clone, Debug)]
pub struct SentBatch {
    pub batch_id: String,
    pub rows: i64,
    pub amount: String,
}

/// What a source has counted of a line on some days.
#[derive(Clone, Debug)]
pub struct SentLine {
    pub order: String,
    pub line: String,
    pub days: Days,
    pub amount: String,
}

/// What a source has.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    pub batches: Vec<SentBatch>,
    pub lines: Vec<SentLine>,
}

/// The header, which is the first part of a stream.
pub fn header(part: Option<Part>) -> Result<Header, Refusal> {
    let mut v = Violations::new();
    let Some(Part::Header(m)) = part else {
        v.add("header", "must be the first message of the stream");
        return Err(v.refusal());
    };
    let source = source_system(&mut v, "header.source", &m.source);
    let measure = measure(&mut v, "header.measure", m.measure).flatten();
    let lines = measure.and_then(|measure| {
        let system = source_system(&mut v, "header.order_source_system", &m.order_source_system)?;
        Some((system, measure))
    });
    v.check()?;
    let Some(source) = source else { return Err(Violations::new().refusal()) };
    Ok(Header { source, lines })
}

impl Sent {
    /// Takes the next part.
    pub fn take(&mut self, header: &Header, part: Option<Part>) -> Result<(), Refusal> {
        let mut v = Violations::new();
        if self.batches.len() + self.lines.len() >= PARTS_MAX {
            v.add(
                "",
                format!("the stream has more than {PARTS_MAX} batches or lines; compare in several calls"),
            );
            return Err(v.refusal());
        }
        match part {
            Some(Part::Batch(m)) => v.within("batch", |v| {
                let batch_id = text(v, "batch_id", &m.batch_id, Text::Code(160));
                let amount = amount(v, &m.amount);
                if let (Some(batch_id), Some(amount)) = (batch_id, amount) {
                    self.batches.push(SentBatch { batch_id, rows: m.rows, amount });
                }
            }),
            Some(Part::Line(m)) if header.lines.is_some() => v.within("line", |v| {
                let order = text(v, "order", &m.order, Text::Code(128));
                let line = text(v, "line", &m.line, Text::Code(64));
                let days = period::days(v, "days", m.days.as_ref());
                let amount = amount(v, &m.amount);
                if let (Some(order), Some(line), Some(days), Some(amount)) = (order, line, days, amount) {
                    self.lines.push(SentLine { order, line, days, amount });
                }
            }),
            Some(Part::Line(_)) => v.add("line", "needs the header's measure and order_source_system"),
            Some(Part::Header(_)) => v.add("header", "must come first and only first"),
            None => v.add("", "a message of the stream is empty; it has to have header, batch or line"),
        }
        v.check()
    }
}

fn amount(v: &mut Violations, written: &str) -> Option<String> {
    if written.is_empty() {
        return Some(String::new());
    }
    v.take("amount", ControlTotal::parse(written)).map(|_| written.to_owned())
}
