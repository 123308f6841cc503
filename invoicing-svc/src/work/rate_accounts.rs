//! What a run makes of accounts as their inputs stand: drafts and exceptions. Nothing is recorded here.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, LineId};
use invoicing_domain::{
    billing_entity::BillingEntity,
    billing_run::BillingRun,
    exception::{Finding, LineState, Severities},
    hold::{Held, Hold},
    invoice::{self, Draft, InvoiceRefusal, LineFacts, OrderFacts, RatedOrder, Untaxed, grouping_key},
    ledger::postings,
    rating::{self, LineKind, LineToRate, Pricing, RatedItem, RatedLine, RatingError},
    tax::Places,
    third_party::{self, Case},
};
use jiff::civil::Date;
use money::Money;
use refusal::{Class, Refusal};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::{
    check_drafts::check_drafts,
    give_back::{Back, give_back},
    take_back::{TooMuch, take_back},
    tax_engine::TaxEngines,
    taxing::Taxing,
};
use crate::store::{
    self,
    check_facts::CheckFacts,
    draft::Blueprint,
    exception::Exception,
    rating_input::{OrderToRate, Settles},
};

/// What comes of rating accounts.
#[derive(Debug)]
pub struct Rated {
    /// In the order of their names.
    pub blueprints: Vec<Blueprint>,
    pub exceptions: Vec<Exception>,
    /// The accounts with orders that wait for an outside tax engine.
    pub unanswered: Vec<AccountId>,
    /// Why the engine did not answer at all, where it did not: what is rated may be otherwise once it does.
    pub silence: Option<Refusal>,
}

/// Rates the orders that the run's entity has of the accounts, and checks what they come to as of `today`.
pub async fn rate_accounts(
    connection: &mut PgConnection,
    (run, entity): (&BillingRun, &BillingEntity),
    accounts: &[AccountId],
    (today, settles): (Date, Settles),
    engines: &TaxEngines,
) -> Result<Rated, Failure> {
    let mut orders = store::rating_input::load(connection, run, entity, accounts, settles).await?;
    let tax = store::tax::inputs(connection, accounts).await?;
    let taxing = Taxing::of(entity, &tax)?;
    let mut facts = store::check_facts::load(connection, run, accounts, today).await?;
    for state in orders.iter_mut().flat_map(|order| order.states.drain(..)) {
        let below_list = facts.lines.remove(&state.line).and_then(|known| known.below_list);
        facts.lines.insert(state.line, LineState { below_list, ..state });
    }
    for (account, known) in &mut facts.accounts {
        known.registrations = taxing.buyer(*account)?.registrations().to_vec();
    }
    let mut papers = Vec::new();
    for ((account, key), orders) in by_document(orders, &facts) {
        papers.push(rate_document((run, entity), key, orders, (&facts, taxing.buyer(account)?.places())));
    }
    let unanswered = tax_papers(&mut papers, &taxing, engines).await?;
    if papers.iter().any(|paper| !paper.too_much.is_empty()) {
        take_back(connection, (run, entity), &mut papers, &facts, (&taxing, engines)).await?;
    }
    if papers.iter().any(|paper| !paper.back.is_empty()) {
        let waiting = store::draft::waiting_of(connection, run.id, accounts).await?;
        give_back(run, &mut papers, &waiting, (&taxing, engines)).await?;
    }
    let (mut drafts, mut exceptions) = (BTreeMap::new(), Vec::new());
    for paper in papers {
        if let Some(draft) = paper.finish(&facts, &mut exceptions) {
            draft.check(entity.rounding).context("a draft breaks a law of the books")?;
            let postings = postings(&draft, &entity.gl_codes).context("a draft cannot be posted")?;
            let purchase_orders = BTreeMap::new();
            let blueprint = Blueprint { draft, postings, purchase_orders, waiting: false };
            drafts.insert((blueprint.draft.account, blueprint.draft.id), blueprint);
        }
    }
    let mut blueprints: Vec<Blueprint> = drafts.into_values().collect();
    check_drafts(&mut blueprints, &mut facts, &mut exceptions)?;
    Ok(Rated { blueprints, exceptions, unanswered, silence: taxing.silence().cloned() })
}

