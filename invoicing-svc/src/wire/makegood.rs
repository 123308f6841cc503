//! Makegood obligations ↔ domain.

use std::collections::HashMap;

use billing_proto::billing::invoicing::v1 as pb;
use ids::AiringId;
use invoicing_domain::makegood::{Balance, Missed, Obligation, Owed, State, Sums};
use money::{Exact, Money, MoneyError};
use refusal::Violations;
use rust_decimal::Decimal;

use super::{
    choice::optional_choice,
    money::message as money_message,
    name,
    period::{day_message, time_message},
};
use crate::store::makegood::{Order, Spot};

/// An obligation of an order as a message. Errors: an amount with more digits than can be calculated with.
pub fn message(order: &Order, obligation: &Obligation<'_>) -> Result<pb::MakegoodObligation, MoneyError> {
    let spots: HashMap<AiringId, &Spot> = order.spots.iter().map(|spot| (spot.id, spot)).collect();
    let missed = obligation.spot();
    let amounts = amounts(order, obligation.sums())?;
    let released = missed.and_then(|missed| order.releases.get(&missed.id));
    let decided = missed.and_then(|missed| order.openings.get(&missed.id));
    let note = missed.and_then(|missed| order.credits.get(&missed.id));
    let mut fulfilments = Vec::with_capacity(obligation.parts.len());
    for part in &obligation.parts {
        let Some(spot) = spots.get(&part.by) else { continue };
        fulfilments.push(pb::MakegoodFulfilment {
            airing: name::airing_name(part.by),
            spot: spot.name.clone(),
            order_line: spot.line_number.clone(),
            date: Some(day_message(spot.place.0)),
            value: Some(money_message(rounded(order, part.value)?)),
            billable: Some(money_message(rounded(
                order,
                if part.is_free { Decimal::ZERO } else { part.value },
            )?)),
        });
    }
    Ok(pb::MakegoodObligation {
        name: name::obligation_name(order.account, order.order, obligation.id()),
        order: name::order_name(order.account, order.order),
        order_external_id: order.external_id.clone(),
        order_line: missed.map_or("", |missed| missed.line_number).to_owned(),
        spot: obligation.name().to_owned(),
        printed_as: match obligation.missed {
            Missed::Known { printed, .. } => printed.map_or("", |printed| printed).to_owned(),
            Missed::Unknown(_) => String::new(),
        },
        airing: missed
            .filter(|missed| !order.shortfalls.contains(&missed.id))
            .map_or_else(String::new, |missed| name::airing_name(missed.id)),
        missed_date: missed.map(|missed| day_message(missed.day)),
        expire_date: missed.and_then(|missed| missed.expires).map(day_message),
        state: match obligation.state(order.today) {
            State::Open => pb::MakegoodState::Open,
            State::Fulfilled => pb::MakegoodState::Fulfilled,
            State::Expired => pb::MakegoodState::Expired,
            State::Released => pb::MakegoodState::Released,
            State::Credited => pb::MakegoodState::Credited,
        }
        .into(),
        billed: missed.is_some_and(|missed| missed.is_billed),
        owed: Some(money_message(amounts.owed)),
        fulfilled: Some(money_message(amounts.fulfilled)),
        credited: Some(money_message(amounts.credited)),
        released: Some(money_message(amounts.released)),
        left: Some(money_message(amounts.left)),
        fulfilments,
        credit_note: note.map_or_else(String::new, |note| name::invoice_name(order.account, *note)),
        release_reason: released.map_or_else(String::new, |released| released.reason.clone()),
        released_by: released.map_or_else(String::new, |released| released.act.by.clone()),
        release_time: released.map(|released| time_message(released.act.at)),
        release_approval: released.and_then(|released| released.approval.clone()).unwrap_or_default(),
        decision_reason: decided.map_or_else(String::new, |decided| decided.reason.clone()),
        decided_by: decided.map_or_else(String::new, |decided| decided.act.by.clone()),
        decide_time: decided.map(|decided| time_message(decided.act.at)),
        decision_approval: decided.and_then(|decided| decided.approval.clone()).unwrap_or_default(),
    })
}

/// What the obligations of an order come to. Errors: an amount with more digits than can be calculated with.
pub fn balance(order: &Order, owed: &Owed<'_>) -> Result<pb::MakegoodBalance, MoneyError> {
    let balance = Balance::of(&owed.obligations);
    let amounts = amounts(order, balance.sums)?;
    let count = |count: usize| i32::try_from(count).map_err(|_| MoneyError::Overflow);
    Ok(pb::MakegoodBalance {
        name: format!("{}/makegoodBalance", name::order_name(order.account, order.order)),
        owed: Some(money_message(amounts.owed)),
        fulfilled: Some(money_message(amounts.fulfilled)),
        credited: Some(money_message(amounts.credited)),
        released: Some(money_message(amounts.released)),
        left: Some(money_message(amounts.left)),
        missed_spots: count(balance.missed)?,
        missed_spots_left: count(balance.missed_left)?,
        makegood_spots: count(balance.makegoods)?,
        beyond: Some(money_message(rounded(order, owed.beyond())?)),
    })
}

/// How an obligation stands; the inner `None` is any.
pub fn state(v: &mut Violations, value: i32) -> Option<Option<State>> {
    optional_choice(v, "state", value).map(|state| match state {
        pb::MakegoodState::Unspecified => None,
        pb::MakegoodState::Open => Some(State::Open),
        pb::MakegoodState::Fulfilled => Some(State::Fulfilled),
        pb::MakegoodState::Expired => Some(State::Expired),
        pb::MakegoodState::Released => Some(State::Released),
        pb::MakegoodState::Credited => Some(State::Credited),
    })
}

/// What is left of an obligation, as it is told.
pub fn left(order: &Order, obligation: &Obligation<'_>) -> Result<Money, MoneyError> {
    Ok(amounts(order, obligation.sums())?.left)
}

struct Amounts {
    owed: Money,
    fulfilled: Money,
    credited: Money,
    released: Money,
    left: Money,
}

/// In minor units; what is left is what the others leave, so that they add up.
fn amounts(order: &Order, sums: Sums) -> Result<Amounts, MoneyError> {
    let [owed, fulfilled, credited, released] =
        [sums.owed, sums.fulfilled, sums.credited, sums.released].map(|sum| rounded(order, sum));
    let (owed, fulfilled, credited, released) = (owed?, fulfilled?, credited?, released?);
    let left = owed.minus(fulfilled)?.minus(credited)?.minus(released)?;
    Ok(Amounts { owed, fulfilled, credited, released, left })
}

fn rounded(order: &Order, amount: Decimal) -> Result<Money, MoneyError> {
    Exact::of(order.currency, amount).round(order.rounding)
}
