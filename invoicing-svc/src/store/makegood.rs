//! Makegoods: the spots that are missed or make others good, and what people decided about them.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, anyhow};
use calendar::{Days, EntityZone};
use chassis::failure::Failure;
use ids::{AccountId, AiringId, EntityId, ExceptionId, InvoiceId, LineId, OrderId};
use invoicing_domain::{
    billing_run::Act,
    delivery::AiringStatus,
    makegood::{KnownSpot, expires},
    note::NoteBasis,
    rating::{Decided, terms_nearest},
};
use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use jiff_sqlx::ToSqlx;
use money::{Currency, Rate, Rounding};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    owed_shortfall,
    rating_input::{days, rate},
    written::{Written, currency},
};

/// A spot of an order with makegoods.
#[derive(Clone, Debug)]
pub struct Spot {
    pub id: AiringId,
    pub order: OrderId,
    pub line: LineId,
    pub line_number: String,
    pub name: String,
    /// Day, time and row.
    pub place: (Date, Option<Time>, u32),
    pub status: AiringStatus,
    pub rate: Option<Rate>,
    pub is_billed: bool,
    pub makes_good: Vec<String>,
    pub expires: Option<Date>,
    pub is_credited: bool,
    pub released: Option<Decimal>,
    pub is_decided: bool,
}

impl Spot {
    /// As it is known.
    pub fn known(&self) -> KnownSpot<'_> {
        let (day, time, row) = self.place;
        KnownSpot {
            id: self.id,
            order: self.order,
            line: self.line,
            line_number: &self.line_number,
            name: &self.name,
            day,
            time,
            row,
            status: self.status,
            rate: self.rate,
            is_billed: self.is_billed,
            makes_good: &self.makes_good,
            expires: self.expires,
            is_credited: self.is_credited,
            released: self.released,
            is_decided: self.is_decided,
        }
    }
}

/// What was decided on missed spots.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// On what basis.
    pub credited: HashMap<Uuid, NoteBasis>,
    pub released: HashMap<Uuid, Decimal>,
    /// They are made good, whatever their source says of them.
    pub decided: HashSet<Uuid>,
}

/// What was decided on the missed spots of accounts.
pub async fn settled(connection: &mut PgConnection, accounts: &[Uuid]) -> Result<Settled, Failure> {
    let rows = sqlx::query_file!("src/store/sql/settled_spots.sql", accounts).fetch_all(connection).await?;
    let mut settled = Settled::default();
    for row in rows {
        if let Some(basis) = row.basis {
            settled.credited.insert(row.airing_id, Written::read(&basis)?);
        }
        settled.released.extend(row.released.map(|released| (row.airing_id, released)));
        if row.is_decided {
            settled.decided.insert(row.airing_id);
        }
    }
    Ok(settled)
}

/// What was decided on makegoods beyond what is owed, by line.
pub async fn decided(
    connection: &mut PgConnection,
    accounts: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Decided>>, Failure> {
    if accounts.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        "select line_id, origin_first,
                coalesce(sum(amount) filter (where outcome = 'BILL'), 0) as \"bills!\",
                coalesce(sum(amount) filter (where outcome = 'FREE'), 0) as \"free!\"
           from decided_excess where account_id = any($1) group by line_id, origin_first",
        accounts
    )
    .fetch_all(connection)
    .await?;
    let mut decided: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let of_period =
            Decided { origin_first: row.origin_first.to_jiff(), bills: row.bills, free: row.free };
        decided.entry(row.line_id).or_default().push(of_period);
    }
    Ok(decided)
}

/// Records what somebody decided on what an exception found beyond what is owed.
pub async fn decide(
    connection: &mut PgConnection,
    exception: ExceptionId,
    outcome: &str,
    act: &Act,
) -> Result<(), Failure> {
    let made = sqlx::query!(
        "insert into decided_excess (account_id, decision_id, line_id, origin_first, outcome, amount, decided_by, decided_at)
         select account_id, $2, line_id, origin_first, $3, amount, $4, $5 from billing_exception where exception_id = $1",
        exception.uuid(),
        Uuid::now_v7(),
        outcome,
        act.by,
        act.at.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    if made.rows_affected() != 1 {
        return Err(anyhow!("{exception} was locked and is gone").into());
    }
    Ok(())
}

/// The place of an order in a list.
pub type Place = (Uuid, Uuid);

/// Which orders to look at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    pub account: Option<AccountId>,
    /// Only these; all when empty.
    pub orders: &'a [Uuid],
    /// Only this one and those after it.
    pub from: Option<Place>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    pub limit: i64,
}

