//! Daily delivery, in CSV or Parquet: counted here, sent as it is, and parsed by the service.

use std::{
    io::Read,
    sync::{Arc, OnceLock},
};

use anyhow::Context;
use billing_proto::billing::invoicing::v1::{self as pb, import_delivery_request::Part};
use futures::{StreamExt, stream};
use parquet::file::{reader::FileReader, serialized_reader::SerializedFileReader};
use prost::bytes::Bytes;

use super::{
    airings::{Batch, pieces},
    source::Source,
    table,
};
use crate::{client::Client, progress::Bar};

/// What every Parquet file begins with.
const PARQUET: &[u8] = b"PAR1";

/// How a file holds its facts, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Csv { rows: i64 },
    Parquet { rows: i64 },
}

impl Form {
    /// Known by its first bytes. A Parquet file says itself how many rows it has.
    pub fn of(source: &Source) -> Result<Self, anyhow::Error> {
        let unreadable = || format!("{} cannot be read", source.name());
        let mut file = source.open()?;
        let mut bytes = Vec::new();
        file.by_ref().take(4).read_to_end(&mut bytes).with_context(unreadable)?;
        if bytes == PARQUET {
            file.read_to_end(&mut bytes).with_context(unreadable)?;
            let broken = || format!("{} cannot be read; write it as Parquet again", source.name());
            let reader = SerializedFileReader::new(Bytes::from(bytes)).with_context(broken)?;
            return Ok(Self::Parquet { rows: reader.metadata().file_metadata().num_rows() });
        }
        if source.name().ends_with(".parquet") {
            anyhow::bail!(
                "{} is no Parquet file: it does not begin with PAR1; write it again, or call it .csv if it is one",
                source.name()
            );
        }
        let mut table = table::open(source, &["order_no", "line", "date"])?;
        let mut rows = 0;
        while table.next_row()?.is_some() {
            rows += 1;
        }
        Ok(Self::Csv { rows })
    }

    fn rows(self) -> i64 {
        match self {
            Self::Csv { rows } | Self::Parquet { rows } => rows,
        }
    }

    fn part(self, piece: Vec<u8>) -> Part {
        match self {
            Self::Csv { .. } => Part::Csv(piece),
            Self::Parquet { .. } => Part::Parquet(piece),
        }
    }
}

/// Sends the file as one batch. `time_zone` is needed with the first batch of a source.
pub async fn import(
    client: &Client,
    source: &Source,
    batch: &Batch,
    time_zone: &str,
) -> Result<pb::DeliveryBatch, anyhow::Error> {
    let form = Form::of(source)?;
    let bar = Bar::new("Facts sent", "rows", u64::try_from(form.rows())?);
    let totals = pb::DeliveryControlTotals { rows: form.rows(), ..pb::DeliveryControlTotals::default() };
    let header = pb::DailyBatchHeader {
        source: batch.source.clone(),
        batch_id: batch.id.clone(),
        order_source_system: batch.order_source_system.clone(),
        time_zone: time_zone.to_owned(),
        control_totals: Some(totals),
        ..pb::DailyBatchHeader::default()
    };
    let broken = Arc::new(OnceLock::new());
    let answer = crate::client::steadily(|| async {
        let file = source.open().map_err(|error| tonic::Status::invalid_argument(format!("{error:#}")))?;
        let header = stream::iter([Part::Header(header.clone())]);
        let parts = header.chain(pieces(file, broken.clone()).map(move |piece| form.part(piece)));
        let parts = parts.map(|part| pb::ImportDeliveryRequest { part: Some(part) });
        client.delivery().import_delivery(parts).await
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
