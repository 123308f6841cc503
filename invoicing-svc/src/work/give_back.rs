//! What agreements and ad credits give back goes on drafts of the account that have room for it; the rest is held.

use std::collections::HashSet;

use anyhow::Context;
use chassis::failure::Failure;
use ids::InvoiceId;
use invoicing_domain::{
    billing_run::BillingRun,
    invoice::{LineFacts, OrderFacts},
    rating::{Held, LineToRate, RatedLine, Settlement},
};
use money::{Money, MoneyError};

use super::{
    rate_accounts::{RatedOrder, draft_of},
    taxing::{Taxing, TaxingBuyer},
};
use crate::store::exception::Exception;

/// Something to be given back.
#[derive(Clone, Debug)]
pub(super) struct Back {
    facts: LineFacts,
    line: LineToRate,
    settled: Settlement,
    held: Held,
}

impl Back {
    pub(super) fn of(line: (&LineFacts, &LineToRate), settled: Settlement, held: Held) -> Self {
        Self { facts: line.0.clone(), line: line.1.clone(), settled, held }
    }

    /// Whether it may stand on a document of the order. What an agreement owes comes to what it is only under the same
    /// commission; a credit is before any.
    fn fits(&self, of: &OrderFacts, order: &OrderFacts) -> bool {
        order.order != of.order
            && (order.account, order.currency) == (of.account, of.currency)
            && (self.settled.until.is_some() || order.commission_percent == of.commission_percent)
    }
}

/// Gives back, draft by draft in the order of their orders. A draft that waits has no room: nobody knows when it goes.
pub(super) fn give_back(
    run: &BillingRun,
    orders: &mut [RatedOrder],
    waiting: &HashSet<InvoiceId>,
    taxing: &Taxing<'_>,
) -> Result<(), Failure> {
    let backs = orders.iter_mut().enumerate();
    let mut backs: Vec<(usize, Back)> = backs
        .flat_map(|(n, order)| std::mem::take(&mut order.back).into_iter().map(move |back| (n, back)))
        .collect();
    // What is owed comes first, then what ends first.
    backs.sort_by_key(|(_, back)| back.settled.until);
    for (n, back) in backs {
        let of = orders[n].facts;
        let taxing = taxing.buyer(of.account)?;
        let mut rest = back.held.amount.negate();
        let mut position = 0;
        for order in orders.iter_mut().filter(|order| back.fits(&of, &order.facts)) {
            if order.draft.as_ref().is_none_or(|draft| waiting.contains(&draft.id)) {
                continue;
            }
            let given = give(run, order, (&back, rest, position), &taxing)
                .context("what is given back cannot be put on a document")?;
            if given.is_positive() {
                position += 1;
                rest = rest.minus(given).context("what is left to be given back")?;
            }
        }
        if rest.is_positive() && back.settled.until.is_none() {
            let held = Held { amount: rest.negate(), ..back.held };
            orders[n].found.push(Exception::held(&of, &back.facts, &held));
        }
    }
    Ok(())
}

/// Puts as much of it on the order's draft as that has room for, and answers how much that is.
fn give(
    run: &BillingRun,
    order: &mut RatedOrder,
    (back, rest, position): (&Back, Money, usize),
    taxing: &TaxingBuyer<'_>,
) -> Result<Money, MoneyError> {
    let nothing = Money::zero(rest.currency());
    let mut most = rest;
    // What it is taxed at, and so how much room there is, shows once it stands there.
    for _ in 0..2 {
        if !most.is_positive() {
            break;
        }
        let item = back.settled.item(&back.line, most.negate(), position)?;
        let rated = RatedLine { line: back.line.line, items: vec![item], held: Vec::new() };
        let mut lines = order.lines.clone();
        lines.push((back.facts.clone(), rated));
        let Ok(Some(draft)) = draft_of(run, &order.facts, &lines, taxing) else { break };
        let room = draft.room(back.line.line)?;
        if most.amount() <= room.amount() {
            if !draft.is_payable() {
                break;
            }
            (order.lines, order.draft) = (lines, Some(draft));
            order.printed.extend(back.facts.description.chars().filter(|character| !character.is_ascii()));
            return Ok(most);
        }
        most = room;
    }
    Ok(nothing)
}
