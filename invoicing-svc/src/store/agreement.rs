//! Agreements, and what counts for them.

use std::collections::HashMap;

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, AgreementId, EntityId, ProductId, RunId};
use invoicing_domain::{
    agreement::{Agreement, AgreementKind, Counted, RebateTier, RebateTiers},
    billing_run::BillingRun,
    resource::ResourceRefusal,
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use money::{Currency, Money, Percent};
use refusal::Refusal;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    rating_input::days,
    written::{Written, currency, revision, revision_number},
};

/// Which agreements to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// Only these; all when empty.
    pub ids: &'a [Uuid],
    /// Only those that bill this account, or for which it counts.
    pub account: Option<AccountId>,
    /// Only those after this one.
    pub after: Option<Uuid>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    /// At most this many; `None`: all.
    pub limit: Option<i64>,
}

/// Loads agreements in the order of their ids.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<Agreement>, Failure> {
    let rows = sqlx::query!(
        "select a.*, array(select g.account_id from agreement_account g where g.agreement_id = a.agreement_id
                            order by g.account_id) as \"accounts!\"
           from agreement a join account b using (account_id)
          where (cardinality($1::uuid[]) = 0 or a.agreement_id = any($1))
            and ($2::uuid is null or a.account_id = $2
                 or exists (select from agreement_account g where g.agreement_id = a.agreement_id and g.account_id = $2))
            and ($3::uuid is null or a.agreement_id > $3)
            and in_scope($4::jsonb, a.entity_id, b.territory, a.account_id)
          order by a.agreement_id limit $5",
        which.ids,
        which.account.map(AccountId::uuid),
        which.after,
        which.scope,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency = currency(&row.currency)?;
            let minimum = row.minimum_amount.map(|amount| money(currency, amount)).transpose()?;
            let kind = match (minimum, row.rebate_tiers) {
                (Some(least), None) => AgreementKind::Minimum(least),
                (_, tiers) => AgreementKind::Rebate(read_tiers(currency, tiers)?),
            };
            Ok(Agreement {
                id: AgreementId::from_uuid(row.agreement_id),
                revision: revision(row.revision)?,
                code: row.code,
                display_name: row.display_name,
                entity: EntityId::from_uuid(row.entity_id),
                account: AccountId::from_uuid(row.account_id),
                accounts: row.accounts.into_iter().map(AccountId::from_uuid).collect(),
                product: ProductId::from_uuid(row.product_id),
                currency,
                term: days(row.first_day, row.last_day)?,
                counts: Written::read(&row.counts)?,
                commission: percent(row.commission_percent)?,
                kind,
            })
        })
        .collect()
}

fn read_tiers(currency: Currency, tiers: Option<Value>) -> Result<RebateTiers, Failure> {
    let tier = |tier: &Value| -> Option<RebateTier> {
        let from = Money::parse(currency, tier.get("from")?.as_str()?).ok()?;
        Some(RebateTier { from, percent: Percent::parse(tier.get("percent")?.as_str()?).ok()? })
    };
    let tiers: Option<Vec<RebateTier>> =
        tiers.as_ref().and_then(Value::as_array).and_then(|tiers| tiers.iter().map(tier).collect());
    let tiers = tiers.and_then(|tiers| RebateTiers::of(tiers).ok());
    Ok(tiers.context("the database holds tiers of a rebate that cannot be")?)
}

fn tiers_json(tiers: &RebateTiers) -> Value {
    let tier =
        |tier: &RebateTier| json!({ "from": tier.from.to_string(), "percent": tier.percent.to_string() });
    tiers.all().iter().map(tier).collect()
}

/// One agreement, or that it does not exist for this caller.
pub async fn get(
    connection: &mut PgConnection,
    id: AgreementId,
    scope: Option<&Value>,
) -> Result<Agreement, Failure> {
    let ids = [id.uuid()];
    let which = Which { ids: &ids, scope, limit: Some(1), ..Which::default() };
    let missing = || Refusal::from(ResourceRefusal::NotFound { name: format!("agreements/{id}") });
    Ok(load(connection, which).await?.pop().ok_or_else(missing)?)
}

