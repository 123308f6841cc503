//! What a run makes of accounts as their inputs stand: drafts and exceptions. Nothing is recorded here.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use chassis::failure::Failure;
use ids::AccountId;
use invoicing_domain::{
    billing_entity::BillingEntity,
    billing_run::BillingRun,
    exception::{Finding, LineState, Severities, Severity},
    hold::{Held, Hold},
    invoice::{self, Draft, InvoiceRefusal, LineFacts, OrderFacts, RatedOrder, Untaxed, grouping_key},
    ledger::postings,
    rating::{self, LineKind, LineToRate, RatedLine, RatingError},
    tax::Places,
    third_party::{self, Case},
};
use jiff::civil::Date;
use money::Money;
use refusal::{Class, Refusal};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::{check_drafts::check_drafts, tax_engine::TaxEngines, taxing::Taxing};
use crate::store::{
    self, check_facts::CheckFacts, draft::Blueprint, exception::Exception, rating_input::OrderToRate,
};

/// What comes of rating accounts.
#[derive(Debug)]
pub struct Rated {
    /// In the order of their names.
    pub blueprints: Vec<Blueprint>,
    pub exceptions: Vec<Exception>,
    /// The accounts with orders that wait for an outside tax engine.
    pub unanswered: Vec<AccountId>,
}

/// Rates the orders that the run's entity has of the accounts, and checks what they come to as of `today`.
pub async fn rate_accounts(
    connection: &mut PgConnection,
    (run, entity): (&BillingRun, &BillingEntity),
    accounts: &[AccountId],
    today: Date,
    engines: &TaxEngines,
) -> Result<Rated, Failure> {
    let mut orders = store::rating_input::load(connection, run, entity, accounts).await?;
    let tax = store::tax::inputs(connection, accounts).await?;
    let taxing = Taxing::of(entity, &tax)?;
    let mut facts = store::check_facts::load(connection, run, accounts, today).await?;
    for state in orders.iter_mut().flat_map(|order| order.states.drain(..)) {
        let below_list = facts.lines.remove(&state.line).and_then(|known| known.below_list);
        facts.lines.insert(state.line, LineState { below_list, ..state });
    }
    let mut papers = Vec::new();
    for ((account, key), orders) in by_document(orders, &facts) {
        papers.push(rate_document(run, &key, orders, (&facts, taxing.buyer(account)?.places())));
    }
    let untaxed = papers.iter_mut().filter_map(|paper| paper.untaxed.take()).collect();
    let mut taxed = taxing.tax(untaxed, engines).await?.into_iter();
    let (mut drafts, mut exceptions, mut unanswered) = (BTreeMap::new(), Vec::new(), Vec::new());
    for paper in papers {
        let taxed = if paper.bills { taxed.next() } else { None };
        if let Some(Err(Refusal { class: Class::Unavailable, .. })) = &taxed {
            unanswered.push(paper.first.account);
        }
        if let Some(draft) = finish(paper, taxed, &facts, &mut exceptions) {
            draft.check(entity.rounding).context("a draft breaks a law of the books")?;
            let postings = postings(&draft, &entity.gl_codes).context("a draft cannot be posted")?;
            let purchase_orders = BTreeMap::new();
            let blueprint = Blueprint { draft, postings, purchase_orders, waiting: false };
            drafts.insert((blueprint.draft.account, blueprint.draft.id), blueprint);
        }
    }
    let mut blueprints: Vec<Blueprint> = drafts.into_values().collect();
    check_drafts(&mut blueprints, &mut facts, &mut exceptions)?;
    Ok(Rated { blueprints, exceptions, unanswered })
}

/// The orders of a document, rated and put together.
struct Paper {
    first: OrderFacts,
    orders: Vec<RatedOrder>,
    /// There is something to bill.
    bills: bool,
    /// What it bills, until it is taken away to be taxed.
    untaxed: Option<Untaxed>,
    found: Vec<Exception>,
    /// Every character that it prints of orders and airings.
    printed: BTreeSet<char>,
}

/// The orders that share a document, in the order in which they stand on it.
fn by_document(
    orders: Vec<OrderToRate>,
    known: &CheckFacts,
) -> BTreeMap<(AccountId, String), Vec<OrderToRate>> {
    let mut documents: BTreeMap<_, Vec<OrderToRate>> = BTreeMap::new();
    for order in orders {
        let id = order.facts.order;
        let numbers = known.purchase_orders.get(&id).into_iter().flatten();
        let numbers: Vec<&str> = numbers.map(|known| known.number.as_str()).collect();
        let on_hold = known.holds.iter().any(|hold| hold.what == Held::Order(id));
        let key = grouping_key(&order.facts, &order.sharing, &numbers, on_hold);
        documents.entry((order.facts.account, key)).or_default().push(order);
    }
    for orders in documents.values_mut() {
        let place = |order: &OrderToRate| {
            (order.sharing.advertiser.clone(), order.sharing.external_id.clone(), order.facts.order)
        };
        orders.sort_by_cached_key(place);
    }
    documents
}

