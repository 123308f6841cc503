//! Authority that is lent.

use adjustments_domain::{
    act::Act,
    approval::{Delegation, DelegationRefusal},
};
use anyhow::{Context, anyhow};
use chassis::failure::Failure;
use ids::DelegationId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use refusal::Refusal;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::{Written, revision, revision_number};

/// Which delegations to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    pub id: Option<DelegationId>,
    /// Given or taken by this account.
    pub of: Option<&'a str>,
    /// Not revoked, and not over then.
    pub open_at: Option<Timestamp>,
    pub before: Option<Uuid>,
    pub limit: Option<i64>,
}

/// Loads delegations, the latest first.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<Delegation>, Failure> {
    let rows = sqlx::query!(
        "select * from delegation
          where ($1::uuid is null or delegation_id = $1) and ($2::text is null or lender = $2 or delegate = $2)
            and ($3::timestamptz is null or (state <> 'REVOKED' and ends_at > $3))
            and ($4::uuid is null or delegation_id < $4)
          order by delegation_id desc limit $5",
        which.id.map(DelegationId::uuid),
        which.of,
        which.open_at.map(ToSqlx::to_sqlx) as _,
        which.before,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    let delegation = rows.into_iter().map(|row| {
        let most = row.amount_max.map(|most| u128::try_from(most.mantissa()));
        Ok(Delegation {
            id: DelegationId::from_uuid(row.delegation_id),
            revision: revision(row.revision)?,
            from: row.lender,
            to: row.delegate,
            role: Written::read(&row.role)?,
            kinds: Written::read_all(&row.kinds)?,
            amount_max: most.transpose().context("the database holds a negative limit")?,
            begins: row.begins_at.to_jiff(),
            ends: row.ends_at.to_jiff(),
            proposed_at: row.proposed_at.to_jiff(),
            state: Written::read(&row.state)?,
            settled: row.settled_by.zip(row.settled_at).map(|(by, at)| Act { by, at: at.to_jiff() }),
        })
    });
    delegation.collect()
}

/// Those that hold at a time.
pub async fn in_force(connection: &mut PgConnection, at: Timestamp) -> Result<Vec<Delegation>, Failure> {
    let open = load(connection, Which { open_at: Some(at), ..Which::default() }).await?;
    Ok(open.into_iter().filter(|delegation| delegation.is_in_force(at)).collect())
}

/// One delegation, or that there is none.
pub async fn get(connection: &mut PgConnection, id: DelegationId) -> Result<Delegation, Failure> {
    let missing = || Refusal::from(DelegationRefusal::NotFound { name: format!("delegations/{id}") });
    let which = Which { id: Some(id), ..Which::default() };
    Ok(load(connection, which).await?.pop().ok_or_else(missing)?)
}

/// Lets nobody else lend until the transaction ends: whether authority goes in a circle is a matter of all of it.
pub async fn lock(connection: &mut PgConnection) -> Result<(), Failure> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('delegations', 0))::text as \"locked!\"")
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// Records a new delegation.
pub async fn insert(connection: &mut PgConnection, delegation: &Delegation) -> Result<(), Failure> {
    let kinds: Vec<String> = delegation.kinds.iter().map(|kind| kind.to_string()).collect();
    let most = delegation.amount_max.map(|most| {
        i128::try_from(most).ok().and_then(|most| Decimal::try_from_i128_with_scale(most, 0).ok())
    });
    sqlx::query!(
        "insert into delegation
           (delegation_id, revision, lender, delegate, role, kinds, amount_max, begins_at, ends_at, proposed_at, state)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        delegation.id.uuid(),
        revision_number(delegation.revision)?,
        delegation.from,
        delegation.to,
        delegation.role.name(),
        &kinds,
        most.map(|most| most.context("a limit has at most 28 digits")).transpose()?,
        delegation.begins.to_sqlx() as _,
        delegation.ends.to_sqlx() as _,
        delegation.proposed_at.to_sqlx() as _,
        delegation.state.name()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records that it was accepted or revoked, as its next revision.
pub async fn record_settled(
    connection: &mut PgConnection,
    delegation: Delegation,
) -> Result<Delegation, Failure> {
    let next = delegation.revision.next().context("the delegation has had every revision")?;
    let act = delegation.settled.as_ref().context("a delegation that nobody has settled")?;
    let recorded = sqlx::query!(
        "update delegation set revision = $2::bigint, state = $3, settled_by = $4, settled_at = $5
          where delegation_id = $1 and revision = $2::bigint - 1",
        delegation.id.uuid(),
        revision_number(next)?,
        delegation.state.name(),
        act.by,
        act.at.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    if recorded.rows_affected() != 1 {
        return Err(anyhow!("{} was not at revision {} any more", delegation.id, delegation.revision).into());
    }
    Ok(Delegation { revision: next, ..delegation })
}
