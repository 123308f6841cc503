//! What is held is proposed to whoever corrects documents: by which of their lines it is taken back, and who made the
//! difference.

use std::collections::HashMap;

use anyhow::Context;
use calendar::Days;
use chassis::failure::Failure;
use ids::{AccountId, EntityId, LineId};
use invoicing_domain::note::shares;
use money::{Currency, Rounding};
use sqlx::PgConnection;

use crate::store::{self, exception::Exception};

/// Completes what a run holds.
pub(super) async fn propose(
    connection: &mut PgConnection,
    entity: EntityId,
    exceptions: &mut [Exception],
) -> Result<(), Failure> {
    let mut held: HashMap<(AccountId, Currency), Vec<(LineId, Days)>> = HashMap::new();
    for (account, line, difference) in exceptions.iter().filter_map(Exception::difference) {
        let of = held.entry((account, difference.amount.currency())).or_default();
        of.push((line, difference.origin));
    }
    if held.is_empty() {
        return Ok(());
    }
    let rounding = store::billing_entity::get(connection, entity, None).await?.rounding;
    for ((account, currency), held) in held {
        propose_of(connection, (account, currency, rounding), &held, exceptions).await?;
    }
    Ok(())
}

async fn propose_of(
    connection: &mut PgConnection,
    (account, currency, rounding): (AccountId, Currency, Rounding),
    held: &[(LineId, Days)],
    exceptions: &mut [Exception],
) -> Result<(), Failure> {
    let lines: Vec<LineId> = held.iter().map(|(line, _)| *line).collect();
    let sources = store::held::sources(connection, account, &lines, currency).await?;
    let ledgers = store::note::ledgers(connection, account, &lines, currency).await?;
    let mut makers = store::held::makers(connection, account, held).await?;
    for exception in exceptions {
        let Some((of, line, difference)) = exception.difference() else { continue };
        if of != account || difference.amount.currency() != currency {
            continue;
        }
        let place = (line, difference.origin.first());
        let sources = sources.get(&place).map_or(&[][..], Vec::as_slice);
        let ledger = ledgers.get(&line).map_or(&[][..], Vec::as_slice);
        let shares = shares(difference, sources, ledger, (currency, rounding));
        let shares = shares.context("what is held has more digits than can be calculated with")?;
        exception.propose(&shares, makers.remove(&place).into_iter().flatten().collect())?;
    }
    Ok(())
}