/// An order in which something was missed or made good.
#[derive(Clone, Debug)]
pub struct Order {
    pub account: AccountId,
    pub order: OrderId,
    pub external_id: String,
    pub currency: Currency,
    pub rounding: Rounding,
    pub entity: EntityId,
    /// The day that it is for the entity.
    pub today: Date,
    pub spots: Vec<Spot>,
    pub credits: HashMap<AiringId, InvoiceId>,
    /// What was left and is owed no more.
    pub releases: HashMap<AiringId, Decision>,
    /// What is owed whatever its source says of it.
    pub openings: HashMap<AiringId, Decision>,
    /// Those of the spots that are none: what two counts are apart by.
    pub shortfalls: HashSet<AiringId>,
}

/// What somebody decided on a spot, and why.
#[derive(Clone, Debug)]
pub struct Decision {
    pub reason: String,
    pub approval: Option<String>,
    pub act: Act,
}

/// The orders with their spots, in the order of their places.
pub async fn orders(
    connection: &mut PgConnection,
    which: Which<'_>,
    at: Timestamp,
) -> Result<Vec<Order>, Failure> {
    let (from_account, from_order) = which.from.unzip();
    let rows = sqlx::query_file!(
        "src/store/sql/orders_to_make_good.sql",
        which.account.map(AccountId::uuid),
        which.orders,
        from_account,
        from_order,
        which.scope,
        which.limit
    )
    .fetch_all(&mut *connection)
    .await?;
    let (mut orders, mut days) = (Vec::with_capacity(rows.len()), HashMap::new());
    for row in rows {
        let zone: EntityZone = row.time_zone.parse().context("the database holds an unknown time zone")?;
        let makegood_days = row.makegood_days.map(u16::try_from).transpose();
        days.insert(row.order_id, makegood_days.context("the database holds no days")?);
        orders.push(Order {
            account: AccountId::from_uuid(row.account_id),
            order: OrderId::from_uuid(row.order_id),
            external_id: row.external_id,
            currency: currency(&row.currency)?,
            rounding: Written::read(&row.rounding)?,
            entity: EntityId::from_uuid(row.entity_id),
            today: zone.day_of(at),
            spots: Vec::new(),
            credits: HashMap::new(),
            releases: HashMap::new(),
            openings: HashMap::new(),
            shortfalls: HashSet::new(),
        });
    }
    add_spots(connection, &mut orders, &days).await?;
    add_shortfalls(connection, &mut orders, &days).await?;
    Ok(orders)
}

async fn add_spots(
    connection: &mut PgConnection,
    orders: &mut [Order],
    makegood_days: &HashMap<Uuid, Option<u16>>,
) -> Result<(), Failure> {
    let (accounts, ids): (Vec<Uuid>, Vec<Uuid>) =
        orders.iter().map(|order| (order.account.uuid(), order.order.uuid())).unzip();
    let terms = terms(connection, &accounts, &ids).await?;
    let rows = sqlx::query_file!("src/store/sql/spots_to_make_good.sql", &accounts, &ids)
        .fetch_all(connection)
        .await?;
    let mut by_id: HashMap<Uuid, &mut Order> =
        orders.iter_mut().map(|order| (order.order.uuid(), order)).collect();
    for row in rows {
        let order = by_id.get_mut(&row.order_id).context("a spot of an order that was not asked for")?;
        let (id, day) = (AiringId::from_uuid(row.airing_id), row.day.to_jiff());
        let terms = terms.get(&row.line_id).map_or(&[][..], Vec::as_slice);
        let of_terms = || terms_nearest(terms, |(days, _)| *days, day).and_then(|(_, rate)| *rate);
        order.credits.extend(row.credited_by.map(|note| (id, InvoiceId::from_uuid(note))));
        if let Some(((reason, by), at)) = row.reason.zip(row.released_by).zip(row.released_at) {
            let act = Act { by, at: at.to_jiff() };
            order.releases.insert(id, Decision { reason, approval: row.approval, act });
        }
        let is_decided = row.owed_reason.is_some();
        if let Some(((reason, by), at)) = row.owed_reason.zip(row.owed_by).zip(row.owed_at) {
            let act = Act { by, at: at.to_jiff() };
            order.openings.insert(id, Decision { reason, approval: row.owed_approval, act });
        }
        let source_row = u32::try_from(row.source_row).context("the database holds a negative row")?;
        order.spots.push(Spot {
            id,
            order: order.order,
            line: LineId::from_uuid(row.line_id),
            line_number: row.number,
            name: row.spot,
            place: (day, row.time.map(jiff_sqlx::Time::to_jiff), source_row),
            status: Written::read(&row.status)?,
            rate: row.rate.map(rate).transpose()?.or_else(of_terms),
            is_billed: row.is_billed,
            makes_good: row.makegood_for,
            expires: expires(day, makegood_days.get(&row.order_id).copied().flatten()),
            is_credited: row.credited_by.is_some(),
            released: row.released,
            is_decided,
        });
    }
    Ok(())
}

