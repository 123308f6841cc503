//! What is known of lines besides what they are worth: which drafts have them, what stands in their way, what waits.

use std::collections::{BTreeSet, HashMap};

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, InvoiceId, LineId, OrderId, RunId};
use invoicing_domain::{
    billing_entity::BillingEntity,
    hold::{Held, Hold},
    unbilled::{Block, Counting, Drafted, OpenRun, Reason, Waiting, Why},
};
use jiff::civil::Date;
use money::Money;
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    rating_input::days,
    written::{currency, month},
};

/// What is known of the lines of some accounts.
#[derive(Debug)]
pub struct Known {
    today: Date,
    drafted: HashMap<LineId, Vec<Drafted>>,
    blocks: Blocks,
    open: Vec<(OpenRun, Vec<Uuid>)>,
    holds: Vec<(Hold, Block)>,
}

impl Known {
    /// What is known of a line; each line is asked for once.
    pub fn of(&mut self, account: AccountId, order: OrderId, line: LineId) -> Waiting {
        let takes =
            |(_, accounts): &&(OpenRun, Vec<Uuid>)| accounts.is_empty() || accounts.contains(&account.uuid());
        let open = self.open.iter().filter(takes).map(|(run, _)| *run).max_by_key(|run| run.month);
        Waiting {
            today: self.today,
            drafted: self.drafted.remove(&line).unwrap_or_default(),
            block: self.blocks.of_orders.get(&order).map(|block| self.blocks.of_line(line, block)).cloned(),
            open,
            hold: self.hold(account, (order, line), open),
            line: self.blocks.of_lines.get(&line).cloned(),
        }
    }

    fn hold(
        &self,
        account: AccountId,
        (order, line): (OrderId, LineId),
        open: Option<OpenRun>,
    ) -> Option<Block> {
        let of = |hold: &Hold| match hold.what {
            Held::Account => true,
            Held::Order(held) => held == order,
            Held::Line(_, held) => held == line,
        };
        // What is held in one run only is billed by the next.
        let now = |hold: &Hold| hold.run.is_none_or(|run| open.is_some_and(|open| open.run == run));
        let found = self.holds.iter().find(|(hold, _)| hold.account == account && of(hold) && now(hold));
        found.map(|(_, block)| block.clone())
    }
}

/// As the exception says that a hold makes.
const ON_HOLD: &str = "ON_HOLD";

async fn holds(
    connection: &mut PgConnection,
    entity: &BillingEntity,
    accounts: &[Uuid],
    today: Date,
) -> Result<Vec<(Hold, Block)>, Failure> {
    let which = super::hold::Which { accounts, on: Some(today), ..super::hold::Which::default() };
    let holds = super::hold::load(connection, which).await?;
    let block = |hold: &Hold| Block {
        reason: ON_HOLD.to_owned(),
        message: hold.reason.clone(),
        owner: Some(hold.owner.clone()),
        since: entity.zone.day_of(hold.created.at),
    };
    Ok(holds
        .into_iter()
        .map(|hold| {
            let block = block(&hold);
            (hold, block)
        })
        .collect())
}

/// Loads what is known of the lines of an entity's accounts.
pub async fn load(
    connection: &mut PgConnection,
    entity: &BillingEntity,
    accounts: &[AccountId],
    today: Date,
) -> Result<Known, Failure> {
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    let blocks = blocks(connection, entity, &accounts).await?;
    Ok(Known {
        today,
        drafted: drafted(connection, entity, &accounts, &blocks).await?,
        blocks,
        holds: holds(connection, entity, &accounts, today).await?,
        open: open(connection, entity).await?,
    })
}

/// What stands in the way, the oldest of each.
#[derive(Debug, Default)]
struct Blocks {
    of_drafts: HashMap<InvoiceId, Block>,
    /// What keeps orders out of any draft.
    of_orders: HashMap<OrderId, Block>,
    /// What is about a line, whether its order has a draft or not.
    of_lines: HashMap<LineId, Block>,
}

impl Blocks {
    /// What a line waits for is its own before it is another's.
    fn of_line<'b>(&'b self, line: LineId, other: &'b Block) -> &'b Block {
        self.of_lines.get(&line).unwrap_or(other)
    }
}

