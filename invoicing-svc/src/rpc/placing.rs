//! The reading side of a batch of daily facts: rows come in, are counted, find their lines, and go out in pieces that
//! the database takes while the next rows come.

use std::collections::{HashMap, HashSet};

use billing_proto::billing::invoicing::v1 as pb;
use calendar::Days;
use chassis::failure::{Failure, OrRefuse};
use futures::Stream;
use ids::{AccountId, LineId};
use invoicing_domain::{
    control_total::ControlTotal,
    delivery::{self, BatchDigest, DailyFact, DailyLine, Duplicates, RowRefusal},
};
use jiff::civil::Date;
use serde_json::Value;
use sqlx::PgPool;
use tonic::Status;

use super::arriving::{STALL_MAX, next};
use crate::{
    store::{
        delivery::QuarantinedRow,
        delivery_fact::{
            self as store, Destination, FactRows, Held, KnownLine, Landing, PlacedFact, WaitingDays,
        },
    },
    wire::delivery_batch::{Header, Row, Rows},
};

/// How many rows are placed and written at a time.
const PIECE: usize = 20_000;

/// The lines of an order by number.
type OrderLines = HashMap<String, DailyLine>;

/// Rows that are ready to be written.
pub struct Piece {
    pub facts: FactRows,
    pub quarantined: Vec<QuarantinedRow>,
}

/// Where and by whose count rows are placed.
pub struct Placing {
    pub pool: PgPool,
    pub scope: Option<Value>,
    pub landing: Landing,
    /// The day that it is for the source.
    pub today: Date,
    pub duplicates: Duplicates,
    /// Of a day that was said before, what a row leaves open is taken over as the row is placed.
    pub carries: bool,
    /// The batch has landed before: its rows are only counted.
    pub is_known: bool,
}

/// Rows that arrive.
pub struct Reading {
    placing: Placing,
    header: Header,
    rows_read: Rows,
    has_ended: bool,
    waiting: Vec<(i64, Row)>,
    digest: BatchDigest,
    scratch: Vec<u8>,
    /// The orders that rows have named; `None` where there is none that the caller may see.
    orders: HashMap<String, Option<OrderLines>>,
    pub counted: Counted,
    pub lines: Vec<KnownLine>,
    /// The days of lines of which a row waits in the quarantine: they are not replaced, and not added up.
    pub waiting_days: WaitingDays,
}

/// What was counted of the rows.
#[derive(Debug, Default)]
pub struct Counted {
    pub rows: i64,
    pub amount: ControlTotal,
    /// The rows whose value is no number.
    pub uncounted: Vec<i64>,
    /// The rows that say a line and day again, where that refuses the batch.
    pub repeated: Vec<i64>,
    pub quarantined: i64,
}

impl Reading {
    /// Before the first row.
    pub fn begin(header: &Header, placing: Placing) -> Self {
        let (days, lines) = match &header.replaces {
            Some(replaces) => (Some(replaces.days), &*replaces.lines),
            None => (None, &[][..]),
        };
        Self {
            digest: BatchDigest::of_daily(&header.order_source_system, days, lines),
            rows_read: Rows::new(header.measure),
            header: header.clone(),
            placing,
            has_ended: false,
            waiting: Vec::new(),
            scratch: Vec::new(),
            orders: HashMap::new(),
            counted: Counted::default(),
            lines: Vec::new(),
            waiting_days: WaitingDays::new(),
        }
    }

    /// The next rows of the stream, placed; `None` at its end.
    pub async fn next_piece(
        &mut self,
        stream: &mut (impl Stream<Item = Result<pb::ImportDeliveryRequest, Status>> + Unpin),
    ) -> Result<Option<Piece>, Failure> {
        while self.waiting.len() < PIECE && !self.has_ended {
            match next(stream, STALL_MAX).await.or_refuse()? {
                Some(message) => {
                    let rows = self.rows_read.read(message.part)?;
                    rows.into_iter().for_each(|row| self.count(row));
                }
                None => {
                    let rows = self.rows_read.end(PIECE)?;
                    self.has_ended = rows.is_empty();
                    rows.into_iter().for_each(|row| self.count(row));
                }
            }
        }
        if self.waiting.is_empty() { Ok(None) } else { self.place_waiting().await.map(Some) }
    }

    /// The digest of all rows.
    pub fn digest(&self) -> [u8; 32] {
        self.digest.clone().finish()
    }

