//! Which adjustments stand for what rating holds.

use adjustments_domain::adjustment::Difference;
use chassis::failure::Failure;
use ids::{AccountId, AdjustmentId, EntityId, InvoiceId, RunId};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::adjustment::Named;

/// An adjustment that was proposed.
#[derive(Clone, Debug)]
pub struct Proposed {
    pub named: Named,
    pub of: Difference,
    /// The run that held it last, and by which exception.
    pub held_by: (RunId, String),
    /// What was held.
    pub said: String,
    /// Nothing of it was held any more, and so it ended.
    pub lapsed: bool,
    /// It is neither executed nor ended.
    pub is_open: bool,
}

/// The latest adjustment of each difference that an entity has held, as far as it is open or was held by a run or a later one.
pub async fn load(
    connection: &mut PgConnection,
    entity: EntityId,
    run: RunId,
) -> Result<Vec<Proposed>, Failure> {
    let rows = sqlx::query!(
        "select distinct on (p.account_id, p.order_name, p.line, p.origin_first, p.origin_last, p.invoice_id) p.*,
                a.state in ('DRAFT', 'RETURNED', 'SUBMITTED', 'APPROVED') as \"is_open!\"
           from proposed_correction p join adjustment a using (account_id, adjustment_id)
          where p.entity_id = $1 and (a.state in ('DRAFT', 'RETURNED', 'SUBMITTED', 'APPROVED') or p.run_id >= $2)
          order by p.account_id, p.order_name, p.line, p.origin_first, p.origin_last, p.invoice_id, p.adjustment_id desc",
        entity.uuid(),
        run.uuid()
    )
    .fetch_all(connection)
    .await?;
    let proposed = rows.into_iter().map(|row| {
        let account = AccountId::from_uuid(row.account_id);
        Proposed {
            named: (account, AdjustmentId::from_uuid(row.adjustment_id)),
            of: Difference {
                account,
                order: row.order_name,
                line: row.line,
                origin: (row.origin_first.to_jiff(), row.origin_last.to_jiff()),
                invoice: InvoiceId::from_uuid(row.invoice_id),
            },
            held_by: (RunId::from_uuid(row.run_id), row.exception),
            said: row.said,
            lapsed: row.lapsed,
            is_open: row.is_open,
        }
    });
    Ok(proposed.collect())
}

/// Whether an adjustment was proposed, and not made by somebody.
pub async fn is_proposed(connection: &mut PgConnection, (account, id): Named) -> Result<bool, Failure> {
    let found = sqlx::query_scalar!(
        "select exists (select from proposed_correction where account_id = $1 and adjustment_id = $2) as \"found!\"",
        account.uuid(),
        id.uuid()
    )
    .fetch_one(connection)
    .await?;
    Ok(found)
}

/// Records that an adjustment stands for a difference of an entity.
pub async fn insert(
    connection: &mut PgConnection,
    entity: EntityId,
    proposed: &Proposed,
) -> Result<(), Failure> {
    let Proposed { named: (account, id), of, held_by: (run, exception), .. } = proposed;
    sqlx::query!(
        "insert into proposed_correction (account_id, adjustment_id, entity_id, order_name, line, origin_first, origin_last, invoice_id,
                                          run_id, exception, said, lapsed)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        account.uuid(),
        id.uuid(),
        entity.uuid(),
        of.order,
        of.line,
        of.origin.0.to_sqlx() as _,
        of.origin.1.to_sqlx() as _,
        of.invoice.uuid(),
        run.uuid(),
        exception.as_str(),
        proposed.said,
        proposed.lapsed
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records what is held now, and by which run, or that nothing is.
pub async fn record(connection: &mut PgConnection, proposed: &Proposed) -> Result<(), Failure> {
    let Proposed { named: (account, id), held_by: (run, exception), .. } = proposed;
    sqlx::query!(
        "update proposed_correction set run_id = $3, exception = $4, said = $5, lapsed = $6
          where account_id = $1 and adjustment_id = $2 and (run_id, exception, said, lapsed) is distinct from ($3, $4, $5, $6)",
        account.uuid(),
        id.uuid(),
        run.uuid(),
        exception.as_str(),
        proposed.said,
        proposed.lapsed
    )
    .execute(connection)
    .await?;
    Ok(())
}
