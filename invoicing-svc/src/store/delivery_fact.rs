//! Daily facts. They are copied into their table piece by piece while they arrive, under the landing number of their
//! batch, so that nothing is moved again at its end.

use std::collections::HashMap;

use anyhow::Context;
use calendar::{Days, EntityZone};
use chassis::failure::Failure;
use ids::{AccountId, BatchId, LineId, OrderId};
use invoicing_domain::{
    delivery::{Duplicates, LineSums, Measured, RowRefusal, cells},
    order::{BillingTerms, OrderCalendar},
};
use jiff::{Timestamp, civil::Date};
use jiff_sqlx::ToSqlx;
use money::Quantity;
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{copy_rows::CopyRows, delivery::take_time, fiscal_calendar, written::Written};

/// Who counts.
#[derive(Clone, Debug)]
pub struct Source {
    pub number: i32,
    pub time_zone: EntityZone,
    pub duplicates: Duplicates,
}

/// A line that rows have named or may name.
#[derive(Debug)]
pub struct KnownLine {
    pub account: AccountId,
    pub line: LineId,
    pub order: OrderId,
    /// The revision of the order's row when it was read: another one at the landing means other terms.
    pub row_revision: i64,
    /// The last day of which the source had said something.
    pub latest: Option<Date>,
    pub sums: LineSums,
}

/// A line as it was read, with its order's id in the order system and its number.
pub struct ReadLine {
    pub order: String,
    pub number: String,
    pub flight: Days,
    pub known: KnownLine,
}

/// The source of this name, if it has sent a batch.
pub async fn source(connection: &mut PgConnection, name: &str) -> Result<Option<Source>, Failure> {
    let row =
        sqlx::query!("select source_no, time_zone, duplicates from delivery_source where source = $1", name)
            .fetch_optional(connection)
            .await?;
    row.map(|row| {
        let time_zone = row.time_zone.parse().context("the database holds an unknown time zone")?;
        Ok(Source { number: row.source_no, time_zone, duplicates: Written::read(&row.duplicates)? })
    })
    .transpose()
}

/// Makes a source with its first batch; the source is locked.
pub async fn create_source(
    connection: &mut PgConnection,
    name: &str,
    time_zone: EntityZone,
    duplicates: Duplicates,
    at: Timestamp,
) -> Result<Source, Failure> {
    let number = sqlx::query_scalar!(
        "insert into delivery_source (revision, source, time_zone, duplicates, created_at, updated_at)
         values (1, $1, $2, $3, $4, $4) returning source_no",
        name,
        time_zone.to_string(),
        duplicates.text(),
        at.to_sqlx() as _
    )
    .fetch_one(connection)
    .await?;
    Ok(Source { number, time_zone, duplicates })
}

/// The next landing number. The source is locked until the batch has landed, so that of two batches of a source the one
/// that lands later has the higher number.
pub async fn next_landing(connection: &mut PgConnection) -> Result<i64, Failure> {
    let next = sqlx::query_scalar!("select nextval('delivery_landing') as \"landing!\"");
    Ok(next.fetch_one(connection).await?)
}

/// The lines of the orders out of those named that the caller may see, with what a source has said of them.
pub async fn lines(
    connection: &mut PgConnection,
    order_source_system: &str,
    orders: &[String],
    scope: Option<&Value>,
    source: i32,
) -> Result<Vec<ReadLine>, Failure> {
    let lines =
        sqlx::query_file!("src/store/sql/delivered_lines.sql", order_source_system, orders, scope, source);
    let rows = lines.fetch_all(connection).await?;
    let days = |first: jiff_sqlx::Date, last: jiff_sqlx::Date| {
        Days::new(first.to_jiff(), last.to_jiff()).context("days that end before they begin")
    };
    let mut lines = Vec::new();
    for row in rows {
        let billing = BillingTerms {
            calendar: OrderCalendar::read(&row.billing_calendar)?
                .of(fiscal_calendar::read(&row.fiscal_calendar)?),
            cycle: Written::read(&row.billing_cycle)?,
            contract_last: row.order_last.to_jiff(),
        };
        let flight = days(row.first_day, row.last_day)?;
        let ends = row.segment_firsts.into_iter().zip(row.segment_lasts);
        let segments = ends.map(|(first, last)| days(first, last)).collect::<Result<Vec<_>, _>>()?;
        let segments: Vec<Days> = segments.into_iter().filter_map(|days| days.intersect(flight)).collect();
        let known = KnownLine {
            account: AccountId::from_uuid(row.account_id),
            line: LineId::from_uuid(row.line_id),
            order: OrderId::from_uuid(row.order_id),
            row_revision: row.row_revision,
            latest: row.latest.map(|day| day.to_jiff()),
            sums: LineSums::new(flight, cells(billing, &segments)),
        };
        lines.push(ReadLine { order: row.external_id, number: row.number, flight, known });
    }
    Ok(lines)
}

