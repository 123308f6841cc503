//! One batch of daily facts, from its header to its landing, in one transaction. While the database takes one piece of
//! the rows, the next is read and placed.

mod release;

use std::collections::{HashMap, HashSet};

use billing_proto::billing::invoicing::v1 as pb;
use chassis::{
    call::Call,
    clock::Clock,
    failure::{Failure, OrRefuse},
};
use futures::Stream;
use ids::{AccountId, BatchId, LineId, OrderId};
use invoicing_domain::delivery::{self, BatchTotals, DeliveryRefusal, Duplicates};
use outbox::{Voice, say};
use refusal::Violations;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use tonic::Status;
use uuid::Uuid;

pub use self::release::release;
use super::placing::{Piece, Placing, Reading};
use crate::{
    report::delivery as report,
    store::{
        delivery::{self as batches, Counts, Daily, KnownBatch, LandingBatch},
        delivery_fact::{self as store, Destination, KnownLine, Landing, Source},
        delivery_total,
        input_change::{self, Cause},
    },
    wire::{delivery_batch::Header, fact},
};

/// A batch that is arriving.
pub struct Import {
    call: Call,
    header: Header,
    transaction: Transaction<'static, Postgres>,
    id: BatchId,
    known: Option<KnownBatch>,
    landing: Landing,
    destination: Destination,
    reading: Reading,
    /// The places of the lines that the batch says everything about, where it names them.
    replaced: Vec<usize>,
}

impl Import {
    /// Begins with the header. No other batch of the source lands until this one has: the later landing has the higher
    /// number.
    pub async fn begin(call: Call, header: Header, pool: PgPool) -> Result<Self, Failure> {
        let mut transaction = pool.begin().await?;
        batches::lock_source(&mut transaction, &header.source).await?;
        let known = batches::known(&mut transaction, &header.source, &header.batch_id).await?;
        if let (None, Some(sequence)) = (&known, header.sequence) {
            let last = batches::last_sequence(&mut transaction, &header.source).await?;
            delivery::check_sequence(&header.source, last, sequence).or_refuse()?;
        }
        let source = source(&mut transaction, &header, &call).await?;
        let destination = Destination::of(source.duplicates);
        if destination == Destination::Summed {
            store::begin_summing(&mut transaction).await?;
        }
        let number = store::next_landing(&mut transaction).await?;
        let landing = Landing { source: source.number, number };
        let (scope, today) = (call.scope.json(), source.time_zone.day_of(call.at));
        let (duplicates, is_known) = (source.duplicates, known.is_some());
        // What is added up takes over what it leaves open once it is.
        let carries = header.replaces.is_none() && destination == Destination::Facts;
        let placing = Placing { pool, scope, landing, today, duplicates, carries, is_known };
        let mut reading = Reading::begin(&header, placing);
        let replaced = replaced(&mut reading, &header).await?;
        let id = BatchId::from_uuid(Uuid::now_v7());
        Ok(Self { call, header, transaction, id, known, landing, destination, reading, replaced })
    }

    /// Takes the rows of the stream.
    pub async fn receive(
        &mut self,
        stream: &mut (impl Stream<Item = Result<pb::ImportDeliveryRequest, Status>> + Unpin),
    ) -> Result<(), Failure> {
        let mut piece = None;
        loop {
            // Both to their end: a copy that is left halfway would leave the connection in disorder.
            let (written, next) = tokio::join!(
                write(&mut self.transaction, self.id, self.destination, piece),
                self.reading.next_piece(stream)
            );
            written?;
            piece = next?;
            if piece.is_none() {
                return Ok(());
            }
        }
    }

    /// Lands the batch, or answers how it landed before.
    pub async fn land(mut self, clock: &Clock) -> Result<pb::DeliveryBatch, Failure> {
        let content_digest = self.reading.digest();
        let person = self.call.caller.person.clone();
        let viewer = report::Viewer { scope: None, person: &person };
        if let Some(known) = self.known {
            let (source, batch) = (&self.header.source, &self.header.batch_id);
            delivery::check_content(source, batch, known.content_digest, content_digest).or_refuse()?;
            return report::batch(&mut self.transaction, known.id, viewer).await;
        }
        self.check().or_refuse()?;
        if self.destination == Destination::Summed {
            let waiting = &self.reading.waiting_days;
            self.reading.counted.quarantined +=
                store::withhold(&mut self.transaction, self.id, waiting).await?;
            store::sum_up(&mut self.transaction, self.header.replaces.is_some(), None).await?;
        }
        let answer = self.record(None, clock).await?;
        self.transaction.commit().await?;
        Ok(answer)
    }