    /// The place of a line that is named outside of a row.
    pub async fn line(&mut self, order: &str, number: &str) -> Result<Option<usize>, Failure> {
        self.load(HashSet::from([order.to_owned()])).await?;
        let lines = self.orders.get(order).and_then(Option::as_ref);
        Ok(lines.and_then(|lines| lines.get(number)).map(|line| line.place))
    }

    /// The first line of the file that arrives, if it is one.
    pub fn file_header(&self) -> Option<&str> {
        self.rows_read.file_header()
    }

    /// Counts a row that is released from the quarantine.
    pub fn count_released(&mut self, row: &Row) {
        self.counted.rows += 1;
        if let Ok(fact) = &row.parsed {
            self.digest.fact(fact, &mut self.scratch);
        }
    }

    /// Reads the orders that the rows name.
    pub async fn load_named(&mut self, rows: impl Iterator<Item = &Row>) -> Result<(), Failure> {
        let named = rows.filter_map(Row::order);
        let new = named.filter(|order| !self.orders.contains_key(*order)).map(str::to_owned).collect();
        self.load(new).await
    }

    fn count(&mut self, row: Row) {
        let counted = &mut self.counted;
        counted.rows += 1;
        match &row.parsed {
            Ok(fact) => self.digest.fact(fact, &mut self.scratch),
            Err(unreadable) => self.digest.unreadable(&unreadable.content),
        }
        if let Some(summed) = &row.summed {
            match ControlTotal::parse(summed).ok().and_then(|value| counted.amount.plus(value)) {
                Some(amount) => counted.amount = amount,
                None => counted.uncounted.push(counted.rows),
            }
        }
        if !self.placing.is_known {
            self.waiting.push((counted.rows, row));
        }
    }

    async fn place_waiting(&mut self) -> Result<Piece, Failure> {
        let waiting = std::mem::take(&mut self.waiting);
        self.load_named(waiting.iter().map(|(_, row)| row)).await?;
        let found: Vec<_> = waiting.iter().map(|(_, row)| self.line_of(row)).collect();
        let again = waiting.iter().zip(&found);
        let again =
            again.filter_map(|((_, row), found)| self.said_again(row, *found.as_ref().ok()?)).collect();
        let held = self.held(again).await?;
        let mut piece = Piece { facts: FactRows::new(), quarantined: Vec::new() };
        for ((number, row), found) in waiting.into_iter().zip(found) {
            match self.place(number, &row, found, &held) {
                Ok(fact) => {
                    if let Some(fact) = fact {
                        self.write(&mut piece.facts, &fact, (number, &row))?;
                    }
                }
                Err(refusal) => {
                    if let Some(days) = self.waits(&row) {
                        self.waiting_days.entry(days).or_insert(RowRefusal::DayIncomplete { row: number });
                    }
                    let column = row.column_of(&refusal);
                    piece.quarantined.push(self.quarantined(number, &row, column, &refusal));
                }
            }
        }
        self.counted.quarantined += i64::try_from(piece.quarantined.len()).map_err(anyhow::Error::new)?;
        Ok(piece)
    }

    fn write(
        &self,
        facts: &mut FactRows,
        fact: &PlacedFact,
        (number, row): (i64, &Row),
    ) -> Result<(), Failure> {
        match Destination::of(self.placing.duplicates) {
            Destination::Facts => facts.push(fact, self.placing.landing),
            Destination::Summed => facts.push_to_sum(fact, self.placing.landing, (number, row.record())),
        }
    }