/// The columns of a fact, as they are pushed. By name, so that a column that a later version adds does not stop the imports
/// of this one.
macro_rules! columns {
    () => {
        "account_id, line_id, day, source_no, landing, gross_impressions, general_invalid, sophisticated_invalid, impressions, \
         viewable_impressions, clicks, views, completed_views, actions, spend, hours, carried"
    };
}

/// Facts on their way into the database.
pub struct FactRows(CopyRows);

/// A fact of a line that is known.
#[derive(Clone, Copy, Debug)]
pub struct PlacedFact {
    pub account: AccountId,
    pub line: LineId,
    pub day: Date,
    pub measured: Measured,
    /// The measures that its row leaves open and that were taken over, as the bits of `Measured::present`.
    pub carried: i32,
}

impl FactRows {
    /// No facts.
    pub fn new() -> Self {
        Self(CopyRows::new())
    }

    /// Adds a fact of a source under a landing number.
    pub fn push(&mut self, fact: &PlacedFact, landing: Landing) -> Result<(), Failure> {
        self.0.begin_row(17);
        self.columns(fact, landing)
    }

    /// Adds a fact that is added up with others of its day: said by this row, with its record where it came in a file.
    pub fn push_to_sum(
        &mut self,
        fact: &PlacedFact,
        landing: Landing,
        (number, record): (i64, Option<&str>),
    ) -> Result<(), Failure> {
        self.0.begin_row(19);
        self.columns(fact, landing)?;
        self.0.column(&number)?;
        self.0.column(&record)
    }

    fn columns(&mut self, fact: &PlacedFact, landing: Landing) -> Result<(), Failure> {
        let row = &mut self.0;
        row.column(&fact.account.uuid())?;
        row.column(&fact.line.uuid())?;
        row.column(&fact.day.to_sqlx())?;
        row.column(&landing.source)?;
        row.column(&landing.number)?;
        for count in &fact.measured.counts {
            row.column(count)?;
        }
        row.column(&fact.measured.spend.map(Quantity::value))?;
        row.column(&fact.measured.hours.map(Quantity::value))?;
        row.column(&Some(fact.carried).filter(|carried| *carried != 0))
    }
}

/// Where the facts of a batch go while they arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Their table: each stands there once.
    Facts,
    /// A table of the transaction's own, to be added up by line and day.
    Summed,
}

impl Destination {
    /// Where the facts of a source go.
    pub fn of(duplicates: Duplicates) -> Self {
        match duplicates {
            Duplicates::Refuse => Self::Facts,
            Duplicates::Sum => Self::Summed,
        }
    }
}

