//! What a run makes of accounts as their inputs stand: drafts and exceptions. Nothing is recorded here.

use std::collections::BTreeMap;

use anyhow::Context;
use chassis::failure::Failure;
use ids::AccountId;
use invoicing_domain::{
    billing_run::BillingRun,
    invoice::{self, Draft, InvoiceRefusal},
    ledger::postings,
    rating::{self, RatingError},
};
use sqlx::PgConnection;

use crate::store::{self, draft::Blueprint, exception::Exception, rating_input::OrderToRate};

/// What comes of rating accounts.
#[derive(Debug)]
pub struct Rated {
    /// In the order of their names.
    pub blueprints: Vec<Blueprint>,
    pub exceptions: Vec<Exception>,
}

/// Rates the orders that the run's entity has of the accounts.
pub async fn rate_accounts(
    connection: &mut PgConnection,
    run: &BillingRun,
    accounts: &[AccountId],
) -> Result<Rated, Failure> {
    let entity = store::billing_entity::get(connection, run.entity, None).await?;
    let orders = store::rating_input::load(connection, run, &entity, accounts).await?;
    let mut drafts = BTreeMap::new();
    let mut exceptions = Vec::new();
    for order in orders {
        if let Some(draft) = rate_order(run, order, &mut exceptions)? {
            draft.check(entity.rounding).context("a draft breaks a law of the books")?;
            let postings = postings(&draft, &entity.gl_codes).context("a draft cannot be posted")?;
            drafts.insert((draft.account, draft.id), Blueprint { draft, postings });
        }
    }
    Ok(Rated { blueprints: drafts.into_values().collect(), exceptions })
}

/// One order: its lines rated and put together. A line that cannot be rated blocks its order and says why.
fn rate_order(
    run: &BillingRun,
    order: OrderToRate,
    exceptions: &mut Vec<Exception>,
) -> Result<Option<Draft>, Failure> {
    let OrderToRate { facts, lines, printed } = order;
    let mut rated_lines = Vec::new();
    let mut blocked = false;
    for (line, input) in lines {
        match rating::rate(&input) {
            Ok(rated) => {
                exceptions.extend(rated.held.iter().map(|held| Exception::held(&facts, &line, held)));
                rated_lines.push((line, rated));
            }
            Err(refusal) => {
                blocked = true;
                exceptions.push(Exception::unrated(&facts, &line, refusal.into()));
            }
        }
    }
    if blocked {
        return Ok(None);
    }
    let draft = match invoice::assemble(run.id, &facts, run.month, &rated_lines) {
        Ok(draft) => draft,
        Err(error) => {
            exceptions.push(Exception::blocked(&facts, RatingError::from(error).into()));
            return Ok(None);
        }
    };
    let missing: String =
        document::missing_glyphs(&printed.into_iter().collect::<String>()).into_iter().collect();
    if draft.is_some() && !missing.is_empty() {
        let refusal = InvoiceRefusal::GlyphMissing { characters: missing };
        exceptions.push(Exception::blocked(&facts, refusal.into()));
        return Ok(None);
    }
    Ok(draft)
}