/// Locks an agreement until the transaction ends.
pub async fn lock(connection: &mut PgConnection, id: AgreementId) -> Result<(), Failure> {
    sqlx::query!("select revision from agreement where agreement_id = $1 for update", id.uuid())
        .fetch_optional(connection)
        .await?;
    Ok(())
}

/// Records a new agreement, or what may change of one that is locked.
pub async fn put(connection: &mut PgConnection, agreement: &Agreement, at: Timestamp) -> Result<(), Failure> {
    let (minimum, tiers) = match &agreement.kind {
        AgreementKind::Minimum(least) => (Some(least.amount()), None),
        AgreementKind::Rebate(tiers) => (None, Some(tiers_json(tiers))),
    };
    sqlx::query!(
        "insert into agreement (agreement_id, revision, code, display_name, entity_id, account_id, product_id, currency, first_day,
           last_day, counts, commission_percent, minimum_amount, rebate_tiers, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)
         on conflict (agreement_id) do update set revision = excluded.revision, display_name = excluded.display_name,
           product_id = excluded.product_id, first_day = excluded.first_day, last_day = excluded.last_day,
           counts = excluded.counts, minimum_amount = excluded.minimum_amount, rebate_tiers = excluded.rebate_tiers,
           updated_at = excluded.updated_at",
        agreement.id.uuid(),
        revision_number(agreement.revision)?,
        agreement.code,
        agreement.display_name,
        agreement.entity.uuid(),
        agreement.account.uuid(),
        agreement.product.uuid(),
        agreement.currency.code(),
        agreement.term.first().to_sqlx() as _,
        agreement.term.last().to_sqlx() as _,
        agreement.counts.text(),
        agreement.commission.value(),
        minimum,
        tiers,
        at.to_sqlx() as _
    )
    .execute(&mut *connection)
    .await
    .map_err(|error| {
        let taken = ResourceRefusal::CodeTaken { code: agreement.code.clone() };
        let missing = ResourceRefusal::NotFound { name: format!("adProducts/{}", agreement.product) };
        let known =
            [("agreement_code_is_unique", taken.into()), ("agreement_product_id_fkey", missing.into())];
        Failure::from_constraint(error, &known)
    })?;
    let accounts: Vec<Uuid> = agreement.accounts.iter().map(|account| account.uuid()).collect();
    sqlx::query!(
        "delete from agreement_account where agreement_id = $1 and account_id <> all($2)",
        agreement.id.uuid(),
        &accounts
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into agreement_account (agreement_id, account_id) select $1, * from unnest($2::uuid[])
         on conflict do nothing",
        agreement.id.uuid(),
        &accounts
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The accounts that a run bills for agreements whose term is over.
pub async fn billed_by(connection: &mut PgConnection, run: &BillingRun) -> Result<Vec<AccountId>, Failure> {
    let accounts: Vec<Uuid> = run.accounts.iter().map(|account| account.uuid()).collect();
    let rows = sqlx::query_scalar!(
        "select distinct a.account_id from agreement a
          where a.entity_id = $1 and a.last_day <= $2 and (cardinality($3::uuid[]) = 0 or a.account_id = any($3))
          order by a.account_id",
        run.entity.uuid(),
        run.month.last_day().to_sqlx() as _,
        &accounts
    );
    Ok(rows.fetch_all(connection).await?.into_iter().map(AccountId::from_uuid).collect())
}

/// The agreements by which an entity bills these accounts.
pub async fn of_accounts(
    connection: &mut PgConnection,
    entity: EntityId,
    accounts: &[Uuid],
) -> Result<Vec<Agreement>, Failure> {
    let ids = sqlx::query_scalar!(
        "select agreement_id from agreement where entity_id = $1 and account_id = any($2)",
        entity.uuid(),
        accounts
    );
    let ids = ids.fetch_all(&mut *connection).await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    load(connection, Which { ids: &ids, ..Which::default() }).await
}

/// What counts for agreements: what was billed in their terms, and what drafts bill that wait for nothing — those of the
/// run, or of every run that is no preview.
pub async fn counted(
    connection: &mut PgConnection,
    agreements: &[Agreement],
    run: Option<RunId>,
) -> Result<HashMap<AgreementId, Counted>, Failure> {
    let ids: Vec<Uuid> = agreements.iter().map(|agreement| agreement.id.uuid()).collect();
    let currencies: HashMap<Uuid, Currency> =
        agreements.iter().map(|agreement| (agreement.id.uuid(), agreement.currency)).collect();
    let rows = sqlx::query_file!("src/store/sql/counted_of_agreements.sql", &ids, run.map(RunId::uuid))
        .fetch_all(connection)
        .await?;
    let mut counted: HashMap<AgreementId, Counted> = agreements
        .iter()
        .map(|agreement| (agreement.id, Counted::nothing(Money::zero(agreement.currency))))
        .collect();
    for row in rows {
        let currency = *currencies.get(&row.agreement_id).context("an agreement that was not asked for")?;
        let of = counted.get_mut(&AgreementId::from_uuid(row.agreement_id)).context("it was put here")?;
        let gross = money(currency, row.gross)?;
        match (row.net, row.corrected_percent) {
            (Some(net), _) => {
                of.gross = of.gross.plus(gross).map_err(anyhow::Error::from)?;
                of.net = of.net.plus(money(currency, net)?).map_err(anyhow::Error::from)?;
            }
            (None, commission) => {
                let commission = commission.context("a correction of an order without a commission")?;
                of.corrections.push((percent(commission)?, gross));
            }
        }
    }
    Ok(counted)
}

/// What was billed of an agreement to date, and how much of what it gives back stands in drafts of runs that are no
/// previews.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub billed: Money,
    pub drafted: Money,
}