/// The orders of one document: their lines rated and put together.
fn rate_document(
    run: &BillingRun,
    key: &str,
    orders: Vec<OrderToRate>,
    (known, places): (&CheckFacts, Places<'_>),
) -> Paper {
    let first = orders[0].facts;
    let (mut found, mut printed) = (Vec::new(), BTreeSet::new());
    let mut rated = Vec::with_capacity(orders.len());
    for mut order in orders {
        printed.append(&mut order.printed);
        rated.push(rate_order(order, known, &mut found));
    }
    let untaxed = invoice::assemble(run.id, key, run.month, &rated, places).unwrap_or_else(|error| {
        let refusal = Refusal::from(RatingError::from(error));
        found.extend(rated.iter().map(|order| Exception::blocked(&order.facts, refusal.clone())));
        None
    });
    Paper { first, orders: rated, bills: untaxed.is_some(), untaxed, found, printed }
}

/// The draft with its tax, where it has any, and what was found of its orders.
fn finish(
    paper: Paper,
    taxed: Option<Result<Draft, Refusal>>,
    known: &CheckFacts,
    exceptions: &mut Vec<Exception>,
) -> Option<Draft> {
    let Paper { first, orders, bills: _, untaxed: _, mut found, printed } = paper;
    let draft = taxed.transpose().unwrap_or_else(|refusal| {
        // What keeps the document keeps each of its orders.
        found.extend(orders.iter().map(|order| Exception::blocked(&order.facts, refusal.clone())));
        None
    });
    for order in &orders {
        found.extend(free(&order.facts, &order.lines, draft.is_some(), &known.severities));
    }
    let missing: String = document::missing_glyphs(&String::from_iter(printed)).into_iter().collect();
    if draft.is_some() && !missing.is_empty() {
        found.push(Exception::blocked(&first, InvoiceRefusal::GlyphMissing { characters: missing }.into()));
    }
    let invoice = draft.as_ref().map(|draft| draft.id);
    exceptions.extend(found.into_iter().map(|exception| exception.of_draft(invoice)));
    draft
}

/// One order: its lines rated. A line that cannot be rated is left out and makes the draft wait.
fn rate_order(order: OrderToRate, known: &CheckFacts, found: &mut Vec<Exception>) -> RatedOrder {
    let OrderToRate { facts, sharing: _, lines, mut cases, printed: _, states: _ } = order;
    let mut rated_lines = Vec::new();
    for (line, input) in lines {
        for case in cases.remove(&line.line).unwrap_or_default() {
            found.push(apart(&facts, &line, &input, &case));
        }
        match rating::rate(&input) {
            Ok(rated) => {
                found.extend(rated.held.iter().map(|held| Exception::held(&facts, &line, held)));
                match on_hold(&known.holds, &line) {
                    Some(hold) => found.extend(held_line(&facts, &line, &rated, hold)),
                    None => rated_lines.push((line, rated)),
                }
            }
            Err(refusal) => found.push(Exception::unrated(&facts, &line, refusal.into())),
        }
    }
    RatedOrder { facts, lines: rated_lines }
}

/// Those who count a line are apart; a case that cannot be priced says so.
fn apart(order: &OrderFacts, line: &LineFacts, input: &LineToRate, case: &Case) -> Exception {
    match third_party::price(input, case) {
        Ok(priced) => Exception::third_party(order, line, case, &priced),
        Err(refusal) => Exception::unrated(order, line, refusal.into()),
    }
}

fn on_hold<'a>(holds: &'a [Hold], line: &LineFacts) -> Option<&'a Hold> {
    holds.iter().find(|hold| match hold.what {
        Held::Line(_, held) => held == line.line,
        Held::Account | Held::Order(_) => false,
    })
}

/// A line on hold that would bill something leaves the draft and says so.
fn held_line(order: &OrderFacts, line: &LineFacts, rated: &RatedLine, hold: &Hold) -> Option<Exception> {
    let amount = Money::sum(order.currency, rated.items.iter().map(|item| item.gross)).ok()?;
    let finding = Finding::LineOnHold {
        line: line.number.clone(),
        amount,
        reason: hold.reason.clone(),
        owner: hold.owner.clone(),
    };
    (!amount.is_zero())
        .then(|| Exception::found((order.account, order.order), None, (&finding, Severity::Warn)))
}

/// What was delivered for nothing: beyond a cap, or so that the order has no draft at all.
fn free(
    order: &OrderFacts,
    lines: &[(LineFacts, RatedLine)],
    billed: bool,
    severities: &Severities,
) -> Vec<Exception> {
    let place = (order.account, order.order);
    let free_units = |rated: &RatedLine| -> Decimal {
        let free = rated.items.iter().filter(|item| match item.bucket.kind {
            LineKind::OverDelivery => true,
            LineKind::SchedulePart
            | LineKind::Spots
            | LineKind::Makegood
            | LineKind::Delivery
            | LineKind::TierFee
            | LineKind::Expenses
            | LineKind::Minimum => !billed && item.gross.is_zero(),
        });
        free.map(|item| item.quantity).filter(|quantity| quantity.is_sign_positive()).sum()
    };
    lines
        .iter()
        .map(|(line, rated)| (line.number.clone(), free_units(rated).normalize()))
        .filter(|(_, units)| !units.is_zero())
        .map(|(line, units)| match billed {
            true => Finding::OverDelivery { line, units },
            false => Finding::ZeroBill { line, units },
        })
        .filter_map(|finding| Some((severities.severity(&finding)?, finding)))
        .map(|(severity, finding)| Exception::found(place, None, (&finding, severity)))
        .collect()
}
