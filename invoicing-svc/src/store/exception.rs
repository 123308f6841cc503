//! What a person should see of a run: exceptions as they are found, and as they are settled.

use std::collections::HashSet;

use anyhow::{Context, anyhow};
use calendar::Days;
use chassis::failure::Failure;
use ids::{AccountId, ExceptionId, InvoiceId, LineId, OrderId, RunId};
use invoicing_domain::{
    billing_run::{Act, BillingRun},
    exception::{self as domain, Finding, Settlement, Severity, State, due_on},
    invoice::{LineFacts, OrderFacts},
    note::Share,
    rating::{Change, Excess, Held},
    resource::ResourceRefusal,
    third_party::{Case, Outcome, Priced},
};
use jiff::{Timestamp, civil::Date};
use jiff_sqlx::ToSqlx;
use money::Money;
use refusal::Refusal;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    held,
    written::{Written, revision, revision_number},
};

crate::written! {
    Severity { Warn "WARN", Block "BLOCK" }
}

/// Something that a run found.
#[derive(Clone, Debug)]
pub struct Exception {
    severity: Severity,
    reason: &'static str,
    message: String,
    account: AccountId,
    order: OrderId,
    line: Option<LineId>,
    /// The line's number.
    number: Option<String>,
    origin: Option<Days>,
    amount: Option<Money>,
    /// The draft that it belongs to.
    invoice: Option<InvoiceId>,
    /// What made the difference, where money is held.
    cause: &'static str,
    changes: Value,
    /// What may be chosen.
    outcomes: Value,
    /// The difference that is not billed, the lines of documents that take it back, and who made it.
    held: Option<Held>,
    taken_back: Value,
    makers: Vec<String>,
}

impl Exception {
    /// A difference that is not billed.
    pub fn held(order: &OrderFacts, line: &LineFacts, held: &Held) -> Self {
        let (origin, amount) = (held.origin, held.amount);
        let message = format!("line {}: {amount} of {origin} is held: {}", line.number, held.why());
        Self {
            severity: Severity::Warn,
            reason: "NEGATIVE_DELTA",
            message,
            account: order.account,
            order: order.order,
            line: Some(line.line),
            number: Some(line.number.clone()),
            origin: Some(origin),
            amount: Some(amount),
            invoice: None,
            cause: held.cause.name(),
            changes: held.changes.iter().map(change).collect(),
            outcomes: json!([]),
            held: Some(held.clone()),
            taken_back: json!([]),
            makers: Vec::new(),
        }
    }

    /// An order that cannot become a document as it is.
    pub fn blocked(order: &OrderFacts, refusal: Refusal) -> Self {
        Self {
            severity: Severity::Block,
            reason: refusal.reason,
            message: refusal.message,
            account: order.account,
            order: order.order,
            line: None,
            number: None,
            origin: None,
            amount: None,
            invoice: None,
            cause: "",
            changes: json!([]),
            outcomes: json!([]),
            held: None,
            taken_back: json!([]),
            makers: Vec::new(),
        }
    }

    /// Those who count a line are apart: both counts, how far, and what each way out would bill.
    pub fn third_party(order: &OrderFacts, line: &LineFacts, case: &Case, priced: &[Priced]) -> Self {
        let (reason, remedy) = case.reason();
        let message = format!("line {}, {}: {case}; {remedy}", line.number, case.period);
        let outcome = |priced: &Priced| {
            let (units, amount) = (priced.units.normalize().to_string(), priced.amount.amount().to_string());
            json!({ "outcome": priced.outcome.name(), "units": units, "amount": amount })
        };
        Self {
            severity: Severity::Block,
            reason,
            message,
            account: order.account,
            order: order.order,
            line: Some(line.line),
            number: Some(line.number.clone()),
            origin: Some(case.period),
            amount: priced.iter().find(|priced| priced.outcome == Outcome::Own).map(|own| own.amount),
            invoice: None,
            cause: "",
            changes: json!([]),
            outcomes: priced.iter().map(outcome).collect(),
            held: None,
            taken_back: json!([]),
            makers: Vec::new(),
        }
    }

    /// Makegoods beyond what is owed: somebody says whether that bills.
    pub fn excess(
        order: &OrderFacts,
        line: &LineFacts,
        (excess, finding, severity): (&Excess, &Finding, Severity),
    ) -> Self {
        let amount = excess.amount;
        let outcome = |outcome: &str, amount: Money| json!({ "outcome": outcome, "units": excess.spots.to_string(), "amount": amount.amount().to_string() });
        Self {
            line: Some(line.line),
            origin: Some(excess.origin),
            amount: Some(amount),
            outcomes: json!([outcome("BILL", amount), outcome("FREE", Money::zero(amount.currency()))]),
            ..Self::found((order.account, order.order), None, (finding, severity))
        }
    }

    /// A line that cannot be rated; the rest of its order waits for it.
    pub fn unrated(order: &OrderFacts, line: &LineFacts, refusal: Refusal) -> Self {
        let message =
            format!("line {}: {}; its draft waits until this is mended", line.number, refusal.message);
        Self {
            message,
            line: Some(line.line),
            number: Some(line.number.clone()),
            ..Self::blocked(order, refusal)
        }
    }