    /// On a connection of its own: the one of the batch is writing meanwhile.
    async fn load(&mut self, orders: HashSet<String>) -> Result<(), Failure> {
        let new: Vec<String> = orders.into_iter().filter(|order| !self.orders.contains_key(order)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut connection = self.placing.pool.acquire().await?;
        let system = &self.header.order_source_system;
        let (scope, source) = (self.placing.scope.as_ref(), self.placing.landing.source);
        let read = store::lines(&mut connection, system, &new, scope, source).await?;
        self.orders.extend(new.into_iter().map(|order| (order, None)));
        for line in read {
            let known = DailyLine { place: self.lines.len(), flight: line.flight };
            self.orders.entry(line.order).or_default().get_or_insert_default().insert(line.number, known);
            self.lines.push(line.known);
        }
        Ok(())
    }

    /// The fact to be written; none of a day that the batch says again, where that refuses it.
    fn place(
        &mut self,
        number: i64,
        row: &Row,
        found: Result<usize, RowRefusal>,
        held: &Held,
    ) -> Result<Option<PlacedFact>, RowRefusal> {
        let placed = found.and_then(|place| self.placed(row, place, held));
        let (fact, is_first) = placed?;
        if !is_first && self.placing.duplicates == Duplicates::Refuse {
            self.counted.repeated.push(number);
            return Ok(None);
        }
        Ok(Some(fact))
    }

    /// The place of the line that a row is about.
    pub fn line_of(&self, row: &Row) -> Result<usize, RowRefusal> {
        match &row.parsed {
            Ok(fact) => self.find(fact),
            Err(unreadable) => Err(unreadable.problem.refusal.clone()),
        }
    }

    /// The day of a line that a row says again and of which something is to be taken over.
    pub fn said_again(&self, row: &Row, place: usize) -> Option<(AccountId, LineId, Date)> {
        let (fact, line) = (row.parsed.as_ref().ok()?, &self.lines[place]);
        let is_again = self.placing.carries && line.latest.is_some_and(|latest| fact.day <= latest);
        is_again.then_some((line.account, line.line, fact.day))
    }

    /// What holds of days. On a connection of its own, as the orders are read.
    pub async fn held(&mut self, days: Vec<(AccountId, LineId, Date)>) -> Result<Held, Failure> {
        if days.is_empty() {
            return Ok(Held::new());
        }
        let mut connection = self.placing.pool.acquire().await?;
        store::held(&mut connection, self.placing.landing.source, &days).await
    }

    /// The fact of a row on the line at a place, over what held of its day, and whether it is the first that the batch says of it.
    pub fn placed(&mut self, row: &Row, place: usize, held: &Held) -> Result<(PlacedFact, bool), RowRefusal> {
        let fact = row.parsed.as_ref().map_err(|unreadable| unreadable.problem.refusal.clone())?;
        let line = &mut self.lines[place];
        let (mut measured, mut carried) = (fact.measured, 0);
        if let Some(held) = held.get(&(line.line, fact.day)) {
            measured = fact.measured.over(held);
            carried = held.present() & !fact.measured.present();
            delivery::check_restated(&fact.measured, held)?;
        }
        let is_first = line.sums.add(fact.day, &fact.measured);
        let (account, line, day) = (line.account, line.line, fact.day);
        Ok((PlacedFact { account, line, day, measured, carried }, is_first))
    }

    /// The days of a line that wait for a row which cannot be used: those that it would have replaced, or with whose rows it would have
    /// been added up; all that there are, where its day cannot be read. None where every row is a day of its own.
    pub fn waits(&self, row: &Row) -> Option<(AccountId, LineId, Days)> {
        let replaced = self.header.replaces.as_ref().map(|replaces| replaces.days);
        let is_alone = Destination::of(self.placing.duplicates) == Destination::Facts;
        if replaced.is_none() && is_alone {
            return None;
        }
        let (order, number, day) = row.about()?;
        let known = self.orders.get(order)?.as_ref()?.get(number)?;
        let line = &self.lines[known.place];
        let all = replaced.map_or(known.flight, |days| days);
        let days = day.map_or(Some(all), |day| Days::new(day, day).ok())?;
        Some((line.account, line.line, days))
    }

    /// The place of the line that a fact is about.
    pub fn find(&self, fact: &DailyFact) -> Result<usize, RowRefusal> {
        let order = self.orders.get(&fact.order).and_then(Option::as_ref);
        let system = &self.header.order_source_system;
        let place = delivery::place_fact(fact, system, order, self.placing.today)?;
        match &self.header.replaces {
            Some(replaces) if !replaces.days.contains(fact.day) => {
                Err(RowRefusal::NotReplaced { day: fact.day, replaced: replaces.days })
            }
            Some(_) | None if self.header.evidence.is_some() => Err(RowRefusal::ManualCount),
            Some(_) | None => Ok(place),
        }
    }

    /// A row to be kept.
    pub fn quarantined(
        &self,
        number: i64,
        row: &Row,
        column: String,
        refusal: &RowRefusal,
    ) -> QuarantinedRow {
        let order = |named: &str| {
            let lines = self.orders.get(named).and_then(Option::as_ref)?;
            let known = &self.lines[lines.values().next()?.place];
            Some((known.account, known.order))
        };
        let is_added_up = Destination::of(self.placing.duplicates) == Destination::Summed;
        let message = if is_added_up && refusal.is_sent_again() {
            format!("{refusal}; its source adds rows up, so send all rows of the line and day with it")
        } else {
            refusal.to_string()
        };
        QuarantinedRow {
            row: number,
            column,
            reason: refusal.reason(),
            message,
            content: row.content(),
            order: row.order().and_then(order),
        }
    }
}
