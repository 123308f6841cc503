//! Where the lines of some accounts stand, rated as a run would rate them now.

use anyhow::Context;
use calendar::Month;
use chassis::failure::Failure;
use ids::AccountId;
use invoicing_domain::{
    billing_entity::BillingEntity,
    billing_run::glance,
    invoice::{LineFacts, OrderFacts},
    rating::LineToRate,
    unbilled::{Reason, Standing, reasons, standing},
};
use jiff::Timestamp;
use serde_json::Value;
use sqlx::PgConnection;

use crate::store::{self, rating_input::Settles};

/// What is asked about lines.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub entity: &'a BillingEntity,
    /// Through this billing month.
    pub last: Month,
    pub at: Timestamp,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
}

/// A line with where it stands, and why what it is worth is not billed.
#[derive(Debug)]
pub struct LineStanding {
    pub order: OrderFacts,
    pub facts: LineFacts,
    pub line: LineToRate,
    pub standing: Standing,
    pub reasons: Vec<Reason>,
}

/// The lines of the accounts that the caller may see, in the order of their orders.
pub async fn lines(
    connection: &mut PgConnection,
    question: Question<'_>,
    accounts: &[AccountId],
) -> Result<Vec<LineStanding>, Failure> {
    let Question { entity, last, at, scope } = question;
    let run = glance(entity.id, last, at);
    let orders = store::rating_input::load(connection, &run, entity, accounts, Settles::AsDrafted).await?;
    let seen = store::unbilled::orders(connection, entity, accounts, scope).await?;
    let mut known = store::unbilled::load(connection, entity, accounts, entity.zone.day_of(at)).await?;
    let mut lines = Vec::new();
    for mut order in orders.into_iter().filter(|order| seen.contains(&order.facts.order)) {
        for (facts, line) in order.lines {
            let cases = order.cases.remove(&facts.line).unwrap_or_default();
            let waiting = known.of(order.facts.account, order.facts.order, facts.line);
            let standing = standing(&line, &cases).context("where a line stands is too large to be told")?;
            let reasons = reasons(&line, &standing, &waiting).context("reasons too large to be told")?;
            lines.push(LineStanding { order: order.facts, facts, line, standing, reasons });
        }
    }
    Ok(lines)
}
