//! What a person should see of a run.

use calendar::Days;
use chassis::failure::Failure;
use ids::{AccountId, OrderId};
use invoicing_domain::{
    billing_run::BillingRun,
    invoice::{LineFacts, OrderFacts},
    rating::Held,
};
use jiff_sqlx::ToSqlx;
use money::Money;
use refusal::Refusal;
use sqlx::PgConnection;

/// An exception of a run.
#[derive(Clone, Debug)]
pub struct Exception {
    severity: &'static str,
    reason: &'static str,
    message: String,
    account: AccountId,
    order: OrderId,
    line: Option<String>,
    origin: Option<Days>,
    amount: Option<Money>,
}

impl Exception {
    /// A difference that is not billed.
    pub fn held(order: &OrderFacts, line: &LineFacts, held: &Held) -> Self {
        let (origin, amount) = (held.origin, held.amount);
        let message = format!("line {}: {amount} of {origin} is held: {}", line.number, held.cause);
        Self {
            severity: "WARN",
            reason: "NEGATIVE_DELTA",
            message,
            account: order.account,
            order: order.order,
            line: Some(line.number.clone()),
            origin: Some(origin),
            amount: Some(amount),
        }
    }

    /// An order that cannot become a document as it is.
    pub fn blocked(order: &OrderFacts, refusal: Refusal) -> Self {
        Self {
            severity: "BLOCK",
            reason: refusal.reason,
            message: refusal.message,
            account: order.account,
            order: order.order,
            line: None,
            origin: None,
            amount: None,
        }
    }

    /// A line that cannot be rated; its order waits.
    pub fn unrated(order: &OrderFacts, line: &LineFacts, refusal: Refusal) -> Self {
        Self {
            severity: "BLOCK",
            reason: refusal.reason,
            message: format!(
                "line {}: {}; the order is not billed until this is mended",
                line.number, refusal.message
            ),
            account: order.account,
            order: order.order,
            line: Some(line.number.clone()),
            origin: None,
            amount: None,
        }
    }
}

/// Records the exceptions of a shard.
pub async fn insert(
    connection: &mut PgConnection,
    run: &BillingRun,
    shard: i32,
    exceptions: &[Exception],
) -> Result<(), Failure> {
    let severity: Vec<_> = exceptions.iter().map(|e| e.severity).collect();
    let reason: Vec<_> = exceptions.iter().map(|e| e.reason).collect();
    let message: Vec<_> = exceptions.iter().map(|e| e.message.as_str()).collect();
    let account: Vec<_> = exceptions.iter().map(|e| e.account.uuid()).collect();
    let order: Vec<_> = exceptions.iter().map(|e| e.order.uuid()).collect();
    let line: Vec<_> = exceptions.iter().map(|e| e.line.as_deref()).collect();
    let first: Vec<_> = exceptions.iter().map(|e| e.origin.map(|origin| origin.first().to_sqlx())).collect();
    let last: Vec<_> = exceptions.iter().map(|e| e.origin.map(|origin| origin.last().to_sqlx())).collect();
    let currency: Vec<_> =
        exceptions.iter().map(|e| e.amount.map(|amount| amount.currency().code())).collect();
    let amount: Vec<_> = exceptions.iter().map(|e| e.amount.map(Money::amount)).collect();
    sqlx::query!(
        "insert into billing_exception (run_id, shard, ordinal, entity_id, severity, reason, message, account_id, order_id,
                                        line_number, origin_first, origin_last, currency, amount)
         select $1, $2, ordinality, $3, severity, reason, message, account, \"order\", line, first, last, currency, amount
           from unnest($4::text[], $5::text[], $6::text[], $7::uuid[], $8::uuid[], $9::text[], $10::date[], $11::date[],
                       $12::text[], $13::numeric[])
           with ordinality as exception(severity, reason, message, account, \"order\", line, first, last, currency, amount, ordinality)",
        run.id.uuid(),
        shard,
        run.entity.uuid(),
        &severity as _,
        &reason as _,
        &message as _,
        &account,
        &order,
        &line as _,
        &first as _,
        &last as _,
        &currency as _,
        &amount as _
    )
    .execute(connection)
    .await?;
    Ok(())
}
