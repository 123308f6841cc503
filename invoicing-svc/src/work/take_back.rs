//! What would take money back goes below zero on the draft of its order, where the entity allows that and the draft is like
//! the documents that billed it; else it is held.

use std::collections::HashMap;

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, InvoiceId, LineId, OrderId};
use invoicing_domain::{
    billing_entity::BillingEntity,
    billing_run::BillingRun,
    invoice::{BilledAs, Draft, LineFacts, OrderFacts, RatedOrder},
    rating::{Held, LineToRate, RatedLine, rate_taking_back},
};
use money::Money;
use refusal::{Class, Refusal};
use sqlx::PgConnection;

use super::{give_back::put_together, rate_accounts::Paper, tax_engine::TaxEngines, taxing::Taxing};
use crate::store::{self, check_facts::CheckFacts, exception::Exception};

/// How documents billed order lines.
type Billed = HashMap<LineId, Vec<BilledAs>>;

/// A line of which something is held.
#[derive(Clone, Debug)]
pub(super) struct TooMuch {
    pub(super) order: OrderFacts,
    pub(super) facts: LineFacts,
    pub(super) line: LineToRate,
    pub(super) held: Vec<Held>,
}

/// A line that may take back, as far as that can be told before its document is put together.
struct Candidate {
    too_much: TooMuch,
    /// The line with what it takes back.
    whole: RatedLine,
}

/// A paper, and what is tried on it.
struct Trial<'p> {
    paper: &'p mut Paper,
    /// Those that take back least come first.
    tried: Vec<Candidate>,
}

/// Takes back on all drafts at once while what a draft takes back stays below the entity's limit, then with less on those that
/// do not stand so. A line is taken back whole or held whole: that is how its amounts are rounded.
pub(super) async fn take_back(
    connection: &mut PgConnection,
    (run, entity): (&BillingRun, &BillingEntity),
    papers: &mut [Paper],
    known: &CheckFacts,
    by: (&Taxing<'_>, &TaxEngines),
) -> Result<(), Failure> {
    let billed = billed_as(connection, papers).await?;
    let mut trials = Vec::new();
    for paper in papers {
        let tried = candidates(paper, entity.negative_line_limit, (&billed, known))?;
        let all = tried.len();
        trials.extend(Trial { paper, tried }.first(all));
    }
    while !trials.is_empty() {
        trials = attempt(run, trials, &billed, by).await?;
    }
    Ok(())
}

async fn billed_as(connection: &mut PgConnection, papers: &[Paper]) -> Result<Billed, Failure> {
    let all = || papers.iter().flat_map(|paper| &paper.too_much);
    let accounts: Vec<AccountId> = all().map(|too_much| too_much.order.account).collect();
    let lines: Vec<LineId> = all().map(|too_much| too_much.facts.line).collect();
    store::billed_as::load(connection, &accounts, &lines).await
}

/// What of the paper may be taken back while it stays below the limit, least first, so that most of it finds room. The rest is
/// held.
fn candidates(
    paper: &mut Paper,
    limit: Option<Money>,
    known: (&Billed, &CheckFacts),
) -> Result<Vec<Candidate>, Failure> {
    let too_much = std::mem::take(&mut paper.too_much).into_iter();
    let mut too_much: Vec<(Money, TooMuch)> =
        too_much.map(|too_much| Ok((too_much.back()?, too_much))).collect::<Result<_, Failure>>()?;
    too_much.sort_by_key(|(back, _)| back.amount());
    let (mut left, mut tried) = (limit, Vec::new());
    for (back, too_much) in too_much {
        let below = |left: &Money| left.currency() == back.currency() && back.amount() < left.amount();
        let fits = left.filter(|left| back.is_positive() && below(left));
        let whole = fits.and_then(|_| too_much.whole(paper.draft.as_ref()?, known));
        match fits.zip(whole) {
            Some((limit, whole)) => {
                left = Some(limit.minus(back).context("a limit that cannot be counted down")?);
                tried.push(Candidate { too_much, whole });
            }
            None => hold(paper, &too_much),
        }
    }
    Ok(tried)
}

fn hold(paper: &mut Paper, TooMuch { order, facts, held, .. }: &TooMuch) {
    paper.found.extend(held.iter().map(|held| Exception::held(order, facts, held)));
}

impl TooMuch {
    /// How much it takes back; what waits beside that bills more, and is none of it.
    fn back(&self) -> Result<Money, Failure> {
        let amounts = self.held.iter().map(|held| held.amount).filter(|amount| amount.is_negative());
        let sum = Money::sum(self.line.currency, amounts).context("what is held is too large to be told")?;
        Ok(sum.negate())
    }

    /// The line with what it takes back, where the draft is like the documents that billed it.
    fn whole(&self, draft: &Draft, (billed, known): (&Billed, &CheckFacts)) -> Option<RatedLine> {
        let number = number(known, draft.id, self.order.order)?;
        if !self.line.only_runs_billed(&self.held)
            || !draft.is_billed_as(&self.held, self.billed(billed), number)
        {
            return None;
        }
        rate_taking_back(&self.line).ok().filter(|whole| whole.held.is_empty())
    }

    fn billed<'a>(&self, billed: &'a Billed) -> &'a [BilledAs] {
        billed.get(&self.facts.line).map_or(&[][..], Vec::as_slice)
    }
}