/// Where agreements stand.
pub async fn standing(
    connection: &mut PgConnection,
    agreements: &[Agreement],
) -> Result<HashMap<AgreementId, Standing>, Failure> {
    let accounts: Vec<Uuid> = agreements.iter().map(|agreement| agreement.account.uuid()).collect();
    let orders: Vec<Uuid> = agreements.iter().map(|agreement| agreement.id.uuid()).collect();
    let rows = sqlx::query!(
        "select a.agreement_id, a.currency,
                (select coalesce(sum(b.gross), 0) from billed_to_date b
                  where b.account_id = l.account_id and b.line_id = l.line_id and b.basis in ('RATED', 'CORRECTION', 'OPENING'))
                  as \"billed!\",
                (select coalesce(sum(-d.gross), 0)
                   from draft_line d join draft h using (account_id, invoice_id) join billing_run r using (run_id)
                  where d.account_id = l.account_id and d.line_id = l.line_id and d.gross < 0 and not r.preview)
                  as \"drafted!\"
           from agreement a
           join order_line l on l.account_id = a.account_id and l.order_id = a.agreement_id
          where l.account_id = any($1) and l.order_id = any($2)",
        &accounts,
        &orders
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency = currency(&row.currency)?;
            let standing =
                Standing { billed: money(currency, row.billed)?, drafted: money(currency, row.drafted)? };
            Ok((AgreementId::from_uuid(row.agreement_id), standing))
        })
        .collect()
}

fn percent(number: Decimal) -> Result<Percent, Failure> {
    Ok(Percent::of(number).context("the database holds no percent")?)
}

fn money(currency: Currency, amount: Decimal) -> Result<Money, Failure> {
    Ok(Money::of(currency, amount).context("the database holds parts of a minor unit")?)
}