    /// Settles what the rows change, records the batch and says it; `released_from` is the batch in whose quarantine the
    /// rows were.
    async fn record(
        &mut self,
        released_from: Option<BatchId>,
        clock: &Clock,
    ) -> Result<pb::DeliveryBatch, Failure> {
        let counts = self.settle().await?;
        let batch = LandingBatch {
            id: self.id,
            source: &self.header.source,
            external_id: &self.header.batch_id,
            sequence: self.header.sequence,
            order_source_system: &self.header.order_source_system,
            totals: &self.header.said,
            content_digest: self.reading.digest(),
            rows_quarantined: counts.quarantined,
            file_header: self.reading.file_header(),
            released_from,
        };
        let daily = Daily {
            landing: self.landing.number,
            replaced: self.header.replaces.as_ref().map(|replaces| replaces.days),
            measure: self.header.measure,
            evidence: self.header.evidence.as_deref(),
        };
        let person = &self.call.caller.person;
        batches::record(&mut self.transaction, &batch, &counts, Some(daily), (clock.now(), person)).await?;
        let viewer = report::Viewer { scope: None, person };
        let answer = report::batch(&mut self.transaction, self.id, viewer).await?;
        say(&mut self.transaction, &Voice::of(&self.call), fact::delivery(&answer)).await?;
        Ok(answer)
    }

    fn check(&self) -> Result<(), DeliveryRefusal> {
        let counted = &self.reading.counted;
        let totals = BatchTotals { rows: counted.rows, amount: counted.amount };
        delivery::check_totals(self.header.said, totals, &counted.uncounted)?;
        delivery::check_duplicates(&counted.repeated)
    }

    /// Brings the totals to what holds now: what is said of new days is added, all else is computed anew.
    async fn settle(&mut self) -> Result<Counts, Failure> {
        let transaction = &mut *self.transaction;
        batches::take_time(transaction).await?;
        let lines = &self.reading.lines;
        let touched: Vec<&KnownLine> = lines.iter().filter(|line| line.sums.days().is_some()).collect();
        let absent =
            absent(transaction, self.landing, &self.header, &self.call, (lines, &self.replaced)).await?;
        let read = touched.iter().map(|line| (line.order, (line.account, Some(line.row_revision))));
        let mut orders: HashMap<OrderId, (AccountId, Option<i64>)> =
            absent.iter().map(|(account, order, _)| (*order, (*account, None))).collect();
        orders.extend(read);
        let changed: HashSet<OrderId> =
            store::changed_orders(transaction, &orders).await?.into_iter().collect();
        let absent: Vec<_> = absent.into_iter().map(|(account, _, line)| (account, line)).collect();
        let waiting: Vec<_> = self.reading.waiting_days.keys().copied().collect();
        let zeroed = match &self.header.replaces {
            Some(replaces) => {
                store::zero_absent(transaction, self.landing, replaces.days, &absent, &waiting).await?
            }
            None => Vec::new(),
        };
        let before: Vec<(AccountId, LineId)> = said_before(&touched).collect();
        let unchanged = store::unchanged(transaction, self.landing, &before).await?;
        let mut anew: HashSet<(AccountId, LineId)> = before.into_iter().collect();
        let zeroed_lines = zeroed.iter().filter(|zeroed| zeroed.days > 0);
        anew.extend(zeroed_lines.map(|zeroed| (zeroed.account, zeroed.line)));
        // What waits was counted when its row was placed.
        let waits: HashSet<(AccountId, LineId)> =
            waiting.iter().map(|(account, line, _)| (*account, *line)).collect();
        let others = touched
            .iter()
            .filter(|line| changed.contains(&line.order) || waits.contains(&(line.account, line.line)));
        anew.extend(others.map(|line| (line.account, line.line)));
        let new: Vec<&KnownLine> =
            touched.iter().copied().filter(|line| !anew.contains(&(line.account, line.line))).collect();
        delivery_total::add(transaction, self.landing.source, &new).await?;
        let anew: Vec<_> = anew.into_iter().collect();
        delivery_total::rebuild(transaction, &anew).await?;
        let accounts: HashSet<AccountId> =
            touched.iter().map(|line| line.account).chain(anew.iter().map(|(account, _)| *account)).collect();
        let accounts: Vec<AccountId> = accounts.into_iter().collect();
        input_change::record(transaction, &accounts, Cause::Delivery).await?;
        let counted = &self.reading.counted;
        Ok(Counts {
            loaded: counted.rows - counted.quarantined - unchanged,
            unchanged,
            quarantined: counted.quarantined,
            zeroed: zeroed.iter().map(|zeroed| zeroed.days).sum(),
            kept: zeroed.iter().map(|zeroed| zeroed.kept).sum(),
        })
    }
}

