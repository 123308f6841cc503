//! What is known of orders before they are said again.

use std::collections::{BTreeMap, HashMap};

use anyhow::Context;
use calendar::Days;
use chassis::failure::Failure;
use ids::{AccountId, EntityId, RunId};
use invoicing_domain::{
    order::{InDraft, Known, KnownLine, Part, Price, TermSegment},
    pricing::{Tier, Tiers},
};
use money::{Currency, Money, Percent, Quantity, Rate};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    order::{days, money},
    written::currency,
};

/// An order that is known, with its territory for who may see it.
#[derive(Clone, Debug)]
pub struct KnownOrder {
    pub known: Known,
    pub territory: String,
}

/// The order and the number of each line that is asked for, with the currency of its amounts.
type Lines = HashMap<Uuid, (String, String, Currency)>;

/// What is known of the orders of a source, by their ids there. Locks them until the transaction ends: a draft or a
/// document that is being made of one of their lines is waited for, and the next one waits.
pub async fn load(
    connection: &mut PgConnection,
    source_system: &str,
    external_ids: &[String],
) -> Result<HashMap<String, KnownOrder>, Failure> {
    let rows = sqlx::query!(
        "select o.* from order_registry r join insertion_order o using (account_id, order_id)
          where r.source_system = $1 and r.external_id = any($2)
          order by o.account_id, o.order_id for update of o",
        source_system,
        external_ids
    )
    .fetch_all(&mut *connection)
    .await?;
    let (mut orders, mut names) = (HashMap::new(), HashMap::new());
    for row in rows {
        let known = Known {
            revision: row.revision,
            content_digest: digest(row.content_digest)?,
            account: AccountId::from_uuid(row.account_id),
            entity: EntityId::from_uuid(row.entity_id),
            currency: currency(&row.currency)?,
            lines: BTreeMap::new(),
        };
        names.insert((row.account_id, row.order_id), row.external_id.clone());
        orders.insert(row.external_id, KnownOrder { known, territory: row.territory });
    }
    let (accounts, ids): (Vec<Uuid>, Vec<Uuid>) = names.keys().copied().unzip();
    lock_lines(connection, &accounts, &ids).await?;
    let rows = sqlx::query!(
        "select l.account_id, l.order_id, l.line_id, l.number, l.terms_digest, l.list_amount, l.said,
                exists (select from billed_to_date b where b.account_id = l.account_id and b.line_id = l.line_id) as \"billed!\",
                array(select d.run_id from draft_line dl join draft d using (account_id, invoice_id)
                       where dl.account_id = l.account_id and dl.line_id = l.line_id order by d.run_id) as \"drafted_in!\"
           from order_line l join unnest($1::uuid[], $2::uuid[]) as o(account_id, order_id) using (account_id, order_id)",
        &accounts,
        &ids
    )
    .fetch_all(&mut *connection)
    .await?;
    let drafted_in: Vec<Uuid> = rows.iter().flat_map(|row| row.drafted_in.iter().copied()).collect();
    let signed = signed(connection, &drafted_in).await?;
    let mut lines = Lines::new();
    for row in rows {
        let name = names
            .get(&(row.account_id, row.order_id))
            .context("a line of an order that was not asked for")?;
        let order = orders.get_mut(name).context("an order that was not asked for")?;
        let draft = row
            .drafted_in
            .iter()
            .find(|run| signed.contains(run))
            .map(|run| InDraft::Signed(RunId::from_uuid(*run)));
        let waiting = row.drafted_in.first().map(|run| InDraft::Waiting(RunId::from_uuid(*run)));
        let known = KnownLine {
            terms_digest: digest(row.terms_digest)?,
            list_amount: money(order.known.currency, row.list_amount)?,
            said: serde_json::from_value(row.said).context("the database holds terms that are no texts")?,
            is_billed: row.billed,
            draft: draft.or(waiting),
            segments: Vec::new(),
            parts: Vec::new(),
            billed: Vec::new(),
        };
        lines.insert(row.line_id, (name.clone(), row.number.clone(), order.known.currency));
        order.known.lines.insert(row.number, known);
    }
    add_segments(connection, &accounts, &lines, &mut orders).await?;
    add_parts(connection, &accounts, &lines, &mut orders).await?;
    add_billed(connection, &accounts, &lines, &mut orders).await?;
    Ok(orders)
}

