//! Quarantined airings that can be used now land as a batch of their own.

use billing_proto::billing::invoicing::v1 as pb;
use chassis::{
    call::Call,
    clock::Clock,
    failure::{Failure, OrRefuse},
};
use ids::{AccountId, AiringId, BatchId};
use invoicing_domain::{
    control_total::ControlTotal,
    delivery::{BatchTotals, DeliveryRefusal, RowRefusal},
};
use outbox::Once;
use sqlx::{Postgres, Transaction};

use super::Import;
use crate::{
    report::delivery as report,
    store::{
        delivery::{self as store, PlacedAiring},
        quarantine::{self, KeptRow, QuarantinedBatch},
    },
    wire::airing_batch::{Header, Row, read_again},
};

/// A row that waits: either a spot with its line, or why it stays, and in which column.
type Looked = (i64, Row, Result<PlacedAiring, (String, RowRefusal)>);

/// Releases what can be used of the rows. The answer is the new batch, or the old one where none of them can be used
/// yet. The source is locked.
pub async fn release(
    call: Call,
    (old, batch): (BatchId, &QuarantinedBatch),
    (mut transaction, once): (Transaction<'static, Postgres>, Once),
    rows: Vec<KeptRow>,
    clock: &Clock,
) -> Result<pb::DeliveryBatch, Failure> {
    let header = Header {
        source: batch.source.clone(),
        batch_id: format!("{}/release-{}", batch.external_id, batch.releases + 1),
        sequence: None,
        order_source_system: batch.order_source_system.clone(),
        said: BatchTotals { rows: 0, amount: ControlTotal::default() },
    };
    let viewer = report::Viewer { scope: None, person: &call.caller.person };
    let unchanged = report::batch(&mut transaction, old, viewer).await?;
    let read = read(batch, rows)?;
    let mut import = Import::begin(call, header, transaction).await?;
    import.load_orders(&read).await?;
    let mut looked: Vec<Looked> = Vec::with_capacity(read.len());
    for (number, row) in read {
        let found = import.place(&row);
        looked.push((number, row, found));
    }
    said_since(&mut import.transaction, batch, &mut looked).await?;
    let released = import.write_released(old, looked).await?;
    let answer = if released == 0 { unchanged } else { import.record((None, Some(old)), clock).await? };
    once.answer(&mut import.transaction, &answer).await?;
    import.transaction.commit().await?;
    Ok(answer)
}

fn read(batch: &QuarantinedBatch, rows: Vec<KeptRow>) -> Result<Vec<(i64, Row)>, Failure> {
    let read = |row: KeptRow| {
        let again = read_again(batch.file_header.as_deref(), &row.content).or_refuse()?;
        Ok((row.row, again.ok_or(DeliveryRefusal::AiringsAreSentAgain).or_refuse()?))
    };
    rows.into_iter().map(read).collect()
}

/// What was said of a spot since the batch came is not said again by the older row.
async fn said_since(
    transaction: &mut Transaction<'static, Postgres>,
    batch: &QuarantinedBatch,
    looked: &mut [Looked],
) -> Result<(), Failure> {
    let spots: Vec<(AccountId, AiringId)> = looked
        .iter()
        .filter_map(|(_, _, found)| found.as_ref().ok().map(|placed| (placed.account, placed.id)))
        .collect();
    let since = quarantine::aired_since(transaction, batch.received_at, &spots).await?;
    for (_, row, found) in looked {
        let Ok(placed) = found else { continue };
        if since.contains(&placed.id) {
            let (day, line) = (placed.airing.day, placed.airing.line.clone());
            let refusal = RowRefusal::SaidSince { day, line };
            let column = refusal.column().map_or("", |column| row.column_name(column));
            *found = Err((column.to_owned(), refusal));
        }
    }
    Ok(())
}

impl Import {
    /// Stages the rows that can be used, and writes what is wrong with the others. Answers how many can be used.
    async fn write_released(&mut self, old: BatchId, looked: Vec<Looked>) -> Result<usize, Failure> {
        let (mut placed, mut released, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        for (number, row, found) in looked {
            match found {
                Ok(spot) => {
                    self.count(&row);
                    placed.push(spot);
                    released.push(number);
                }
                // What cannot be read says already what is wrong with it, and on which line of its file it was.
                Err(_) if row.parsed.is_err() => {}
                Err((column, refusal)) => kept.push(self.quarantined(number, &row, column, &refusal)),
            }
        }
        quarantine::keep(&mut self.transaction, old, &kept).await?;
        quarantine::release(&mut self.transaction, old, &released, self.id).await?;
        store::stage(&mut self.transaction, &placed).await?;
        self.header.said = BatchTotals { rows: self.rows, amount: self.amount };
        Ok(released.len())
    }
}
