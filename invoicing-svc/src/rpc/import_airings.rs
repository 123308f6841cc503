//! One batch of airings, from its first row to its landing, in one transaction.

mod release;

pub use release::release;

use std::collections::{HashMap, HashSet};

use billing_proto::billing::invoicing::v1 as pb;
use chassis::{
    call::Call,
    clock::Clock,
    failure::{Failure, OrRefuse},
};
use ids::{AiringId, BatchId};
use invoicing_domain::{
    control_total::ControlTotal,
    delivery::{self, BatchDigest, BatchTotals, OrderFacts, RowRefusal},
};
use outbox::{Voice, say};
use serde_json::Value;
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use crate::{
    report::delivery as report,
    store::delivery::{self as store, LandingBatch, PlacedAiring, QuarantinedRow},
    wire::{
        airing_batch::{Header, Row},
        fact,
    },
};

/// How many rows are placed and staged at a time.
const PIECE: usize = 2_000;

/// A batch that is arriving.
pub struct Import {
    call: Call,
    header: Header,
    scope: Option<Value>,
    transaction: Transaction<'static, Postgres>,
    id: BatchId,
    /// True when the batch has landed before: then its content is compared, and nothing is staged.
    is_known: bool,
    digest: BatchDigest,
    rows: i64,
    amount: ControlTotal,
    /// The rows whose rate is no number.
    uncounted: Vec<i64>,
    rows_quarantined: i64,
    waiting: Vec<(i64, Row)>,
    /// The orders that rows have named; `None` where there is none that the caller may see.
    orders: HashMap<String, Option<OrderFacts>>,
    taken: HashSet<AiringId>,
}

impl Import {
    /// Begins with the header.
    pub async fn begin(
        call: Call,
        header: Header,
        mut transaction: Transaction<'static, Postgres>,
    ) -> Result<Self, Failure> {
        let is_known = store::known(&mut transaction, &header.source, &header.batch_id).await?.is_some();
        if !is_known {
            store::begin_staging(&mut transaction).await?;
        }
        Ok(Self {
            scope: call.scope.json(),
            digest: BatchDigest::of(&header.order_source_system),
            id: BatchId::from_uuid(Uuid::now_v7()),
            call,
            header,
            transaction,
            is_known,
            rows: 0,
            amount: ControlTotal::default(),
            uncounted: Vec::new(),
            rows_quarantined: 0,
            waiting: Vec::new(),
            orders: HashMap::new(),
            taken: HashSet::new(),
        })
    }

    /// Takes the next rows.
    pub async fn take(&mut self, rows: impl IntoIterator<Item = Row>) -> Result<(), Failure> {
        for row in rows {
            self.count(&row);
            if !self.is_known {
                self.waiting.push((self.rows, row));
            }
            if self.waiting.len() == PIECE {
                self.stage().await?;
            }
        }
        Ok(())
    }

    fn count(&mut self, row: &Row) {
        self.rows += 1;
        match &row.parsed {
            Ok(airing) => self.digest.airing(airing),
            Err(_) => self.digest.unreadable(&row.content()),
        }
        if !row.rate.is_empty() {
            match ControlTotal::parse(&row.rate).ok().and_then(|rate| self.amount.plus(rate)) {
                Some(amount) => self.amount = amount,
                None => self.uncounted.push(self.rows),
            }
        }
    }

