//! The spots that a credit note names: what is made good is not credited besides.

use std::collections::{BTreeSet, HashMap};

use anyhow::Context;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
};
use ids::{AiringId, OrderId};
use invoicing_domain::{
    makegood::owed,
    note::{NamedSpot, Original, check_named, check_spots},
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    store::{
        document::Named,
        makegood::{self as kept, Spot, Which},
    },
    wire::note::Note,
};

/// The spots, by lines of the document that is corrected, with their orders. The account is locked.
pub(super) async fn find(
    connection: &mut PgConnection,
    (corrects, original): (Named, &Original),
    said: &Note,
    call: &Call,
) -> Result<Vec<(AiringId, OrderId)>, Failure> {
    let with_spots: Vec<u32> = said.spots.iter().map(|(line, _)| *line).collect();
    check_named(original, &said.asked, &with_spots).or_refuse()?;
    if said.spots.is_empty() {
        return Ok(Vec::new());
    }
    let named = kept::named(connection, corrects, &said.spots).await?;
    let orders: BTreeSet<Uuid> = named.iter().filter_map(|spot| Some(spot.billed?.1.uuid())).collect();
    let orders: Vec<Uuid> = orders.into_iter().collect();
    let limit = i64::try_from(orders.len()).context("more orders than there are numbers")?;
    let account = Some(corrects.0);
    let which = Which { account, orders: &orders, limit, ..Which::default() };
    let orders = if limit == 0 { Vec::new() } else { kept::orders(connection, which, call.at).await? };
    let mut made_good = HashMap::new();
    for order in &orders {
        for obligation in owed(order.spots.iter().map(Spot::known)).obligations {
            let missed = obligation.spot().map(|missed| missed.id);
            made_good.extend(missed.zip(obligation.made_good(order.today)));
        }
    }
    let known: Vec<NamedSpot> = named
        .iter()
        .map(|spot| NamedSpot {
            line: spot.line,
            name: spot.name.clone(),
            billed: spot.billed.map(|(airing, _)| airing),
            is_credited: spot.is_credited,
            made_good: spot.billed.and_then(|(airing, _)| made_good.get(&airing).copied()),
        })
        .collect();
    check_spots(&known).or_refuse()?;
    Ok(named.into_iter().filter_map(|spot| spot.billed).collect())
}
