//! `airings.csv`: counted here, sent as it is, and parsed by the service.

use std::{
    io::{self, Read},
    sync::{Arc, OnceLock},
};

use anyhow::Context;
use billing_proto::billing::invoicing::v1::{self as pb, import_airings_request::Part};
use futures::{Stream, StreamExt, stream};
use rust_decimal::Decimal;

use super::{
    layout::Layout,
    source::Source,
    table::{self, decimal},
};
use crate::{client::Client, progress::Bar};

/// How many bytes of the file travel in one message.
const PART_BYTES: usize = 64 * 1024;

/// What a batch is called, and whose orders it names.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Who counted.
    pub source: String,
    /// Unique within the source.
    pub id: String,
    /// The system whose order ids the rows carry.
    pub order_source_system: String,
}

/// What the file holds. A rate that is no decimal counts nothing: the service quarantines its row.
pub fn control_totals(source: &Source) -> Result<pb::DeliveryControlTotals, anyhow::Error> {
    let mut table = table::open(source, Layout::Airings.columns())?;
    let (mut rows, mut amount) = (0_i64, Decimal::ZERO);
    while let Some(row) = table.next_row()? {
        rows += 1;
        let Some(rate) = decimal(row.cell("spot_rate")) else { continue };
        let sum = amount.checked_add(rate).filter(|sum| sum.checked_sub(rate) == Some(amount));
        amount = sum.ok_or_else(|| row.wrong("spot_rate", "the sum of the rates has too many digits"))?;
    }
    Ok(pb::DeliveryControlTotals { rows, amount: amount.to_string(), measure: 0 })
}

/// Sends the file as one batch.
pub async fn import(
    client: &Client,
    source: &Source,
    batch: &Batch,
) -> Result<pb::DeliveryBatch, anyhow::Error> {
    let control_totals = control_totals(source)?;
    let bar = Bar::new("Airings sent", "rows", u64::try_from(control_totals.rows)?);
    let header = pb::AiringBatchHeader {
        source: batch.source.clone(),
        batch_id: batch.id.clone(),
        order_source_system: batch.order_source_system.clone(),
        control_totals: Some(control_totals),
        ..pb::AiringBatchHeader::default()
    };
    let broken = Arc::new(OnceLock::new());
    let answer = crate::client::steadily(|| async {
        let file = source.open().map_err(|error| tonic::Status::invalid_argument(format!("{error:#}")))?;
        client.delivery().import_airings(parts(header.clone(), file, broken.clone())).await
    })
    .await;
    // A file that could not be read to its end is the cause of whatever the service thinks of it.
    if let Some(error) = broken.get() {
        anyhow::bail!("{} cannot be read: {error}", source.name());
    }
    let answer = answer.with_context(|| format!("{} was refused; nothing of it was taken", source.name()))?;
    bar.done();
    Ok(answer)
}

fn parts(
    header: pb::AiringBatchHeader,
    file: Box<dyn Read + Send>,
    broken: Arc<OnceLock<io::Error>>,
) -> impl Stream<Item = pb::ImportAiringsRequest> + Send + 'static {
    let header = stream::iter([Part::Header(header)]);
    let parts = header.chain(pieces(file, broken).map(|piece| Part::Csv(piece.into())));
    parts.map(|part| pb::ImportAiringsRequest { part: Some(part) })
}

/// The bytes of a file in the pieces in which they travel. Where it cannot be read the stream ends short, and the control
/// totals keep the service from taking a part of the file.
pub fn pieces(
    file: Box<dyn Read + Send>,
    broken: Arc<OnceLock<io::Error>>,
) -> impl Stream<Item = Vec<u8>> + Send + 'static {
    stream::unfold((file, broken), |(mut file, broken)| async move {
        let mut piece = Vec::with_capacity(PART_BYTES);
        match file.by_ref().take(u64::try_from(PART_BYTES).ok()?).read_to_end(&mut piece) {
            Ok(0) => None,
            Ok(_) => Some((piece, (file, broken))),
            Err(error) => {
                let _ = broken.set(error);
                None
            }
        }
    })
}