async fn blocks(
    connection: &mut PgConnection,
    entity: &BillingEntity,
    accounts: &[Uuid],
) -> Result<Blocks, Failure> {
    let rows = sqlx::query_file!("src/store/sql/open_blocks.sql", entity.id.uuid(), accounts)
        .fetch_all(connection)
        .await?;
    let mut blocks = Blocks::default();
    for row in rows {
        let since = entity.zone.day_of(row.opened_at.to_jiff());
        let block = Block { reason: row.reason, message: row.message, owner: row.owner, since };
        if let Some(line) = row.line_id {
            blocks.of_lines.entry(LineId::from_uuid(line)).or_insert(block.clone());
        }
        match (row.invoice_id, row.order_id) {
            (Some(invoice), _) => {
                blocks.of_drafts.entry(InvoiceId::from_uuid(invoice)).or_insert(block);
            }
            (None, Some(order)) => {
                blocks.of_orders.entry(OrderId::from_uuid(order)).or_insert(block);
            }
            (None, None) => {}
        }
    }
    Ok(blocks)
}

async fn drafted(
    connection: &mut PgConnection,
    entity: &BillingEntity,
    accounts: &[Uuid],
    blocks: &Blocks,
) -> Result<HashMap<LineId, Vec<Drafted>>, Failure> {
    let rows = sqlx::query_file!("src/store/sql/drafted_lines.sql", entity.id.uuid(), accounts)
        .fetch_all(connection)
        .await?;
    let mut drafted: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let invoice = InvoiceId::from_uuid(row.invoice_id);
        let line = LineId::from_uuid(row.line_id);
        let of_order = || blocks.of_orders.get(&OrderId::from_uuid(row.order_id)).filter(|_| row.waiting);
        let block = blocks.of_drafts.get(&invoice).or_else(of_order);
        drafted.entry(line).or_default().push(Drafted {
            invoice,
            run: RunId::from_uuid(row.run_id),
            since: entity.zone.day_of(row.data_as_of.to_jiff()),
            origin: days(row.origin_first, row.origin_last)?,
            gross: Money::of(currency(&row.currency)?, row.gross)
                .context("the database holds parts of a minor unit")?,
            block: block.map(|block| blocks.of_line(line, block)).cloned(),
        });
    }
    Ok(drafted)
}

async fn open(
    connection: &mut PgConnection,
    entity: &BillingEntity,
) -> Result<Vec<(OpenRun, Vec<Uuid>)>, Failure> {
    let rows = sqlx::query!(
        "select run_id, month, accounts, data_as_of from billing_run
          where entity_id = $1 and not preview and state not in ('CREATED', 'RATING', 'ISSUED', 'CANCELLED') order by run_id",
        entity.id.uuid()
    )
    .fetch_all(connection)
    .await?;
    let run = |run_id, first: jiff_sqlx::Date, as_of: jiff_sqlx::Timestamp| OpenRun {
        run: RunId::from_uuid(run_id),
        month: month(first.to_jiff()),
        since: entity.zone.day_of(as_of.to_jiff()),
    };
    Ok(rows.into_iter().map(|row| (run(row.run_id, row.month, row.data_as_of), row.accounts)).collect())
}

/// The orders of an entity's accounts that the caller may see.
pub async fn orders(
    connection: &mut PgConnection,
    entity: &BillingEntity,
    accounts: &[AccountId],
    scope: Option<&Value>,
) -> Result<BTreeSet<OrderId>, Failure> {
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    let orders = sqlx::query_scalar!(
        "select order_id from insertion_order where entity_id = $1 and account_id = any($2)
            and in_scope($3::jsonb, entity_id, territory, account_id)",
        entity.id.uuid(),
        &accounts,
        scope
    )
    .fetch_all(connection)
    .await?;
    Ok(orders.into_iter().map(OrderId::from_uuid).collect())
}

/// The accounts of an entity with orders that the caller may see, those named or all.
pub async fn accounts(
    connection: &mut PgConnection,
    entity: &BillingEntity,
    named: &[AccountId],
    scope: Option<&Value>,
) -> Result<Vec<AccountId>, Failure> {
    let named: Vec<Uuid> = named.iter().map(|account| account.uuid()).collect();
    let accounts = sqlx::query_scalar!(
        "select distinct account_id from insertion_order
          where entity_id = $1 and (cardinality($2::uuid[]) = 0 or account_id = any($2))
            and in_scope($3::jsonb, entity_id, territory, account_id)
          order by account_id",
        entity.id.uuid(),
        &named,
        scope
    )
    .fetch_all(connection)
    .await?;
    Ok(accounts.into_iter().map(AccountId::from_uuid).collect())
}

