//! What a run of invoicing holds → the corrections that it becomes. What it answers is as it should be, or it is a fault.

use std::collections::BTreeMap;

use adjustments_domain::{
    adjustment::{AdjustedLine, AdjustmentKind, By, Difference, Proposal},
    subject::Cause,
};
use anyhow::Context;
use billing_proto::billing::invoicing::v1 as invoicing;
use ids::{AccountId, EntityId, InvoiceId, RunId};
use jiff::civil::Date;
use money::{Currency, Money};
use refusal::Violations;

use super::{name, time};

/// A run, as far as it says what is held.
#[derive(Clone, Debug)]
pub struct Run {
    pub id: RunId,
    pub entity: EntityId,
    /// The last day of its month.
    pub last: Date,
    /// Only these; empty: all.
    pub accounts: Vec<AccountId>,
}

/// A correction that rating proposes.
#[derive(Clone, Debug)]
pub struct Held {
    pub of: Difference,
    /// The name of the exception.
    pub exception: String,
    pub currency: Currency,
    pub proposal: Proposal,
    pub lines: Vec<AdjustedLine>,
    /// Who made the difference.
    pub makers: Vec<String>,
    /// All of that in one text: another difference has another one.
    pub said: String,
}

impl Run {
    /// Whether the run would hold a difference if there still were one: it rates the period, and no account is left out.
    pub fn looked_at(&self, of: &Difference) -> bool {
        of.origin.1 <= self.last && (self.accounts.is_empty() || self.accounts.contains(&of.account))
    }
}

/// A run that has been rated; absent where it is not yet, or bills nothing.
pub fn run(run: &invoicing::BillingRun) -> Result<Option<Run>, anyhow::Error> {
    let is_rated = match run.state() {
        invoicing::BillingRunState::InReview
        | invoicing::BillingRunState::Approved
        | invoicing::BillingRunState::Issuing
        | invoicing::BillingRunState::Issued => !run.preview,
        invoicing::BillingRunState::Unspecified
        | invoicing::BillingRunState::Created
        | invoicing::BillingRunState::Rating
        | invoicing::BillingRunState::Failed
        | invoicing::BillingRunState::Cancelled => false,
    };
    if !is_rated {
        return Ok(None);
    }
    let mut v = Violations::new();
    let entity = name::optional_entity(&mut v, "billing_entity", &run.billing_entity).flatten();
    let accounts: Option<Vec<AccountId>> =
        run.accounts.iter().map(|account| name::account(&mut v, "accounts", account)).collect();
    let first: Date = format!("{}-01", run.month).parse().context("a run has a month")?;
    Ok(Some(Run {
        id: name::run(&run.name).context("a run has a name")?,
        entity: entity.context("a run has an entity")?,
        last: first.last_of_month(),
        accounts: accounts.context("a run names accounts")?,
    }))
}

/// The corrections that a difference becomes, one for each document that takes it back.
pub fn corrections(held: &invoicing::BillingException) -> Result<Vec<Held>, anyhow::Error> {
    let origin = held.origin_period.as_ref().context("what is held has its period")?;
    let origin = (day(origin.first.as_ref())?, day(origin.last.as_ref())?);
    let (cause, words) = cause(&held.cause)?;
    let reason = format!("Line {}, {} to {}: {words}", held.line, origin.0, origin.1);
    let mut documents: BTreeMap<(AccountId, InvoiceId), Vec<AdjustedLine>> = BTreeMap::new();
    for taken in &held.taken_back {
        let document = name::invoice(&mut Violations::new(), "invoice", &taken.invoice);
        let amount = gross(taken)?;
        let by = if taken.spots.is_empty() { By::Gross(amount) } else { By::Spots(taken.spots.clone()) };
        let line = AdjustedLine { number: taken.line, by, amount };
        documents.entry(document.context("a document has a name")?).or_default().push(line);
    }
    let correction = |((account, invoice), lines): ((AccountId, InvoiceId), Vec<AdjustedLine>)| {
        let currency = lines.first().context("a document has lines")?.amount.currency();
        let of = Difference { account, order: held.order.clone(), line: held.line.clone(), origin, invoice };
        let proposal = Proposal {
            kind: AdjustmentKind::RatingCorrection,
            cause,
            reason: reason.clone(),
            lines: lines.iter().map(AdjustedLine::asked).collect(),
            bill_to: None,
            evidence: Vec::new(),
        };
        let (makers, said) = (held.makers.clone(), said(held, &lines));
        Ok(Held { of, exception: held.name.clone(), currency, proposal, lines, makers, said })
    };
    documents.into_iter().map(correction).collect()
}

fn said(held: &invoicing::BillingException, lines: &[AdjustedLine]) -> String {
    let line = |line: &AdjustedLine| format!("{}: {} ({:?})", line.number, line.amount, line.by);
    let lines: Vec<String> = lines.iter().map(line).collect();
    format!("{} of {}, by {}", lines.join(", "), held.cause, held.makers.join(", "))
}

/// Why something is corrected, and as the customer reads it.
fn cause(held: &str) -> Result<(Cause, &'static str), anyhow::Error> {
    Ok(match held {
        "RESTATEMENT" => (Cause::DeliveryDiscrepancy, "less was delivered than was billed"),
        "MAKEGOOD" => (Cause::DeliveryDiscrepancy, "less was owed than was made good"),
        "AMENDMENT" => (Cause::LateAmendment, "the price that was agreed is lower than what was billed"),
        "CANCELLATION" => (Cause::LateAmendment, "it ended before what was billed"),
        "SCHEDULE" => (Cause::LateAmendment, "less was agreed for the period than was billed"),
        "MINIMUM" => {
            (Cause::LateAmendment, "the minimum that was agreed is lower than what was billed for it")
        }
        "CAP" => (Cause::Pricing, "what was billed is beyond what is to be billed at most"),
        "TIERS" => (Cause::Pricing, "the price by volume is lower than what was billed"),
        "AGREEMENT" => (Cause::Pricing, "an agreement gives it back"),
        other => anyhow::bail!("invoicing holds something because of {other:?}"),
    })
}

fn gross(taken: &invoicing::TakenBack) -> Result<Money, anyhow::Error> {
    let gross = taken.gross.as_ref().context("what is taken back has an amount")?;
    Ok(Money::parse(Currency::parse(&gross.currency_code)?, &gross.amount)?)
}

fn day(day: Option<&billing_proto::google::r#type::Date>) -> Result<Date, anyhow::Error> {
    let day = time::midnight(&mut Violations::new(), "origin_period", day);
    Ok(day.context("a period has days")?.0)
}