/// Puts every paper together with what is tried on it, and has them taxed, all at once. Answers those on which less is to be
/// tried.
async fn attempt<'p>(
    run: &BillingRun,
    trials: Vec<Trial<'p>>,
    billed: &Billed,
    (taxing, engines): (&Taxing<'_>, &TaxEngines),
) -> Result<Vec<Trial<'p>>, Failure> {
    let (mut again, mut asked, mut untaxed) = (Vec::new(), Vec::new(), Vec::new());
    for trial in trials {
        let orders = trial.orders();
        match put_together(run, &trial.paper.key, &orders, taxing)? {
            Some(document) => {
                untaxed.push(document);
                asked.push((trial, orders));
            }
            None => again.extend(trial.half()),
        }
    }
    for ((trial, orders), taxed) in asked.into_iter().zip(taxing.tax(untaxed, engines).await?) {
        again.extend(trial.stand(orders, taxed, billed));
    }
    Ok(again)
}

impl Trial<'_> {
    /// The orders of the paper with what is tried.
    fn orders(&self) -> Vec<RatedOrder> {
        let whole = |one: &Candidate| (one.too_much.facts.line, one.whole.clone());
        let mut whole: HashMap<LineId, RatedLine> = self.tried.iter().map(whole).collect();
        let mut orders = self.paper.orders.clone();
        for (facts, rated) in orders.iter_mut().flat_map(|order| &mut order.lines) {
            if let Some(whole) = whole.remove(&facts.line) {
                *rated = whole;
            }
        }
        orders
    }

    /// Takes the draft as its own if it can stand so. Answers what is to be tried with less.
    fn stand(
        mut self,
        orders: Vec<RatedOrder>,
        taxed: Result<Draft, Refusal>,
        billed: &Billed,
    ) -> Option<Self> {
        let draft = match taxed {
            Ok(draft) => draft,
            // Who does not answer now is not asked again.
            Err(refusal) if refusal.class == Class::Unavailable => return self.first(0),
            Err(_) => return self.half(),
        };
        let same_tax = |Candidate { too_much, .. }: &Candidate| {
            draft.is_taxed_as(too_much.facts.line, &too_much.held, too_much.billed(billed))
        };
        let (same, mut others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.tried).into_iter().partition(same_tax);
        let (stays, is_same) = (same.len(), others.is_empty());
        self.tried = same;
        self.tried.append(&mut others);
        if !is_same {
            return self.first(stays);
        }
        if !draft.is_payable() {
            return self.half();
        }
        (self.paper.orders, self.paper.draft) = (orders, Some(draft));
        None
    }

    /// The trial with the first half of what was tried.
    fn half(self) -> Option<Self> {
        let half = self.tried.len() / 2;
        self.first(half)
    }

    /// The trial with so many of what was tried; the others are held. None where that leaves nothing to try.
    fn first(mut self, stays: usize) -> Option<Self> {
        for dropped in self.tried.split_off(stays) {
            hold(self.paper, &dropped.too_much);
        }
        (!self.tried.is_empty()).then_some(self)
    }
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
