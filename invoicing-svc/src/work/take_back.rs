//! What would take money back goes below zero on the draft of its order, where the entity allows that and the draft is like
//! the documents that billed it; else it is held.

use std::collections::HashMap;

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, InvoiceId, LineId, OrderId};
use invoicing_domain::{
    billing_entity::BillingEntity,
    billing_run::BillingRun,
    invoice::{BilledAs, LineFacts, OrderFacts},
    rating::{Held, LineToRate, rate_taking_back},
};
use money::Money;
use sqlx::PgConnection;

use super::{give_back::draft_of, rate_accounts::Paper, tax_engine::TaxEngines, taxing::Taxing};
use crate::store::{self, check_facts::CheckFacts, exception::Exception};

/// A line of which something is held.
#[derive(Clone, Debug)]
pub(super) struct TooMuch {
    pub(super) order: OrderFacts,
    pub(super) facts: LineFacts,
    pub(super) line: LineToRate,
    pub(super) held: Vec<Held>,
}

/// Takes back, draft by draft, line by line, while what a draft takes back stays below the entity's limit. A line is taken back
/// whole or held whole: that is how its amounts are rounded.
pub(super) async fn take_back(
    connection: &mut PgConnection,
    (run, entity): (&BillingRun, &BillingEntity),
    papers: &mut [Paper],
    known: &CheckFacts,
    by: (&Taxing<'_>, &TaxEngines),
) -> Result<(), Failure> {
    let billed = billed_as(connection, papers).await?;
    for paper in papers {
        let mut limit = entity.negative_line_limit;
        for too_much in std::mem::take(&mut paper.too_much) {
            let billed = billed.get(&too_much.facts.line).map_or(&[][..], Vec::as_slice);
            match placed(run, paper, (&too_much, limit), (billed, known), by).await? {
                Some(left) => limit = Some(left),
                None => {
                    let TooMuch { order, facts, held, .. } = &too_much;
                    paper.found.extend(held.iter().map(|held| Exception::held(order, facts, held)));
                }
            }
        }
    }
    Ok(())
}

async fn billed_as(
    connection: &mut PgConnection,
    papers: &[Paper],
) -> Result<HashMap<LineId, Vec<BilledAs>>, Failure> {
    let all = || papers.iter().flat_map(|paper| &paper.too_much);
    let accounts: Vec<AccountId> = all().map(|too_much| too_much.order.account).collect();
    let lines: Vec<LineId> = all().map(|too_much| too_much.facts.line).collect();
    store::billed_as::load(connection, &accounts, &lines).await
}

/// Puts the line on its draft with what it takes back. Answers what of the limit is left; none where it stays held.
async fn placed(
    run: &BillingRun,
    paper: &mut Paper,
    (TooMuch { order, facts, line, held }, limit): (&TooMuch, Option<Money>),
    (billed, known): (&[BilledAs], &CheckFacts),
    by: (&Taxing<'_>, &TaxEngines),
) -> Result<Option<Money>, Failure> {
    let amount = Money::sum(line.currency, held.iter().map(|held| held.amount));
    let back = amount.context("what is held is too large to be told")?.negate();
    let limit = limit.filter(|limit| limit.currency() == back.currency() && back.amount() < limit.amount());
    let (Some(limit), Some(draft)) = (limit.filter(|_| back.is_positive()), &paper.draft) else {
        return Ok(None);
    };
    let Some(number) = number(known, draft.id, order.order) else { return Ok(None) };
    if !line.only_runs_billed(held) {
        return Ok(None);
    }
    let mut orders = paper.orders.clone();
    let mut lines = orders.iter_mut().flat_map(|order| &mut order.lines);
    let Some((_, rated)) = lines.find(|(other, _)| other.line == facts.line) else { return Ok(None) };
    let Ok(whole) = rate_taking_back(line) else { return Ok(None) };
    if !whole.held.is_empty() {
        return Ok(None);
    }
    *rated = whole;
    let Some(draft) = draft_of(run, &paper.key, &orders, by).await? else { return Ok(None) };
    if !draft.may_take_back(facts.line, held, billed, number) {
        return Ok(None);
    }
    (paper.orders, paper.draft) = (orders, Some(draft));
    Ok(Some(limit.minus(back).context("a limit that cannot be counted down")?))
}

/// The number that the order goes on in the draft, as far as that is certain: what somebody typed in, else the only one that
/// the order names.
fn number(known: &CheckFacts, draft: InvoiceId, order: OrderId) -> Option<Option<&str>> {
    if let Some(typed) = known.typed_in.get(&draft) {
        return Some(Some(typed.as_str()));
    }
    match known.purchase_orders.get(&order).map_or(&[][..], Vec::as_slice) {
        [] => Some(None),
        [only] => Some(Some(only.number.as_str())),
        [_, _, ..] => None,
    }
}