/// The entities for which an account has orders that the caller may see.
pub async fn entities(
    connection: &mut PgConnection,
    account: AccountId,
    scope: Option<&Value>,
) -> Result<Vec<ids::EntityId>, Failure> {
    let entities = sqlx::query_scalar!(
        "select distinct entity_id from insertion_order
          where account_id = $1 and in_scope($2::jsonb, entity_id, territory, account_id)
          order by entity_id",
        account.uuid(),
        scope
    )
    .fetch_all(connection)
    .await?;
    Ok(entities.into_iter().map(ids::EntityId::from_uuid).collect())
}

/// What of an account waits before it can be rated at all, by order: rows in quarantine but for those that a later batch has said
/// since, which wait for nothing, and orders in review.
pub async fn unratable(
    connection: &mut PgConnection,
    account: AccountId,
    (entity, today): (&BillingEntity, Date),
    scope: Option<&Value>,
) -> Result<Vec<(OrderId, Reason)>, Failure> {
    let mut waiting = in_review(connection, account, entity, scope).await?;
    let rows = sqlx::query!(
        "select q.order_id as \"order_id!\", q.reason, min(q.message) as \"message!\", count(*) as \"rows!\", min(b.received_at) as received_at
           from quarantined_row q
           join delivery_batch b using (batch_id)
           join insertion_order o using (account_id, order_id)
          where q.account_id = $1 and q.released_by is null and q.reason <> 'SAID_SINCE' and o.entity_id = $2 and in_scope($3::jsonb, o.entity_id, o.territory, o.account_id)
          group by q.order_id, q.reason order by q.order_id, q.reason",
        account.uuid(),
        entity.id.uuid(),
        scope
    )
    .fetch_all(connection)
    .await?;
    waiting.extend(rows.into_iter().map(|row| {
        let since = row.received_at.map_or(today, |at| entity.zone.day_of(at.to_jiff()));
        (OrderId::from_uuid(row.order_id), quarantined((row.reason, row.message), row.rows, since))
    }));
    Ok(waiting)
}

fn quarantined((reason, message): (String, String), rows: i64, since: Date) -> Reason {
    let count = Some((Decimal::from(rows), Counting::Rows));
    Reason { reason, message, count, ..Reason::of(Why::Quarantined, since) }
}

/// Rows in quarantine of which nobody knows whose they are, where the system that they are about has orders of the account. As
/// in the quarantine, keys with limits see those that they have sent.
pub async fn unowned(
    connection: &mut PgConnection,
    account: AccountId,
    (entity, today): (&BillingEntity, Date),
    (scope, person): (Option<&Value>, &str),
) -> Result<Vec<Reason>, Failure> {
    let rows = sqlx::query_file!("src/store/sql/unowned_rows.sql", account.uuid(), scope, person)
        .fetch_all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let since = row.received_at.map_or(today, |at| entity.zone.day_of(at.to_jiff()));
            let message = format!("nobody knows whose these rows are; one of them: {}", row.message);
            quarantined((row.reason, message), row.rows, since)
        })
        .collect())
}

async fn in_review(
    connection: &mut PgConnection,
    account: AccountId,
    entity: &BillingEntity,
    scope: Option<&Value>,
) -> Result<Vec<(OrderId, Reason)>, Failure> {
    let rows = sqlx::query!(
        "select r.order_id, r.revision, r.received_at, finding ->> 'reason' as \"reason!\", finding ->> 'message' as \"message!\"
           from order_review r cross join jsonb_array_elements(r.findings) as finding
          where r.account_id = $1 and r.entity_id = $2 and r.state = 'WAITING'
            and in_scope($3::jsonb, r.entity_id, r.territory, r.account_id)
          order by r.order_id, r.revision",
        account.uuid(),
        entity.id.uuid(),
        scope
    )
    .fetch_all(connection)
    .await?;
    let reason = |row: (String, String, i64, jiff_sqlx::Timestamp)| {
        let (reason, message, revision, at) = row;
        let message = format!("revision {revision}: {message}");
        Reason { reason, message, ..Reason::of(Why::InOrderReview, entity.zone.day_of(at.to_jiff())) }
    };
    Ok(rows
        .into_iter()
        .map(|row| {
            (
                OrderId::from_uuid(row.order_id),
                reason((row.reason, row.message, row.revision, row.received_at)),
            )
        })
        .collect())
}