    /// What a pre-bill check found.
    pub fn found(
        order: (AccountId, OrderId),
        invoice: Option<InvoiceId>,
        (finding, severity): (&Finding, Severity),
    ) -> Self {
        Self {
            severity,
            reason: finding.reason(),
            message: finding.to_string(),
            account: order.0,
            order: order.1,
            line: None,
            number: finding.line().map(str::to_owned),
            origin: None,
            amount: None,
            invoice,
            cause: "",
            changes: json!([]),
            outcomes: json!([]),
            held: None,
            taken_back: json!([]),
            makers: Vec::new(),
        }
    }

    /// The same exception, which belongs to a draft.
    #[must_use]
    pub fn of_draft(self, invoice: Option<InvoiceId>) -> Self {
        Self { invoice, ..self }
    }

    /// Whose it is.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Whether it compares all that the run has left to bill its account, and not a draft alone.
    pub fn compares_sums(&self) -> bool {
        self.reason == "VARIANCE"
    }

    /// Whether it stands in the way of a draft.
    pub fn blocks(&self, draft: InvoiceId) -> bool {
        self.severity == Severity::Block && self.invoice == Some(draft)
    }

    /// Whether it stands in the way of an order.
    pub fn blocks_order(&self, order: (AccountId, OrderId)) -> bool {
        self.severity == Severity::Block && (self.account, self.order) == order
    }

    /// The difference that is not billed: whose it is, and of which order line.
    pub fn difference(&self) -> Option<(AccountId, LineId, &Held)> {
        Some((self.account, self.line?, self.held.as_ref()?))
    }

    /// Says which lines of documents take the difference back, and who made it.
    pub fn propose(&mut self, shares: &[Share], makers: Vec<String>) -> Result<(), Failure> {
        (self.taken_back, self.makers) = (held::kept(shares)?, makers);
        Ok(())
    }

    /// The same whenever the run finds it again.
    fn id(&self, run: RunId) -> ExceptionId {
        let line = self.number.as_deref().map_or("", |number| number);
        let origin = self.origin.map_or_else(String::new, |origin| origin.to_string());
        ExceptionId::of(run, self.order, line, self.reason, &origin)
    }
}

fn change(change: &Change) -> Value {
    let (quantity, rate) = (change.units.normalize().to_string(), change.bucket.rate.value().normalize());
    json!({ "quantity": quantity, "rate": rate.to_string(), "price_base": change.bucket.price_base })
}

/// Collects one column after the other of what a bulk insert takes.
macro_rules! columns {
    ($items:expr, |$item:ident| $($column:ident = $value:expr),* $(,)?) => {
        $( let $column: Vec<_> = $items.iter().map(|$item| $value).collect(); )*
    };
}