/// The orders of a document, rated and put together.
#[derive(Debug)]
pub(super) struct Paper {
    /// What its orders share.
    pub(super) key: String,
    pub(super) first: OrderFacts,
    pub(super) orders: Vec<RatedOrder>,
    /// What it bills, until it is taken away to be taxed.
    untaxed: Option<Untaxed>,
    pub(super) draft: Option<Draft>,
    pub(super) found: Vec<Exception>,
    /// What agreements and ad credits give back, which has no place yet.
    pub(super) back: Vec<Back>,
    /// Whether the entity lets it take back what was billed.
    takes_back: bool,
    /// What is held of its lines, where it might.
    pub(super) too_much: Vec<TooMuch>,
    /// Every character that it prints of orders and airings.
    pub(super) printed: BTreeSet<char>,
    /// The lines of which something is sold for nothing.
    given_away: BTreeSet<LineId>,
}

/// Taxes what is to be billed. Answers the accounts for which an outside engine had no answer.
async fn tax_papers(
    papers: &mut [Paper],
    taxing: &Taxing<'_>,
    engines: &TaxEngines,
) -> Result<Vec<AccountId>, Failure> {
    let (billing, untaxed): (Vec<&mut Paper>, Vec<Untaxed>) =
        papers.iter_mut().filter_map(|paper| paper.untaxed.take().map(|untaxed| (paper, untaxed))).unzip();
    let mut unanswered = Vec::new();
    for (paper, taxed) in billing.into_iter().zip(taxing.tax(untaxed, engines).await?) {
        match taxed {
            Ok(draft) => paper.draft = Some(draft),
            Err(refusal) => {
                if refusal.class == Class::Unavailable {
                    unanswered.push(paper.first.account);
                }
                // What keeps the document keeps each of its orders.
                let blocked = |order: &RatedOrder| Exception::blocked(&order.facts, refusal.clone());
                paper.found.extend(paper.orders.iter().map(blocked));
            }
        }
    }
    Ok(unanswered)
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
    (run, entity): (&BillingRun, &BillingEntity),
    key: String,
    orders: Vec<OrderToRate>,
    (known, places): (&CheckFacts, Places<'_>),
) -> Paper {
    let mut paper = Paper {
        key,
        first: orders[0].facts,
        orders: Vec::with_capacity(orders.len()),
        untaxed: None,
        draft: None,
        found: Vec::new(),
        back: Vec::new(),
        takes_back: entity.negative_line_limit.is_some(),
        too_much: Vec::new(),
        printed: BTreeSet::new(),
        given_away: BTreeSet::new(),
    };
    for mut order in orders {
        paper.printed.append(&mut order.printed);
        let rated = rate_order(order, known, &mut paper);
        paper.orders.push(rated);
    }
    match invoice::assemble(run.id, &paper.key, run.month, &paper.orders, places) {
        Ok(untaxed) => paper.untaxed = untaxed,
        Err(error) => {
            let refusal = Refusal::from(RatingError::from(error));
            let blocked = |order: &RatedOrder| Exception::blocked(&order.facts, refusal.clone());
            paper.found.extend(paper.orders.iter().map(blocked));
        }
    }
    paper
}

impl Paper {
    /// The draft with its tax, where it has any, and what was found of its orders.
    fn finish(self, known: &CheckFacts, exceptions: &mut Vec<Exception>) -> Option<Draft> {
        let Self { first, orders, draft, mut found, printed, given_away, .. } = self;
        for order in &orders {
            let what = (draft.is_some(), &given_away);
            found.extend(free(&order.facts, &order.lines, what, &known.severities));
        }
        let missing: String = document::missing_glyphs(&String::from_iter(printed)).into_iter().collect();
        if draft.is_some() && !missing.is_empty() {
            let missing = InvoiceRefusal::GlyphMissing { characters: missing };
            found.push(Exception::blocked(&first, missing.into()));
        }
        let invoice = draft.as_ref().map(|draft| draft.id);
        exceptions.extend(found.into_iter().map(|exception| exception.of_draft(invoice)));
        draft
    }
}

/// One order of the document: its lines rated. A line that cannot be rated is left out and makes the draft wait.
fn rate_order(order: OrderToRate, known: &CheckFacts, paper: &mut Paper) -> RatedOrder {
    let OrderToRate { facts, sharing: _, lines, mut cases, printed: _, states: _ } = order;
    let (found, mut rated_lines) = (&mut paper.found, Vec::new());
    for (line, input) in lines {
        for case in cases.remove(&line.line).unwrap_or_default() {
            found.push(apart(&facts, &line, &input, &case));
        }
        let rated = match rating::rate(&input) {
            Ok(rated) => rated,
            Err(refusal) => {
                found.push(Exception::unrated(&facts, &line, refusal.into()));
                continue;
            }
        };
        let held = rated.held.iter();
        if let Some(hold) = on_hold(&known.holds, &line) {
            found.extend(held.map(|held| Exception::held(&facts, &line, held)));
            found.extend(held_line(&facts, (&line, &rated), hold, &known.severities));
            continue;
        }
        match &input.pricing {
            Pricing::Settled(settled) => {
                let back = |held: &rating::Held| Back::of(&facts, (&line, &input), *settled, held.clone());
                paper.back.extend(held.map(back));
            }
            Pricing::FlatFee { .. } | Pricing::Metered(_) | Pricing::Subscription(_)
                if paper.takes_back && !rated.held.is_empty() =>
            {
                let (order, facts, line, held) = (facts, line.clone(), input.clone(), rated.held.clone());
                paper.too_much.push(TooMuch { order, facts, line, held });
            }
            Pricing::FlatFee { .. }
            | Pricing::Metered(_)
            | Pricing::Subscription(_)
            | Pricing::PerSpot { .. } => found.extend(held.map(|held| Exception::held(&facts, &line, held))),
        }
        found.extend(beyond(&facts, (&line, &input), &known.severities));
        paper.given_away.extend(input.gives_away().then_some(line.line));
        rated_lines.push((line, rated));
    }
    RatedOrder { facts, lines: rated_lines }
}

/// What of its makegoods is beyond what is owed, where the entity wants to hear of it.
fn beyond(
    order: &OrderFacts,
    (line, input): (&LineFacts, &LineToRate),
    severities: &Severities,
) -> Vec<Exception> {
    let excess = match rating::excess(input) {
        Ok(excess) => excess,
        Err(refusal) => return vec![Exception::unrated(order, line, refusal.into())],
    };
    excess
        .iter()
        .filter_map(|excess| {
            let (amount, period) = (excess.amount, excess.origin);
            let finding = Finding::MakegoodBeyondOwed { line: line.number.clone(), amount, period };
            let severity = severities.severity(&finding)?;
            Some(Exception::excess(order, line, (excess, &finding, severity)))
        })
        .collect()
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
fn held_line(
    order: &OrderFacts,
    (line, rated): (&LineFacts, &RatedLine),
    hold: &Hold,
    severities: &Severities,
) -> Option<Exception> {
    let amount = Money::sum(order.currency, rated.items.iter().map(|item| item.gross)).ok()?;
    let finding = Finding::LineOnHold {
        line: line.number.clone(),
        amount,
        reason: hold.reason.clone(),
        owner: hold.owner.clone(),
    };
    let severity = severities.severity(&finding).filter(|_| !amount.is_zero())?;
    Some(Exception::found((order.account, order.order), None, (&finding, severity)))
}

/// What was delivered for nothing: beyond a cap, at a price of nothing, or so that the order has no draft at all.
fn free(
    order: &OrderFacts,
    lines: &[(LineFacts, RatedLine)],
    (billed, given_away): (bool, &BTreeSet<LineId>),
    severities: &Severities,
) -> Vec<Exception> {
    let place = (order.account, order.order);
    let is_over = |item: &&RatedItem| item.bucket.kind == LineKind::OverDelivery;
    let mut findings = Vec::new();
    for (facts, rated) in lines {
        let line = || facts.number.clone();
        let over = units(rated.items.iter().filter(is_over));
        let nothing = rated.items.iter().filter(|item| !is_over(item) && item.gross.is_zero());
        if !billed {
            let units = (over + units(nothing)).normalize();
            findings.extend((!units.is_zero()).then(|| Finding::ZeroBill { line: line(), units }));
            continue;
        }
        findings.extend((!over.is_zero()).then(|| Finding::OverDelivery { line: line(), units: over }));
        // Less than a minor unit is not for nothing: it bills with what comes later.
        let given = nothing.filter(|item| item.bucket.rate.value().is_zero() && !item.bucket.is_beyond_cap());
        let units = units(given.filter(|_| given_away.contains(&facts.line)));
        findings.extend((!units.is_zero()).then(|| Finding::ZeroBill { line: line(), units }));
    }
    findings
        .into_iter()
        .filter_map(|finding| Some((severities.severity(&finding)?, finding)))
        .map(|(severity, finding)| Exception::found(place, None, (&finding, severity)))
        .collect()
}

/// How many units are billed by items, without those that are taken back.
fn units<'a>(items: impl Iterator<Item = &'a RatedItem>) -> Decimal {
    let quantities = items.map(|item| item.quantity).filter(|quantity| quantity.is_sign_positive());
    quantities.sum::<Decimal>().normalize()
}