/// Locks the lines first, and looks at them next: a look in the same statement would see what was billed before the wait
/// for the lock.
async fn lock_lines(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    orders: &[Uuid],
) -> Result<(), Failure> {
    sqlx::query!(
        "select l.line_id from order_line l join unnest($1::uuid[], $2::uuid[]) as o(account_id, order_id)
             using (account_id, order_id)
          order by l.account_id, l.line_id for update of l",
        accounts,
        orders
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

fn digest(bytes: Vec<u8>) -> Result<[u8; 32], Failure> {
    Ok(<[u8; 32]>::try_from(bytes).ok().context("the database holds a digest that is no SHA-256")?)
}

/// Those of the runs whose drafts are issued as they are.
async fn signed(connection: &mut PgConnection, runs: &[Uuid]) -> Result<Vec<Uuid>, Failure> {
    let query = sqlx::query_scalar!(
        "select run_id from billing_run
          where run_id = any($1) and (state in ('APPROVED', 'ISSUING') or failed_in = 'ISSUING')",
        runs
    );
    Ok(query.fetch_all(connection).await?)
}

fn line<'a>(
    orders: &'a mut HashMap<String, KnownOrder>,
    lines: &Lines,
    id: Uuid,
) -> Result<(&'a mut KnownLine, Currency), Failure> {
    let (order, number, currency) = lines.get(&id).context("a line that was not asked for")?;
    let line = orders.get_mut(order).and_then(|order| order.known.lines.get_mut(number));
    Ok((line.context("a line that is not known")?, *currency))
}

async fn add_segments(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    lines: &Lines,
    orders: &mut HashMap<String, KnownOrder>,
) -> Result<(), Failure> {
    let ids: Vec<Uuid> = lines.keys().copied().collect();
    let rows = sqlx::query!(
        "select * from term_segment where account_id = any($1) and line_id = any($2) order by line_id, first_day",
        accounts,
        &ids
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        let (line, currency) = line(orders, lines, row.line_id)?;
        let price = Price {
            rate: row.rate.map(Rate::of).transpose().context("the database holds no rate")?,
            tiers: row.tiers.as_ref().map(|tiers| self::tiers(tiers, currency)).transpose()?,
            discount: row
                .discount_percent
                .map(Percent::of)
                .transpose()
                .context("the database holds no percent")?,
        };
        let days = days(row.first_day, row.last_day)?;
        line.segments.push(TermSegment { days, revision: row.revision, price });
    }
    Ok(())
}

fn tiers(tiers: &Value, currency: Currency) -> Result<Tiers, Failure> {
    let text = |tier: &Value, key: &str| tier.get(key).and_then(Value::as_str).map(str::to_owned);
    let tier = |tier: &Value| {
        Ok(Tier {
            up_to: text(tier, "up_to").map(|units| Quantity::parse(&units)).transpose()?,
            rate: Rate::parse(&text(tier, "rate").context("a tier without a rate")?)?,
            flat: text(tier, "flat").map(|flat| Money::parse(currency, &flat)).transpose()?,
        })
    };
    let read: Result<Vec<Tier>, anyhow::Error> = tiers.as_array().into_iter().flatten().map(tier).collect();
    Ok(Tiers::of(read?).context("the database holds tiers that are none")?)
}

async fn add_parts(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    lines: &Lines,
    orders: &mut HashMap<String, KnownOrder>,
) -> Result<(), Failure> {
    let ids: Vec<Uuid> = lines.keys().copied().collect();
    let rows = sqlx::query!(
        "select * from schedule_part where account_id = any($1) and line_id = any($2) order by line_id, period_first",
        accounts,
        &ids
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        let (line, currency) = line(orders, lines, row.line_id)?;
        let period = days(row.period_first, row.period_last)?;
        line.parts.push(Part { period, amount: money(currency, row.amount)? });
    }
    Ok(())
}

/// What counts as billed before.
async fn add_billed(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    lines: &Lines,
    orders: &mut HashMap<String, KnownOrder>,
) -> Result<(), Failure> {
    let ids: Vec<Uuid> = lines.keys().copied().collect();
    let rows = sqlx::query!(
        "select line_id, origin_first, max(origin_last) as \"origin_last!\", sum(gross) as \"gross!\"
           from billed_to_date
          where account_id = any($1) and line_id = any($2) and kind = 'SCHEDULE_PART'
            and basis in ('RATED', 'CORRECTION', 'OPENING')
          group by line_id, origin_first order by line_id, origin_first",
        accounts,
        &ids
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        let (line, currency) = line(orders, lines, row.line_id)?;
        let period: Days = days(row.origin_first, row.origin_last)?;
        line.billed.push((period, money(currency, row.gross)?));
    }
    Ok(())
}