async fn add_shortfalls(
    connection: &mut PgConnection,
    orders: &mut [Order],
    makegood_days: &HashMap<Uuid, Option<u16>>,
) -> Result<(), Failure> {
    let accounts: Vec<Uuid> = orders.iter().map(|order| order.account.uuid()).collect();
    let shortfalls = owed_shortfall::of_accounts(connection, &accounts).await?;
    for order in orders {
        for owed in shortfalls.iter().filter(|owed| owed.order == order.order) {
            order.spots.push(owed.spot(makegood_days.get(&order.order.uuid()).copied().flatten()));
            order.shortfalls.insert(owed.id);
            order.openings.insert(owed.id, owed.decision.clone());
            if let Some((_, released)) = &owed.released {
                order.releases.insert(owed.id, released.clone());
            }
        }
    }
    Ok(())
}

/// What spots without a rate of their own cost, by line and day.
async fn terms(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    orders: &[Uuid],
) -> Result<HashMap<Uuid, Vec<(Days, Option<Rate>)>>, Failure> {
    let rows = sqlx::query!(
        "select s.line_id, s.first_day, s.last_day, s.rate
           from unnest($1::uuid[], $2::uuid[]) as named (account_id, order_id)
           join order_line l on l.account_id = named.account_id and l.order_id = named.order_id
           join term_segment s on s.account_id = l.account_id and s.line_id = l.line_id
          order by s.line_id, s.first_day",
        accounts,
        orders
    )
    .fetch_all(connection)
    .await?;
    let mut terms: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let of_days = (days(row.first_day, row.last_day)?, row.rate.map(rate).transpose()?);
        terms.entry(row.line_id).or_default().push(of_days);
    }
    Ok(terms)
}

/// Records that what is left of the obligation for a spot is owed no more.
pub async fn release(
    connection: &mut PgConnection,
    order: &Order,
    (spot, amount): (AiringId, Decimal),
    release: &Decision,
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into makegood_release (account_id, airing_id, order_id, amount, reason, approval, released_by, released_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        order.account.uuid(),
        spot.uuid(),
        order.order.uuid(),
        amount,
        release.reason,
        release.approval,
        release.act.by,
        release.act.at.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A spot that a credit note names by a line of a document.
#[derive(Clone, Debug)]
pub struct Named {
    pub line: u32,
    pub name: String,
    /// The spot and its order, where the line bills it and no later document does.
    pub billed: Option<(AiringId, OrderId)>,
    pub is_credited: bool,
}

/// Finds the spots that a credit note names, in the order in which they are named.
pub async fn named(
    connection: &mut PgConnection,
    (account, invoice): (AccountId, InvoiceId),
    spots: &[(u32, String)],
) -> Result<Vec<Named>, Failure> {
    let numbers: Result<Vec<i32>, _> = spots.iter().map(|(line, _)| i32::try_from(*line)).collect();
    let names: Vec<String> = spots.iter().map(|(_, name)| name.clone()).collect();
    let rows = sqlx::query_file!(
        "src/store/sql/named_spots.sql",
        account.uuid(),
        invoice.uuid(),
        &numbers.context("a line with a number beyond integer")?,
        &names
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let billed = row.airing_id.zip(row.order_id);
            Ok(Named {
                line: u32::try_from(row.number).context("the database holds no number of a line")?,
                name: row.name,
                billed: billed.map(|(id, order)| (AiringId::from_uuid(id), OrderId::from_uuid(order))),
                is_credited: row.is_credited,
            })
        })
        .collect()
}

/// Records that a credit note took back what was billed for spots.
pub async fn credit(
    connection: &mut PgConnection,
    (account, note): (AccountId, InvoiceId),
    spots: &[(AiringId, OrderId)],
) -> Result<(), Failure> {
    if spots.is_empty() {
        return Ok(());
    }
    let (airings, orders): (Vec<Uuid>, Vec<Uuid>) =
        spots.iter().map(|(airing, order)| (airing.uuid(), order.uuid())).unzip();
    sqlx::query!(
        "insert into credited_spot (account_id, airing_id, order_id, invoice_id)
         select $1, airing_id, order_id, $2 from unnest($3::uuid[], $4::uuid[]) as credited (airing_id, order_id)",
        account.uuid(),
        note.uuid(),
        &airings,
        &orders
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The lines of orders: what is decided on one spot of an order may be another's to bill.
pub async fn lines_of(
    connection: &mut PgConnection,
    account: AccountId,
    orders: &[OrderId],
) -> Result<Vec<LineId>, Failure> {
    let orders: Vec<Uuid> = orders.iter().map(|order| order.uuid()).collect();
    let lines = sqlx::query_scalar!(
        "select line_id from order_line where account_id = $1 and order_id = any($2) order by line_id",
        account.uuid(),
        &orders
    );
    Ok(lines.fetch_all(connection).await?.into_iter().map(LineId::from_uuid).collect())
}
