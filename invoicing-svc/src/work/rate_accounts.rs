//! What a run makes of accounts as their inputs stand: drafts and exceptions. Nothing is recorded here.

use std::collections::BTreeMap;

use anyhow::Context;
use chassis::failure::Failure;
use ids::AccountId;
use invoicing_domain::{
    billing_entity::BillingEntity,
    billing_run::BillingRun,
    exception::{Finding, LineState, Severities, Severity},
    hold::{Held, Hold},
    invoice::{self, Draft, InvoiceRefusal, LineFacts, OrderFacts},
    ledger::postings,
    rating::{self, LineKind, LineToRate, RatedLine, RatingError},
    third_party::{self, Case},
};
use jiff::civil::Date;
use money::Money;
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::{
    check_drafts::check_drafts,
    taxing::{Taxing, TaxingBuyer},
};
use crate::store::{
    self, check_facts::CheckFacts, draft::Blueprint, exception::Exception, rating_input::OrderToRate,
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
    (run, entity): (&BillingRun, &BillingEntity),
    accounts: &[AccountId],
    today: Date,
) -> Result<Rated, Failure> {
    let orders = store::rating_input::load(connection, run, entity, accounts).await?;
    let tax = store::tax::inputs(connection, accounts).await?;
    let taxing = Taxing::of(entity, &tax)?;
    let mut facts = store::check_facts::load(connection, run, accounts, today).await?;
    let mut drafts = BTreeMap::new();
    let mut exceptions = Vec::new();
    for mut order in orders {
        for state in order.states.drain(..) {
            let below_list = facts.lines.remove(&state.line).and_then(|known| known.below_list);
            facts.lines.insert(state.line, LineState { below_list, ..state });
        }
        let taxing = taxing.buyer(order.facts.account)?;
        if let Some(draft) = rate_order(run, order, &facts, &taxing, &mut exceptions) {
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

/// One order: its lines rated and put together. A line that cannot be rated is left out and makes the draft wait.
fn rate_order(
    run: &BillingRun,
    order: OrderToRate,
    known: &CheckFacts,
    taxing: &TaxingBuyer<'_>,
    exceptions: &mut Vec<Exception>,
) -> Option<Draft> {
    let OrderToRate { facts, lines, mut cases, printed, states: _ } = order;
    let (mut rated_lines, mut found) = (Vec::new(), Vec::new());
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
    let untaxed = invoice::assemble(run.id, &facts, run.month, &rated_lines, taxing.places());
    let taxed = untaxed
        .map_err(|error| RatingError::from(error).into())
        .and_then(|untaxed| untaxed.map(|untaxed| taxing.tax(&facts, untaxed)).transpose());
    let draft = taxed.unwrap_or_else(|refusal| {
        found.push(Exception::blocked(&facts, refusal));
        None
    });
    found.extend(free(&facts, &rated_lines, draft.is_some(), &known.severities));
    let printed = printed.into_iter().collect::<String>();
    let missing: String = document::missing_glyphs(&printed).into_iter().collect();
    if draft.is_some() && !missing.is_empty() {
        found.push(Exception::blocked(&facts, InvoiceRefusal::GlyphMissing { characters: missing }.into()));
    }
    let invoice = draft.as_ref().map(|draft| draft.id);
    exceptions.extend(found.into_iter().map(|exception| exception.of_draft(invoice)));
    draft
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