/// The source of the batch, made with its first one. What the batch says of it must be what is known.
async fn source(transaction: &mut PgConnection, header: &Header, call: &Call) -> Result<Source, Failure> {
    if let Some(known) = store::source(transaction, &header.source).await? {
        let zone = header.time_zone.as_ref().map(ToString::to_string);
        let duplicates = header.duplicates.map(Duplicates::name);
        delivery::check_setting(&header.source, "time zone", &known.time_zone.to_string(), zone.as_deref())
            .or_refuse()?;
        delivery::check_setting(&header.source, "duplicates", known.duplicates.name(), duplicates)
            .or_refuse()?;
        return Ok(known);
    }
    let Some(time_zone) = header.time_zone.clone() else {
        let mut v = Violations::new();
        v.add("header.time_zone", "must be given with the first batch of a source");
        return Err(v.refusal().into());
    };
    let duplicates = header.duplicates.unwrap_or(Duplicates::Refuse);
    store::create_source(transaction, &header.source, time_zone, duplicates, call.at).await
}

/// The lines that the header names; one that is not known is refused, for nobody would see that it was not replaced.
async fn replaced(reading: &mut Reading, header: &Header) -> Result<Vec<usize>, Failure> {
    let lines = header.replaces.iter().flat_map(|replaces| &replaces.lines).enumerate();
    let mut v = Violations::new();
    let mut places = Vec::new();
    for (n, (order, number)) in lines {
        match reading.line(order, number).await? {
            Some(place) => places.push(place),
            None => v.add(&format!("header.lines[{n}]"), "is not known; sync its order first"),
        }
    }
    v.check()?;
    Ok(places)
}

async fn write(
    transaction: &mut PgConnection,
    batch: BatchId,
    destination: Destination,
    piece: Option<Piece>,
) -> Result<(), Failure> {
    let Some(piece) = piece else { return Ok(()) };
    store::copy(transaction, piece.facts, destination).await?;
    if piece.quarantined.is_empty() {
        return Ok(());
    }
    batches::quarantine(transaction, batch, &piece.quarantined).await
}

/// The lines that the batch says everything about.
async fn absent(
    transaction: &mut PgConnection,
    landing: Landing,
    header: &Header,
    call: &Call,
    (lines, named): (&[KnownLine], &[usize]),
) -> Result<Vec<(AccountId, OrderId, LineId)>, Failure> {
    let Some(replaces) = &header.replaces else { return Ok(Vec::new()) };
    if !replaces.lines.is_empty() {
        let named = named.iter().map(|place| &lines[*place]);
        return Ok(named.map(|line| (line.account, line.order, line.line)).collect());
    }
    let scope = call.scope.json();
    let which = (&*header.order_source_system, scope.as_ref());
    store::lines_said_of(transaction, landing.source, replaces.days, which).await
}

/// The lines out of those touched of whose days the source may have said something before.
fn said_before(touched: &[&KnownLine]) -> impl Iterator<Item = (AccountId, LineId)> {
    let is_again = |line: &KnownLine| Some(line.sums.days()?.first() <= line.latest?);
    touched.iter().filter(move |line| is_again(line) == Some(true)).map(|line| (line.account, line.line))
}
