//! Quarantined rows that can be used now land as a batch of their own.

use std::collections::{BTreeMap, HashMap};

use anyhow::Context;
use billing_proto::billing::{access::v1::PrincipalKind, invoicing::v1 as pb};
use calendar::Days;
use chassis::{
    call::Call,
    clock::Clock,
    failure::{Failure, OrRefuse},
};
use ids::{AccountId, BatchId, LineId};
use invoicing_domain::{
    control_total::ControlTotal,
    delivery::{self, BatchTotals, DailyFact, RowRefusal},
    resource::ResourceRefusal,
};
use outbox::{Begun, Once};
use refusal::Refusal;
use sqlx::{PgPool, Postgres, Transaction};
use uuid::Uuid;

use super::Import;
use crate::{
    report::delivery as report,
    rpc::{
        import_airings,
        placing::{Placing, Reading},
    },
    store::{
        delivery as batches,
        delivery_fact::{self as store, Destination, FactRows, Landing},
        quarantine::{self, KeptRow, QuarantinedBatch},
    },
    wire::{
        delivery_batch::{Header, Row, read_again},
        name,
    },
};

/// How many rows are released at a time.
const ROWS_MAX: i64 = 20_000;

/// A row that waits, with what it says: either the place of its line, or why it stays.
type Looked = (i64, Row, Result<usize, RowRefusal>);

/// The days of lines of which a row cannot be used, each with the first such row.
type Waiting = HashMap<(AccountId, LineId), BTreeMap<Days, i64>>;

/// Releases what can be used of the rows that a request names. The answer is the new batch, or the old one where none
/// of its rows can be used yet.
pub async fn release(
    call: Call,
    message: &pb::ReleaseQuarantineRequest,
    old: BatchId,
    pool: PgPool,
    clock: &Clock,
) -> Result<pb::DeliveryBatch, Failure> {
    let mut transaction = pool.begin().await?;
    let once = match Once::begin(&mut transaction, &call, &message.request_id, message).await? {
        Begun::Answered(answer) => return Ok(answer),
        Begun::Fresh(once) => once,
    };
    let scope = call.scope.json();
    let batch = quarantine::batch(&mut transaction, old, scope.as_ref(), &call.caller.person).await?;
    let missing = || Refusal::from(ResourceRefusal::NotFound { name: name::batch_name(old) });
    let batch = batch.ok_or_else(missing)?;
    let is_person = call.caller.kind == PrincipalKind::Person;
    delivery::check_release(batch.typed_by.as_deref(), &call.caller.person, is_person).or_refuse()?;
    batches::lock_source(&mut transaction, &batch.source).await?;
    let rows = quarantine::rows(&mut transaction, old, &message.rows, (0, ROWS_MAX)).await?;
    let Some(landing) = batch.landing else {
        return import_airings::release(call, (old, &batch), (transaction, once), rows, clock).await;
    };
    let mut import = begin(call, &batch, transaction, pool).await?;
    let mut looked = look(&mut import, (old, &batch), landing, rows).await?;
    // Who names rows knows which of a day they leave.
    if message.rows.is_empty() {
        import.keep_days_together((old, &batch), &mut looked).await?;
    }
    let released = import.write_released((old, &batch), looked).await?;
    let answer = if released == 0 {
        let viewer = report::Viewer { scope: None, person: &import.call.caller.person };
        report::batch(&mut import.transaction, old, viewer).await?
    } else {
        import.record(Some(old), clock).await?
    };
    once.answer(&mut import.transaction, &answer).await?;
    import.transaction.commit().await?;
    Ok(answer)
}

/// A batch that names the old one.
async fn begin(
    call: Call,
    batch: &QuarantinedBatch,
    mut transaction: Transaction<'static, Postgres>,
    pool: PgPool,
) -> Result<Import, Failure> {
    let header = Header {
        source: batch.source.clone(),
        batch_id: format!("{}/release-{}", batch.external_id, batch.releases + 1),
        sequence: None,
        replaces: None,
        order_source_system: batch.order_source_system.clone(),
        said: BatchTotals { rows: 0, amount: ControlTotal::default() },
        measure: None,
        time_zone: None,
        duplicates: None,
        evidence: None,
    };
    let source =
        store::source(&mut transaction, &batch.source).await?.context("a batch without its source")?;
    let landing = Landing { source: source.number, number: store::next_landing(&mut transaction).await? };
    let (scope, today) = (call.scope.json(), source.time_zone.day_of(call.at));
    let (duplicates, destination) = (source.duplicates, Destination::of(source.duplicates));
    if destination == Destination::Summed {
        store::begin_summing(&mut transaction).await?;
    }
    let carries = !batch.replaces && destination == Destination::Facts;
    let placing = Placing { pool, scope, landing, today, duplicates, carries, is_known: false };
    let reading = Reading::begin(&header, placing);
    let id = BatchId::from_uuid(Uuid::now_v7());
    let (known, replaced) = (None, Vec::new());
    Ok(Import { call, header, transaction, id, known, landing, destination, reading, replaced })
}

/// Reads the rows again, and finds their lines.
async fn find(
    import: &mut Import,
    batch: &QuarantinedBatch,
    rows: Vec<KeptRow>,
) -> Result<Vec<Looked>, Failure> {
    let mut read = Vec::with_capacity(rows.len());
    for row in rows {
        read.push((row.row, read_again(batch.file_header.as_deref(), &row.content).or_refuse()?));
    }
    import.reading.load_named(read.iter().map(|(_, row)| row)).await?;
    let mut looked: Vec<Looked> = Vec::with_capacity(read.len());
    for (number, row) in read {
        let found = import.reading.line_of(&row);
        looked.push((number, row, found));
    }
    Ok(looked)
}

