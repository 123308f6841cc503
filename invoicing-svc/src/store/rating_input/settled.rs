//! What agreements and ad credits come to for the accounts that they bill.

use std::collections::HashMap;

use anyhow::Context;
use chassis::failure::Failure;
use ids::RunId;
use invoicing_domain::{
    agreement::Agreement, billing_entity::BillingEntity, billing_run::BillingRun, rating::Settlement,
};
use jiff::civil::Date;
use money::Money;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::store::{ad_credit, agreement};

/// Whether lines that follow from others are rated, and what counts for them besides what was billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settles {
    /// Not yet: what they follow from is being rated.
    LeftOut,
    /// The drafts of the run; credits that hold on the day.
    OfRun { today: Date },
    /// The drafts of every run that is no preview, which have what they give back already.
    AsDrafted,
}

/// By the order of the agreement or credit.
pub(super) async fn load(
    connection: &mut PgConnection,
    run: &BillingRun,
    entity: &BillingEntity,
    (accounts, settles): (&[Uuid], Settles),
) -> Result<HashMap<Uuid, Settlement>, Failure> {
    if settles == Settles::LeftOut || accounts.is_empty() {
        return Ok(HashMap::new());
    }
    let mut settled = HashMap::new();
    credits(connection, run, (accounts, settles), &mut settled).await?;
    let agreements = agreement::of_accounts(connection, run.entity, accounts).await?;
    let (mut over, lasting): (Vec<_>, Vec<_>) =
        agreements.into_iter().partition(|agreement| agreement.is_over(run.month));
    if settles == Settles::AsDrafted {
        for (id, standing) in agreement::standing(connection, &lasting).await? {
            let agreement = lasting.iter().find(|agreement| agreement.id == id);
            settled.extend(agreement.map(|agreement| (id.uuid(), agreement.unsettled(standing.billed))));
        }
        settle(connection, (entity, None), &over, &mut settled).await?;
    } else {
        // One of which the run does not take every account is left to a run that does.
        over.retain(|agreement| agreement.is_within(run));
        settle(connection, (entity, Some(run.id)), &over, &mut settled).await?;
    }
    Ok(settled)
}

/// Agreements whose term is over: by the drafts of a run, or as all runs have drafted.
async fn settle(
    connection: &mut PgConnection,
    (entity, run): (&BillingEntity, Option<RunId>),
    agreements: &[Agreement],
    settled: &mut HashMap<Uuid, Settlement>,
) -> Result<(), Failure> {
    if agreements.is_empty() {
        return Ok(());
    }
    let counted = agreement::counted(connection, agreements, run).await?;
    let standing = match run {
        Some(_) => HashMap::new(),
        None => agreement::standing(connection, agreements).await?,
    };
    for agreement in agreements {
        let counted = counted.get(&agreement.id).context("an agreement was counted")?;
        let drafted = standing.get(&agreement.id).map(|standing| standing.drafted);
        let placed = drafted.unwrap_or(Money::zero(agreement.currency));
        let settlement = agreement.settlement(counted, placed, entity.rounding);
        settled.insert(agreement.id.uuid(), settlement.context("an agreement too large to be told")?);
    }
    Ok(())
}

async fn credits(
    connection: &mut PgConnection,
    run: &BillingRun,
    (accounts, settles): (&[Uuid], Settles),
    settled: &mut HashMap<Uuid, Settlement>,
) -> Result<(), Failure> {
    let which = ad_credit::Which { accounts, entity: Some(run.entity), ..ad_credit::Which::default() };
    for (credit, used) in ad_credit::load(connection, which).await? {
        let settlement = match settles {
            Settles::LeftOut => None,
            Settles::OfRun { today } => credit.holds_on(today).then(|| credit.to_use(run.month)),
            Settles::AsDrafted => {
                Some(credit.as_used(used, run.month).context("a credit too large to be told")?)
            }
        };
        settled.extend(settlement.map(|settlement| (credit.id.uuid(), settlement)));
    }
    Ok(())
}
