//! Orders that are taken: recorded many at a time, as JSON that the statements read as rows.

use chassis::failure::Failure;
use ids::{AccountId, LineId, OrderId};
use invoicing_domain::{
    ad_product::PricingModel,
    order::{Booking, Cap, Known, Line, LineTerms, Order},
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::Written;

/// An order with what it is booked for.
#[derive(Clone, Copy, Debug)]
pub struct Taken<'a> {
    pub order: &'a Order,
    pub booking: &'a Booking,
    /// What it takes the place of.
    pub known: Option<&'a Known>,
}

/// What was received of an order, taken or not.
#[derive(Clone, Debug)]
pub struct Received {
    pub account: AccountId,
    pub order: OrderId,
    pub revision: i64,
    pub content_digest: [u8; 32],
    /// CREATED, AMENDED or CONFLICT.
    pub outcome: &'static str,
    /// The message as it came.
    pub content: Vec<u8>,
}

/// Records orders, new and amended ones, in the same statements.
pub async fn record(
    connection: &mut PgConnection,
    taken: &[Taken<'_>],
    at: Timestamp,
    by: &str,
) -> Result<(), Failure> {
    register(connection, taken).await?;
    let orders: Value = taken.iter().map(order_json).collect();
    sqlx::query_file!("src/store/sql/upsert_orders.sql", orders, at.to_sqlx() as _, by)
        .execute(&mut *connection)
        .await?;
    replace_order_parts(connection, taken).await?;
    let lines = || taken.iter().flat_map(lines);
    let rows: Value = lines().map(|line| line.json()).collect();
    sqlx::query_file!("src/store/sql/upsert_order_lines.sql", rows).execute(&mut *connection).await?;
    // What was booked once stays as it is while the terms do.
    let rewritten: Vec<_> = lines().filter(|line| line.terms_are_new).collect();
    replace_line_parts(connection, &rewritten, at).await
}

async fn register(connection: &mut PgConnection, taken: &[Taken<'_>]) -> Result<(), Failure> {
    let new = || taken.iter().filter(|taken| taken.known.is_none()).map(|taken| taken.order);
    let source_systems: Vec<_> = new().map(|order| order.external_id.source_system.clone()).collect();
    let external_ids: Vec<_> = new().map(|order| order.external_id.id.clone()).collect();
    let accounts: Vec<_> = new().map(|order| order.account.uuid()).collect();
    let orders: Vec<_> = new().map(|order| order.id().uuid()).collect();
    sqlx::query!(
        "insert into order_registry (source_system, external_id, account_id, order_id)
         select * from unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[])",
        &source_systems,
        &external_ids,
        &accounts,
        &orders
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn order_json(Taken { order, booking, .. }: &Taken<'_>) -> Value {
    json!({
        "account_id": order.account.uuid(),
        "order_id": order.id().uuid(),
        "entity_id": order.entity.uuid(),
        "source_system": order.external_id.source_system,
        "external_id": order.external_id.id,
        "revision": order.revision,
        "content_digest": bytea(order.content_digest()),
        "advertiser": order.advertiser,
        "currency": order.currency.code(),
        "commission_percent": order.commission.to_string(),
        "payment_terms_days": booking.payment_terms_days,
        "flight_first": order.flight.first().to_string(),
        "flight_last": order.flight.last().to_string(),
        "signed_date": order.signed.map(|day| day.to_string()),
        "liability": order.liability.text(),
        "billing_calendar": order.calendar.text(),
        "billing_cycle": order.cycle.text(),
        "territory": booking.territory,
    })
}

async fn replace_order_parts(connection: &mut PgConnection, taken: &[Taken<'_>]) -> Result<(), Failure> {
    let amended = taken.iter().filter(|taken| taken.known.is_some()).map(|taken| taken.order);
    let (accounts, orders): (Vec<Uuid>, Vec<Uuid>) =
        amended.map(|order| (order.account.uuid(), order.id().uuid())).unzip();
    sqlx::query!(
        "delete from order_external_id where (account_id, order_id) in (select * from unnest($1::uuid[], $2::uuid[]))",
        &accounts,
        &orders
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "delete from order_purchase_order where (account_id, order_id) in (select * from unnest($1::uuid[], $2::uuid[]))",
        &accounts,
        &orders
    )
    .execute(&mut *connection)
    .await?;
    let others = taken.iter().map(|taken| taken.order).flat_map(|order| {
        order.other_external_ids.iter().map(|id| {
            json!({ "account_id": order.account.uuid(), "order_id": order.id().uuid(), "source_system": id.source_system,
                    "external_id": id.id })
        })
    });
    sqlx::query!(
        "insert into order_external_id (account_id, order_id, source_system, external_id)
         select * from jsonb_to_recordset($1) as said (account_id uuid, order_id uuid, source_system text, external_id text)",
        others.collect::<Value>()
    )
    .execute(&mut *connection)
    .await?;
    let purchase_orders = taken.iter().map(|taken| taken.order).flat_map(|order| {
        order.purchase_orders.iter().map(|po| {
            json!({ "account_id": order.account.uuid(), "order_id": order.id().uuid(), "number": po.number,
                    "value": po.value.map(|value| value.to_string()), "expires": po.expires.map(|day| day.to_string()) })
        })
    });
    sqlx::query!(
        "insert into order_purchase_order (account_id, order_id, number, value, expires)
         select * from jsonb_to_recordset($1) as said (account_id uuid, order_id uuid, number text, value numeric, expires date)",
        purchase_orders.collect::<Value>()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A line of an order that is taken.
struct TakenLine<'a> {
    order: &'a Order,
    id: LineId,
    ordinal: i32,
    line: &'a Line,
    terms: &'a LineTerms,
    terms_are_new: bool,
}

fn lines<'a>(taken: &Taken<'a>) -> impl Iterator<Item = TakenLine<'a>> {
    let Taken { order, booking, known } = *taken;
    let (order_id, lines) = (order.id(), order.lines.iter().zip(&booking.lines));
    (1_i32..).zip(lines).map(move |(ordinal, (line, terms))| {
        let known = known.and_then(|known| known.lines.get(&line.number));
        let terms_are_new = known.is_none_or(|known| known.terms_digest != terms.digest);
        TakenLine { order, id: LineId::of(order_id, &line.number), ordinal, line, terms, terms_are_new }
    })
}

impl TakenLine<'_> {
    fn json(&self) -> Value {
        let Self { order, id, ordinal, line, terms, .. } = self;
        let (percent, budget) = match line.cap {
            Cap::LesserOfBookedAndDelivered | Cap::Uncapped => (None, None),
            Cap::Percent(percent) => (Some(percent.to_string()), None),
            Cap::Budget(budget) => (None, Some(budget.to_string())),
        };
        json!({
            "account_id": order.account.uuid(),
            "order_id": order.id().uuid(),
            "line_id": id.uuid(),
            "number": line.number,
            "ordinal": ordinal,
            "product_id": line.product.uuid(),
            "description": line.description,
            "flight_first": line.flight.first().to_string(),
            "flight_last": line.flight.last().to_string(),
            "pricing_model": terms.pricing_model.text(),
            "schedule": terms.schedule.text(),
            "amount": terms.amount.to_string(),
            "cap_kind": line.cap.name(),
            "cap_percent": percent,
            "cap_budget": budget,
            "station": line.station,
            "program": line.program,
            "spot_length_seconds": line.spot_length_seconds,
            "terms_digest": bytea(terms.digest),
        })
    }

    fn segment_json(&self) -> Value {
        json!({
            "account_id": self.order.account.uuid(),
            "line_id": self.id.uuid(),
            "first_day": self.line.flight.first().to_string(),
            "last_day": self.line.flight.last().to_string(),
            "revision": self.order.revision,
            "rate": self.line.rate.map(|rate| rate.to_string()),
            "booked_units": self.line.booked_units.map(|units| units.to_string()),
        })
    }

    fn week_jsons(&self) -> impl Iterator<Item = Value> {
        (1_i32..).zip(&self.line.plan).map(|(ordinal, week)| {
            json!({
                "account_id": self.order.account.uuid(),
                "line_id": self.id.uuid(),
                "ordinal": ordinal,
                "first_day": week.days.first().to_string(),
                "last_day": week.days.last().to_string(),
                "weekdays": week.weekdays.to_string(),
                "units": week.units,
                "rate": week.rate.to_string(),
            })
        })
    }

    fn part_jsons(&self) -> impl Iterator<Item = Value> {
        self.terms.parts.iter().map(|part| {
            json!({
                "account_id": self.order.account.uuid(),
                "line_id": self.id.uuid(),
                "period_first": part.period.first().to_string(),
                "period_last": part.period.last().to_string(),
                "amount": part.amount.to_string(),
            })
        })
    }

    fn opening_jsons(&self) -> impl Iterator<Item = Value> {
        (1_i32..).zip(&self.line.opening_balances).map(|(entry, balance)| {
            json!({
                "account_id": self.order.account.uuid(),
                "line_id": self.id.uuid(),
                "entry": entry,
                "kind": match self.terms.pricing_model {
                    PricingModel::FlatFee => "SCHEDULE_PART",
                    PricingModel::PerSpot => "SPOTS",
                },
                "origin_first": balance.origin.first().to_string(),
                "origin_last": balance.origin.last().to_string(),
                "segment_first": self.line.flight.first().to_string(),
                "units": balance.units.to_string(),
                "gross": balance.gross.to_string(),
            })
        })
    }
}

async fn replace_line_parts(
    connection: &mut PgConnection,
    lines: &[TakenLine<'_>],
    at: Timestamp,
) -> Result<(), Failure> {
    let (accounts, ids): (Vec<Uuid>, Vec<Uuid>) =
        lines.iter().map(|line| (line.order.account.uuid(), line.id.uuid())).unzip();
    macro_rules! replace {
        ($delete:literal, $insert:literal, $rows:expr) => {
            sqlx::query!($delete, &accounts, &ids).execute(&mut *connection).await?;
            sqlx::query!($insert, $rows.collect::<Value>()).execute(&mut *connection).await?;
        };
    }
    replace!(
        "delete from term_segment where (account_id, line_id) in (select * from unnest($1::uuid[], $2::uuid[]))",
        "insert into term_segment (account_id, line_id, first_day, last_day, revision, rate, booked_units)
         select * from jsonb_to_recordset($1) as said (account_id uuid, line_id uuid, first_day date, last_day date,
           revision bigint, rate numeric, booked_units numeric)",
        lines.iter().map(TakenLine::segment_json)
    );
    replace!(
        "delete from plan_week where (account_id, line_id) in (select * from unnest($1::uuid[], $2::uuid[]))",
        "insert into plan_week (account_id, line_id, ordinal, first_day, last_day, weekdays, units, rate)
         select * from jsonb_to_recordset($1) as said (account_id uuid, line_id uuid, ordinal integer, first_day date,
           last_day date, weekdays text, units numeric, rate numeric)",
        lines.iter().flat_map(TakenLine::week_jsons)
    );
    replace!(
        "delete from schedule_part where (account_id, line_id) in (select * from unnest($1::uuid[], $2::uuid[]))",
        "insert into schedule_part (account_id, line_id, period_first, period_last, amount)
         select * from jsonb_to_recordset($1) as said (account_id uuid, line_id uuid, period_first date, period_last date,
           amount numeric)",
        lines.iter().flat_map(TakenLine::part_jsons)
    );
    // A line with an opening balance counts as billed, so its terms, and with them its balances, are new only once.
    let balances: Value = lines.iter().flat_map(TakenLine::opening_jsons).collect();
    sqlx::query_file!("src/store/sql/insert_opening_balances.sql", balances, at.to_sqlx() as _)
        .execute(connection)
        .await?;
    Ok(())
}

/// Records what was received. The same conflict twice is one.
pub async fn insert_received(
    connection: &mut PgConnection,
    received: &[Received],
    at: Timestamp,
    by: &str,
) -> Result<(), Failure> {
    let accounts: Vec<_> = received.iter().map(|r| r.account.uuid()).collect();
    let orders: Vec<_> = received.iter().map(|r| r.order.uuid()).collect();
    let revisions: Vec<_> = received.iter().map(|r| r.revision).collect();
    let digests: Vec<_> = received.iter().map(|r| r.content_digest.to_vec()).collect();
    let outcomes: Vec<_> = received.iter().map(|r| r.outcome.to_owned()).collect();
    let contents: Vec<_> = received.iter().map(|r| r.content.clone()).collect();
    sqlx::query!(
        "insert into order_revision (account_id, order_id, revision, content_digest, outcome, content, received_at, received_by)
         select *, $7, $8 from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bytea[], $5::text[], $6::bytea[])
         on conflict do nothing",
        &accounts,
        &orders,
        &revisions,
        &digests,
        &outcomes,
        &contents,
        at.to_sqlx() as _,
        by
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Bytes as PostgreSQL reads them from text.
fn bytea(bytes: [u8; 32]) -> String {
    bytes.iter().fold("\\x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}