/// Looks at the rows again. What a later batch has said since is not said again by an older one.
async fn look(
    import: &mut Import,
    (old, batch): (BatchId, &QuarantinedBatch),
    landing: i64,
    rows: Vec<KeptRow>,
) -> Result<Vec<Looked>, Failure> {
    let mut looked = find(import, batch, rows).await?;
    let mut usable = Vec::new();
    let mut days = Vec::new();
    for (place, (_, row, found)) in looked.iter().enumerate() {
        if let (Ok(line), Ok(fact)) = (found, &row.parsed) {
            let line = &import.reading.lines[*line];
            usable.push(place);
            // What replaces says all of its day.
            let measures = if batch.replaces { i32::MAX } else { fact.measured.present() };
            days.push((line.account, line.line, fact.day, measures));
        }
    }
    let added_up = Some(old).filter(|_| import.destination == Destination::Summed);
    let since = (import.landing.source, landing, added_up);
    for said in quarantine::said_since(&mut import.transaction, since, &days).await? {
        let (_, row, found) =
            &mut looked[usable[usize::try_from(said).context("a place before the first")?]];
        if let Ok(fact) = &row.parsed {
            *found = Err(said_since(fact));
        }
    }
    Ok(looked)
}

fn said_since(fact: &DailyFact) -> RowRefusal {
    RowRefusal::SaidSince { day: fact.day, line: fact.line.clone() }
}

impl Import {
    /// Rows stay that are added up with one that cannot be used, and be it one that is not released this time.
    async fn keep_days_together(
        &mut self,
        (old, batch): (BatchId, &QuarantinedBatch),
        looked: &mut [Looked],
    ) -> Result<(), Failure> {
        if self.destination == Destination::Facts {
            return Ok(());
        }
        let mut waiting = Waiting::new();
        self.note_waiting(&mut waiting, looked);
        let mut last = looked.last().map(|(number, ..)| *number);
        while let Some(after) = last {
            let rows = quarantine::rows(&mut self.transaction, old, &[], (after, ROWS_MAX)).await?;
            let later = find(self, batch, rows).await?;
            self.note_waiting(&mut waiting, &later);
            last = later.last().map(|(number, ..)| *number);
        }
        for (_, row, found) in looked {
            let place = found.as_ref().ok().copied();
            let Some((place, fact)) = place.zip(row.parsed.as_ref().ok()) else { continue };
            let line = &self.reading.lines[place];
            let mut days = waiting.get(&(line.account, line.line)).into_iter().flatten();
            if let Some((_, other)) = days.find(|(days, _)| days.contains(fact.day)) {
                *found = Err(RowRefusal::DayIncomplete { row: *other });
            }
        }
        Ok(())
    }

    /// Notes the days of the rows that cannot be used.
    fn note_waiting(&self, waiting: &mut Waiting, looked: &[Looked]) {
        let is_settled =
            |found: &Result<usize, RowRefusal>| matches!(found, Ok(_) | Err(RowRefusal::SaidSince { .. }));
        for (number, row, _) in looked.iter().filter(|(_, _, found)| !is_settled(found)) {
            if let Some((account, line, days)) = self.reading.waits(row) {
                waiting.entry((account, line)).or_default().entry(days).or_insert(*number);
            }
        }
    }

    /// Writes the rows that can be used, and what is wrong with the others. Answers how many can be used.
    async fn write_released(
        &mut self,
        (old, batch): (BatchId, &QuarantinedBatch),
        looked: Vec<Looked>,
    ) -> Result<i64, Failure> {
        let (mut facts, mut released, mut kept) = (FactRows::new(), Vec::new(), Vec::new());
        let again = looked.iter().filter_map(|(_, row, found)| {
            let place = *found.as_ref().ok()?;
            self.reading.said_again(row, place)
        });
        let again = again.collect();
        let held = self.reading.held(again).await?;
        for (number, row, found) in looked {
            let placed = found.and_then(|place| self.reading.placed(&row, place, &held));
            let placed = placed.and_then(|(fact, is_first)| match &row.parsed {
                Ok(said) if !is_first && self.destination == Destination::Facts => Err(said_since(said)),
                Ok(_) | Err(_) => Ok(fact),
            });
            match placed {
                Ok(fact) => {
                    match self.destination {
                        Destination::Facts => facts.push(&fact, self.landing)?,
                        Destination::Summed => facts.push_to_sum(&fact, self.landing, (number, None))?,
                    }
                    self.reading.count_released(&row);
                    released.push(number);
                }
                // What cannot be read says already what is wrong with it, and on which line of its file it was.
                Err(_) if row.parsed.is_err() => {}
                Err(refusal) => {
                    let column = row.column_of(&refusal);
                    kept.push(self.reading.quarantined(number, &row, column, &refusal));
                }
            }
        }
        quarantine::keep(&mut self.transaction, old, &kept).await?;
        quarantine::release(&mut self.transaction, old, &released, self.id).await?;
        store::copy(&mut self.transaction, facts, self.destination).await?;
        if self.destination == Destination::Summed {
            store::sum_up(&mut self.transaction, batch.replaces, Some(old)).await?;
        }
        self.header.said.rows = self.reading.counted.rows;
        Ok(self.reading.counted.rows)
    }
}
