//! What agreements and ad credits give back goes on drafts of the account that have room for it; the rest is held.

use std::collections::HashSet;

use anyhow::Context;
use chassis::failure::Failure;
use ids::InvoiceId;
use invoicing_domain::{
    billing_run::BillingRun,
    invoice::{self, Draft, LineFacts, OrderFacts, RatedOrder, Untaxed},
    rating::{Held, LineToRate, RatedLine, Settlement},
};
use money::Money;

use super::{rate_accounts::Paper, tax_engine::TaxEngines, taxing::Taxing};
use crate::store::exception::Exception;

/// Something to be given back.
#[derive(Clone, Debug)]
pub(super) struct Back {
    order: OrderFacts,
    facts: LineFacts,
    line: LineToRate,
    settled: Settlement,
    held: Held,
}

impl Back {
    pub(super) fn of(
        order: &OrderFacts,
        line: (&LineFacts, &LineToRate),
        settled: Settlement,
        held: Held,
    ) -> Self {
        Self { order: *order, facts: line.0.clone(), line: line.1.clone(), settled, held }
    }

    /// Whether it may stand on the draft. What an agreement owes comes to what it is only under the same commission; a
    /// credit is before any.
    fn fits(&self, draft: &Draft) -> bool {
        (draft.account, draft.currency) == (self.order.account, self.order.currency)
            && (self.settled.until.is_some() || draft.commission_percent == self.order.commission_percent)
    }
}

/// Gives back, draft by draft in their order. A draft that waits has no room: nobody knows when it goes.
pub(super) async fn give_back(
    run: &BillingRun,
    papers: &mut [Paper],
    waiting: &HashSet<InvoiceId>,
    by: (&Taxing<'_>, &TaxEngines),
) -> Result<(), Failure> {
    let backs = papers.iter_mut().enumerate();
    let mut backs: Vec<(usize, Back)> = backs
        .flat_map(|(n, paper)| std::mem::take(&mut paper.back).into_iter().map(move |back| (n, back)))
        .collect();
    // What is owed comes first, then what ends first.
    backs.sort_by_key(|(_, back)| back.settled.until);
    for (n, back) in backs {
        let mut rest = back.held.amount.negate();
        let mut position = 0;
        for paper in papers.iter_mut() {
            let has_room = |draft: &Draft| back.fits(draft) && !waiting.contains(&draft.id);
            if !paper.draft.as_ref().is_some_and(has_room) {
                continue;
            }
            let given = give(run, paper, (&back, rest, position), by).await?;
            if given.is_positive() {
                position += 1;
                rest = rest.minus(given).context("what is left to be given back")?;
            }
        }
        if rest.is_positive() && back.settled.until.is_none() {
            let held = back.settled.held(rest.negate()).context("what is left to be given back")?;
            papers[n].found.push(Exception::held(&back.order, &back.facts, &held));
        }
    }
    Ok(())
}

/// Puts as much of it on the draft as that has room for, and answers how much that is.
async fn give(
    run: &BillingRun,
    paper: &mut Paper,
    (back, rest, position): (&Back, Money, usize),
    by: (&Taxing<'_>, &TaxEngines),
) -> Result<Money, Failure> {
    let unfit = "what is given back cannot be put on a document";
    let mut most = rest;
    // What it is taxed at, and so how much room there is, shows once it stands there.
    for _ in 0..2 {
        if !most.is_positive() {
            break;
        }
        let item = back.settled.item(&back.line, most.negate(), position).context(unfit)?;
        let rated = RatedLine { line: back.line.line, items: vec![item], held: Vec::new() };
        let mut orders = paper.orders.clone();
        // It goes with the first order that bills, under whose number the customer pays it.
        let bills = |order: &&mut RatedOrder| order.lines.iter().any(|(_, line)| !line.items.is_empty());
        let Some(host) = orders.iter_mut().find(bills) else { break };
        host.lines.push((back.facts.clone(), rated));
        let Some(draft) = draft_of(run, &paper.key, &orders, by).await? else { break };
        let room = draft.room(back.line.line).context(unfit)?;
        if most.amount() <= room.amount() {
            if !draft.is_payable() {
                break;
            }
            (paper.orders, paper.draft) = (orders, Some(draft));
            paper.printed.extend(back.facts.description.chars().filter(|character| !character.is_ascii()));
            return Ok(most);
        }
        most = room;
    }
    Ok(Money::zero(rest.currency()))
}

/// The draft that bills the orders, with its tax; none where it cannot be put together or taxed.
async fn draft_of(
    run: &BillingRun,
    key: &str,
    orders: &[RatedOrder],
    (taxing, engines): (&Taxing<'_>, &TaxEngines),
) -> Result<Option<Draft>, Failure> {
    let Some(untaxed) = put_together(run, key, orders, taxing)? else { return Ok(None) };
    let taxed = taxing.tax(vec![untaxed], engines).await?;
    Ok(taxed.into_iter().next().and_then(Result::ok))
}

/// The draft that bills the orders, without its tax; none where it cannot be put together or bills nothing.
pub(super) fn put_together(
    run: &BillingRun,
    key: &str,
    orders: &[RatedOrder],
    taxing: &Taxing<'_>,
) -> Result<Option<Untaxed>, Failure> {
    let Some(first) = orders.first() else { return Ok(None) };
    let buyer = taxing.buyer(first.facts.account)?;
    Ok(invoice::assemble(run.id, key, run.month, orders, buyer.places()).ok().flatten())
}