    async fn stage(&mut self) -> Result<(), Failure> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let waiting = std::mem::take(&mut self.waiting);
        self.load_orders(&waiting).await?;
        let (mut placed, mut quarantined) = (Vec::new(), Vec::new());
        for (number, row) in waiting {
            match self.place(&row) {
                Ok(found) => placed.push(found),
                Err((column, refusal)) => quarantined.push(self.quarantined(number, &row, column, &refusal)),
            }
        }
        store::stage(&mut self.transaction, &placed).await?;
        store::quarantine(&mut self.transaction, self.id, &quarantined).await?;
        self.rows_quarantined += i64::try_from(quarantined.len()).map_err(anyhow::Error::new)?;
        Ok(())
    }

    async fn load_orders(&mut self, rows: &[(i64, Row)]) -> Result<(), Failure> {
        let named = rows.iter().filter_map(|(_, row)| row.order());
        let new = named.filter(|order| !self.orders.contains_key(*order)).map(str::to_owned);
        let new: HashSet<String> = new.collect();
        let new: Vec<String> = new.into_iter().collect();
        let which = (&*self.header.order_source_system, &*new);
        let mut found =
            store::orders(&mut self.transaction, which, self.scope.as_ref(), self.call.at).await?;
        self.orders.extend(new.into_iter().map(|order| {
            let facts = found.remove(&order);
            (order, facts)
        }));
        Ok(())
    }

    fn place(&mut self, row: &Row) -> Result<PlacedAiring, (String, RowRefusal)> {
        let airing =
            row.parsed.as_ref().map_err(|problem| (problem.column.clone(), problem.refusal.clone()))?;
        let order = self.orders.get(&airing.order).and_then(Option::as_ref);
        let (source, system) = (&self.header.source, &self.header.order_source_system);
        let taken = &mut self.taken;
        delivery::place(airing, source, system, order, |id| !taken.insert(id))
            .map(|place| PlacedAiring {
                account: place.account,
                order: place.order,
                line: place.line,
                id: place.airing,
                airing: airing.clone(),
            })
            .map_err(|refusal| {
                let column = refusal.column().map_or("", |column| row.column_name(column));
                (column.to_owned(), refusal)
            })
    }

    fn quarantined(&self, number: i64, row: &Row, column: String, refusal: &RowRefusal) -> QuarantinedRow {
        let order = |named: &str| self.orders.get(named).and_then(Option::as_ref);
        QuarantinedRow {
            row: number,
            column,
            reason: refusal.reason(),
            message: refusal.to_string(),
            content: row.content(),
            order: row.order().and_then(order).map(|order| (order.account, order.order)),
        }
    }

    /// Lands the batch, or answers how it landed before. `file_header` is the first line of the file that it came as.
    pub async fn land(
        mut self,
        file_header: Option<&str>,
        clock: &Clock,
    ) -> Result<pb::DeliveryBatch, Failure> {
        self.stage().await?;
        let (source, batch_id) = (&self.header.source, &self.header.batch_id);
        store::lock_source(&mut self.transaction, source).await?;
        if let Some(known) = store::known(&mut self.transaction, source, batch_id).await? {
            let content_digest = self.digest.clone().finish();
            delivery::check_content(source, batch_id, known.content_digest, content_digest).or_refuse()?;
            let viewer = report::Viewer { scope: None, person: &self.call.caller.person };
            return report::batch(&mut self.transaction, known.id, viewer).await;
        }
        if let Some(sequence) = self.header.sequence {
            let last = store::last_sequence(&mut self.transaction, source).await?;
            delivery::check_sequence(source, last, sequence).or_refuse()?;
        }
        let counted = BatchTotals { rows: self.rows, amount: self.amount };
        delivery::check_totals(self.header.said, counted, &self.uncounted).or_refuse()?;
        let answer = self.record((file_header, None), clock).await?;
        self.transaction.commit().await?;
        Ok(answer)
    }

    /// Records what is staged as a batch and says it; `released_from` is the batch in whose quarantine the rows were.
    async fn record(
        &mut self,
        (file_header, released_from): (Option<&str>, Option<BatchId>),
        clock: &Clock,
    ) -> Result<pb::DeliveryBatch, Failure> {
        let (header, person) = (&self.header, &self.call.caller.person);
        let batch = LandingBatch {
            id: self.id,
            source: &header.source,
            external_id: &header.batch_id,
            sequence: header.sequence,
            order_source_system: &header.order_source_system,
            totals: &header.said,
            content_digest: self.digest.clone().finish(),
            rows_quarantined: self.rows_quarantined,
            file_header,
            released_from,
        };
        // Not when the stream began: the versions of a spot follow each other in the order in which they land.
        store::land(&mut self.transaction, &batch, clock.now(), person).await?;
        let viewer = report::Viewer { scope: None, person };
        let answer = report::batch(&mut self.transaction, self.id, viewer).await?;
        say(&mut self.transaction, &Voice::of(&self.call), fact::delivery(&answer)).await?;
        Ok(answer)
    }
}
