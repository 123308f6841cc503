//! The spots that a credit note or a makegood names: what is made good is not credited besides.

use std::collections::{BTreeSet, HashMap, HashSet};

use anyhow::Context;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
};
use ids::{AccountId, AiringId, OrderId};
use invoicing_domain::{
    makegood::owed,
    note::{NamedSpot, Original, check_named, check_owed, check_spots},
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    store::{
        document::Named,
        makegood::{self as kept, Order, Spot, Which},
        owed_spot::OwedSpot,
    },
    wire::note::Note,
};

/// The spots that a credit note names, with their orders. The account is locked.
pub(super) async fn find(
    connection: &mut PgConnection,
    (corrects, original): (Named, &Original),
    said: &Note,
    call: &Call,
) -> Result<Vec<(AiringId, OrderId)>, Failure> {
    let with_spots: Vec<u32> = said.spots.iter().map(|(line, _)| *line).collect();
    check_named(original, &said.asked, &with_spots).or_refuse()?;
    let (named, known) = known(connection, corrects, said, call).await?;
    check_spots(&known).or_refuse()?;
    Ok(named.into_iter().filter_map(|spot| spot.billed).collect())
}

/// The spots that are to be made good instead. The account is locked.
pub(super) async fn to_be_owed(
    connection: &mut PgConnection,
    corrects: Named,
    said: &Note,
    call: &Call,
) -> Result<Vec<OwedSpot>, Failure> {
    let (named, known) = known(connection, corrects, said, call).await?;
    check_owed(&known).or_refuse()?;
    let owed = |spot: kept::Named| {
        let (airing, order) = spot.billed?;
        Some(OwedSpot { line: spot.line, spot: airing, order })
    };
    Ok(named.into_iter().filter_map(owed).collect())
}

/// The spots that are named by lines of the document, and what is known of them.
async fn known(
    connection: &mut PgConnection,
    corrects: Named,
    said: &Note,
    call: &Call,
) -> Result<(Vec<kept::Named>, Vec<NamedSpot>), Failure> {
    if said.spots.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let named = kept::named(connection, corrects, &said.spots).await?;
    let of = named.iter().filter_map(|spot| Some(spot.billed?.1)).collect();
    let (mut made_good, mut was_owed) = (HashMap::new(), HashSet::new());
    for order in orders(connection, corrects.0, of, call).await? {
        for obligation in owed(order.spots.iter().map(Spot::known)).obligations {
            let missed = obligation.spot().map(|missed| missed.id);
            was_owed.extend(missed);
            made_good.extend(missed.zip(obligation.made_good(order.today)));
        }
    }
    let known = named.iter().map(|spot| NamedSpot {
        line: spot.line,
        name: spot.name.clone(),
        billed: spot.billed.map(|(airing, _)| airing),
        is_credited: spot.is_credited,
        made_good: spot.billed.and_then(|(airing, _)| made_good.get(&airing).copied()),
        was_owed: spot.billed.is_some_and(|(airing, _)| was_owed.contains(&airing)),
    });
    let known = known.collect();
    Ok((named, known))
}

/// Orders of an account with their spots, each once.
pub(super) async fn orders(
    connection: &mut PgConnection,
    account: AccountId,
    orders: BTreeSet<OrderId>,
    call: &Call,
) -> Result<Vec<Order>, Failure> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let orders: Vec<Uuid> = orders.into_iter().map(|order| order.uuid()).collect();
    let limit = i64::try_from(orders.len()).context("more orders than there are numbers")?;
    let which = Which { account: Some(account), orders: &orders, limit, ..Which::default() };
    kept::orders(connection, which, call.at).await
}