/// Records what a portion of a run's accounts has, and the drafts that wait for it. What was found before and is
/// found again as it was stays as it was settled; what is not found any more is resolved. That a stale draft may go on
/// says nothing of what comes after its next refresh, so that is resolved even where it was overridden.
pub async fn record(
    connection: &mut PgConnection,
    run: &BillingRun,
    shard: (i32, &[AccountId]),
    exceptions: &[Exception],
    (at, today): (Timestamp, Date),
) -> Result<HashSet<Uuid>, Failure> {
    let mut seen = HashSet::new();
    let once: Vec<&Exception> = exceptions.iter().filter(|e| seen.insert(e.id(run.id))).collect();
    columns!(
        once,
        |e| id = e.id(run.id).uuid(),
        severity = e.severity.text(),
        reason = e.reason,
        message = e.message.as_str(),
        account = e.account.uuid(),
        order = e.order.uuid(),
        invoice = e.invoice.map(InvoiceId::uuid),
        line = e.line.map(LineId::uuid),
        number = e.number.as_deref(),
        first = e.origin.map(|origin| origin.first().to_sqlx()),
        last = e.origin.map(|origin| origin.last().to_sqlx()),
        currency = e.amount.map(|amount| amount.currency().code()),
        amount = e.amount.map(Money::amount),
        cause = e.cause,
        changes = e.changes.clone(),
        outcomes = e.outcomes.clone(),
        taken_back = e.taken_back.clone(),
        makers = json!(e.makers),
        due = due_on(e.severity, today).map(ToSqlx::to_sqlx),
    );
    let waiting = sqlx::query_file_scalar!(
        "src/store/sql/upsert_exceptions.sql",
        run.id.uuid(),
        shard.0,
        run.entity.uuid(),
        at.to_sqlx() as _,
        &id,
        &severity as _,
        &reason as _,
        &message as _,
        &account,
        &order,
        &invoice as _,
        &line as _,
        &number as _,
        &first as _,
        &last as _,
        &currency as _,
        &amount as _,
        &due as _,
        &cause as _,
        &changes,
        &outcomes,
        &taken_back,
        &makers
    )
    .fetch_all(&mut *connection)
    .await?;
    let accounts: Vec<Uuid> = shard.1.iter().map(|account| account.uuid()).collect();
    sqlx::query!(
        "update billing_exception
            set state = 'RESOLVED', resolution = 'the data were mended', settled_by = 'system', settled_at = $4, revision = revision + 1
          where run_id = $1 and account_id = any($2) and exception_id <> all($3)
            and (state = 'OPEN' or (state = 'OVERRIDDEN' and reason = 'STALE_INPUT'))",
        run.id.uuid(),
        &accounts,
        &id,
        at.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(waiting.into_iter().flatten().collect())
}

/// Opens again what was overridden of what is found: it is more than what had come by then.
pub async fn reopen(connection: &mut PgConnection, run: RunId, found: &[Exception]) -> Result<(), Failure> {
    let found: Vec<Uuid> = found.iter().map(|e| e.id(run).uuid()).collect();
    sqlx::query!(
        "update billing_exception
            set state = 'OPEN', resolution = null, settled_by = null, settled_at = null, accepted = null, revision = revision + 1
          where run_id = $1 and exception_id = any($2) and state = 'OVERRIDDEN'",
        run.uuid(),
        &found
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A number for a portion of exceptions that no shard of the run found.
pub async fn next_portion(connection: &mut PgConnection, run: RunId) -> Result<i32, Failure> {
    let portion = sqlx::query_scalar!(
        "select least(min(shard), -1) - 1 as \"portion!\" from billing_exception where run_id = $1",
        run.uuid()
    );
    Ok(portion.fetch_one(connection).await?)
}

/// Locks an exception of a run and loads it.
pub async fn lock(
    connection: &mut PgConnection,
    run: RunId,
    id: ExceptionId,
) -> Result<(AccountId, Option<LineId>, Option<Date>, domain::Exception), Failure> {
    let row = sqlx::query!(
        "select account_id, line_id, origin_first, revision, invoice_id, severity, reason, owner, state, resolution, settled_by, settled_at,
                array(select jsonb_array_elements(outcomes) ->> 'outcome') as \"outcomes!\"
           from billing_exception where run_id = $1 and exception_id = $2 for update",
        run.uuid(),
        id.uuid()
    )
    .fetch_optional(connection)
    .await?;
    let name = || format!("billingRuns/{run}/exceptions/{id}");
    let row = row.ok_or_else(|| Refusal::from(ResourceRefusal::NotFound { name: name() }))?;
    let settlement = row.settled_by.zip(row.settled_at).map(|(by, at)| Settlement {
        act: Act { by, at: at.to_jiff() },
        why: row.resolution.unwrap_or_else(String::new),
    });
    let state = match (row.state.as_str(), settlement) {
        ("OPEN", None) => Some(State::Open),
        ("RESOLVED", Some(settlement)) => Some(State::Resolved(settlement)),
        ("OVERRIDDEN", Some(settlement)) => Some(State::Overridden(settlement)),
        _ => None,
    };
    let exception = domain::Exception {
        id,
        revision: revision(row.revision)?,
        invoice: row.invoice_id.map(InvoiceId::from_uuid),
        severity: Severity::read(&row.severity)?,
        reason: row.reason,
        outcomes: row.outcomes,
        owner: row.owner,
        state: state
            .with_context(|| format!("the database holds an exception {} that cannot be", row.state))?,
    };
    let line = row.line_id.map(LineId::from_uuid);
    Ok((AccountId::from_uuid(row.account_id), line, row.origin_first.map(|first| first.to_jiff()), exception))
}

/// Records what somebody chose of an exception about a line and an origin period, for the counts that it shows; rating goes by it.
pub async fn choose(
    connection: &mut PgConnection,
    exception: ExceptionId,
    outcome: &str,
    act: &Act,
) -> Result<(), Failure> {
    sqlx::query_file!(
        "src/store/sql/choose_outcome.sql",
        exception.uuid(),
        outcome,
        act.by,
        act.at.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records an exception that is locked, as its next revision.
pub async fn settle(
    connection: &mut PgConnection,
    exception: &domain::Exception,
    outcome: Option<&str>,
) -> Result<(), Failure> {
    let next = exception.revision.next().context("the exception has had every revision")?;
    let (state, settlement) = match &exception.state {
        State::Open => ("OPEN", None),
        State::Resolved(settlement) => ("RESOLVED", Some(settlement)),
        State::Overridden(settlement) => ("OVERRIDDEN", Some(settlement)),
    };
    let recorded = sqlx::query!(
        "update billing_exception set revision = $2, state = $3, owner = $4, resolution = $5, settled_by = $6, settled_at = $7,
           outcome = coalesce($8, outcome), accepted = case when $3 = 'OVERRIDDEN' then pg_current_snapshot() end
          where exception_id = $1",
        exception.id.uuid(),
        revision_number(next)?,
        state,
        exception.owner,
        settlement.map(|settlement| settlement.why.as_str()),
        settlement.map(|settlement| settlement.act.by.as_str()),
        settlement.map(|settlement| settlement.act.at.to_sqlx()) as _,
        outcome
    )
    .execute(connection)
    .await?;
    if recorded.rows_affected() != 1 {
        return Err(anyhow!("{} was locked and is gone", exception.id).into());
    }
    Ok(())
}