/// Makes room for facts that are to be added up.
pub async fn begin_summing(transaction: &mut PgConnection) -> Result<(), Failure> {
    // The table is the transaction's own, so that no query over it can be checked when the service is built.
    sqlx::query(
        "create temporary table arriving_fact (like delivery_fact, number bigint not null, record text) on commit drop",
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Writes facts.
pub async fn copy(
    transaction: &mut PgConnection,
    facts: FactRows,
    destination: Destination,
) -> Result<(), Failure> {
    let statement = match destination {
        Destination::Facts => concat!("copy delivery_fact (", columns!(), ") from stdin (format binary)"),
        Destination::Summed => {
            concat!("copy arriving_fact (", columns!(), ", number, record) from stdin (format binary)")
        }
    };
    facts.0.write(transaction, statement).await
}

/// Days of lines of which a row waits in the quarantine, with what that is to the other rows of the day.
pub type WaitingDays = HashMap<(AccountId, LineId, Days), RowRefusal>;

/// Puts into the quarantine, too, what was to be added up on days of which a row waits there. Answers how many rows that are.
pub async fn withhold(
    transaction: &mut PgConnection,
    batch: BatchId,
    waiting: &WaitingDays,
) -> Result<i64, Failure> {
    if waiting.is_empty() {
        return Ok(0);
    }
    take_time(transaction).await?;
    let withheld = sqlx::query(include_str!("sql/withhold_arriving_facts.sql"))
        .persistent(false)
        .bind(batch.uuid())
        .bind(waiting.keys().map(|(account, _, _)| account.uuid()).collect::<Vec<_>>())
        .bind(waiting.keys().map(|(_, line, _)| line.uuid()).collect::<Vec<_>>())
        .bind(waiting.keys().map(|(_, _, days)| days.first().to_sqlx()).collect::<Vec<_>>())
        .bind(waiting.keys().map(|(_, _, days)| days.last().to_sqlx()).collect::<Vec<_>>())
        .bind(waiting.values().map(|refusal| refusal.reason().to_owned()).collect::<Vec<_>>())
        .bind(waiting.values().map(ToString::to_string).collect::<Vec<_>>())
        .execute(transaction)
        .await?;
    Ok(i64::try_from(withheld.rows_affected()).context("more rows than there are numbers")?)
}

/// Adds up the facts that were to be, and writes them. `replaces`: the batch says everything of its days. What is released from a
/// batch is added to what that one has said.
pub async fn sum_up(
    transaction: &mut PgConnection,
    replaces: bool,
    released_from: Option<BatchId>,
) -> Result<(), Failure> {
    take_time(transaction).await?;
    sqlx::query(include_str!("sql/sum_arriving_facts.sql"))
        .persistent(false)
        .bind(replaces)
        .bind(released_from.map(BatchId::uuid))
        .execute(transaction)
        .await?;
    Ok(())
}

/// What holds of days, by line and day.
pub type Held = HashMap<(LineId, Date), Measured>;

/// What holds of those of the days of which the source has said something.
pub async fn held(
    connection: &mut PgConnection,
    source: i32,
    days: &[(AccountId, LineId, Date)],
) -> Result<Held, Failure> {
    let accounts: Vec<Uuid> = days.iter().map(|(account, _, _)| account.uuid()).collect();
    let lines: Vec<Uuid> = days.iter().map(|(_, line, _)| line.uuid()).collect();
    let dates: Vec<_> = days.iter().map(|(_, _, day)| day.to_sqlx()).collect();
    let rows = sqlx::query_file!("src/store/sql/facts_held.sql", &accounts, &lines, &dates as _, source)
        .fetch_all(connection)
        .await?;
    let mut held = Held::with_capacity(rows.len());
    for row in rows {
        let place = usize::try_from(row.place).context("a place before the first")?;
        let (_, line, day) = days[place];
        let counts = [
            row.gross_impressions,
            row.general_invalid,
            row.sophisticated_invalid,
            row.impressions,
            row.viewable_impressions,
            row.clicks,
            row.views,
            row.completed_views,
            row.actions,
        ];
        let (spend, hours) = (quantity(row.spend)?, quantity(row.hours)?);
        held.insert((line, day), Measured { counts, spend, hours });
    }
    Ok(held)
}

fn quantity(amount: Option<Decimal>) -> Result<Option<Quantity>, Failure> {
    Ok(amount.map(Quantity::of).transpose().context("the database holds no quantity")?)
}

/// The orders whose rows are another revision now than when they were read, if they were. Locks them until the transaction
/// ends: who changes their terms next finds the facts.
pub async fn changed_orders(
    transaction: &mut PgConnection,
    read: &HashMap<OrderId, (AccountId, Option<i64>)>,
) -> Result<Vec<OrderId>, Failure> {
    let (accounts, orders): (Vec<Uuid>, Vec<Uuid>) =
        read.iter().map(|(order, (account, _))| (account.uuid(), order.uuid())).unzip();
    let rows = sqlx::query!(
        "select o.order_id, o.row_revision from insertion_order o
           join unnest($1::uuid[], $2::uuid[]) r (account_id, order_id) using (account_id, order_id)
          order by o.account_id, o.order_id for share of o",
        &accounts,
        &orders
    )
    .fetch_all(transaction)
    .await?;
    let is_other = |order: OrderId, revision: i64| {
        read.get(&order).is_some_and(|(_, known)| known.is_some_and(|known| known != revision))
    };
    Ok(rows
        .into_iter()
        .map(|row| (OrderId::from_uuid(row.order_id), row.row_revision))
        .filter(|(order, revision)| is_other(*order, *revision))
        .map(|(order, _)| order)
        .collect())
}

/// The lines of a source that a batch says everything about.
pub async fn lines_said_of(
    transaction: &mut PgConnection,
    source: i32,
    days: Days,
    which: (&str, Option<&Value>),
) -> Result<Vec<(AccountId, OrderId, LineId)>, Failure> {
    let (order_source_system, scope) = which;
    let rows = sqlx::query_file!(
        "src/store/sql/lines_said_of.sql",
        source,
        days.first().to_sqlx() as _,
        days.last().to_sqlx() as _,
        order_source_system,
        scope
    )
    .fetch_all(transaction)
    .await?;
    let ids = |(account, order, line)| {
        (AccountId::from_uuid(account), OrderId::from_uuid(order), LineId::from_uuid(line))
    };
    Ok(rows.into_iter().map(|row| ids((row.account_id, row.order_id, row.line_id))).collect())
}

/// A batch of facts in the transaction that lands it.
#[derive(Clone, Copy, Debug)]
pub struct Landing {
    pub source: i32,
    pub number: i64,
}

/// A line of which something was said, and now nothing is.
#[derive(Clone, Copy, Debug)]
pub struct Zeroed {
    pub account: AccountId,
    pub line: LineId,
    pub days: i64,
    /// Days that keep their value, because a row of theirs waits in the quarantine.
    pub kept: i64,
}

/// Says zero of the days of the lines of which something was known and nothing was said, but not of those that `waiting` has.
pub async fn zero_absent(
    transaction: &mut PgConnection,
    landing: Landing,
    days: Days,
    lines: &[(AccountId, LineId)],
    waiting: &[(AccountId, LineId, Days)],
) -> Result<Vec<Zeroed>, Failure> {
    let (accounts, ids) = uuids(lines);
    let rows = sqlx::query_file!(
        "src/store/sql/zero_absent_facts.sql",
        &accounts,
        &ids,
        days.first().to_sqlx() as _,
        days.last().to_sqlx() as _,
        landing.source,
        landing.number,
        &waiting.iter().map(|(account, _, _)| account.uuid()).collect::<Vec<_>>(),
        &waiting.iter().map(|(_, line, _)| line.uuid()).collect::<Vec<_>>(),
        &waiting.iter().map(|(_, _, days)| days.first().to_sqlx()).collect::<Vec<_>>() as _,
        &waiting.iter().map(|(_, _, days)| days.last().to_sqlx()).collect::<Vec<_>>() as _
    )
    .fetch_all(transaction)
    .await?;
    let zeroed = rows.into_iter().map(|row| Zeroed {
        account: AccountId::from_uuid(row.account_id),
        line: LineId::from_uuid(row.line_id),
        days: row.days,
        kept: row.kept,
    });
    Ok(zeroed.collect())
}

/// How many facts of a landing say of these lines what was known already.
pub async fn unchanged(
    transaction: &mut PgConnection,
    landing: Landing,
    lines: &[(AccountId, LineId)],
) -> Result<i64, Failure> {
    let (accounts, ids) = uuids(lines);
    let unchanged = sqlx::query_file_scalar!(
        "src/store/sql/count_unchanged_facts.sql",
        &accounts,
        &ids,
        landing.source,
        landing.number
    );
    Ok(unchanged.fetch_one(transaction).await?)
}

fn uuids(lines: &[(AccountId, LineId)]) -> (Vec<Uuid>, Vec<Uuid>) {
    lines.iter().map(|(account, line)| (account.uuid(), line.uuid())).unzip()
}
