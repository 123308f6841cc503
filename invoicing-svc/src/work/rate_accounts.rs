//! What a run makes of accounts as their inputs stand: drafts and exceptions. Nothing is recorded here.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use chassis::failure::Failure;
use ids::AccountId;
use invoicing_domain::{
    billing_run::BillingRun,
    exception::{Finding, Severities, Severity},
    hold::{Held, Hold},
    invoice::{self, Draft, InvoiceRefusal, LineFacts, OrderFacts},
    ledger::postings,
    rating::{self, LineKind, LineToRate, Pricing, RatedLine, RatingError},
    third_party::{self, Case},
};
use jiff::civil::Date;
use money::Money;
use refusal::Refusal;
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::{
    check_drafts::check_drafts,
    give_back::{Back, give_back},
    taxing::{Taxing, TaxingBuyer},
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
}

/// Rates the orders that the run's entity has of the accounts, and checks what they come to as of `today`.
pub async fn rate_accounts(
    connection: &mut PgConnection,
    run: &BillingRun,
    accounts: &[AccountId],
    (today, settles): (Date, Settles),
) -> Result<Rated, Failure> {
    let entity = store::billing_entity::get(connection, run.entity, None).await?;
    let orders = store::rating_input::load(connection, run, &entity, accounts, settles).await?;
    let tax = store::tax::inputs(connection, accounts).await?;
    let taxing = Taxing::of(&entity, &tax)?;
    let mut facts = store::check_facts::load(connection, run, accounts, today).await?;
    let mut rated: Vec<RatedOrder> = Vec::with_capacity(orders.len());
    for order in orders {
        let taxing = taxing.buyer(order.facts.account)?;
        rated.push(rate_order(run, order, &facts, &taxing));
    }
    if rated.iter().any(|order| !order.back.is_empty()) {
        let waiting = store::draft::waiting_of(connection, run.id, accounts).await?;
        give_back(run, &mut rated, &waiting, &taxing)?;
    }
    let mut drafts = BTreeMap::new();
    let mut exceptions = Vec::new();
    for order in rated {
        let (draft, found) = order.finish(&facts);
        exceptions.extend(found);
        if let Some(draft) = draft {
            draft.check(entity.rounding).context("a draft breaks a law of the books")?;
            let postings = postings(&draft, &entity.gl_codes).context("a draft cannot be posted")?;
            let blueprint = Blueprint { draft, postings, purchase_order: None, waiting: false };
            drafts.insert((blueprint.draft.account, blueprint.draft.id), blueprint);
        }
    }
    let mut blueprints: Vec<Blueprint> = drafts.into_values().collect();
    check_drafts(&mut blueprints, &mut facts, &mut exceptions)?;
    Ok(Rated { blueprints, exceptions })
}

/// An order whose lines are rated and put together.
#[derive(Debug)]
pub(super) struct RatedOrder {
    pub(super) facts: OrderFacts,
    pub(super) lines: Vec<(LineFacts, RatedLine)>,
    pub(super) draft: Option<Draft>,
    pub(super) found: Vec<Exception>,
    /// What agreements and ad credits give back, which has no place yet.
    pub(super) back: Vec<Back>,
    /// Every character that its document prints of orders and airings.
    pub(super) printed: BTreeSet<char>,
}

/// One order: its lines rated and put together. A line that cannot be rated is left out and makes the draft wait.
fn rate_order(
    run: &BillingRun,
    order: OrderToRate,
    known: &CheckFacts,
    taxing: &TaxingBuyer<'_>,
) -> RatedOrder {
    let OrderToRate { facts, lines, mut cases, printed } = order;
    let (mut rated_lines, mut found, mut back) = (Vec::new(), Vec::new(), Vec::new());
    for (line, input) in lines {
        for case in cases.remove(&line.line).unwrap_or_default() {
            found.push(apart(&facts, &line, &input, &case));
        }
        match rating::rate(&input) {
            Ok(rated) => match on_hold(&known.holds, &line) {
                Some(hold) => {
                    found.extend(rated.held.iter().map(|held| Exception::held(&facts, &line, held)));
                    found.extend(held_line(&facts, &line, &rated, hold));
                }
                None => {
                    match &input.pricing {
                        Pricing::Settled(settled) => {
                            let held = rated.held.iter().cloned();
                            back.extend(held.map(|held| Back::of((&line, &input), *settled, held)));
                        }
                        Pricing::FlatFee { .. }
                        | Pricing::Metered(_)
                        | Pricing::Subscription(_)
                        | Pricing::PerSpot { .. } => {
                            found.extend(rated.held.iter().map(|held| Exception::held(&facts, &line, held)));
                        }
                    }
                    rated_lines.push((line, rated));
                }
            },
            Err(refusal) => found.push(Exception::unrated(&facts, &line, refusal.into())),
        }
    }
    let draft = draft_of(run, &facts, &rated_lines, taxing).unwrap_or_else(|refusal| {
        found.push(Exception::blocked(&facts, refusal));
        None
    });
    RatedOrder { facts, lines: rated_lines, draft, found, back, printed }
}

/// The draft that bills the lines, with its tax.
pub(super) fn draft_of(
    run: &BillingRun,
    order: &OrderFacts,
    lines: &[(LineFacts, RatedLine)],
    taxing: &TaxingBuyer<'_>,
) -> Result<Option<Draft>, Refusal> {
    let untaxed = invoice::assemble(run.id, order, run.month, lines, taxing.places());
    let untaxed = untaxed.map_err(|error| Refusal::from(RatingError::from(error)))?;
    untaxed.map(|untaxed| taxing.tax(order, untaxed)).transpose()
}

impl RatedOrder {
    /// The draft, and what was found of the order.
    fn finish(self, known: &CheckFacts) -> (Option<Draft>, impl Iterator<Item = Exception>) {
        let Self { facts, lines, draft, mut found, back: _, printed } = self;
        found.extend(free(&facts, &lines, draft.is_some(), &known.severities));
        let printed = printed.into_iter().collect::<String>();
        let missing: String = document::missing_glyphs(&printed).into_iter().collect();
        if draft.is_some() && !missing.is_empty() {
            let missing = InvoiceRefusal::GlyphMissing { characters: missing };
            found.push(Exception::blocked(&facts, missing.into()));
        }
        let invoice = draft.as_ref().map(|draft| draft.id);
        (draft, found.into_iter().map(move |exception| exception.of_draft(invoice)))
    }
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
            | LineKind::Minimum
            | LineKind::TrueUp
            | LineKind::Rebate
            | LineKind::AdCredit => !billed && item.gross.is_zero(),
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
