//! What invoicing says of a billing run ↔ domain. What it answers is as it should be, or it is a fault.

#[cfg(test)]
mod tests;

use std::iter;

use adjustments_domain::{
    approval::{Circumstances, Involved, Part},
    subject::{Digest, Subject, SubjectKind},
};
use anyhow::Context;
use billing_proto::billing::invoicing::v1 as invoicing;
use money::Money;
use refusal::Violations;

use super::{
    case::{self, Case},
    document::Entity,
};

/// Where a run stands, as far as its sign-off goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// It can be signed, over this root.
    InReview(Digest),
    /// It is being rated: what is signed shows when that is done.
    Unfinished,
    /// Nobody signs it, or not any more.
    Done,
}

/// Where a run stands.
pub fn stands(run: &invoicing::BillingRun) -> Result<Stands, anyhow::Error> {
    Ok(match run.state() {
        invoicing::BillingRunState::InReview if run.preview => Stands::Done,
        invoicing::BillingRunState::InReview => Stands::InReview(root(run)?),
        invoicing::BillingRunState::Unspecified
        | invoicing::BillingRunState::Created
        | invoicing::BillingRunState::Rating
        | invoicing::BillingRunState::Failed => Stands::Unfinished,
        invoicing::BillingRunState::Approved
        | invoicing::BillingRunState::Issuing
        | invoicing::BillingRunState::Issued
        | invoicing::BillingRunState::Cancelled => Stands::Done,
    })
}

/// The state of a run, as people write it.
pub fn state_name(run: &invoicing::BillingRun) -> &'static str {
    run.state().as_str_name().trim_start_matches("BILLING_RUN_STATE_")
}

fn root(run: &invoicing::BillingRun) -> Result<Digest, anyhow::Error> {
    let mut v = Violations::new();
    case::digest(&mut v, "drafts_root", &run.drafts_root)
        .context("a run in review has a root over its drafts")
}

/// What is asked to be approved: the drafts of a run, by whomever has neither started it nor written on its drafts.
pub fn subject(
    run: &invoicing::BillingRun,
    root: Digest,
    entity: &Entity,
) -> Result<(Subject, Case, Vec<Involved>), anyhow::Error> {
    let sums: Vec<String> = run.totals.iter().filter_map(|total| total.gross.as_ref()).map(text).collect();
    let sums = if sums.is_empty() { "nothing".to_owned() } else { sums.join(", ") };
    let Measured { amount, others } = measured(run, entity)?;
    let unmeasured = match others.as_slice() {
        [] => String::new(),
        others => format!(
            "; there is no exchange rate of {} to {}, so that no limit measures it and the strictest rows of the policy ask",
            others.join(", "),
            entity.functional
        ),
    };
    let drafts = run.progress.as_ref().map_or(0, |progress| progress.drafts);
    let subject = Subject {
        kind: SubjectKind::BillingRun,
        name: run.name.clone(),
        entity: Some(entity.id),
        account: None,
        cause: None,
        digest: root,
        summary: format!(
            "The billing run of {} for {}, started by {}: {drafts} drafts of {sums} before commission{unmeasured}",
            run.month, entity.code, run.started_by
        ),
    };
    let circumstances = Circumstances { entity: entity.code.clone(), share: 0, age_days: 0 };
    let case = Case {
        kind: SubjectKind::BillingRun,
        cause: None,
        entity: Some(entity.id),
        account: None,
        amount: Some(amount),
        said_rate: None,
        lacks_rate: !others.is_empty(),
        circumstances,
    };
    let starter = Involved { account: run.started_by.clone(), part: Part::Maker };
    let editors = run.editors.iter().map(|account| Involved { account: account.clone(), part: Part::Editor });
    Ok((subject, case, iter::once(starter).chain(editors).collect()))
}

/// What the drafts of a run come to.
struct Measured {
    /// Their gross in the currency of the books.
    amount: Money,
    /// Their gross in each other currency, in words. Invoicing knows no rates between currencies: where there is another one, the
    /// run is beyond every limit, and not at par with any.
    others: Vec<String>,
}

fn measured(run: &invoicing::BillingRun, entity: &Entity) -> Result<Measured, anyhow::Error> {
    let (mut amount, mut others) = (Money::zero(entity.functional), Vec::new());
    for total in &run.totals {
        let gross = total.gross.as_ref().context("a total of a run has a gross")?;
        if gross.currency_code == entity.functional.code() {
            amount = amount.plus(Money::parse(entity.functional, &gross.amount)?)?;
        } else {
            others.push(text(gross));
        }
    }
    Ok(Measured { amount, others })
}

fn text(amount: &invoicing::Money) -> String {
    format!("{} {}", amount.currency_code, amount.amount)
}
