use anyhow::{Result, ensure};
use billing_proto::billing::invoicing::v1 as pb;

use super::{
    super::{table, world::World},
    Said,
};

async fn read(world: &World, entity: &str) -> Result<pb::TrialBalance> {
    let request = pb::GetTrialBalanceRequest { billing_entity: world.name(entity)?, as_of: None };
    Ok(world.client("the first manager")?.ledger().get_trial_balance(request).await?.into_inner())
}

fn amount(money: Option<pb::Money>) -> String {
    money.unwrap_or_default().amount
}

pub async fn trial_balance(world: &mut World, said: &Said<'_>) -> Result<()> {
    let balance = read(world, said.word(0)).await?;
    let cells = |row: pb::TrialBalanceRow| {
        vec![
            ("account", row.ledger_account().as_str_name().trim_start_matches("LEDGER_ACCOUNT_").to_owned()),
            ("debit", amount(row.debit)),
            ("credit", amount(row.credit)),
            ("balance", amount(row.balance)),
        ]
    };
    table::compare(said.block, balance.rows.into_iter().map(cells))
}

pub async fn balance(world: &mut World, said: &Said<'_>) -> Result<()> {
    let sums = read(world, said.word(0)).await?.sums;
    ensure!(!sums.is_empty() && sums.iter().all(|sum| sum.amount == "0.00"), "expected 0.00, got {sums:?}");
    Ok(())
}

pub async fn laws(world: &mut World, _: &Said<'_>) -> Result<()> {
    let request = pb::CheckInvariantsRequest {};
    let results =
        world.client("the controller")?.ledger().check_invariants(request).await?.into_inner().results;
    ensure!(!results.is_empty(), "no law was checked");
    let broken: Vec<_> = results.iter().filter(|result| result.violations != 0).collect();
    ensure!(broken.is_empty(), "broken: {broken:?}");
    Ok(())
}
