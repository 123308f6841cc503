//! Holds.

use anyhow::{Context, anyhow};
use chassis::failure::Failure;
use ids::{AccountId, HoldId, LineId, OrderId, RunId};
use invoicing_domain::{
    billing_run::Act,
    hold::{Held, Hold},
    resource::ResourceRefusal,
};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use refusal::Refusal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::{revision, revision_number};

/// Which holds to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    pub id: Option<HoldId>,
    /// Only those of these accounts; all when empty.
    pub accounts: &'a [Uuid],
    /// Only those that hold on this day.
    pub on: Option<Date>,
    /// Only those after this one.
    pub after: Option<Uuid>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    /// At most this many; `None`: all.
    pub limit: Option<i64>,
}

/// Loads holds, in the order in which they were made.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<Hold>, Failure> {
    let rows = sqlx::query!(
        "select h.* from hold h join account a using (account_id)
          where ($1::uuid is null or h.hold_id = $1) and (cardinality($2::uuid[]) = 0 or h.account_id = any($2))
            and ($3::date is null or (h.released_at is null and (h.expires is null or h.expires >= $3)))
            and ($4::uuid is null or h.hold_id > $4)
            and in_scope($5::jsonb, null, a.territory, a.account_id)
          order by h.hold_id limit $6",
        which.id.map(HoldId::uuid),
        which.accounts,
        which.on.map(ToSqlx::to_sqlx) as _,
        which.after,
        which.scope,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let order = row.order_id.map(OrderId::from_uuid);
            let what = match (order, row.line_id.map(LineId::from_uuid)) {
                (Some(order), Some(line)) => Held::Line(order, line),
                (Some(order), None) => Held::Order(order),
                (None, _) => Held::Account,
            };
            let released = row.released_by.zip(row.released_at);
            Ok(Hold {
                id: HoldId::from_uuid(row.hold_id),
                revision: revision(row.revision)?,
                account: AccountId::from_uuid(row.account_id),
                what,
                run: row.run_id.map(RunId::from_uuid),
                reason: row.reason,
                owner: row.owner,
                expires: row.expires.map(|day| day.to_jiff()),
                created: Act { by: row.created_by, at: row.created_at.to_jiff() },
                released: released.map(|(by, at)| Act { by, at: at.to_jiff() }),
            })
        })
        .collect()
}

/// One hold of an account, or that it does not exist for this caller.
pub async fn get(
    connection: &mut PgConnection,
    (account, id): (AccountId, HoldId),
    scope: Option<&Value>,
) -> Result<Hold, Failure> {
    let accounts = [account.uuid()];
    let which = Which { id: Some(id), accounts: &accounts, scope, limit: Some(1), ..Which::default() };
    let missing =
        || Refusal::from(ResourceRefusal::NotFound { name: format!("accounts/{account}/holds/{id}") });
    Ok(load(connection, which).await?.pop().ok_or_else(missing)?)
}

/// The numbers of the lines that are held, in the order of the holds; empty where it is no line.
pub async fn line_numbers(connection: &mut PgConnection, holds: &[Hold]) -> Result<Vec<String>, Failure> {
    let place = |hold: &Hold| match hold.what {
        Held::Line(_, line) => Some(line.uuid()),
        Held::Account | Held::Order(_) => None,
    };
    let accounts: Vec<Uuid> = holds.iter().map(|hold| hold.account.uuid()).collect();
    let lines: Vec<Option<Uuid>> = holds.iter().map(place).collect();
    let numbers = sqlx::query_scalar!(
        "select coalesce(l.number, '') as \"number!\"
           from unnest($1::uuid[], $2::uuid[]) with ordinality as held(account_id, line_id, place)
           left join order_line l using (account_id, line_id) order by place",
        &accounts,
        &lines as _
    );
    Ok(numbers.fetch_all(connection).await?)
}

/// Records a new hold.
pub async fn insert(connection: &mut PgConnection, hold: &Hold) -> Result<(), Failure> {
    let (order, line) = match hold.what {
        Held::Account => (None, None),
        Held::Order(order) => (Some(order), None),
        Held::Line(order, line) => (Some(order), Some(line)),
    };
    let missing = || ResourceRefusal::NotFound { name: "the order or line of the hold".to_owned() };
    sqlx::query!(
        "insert into hold (account_id, hold_id, revision, order_id, line_id, run_id, reason, owner, expires, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        hold.account.uuid(),
        hold.id.uuid(),
        revision_number(hold.revision)?,
        order.map(OrderId::uuid),
        line.map(LineId::uuid),
        hold.run.map(RunId::uuid),
        hold.reason,
        hold.owner,
        hold.expires.map(ToSqlx::to_sqlx) as _,
        hold.created.by,
        hold.created.at.to_sqlx() as _
    )
    .execute(connection)
    .await
    .map_err(|error| {
        let keys = ["hold_account_id_order_id_fkey", "hold_account_id_line_id_fkey"];
        Failure::from_constraint(error, &keys.map(|key| (key, missing().into())))
    })?;
    Ok(())
}

/// Records that a hold is released, as its next revision.
pub async fn record_released(connection: &mut PgConnection, hold: Hold) -> Result<Hold, Failure> {
    let next = hold.revision.next().context("the hold has had every revision")?;
    let act = hold.released.as_ref().context("a hold that is not released")?;
    let recorded = sqlx::query!(
        "update hold set revision = $3::bigint, released_by = $4, released_at = $5
          where account_id = $1 and hold_id = $2 and revision = $3::bigint - 1",
        hold.account.uuid(),
        hold.id.uuid(),
        revision_number(next)?,
        act.by,
        act.at.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    if recorded.rows_affected() != 1 {
        return Err(anyhow!("{} was not at revision {} any more", hold.id, hold.revision).into());
    }
    Ok(Hold { revision: next, ..hold })
}
