//! `makegood run`: a month end. One person starts and issues the run, another approves it.

pub mod month_end;
mod review;

pub use review::amount;

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Context, bail};
use billing_proto::billing::invoicing::v1 as pb;
use calendar::Month;
use clap::Args;
use jiff::civil::Date;
use uuid::Uuid;

use self::month_end::MonthEnd;
use crate::{
    Verdict,
    client::{Client, ask},
    endpoints::{DoorArguments, Keyring},
    import::reference,
};

const EXAMPLES: &str = "\
Examples:
  makegood run 2020-01 --entity DEMO                          asks before it approves
  makegood run 2020-01 --entity DEMO --issue-date 2020-01-31 --yes
  makegood run 2020-01 --entity DEMO --as billing_manager_2 --approve-as billing_manager_1

Whoever started a run cannot approve it. Without --yes, and without a terminal on which somebody says yes, the run stops
at its review; the same command goes on from there.

Exit codes: 0 issued; 1 not issued, since it waits for its approval; 2 it could not be done.";

/// Bills a month: rates it, shows the drafts, has a second person approve, issues.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Run {
    /// The month, 2020-01; every billing period that ends by its end is billed
    month: Month,
    /// The code of the billing entity
    #[arg(long, value_name = "CODE")]
    entity: String,
    /// The date on the documents [default: today in the entity's time zone]
    #[arg(long, value_name = "DAY")]
    issue_date: Option<Date>,
    /// Who starts and issues
    #[arg(long = "as", value_name = "PERSON", default_value = "billing_manager_1")]
    starter: String,
    /// Who approves
    #[arg(long = "approve-as", value_name = "PERSON", default_value = "billing_manager_2")]
    approver: String,
    /// The approver's token, where the folder has none
    #[arg(long, value_name = "TOKEN", env = "MAKEGOOD_APPROVE_TOKEN", hide_env_values = true)]
    approve_token: Option<String>,
    /// Approves without asking
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    door: DoorArguments,
}

impl Run {
    /// Brings the month's run as far as it may go.
    pub async fn run(self) -> Result<Verdict, anyhow::Error> {
        let keys = self.door.open().await?;
        let starter = keys.client(&self.starter)?;
        let entity = reference::entity(&starter, &self.entity, keys.address()).await?;
        let month = self.month.to_string();
        let run = self.open_run(&starter, &entity.name, &month).await?;
        let end = MonthEnd { starter: &starter, request: format!("run-{}", Uuid::now_v7()) };
        let run = end.rested(run).await?;
        review::print(&starter, &run).await?;
        let run = if run.state() == pb::BillingRunState::InReview {
            if !self.approves(&run)? {
                println!("{}", self.waits(&run));
                return Ok(Verdict::No);
            }
            end.approve(&self.second_person(&keys)?, &run).await?
        } else {
            run
        };
        if run.state() == pb::BillingRunState::InReview {
            println!(
                "{} for {} is not issued: its approval waits for others, /v1/approvals?subject={}",
                run.name, run.month, run.name
            );
            return Ok(Verdict::No);
        }
        let run = if run.state() == pb::BillingRunState::Approved {
            end.issue(&run, self.issue_date).await?
        } else {
            run
        };
        println!("{} is {}: {} documents issued", run.name, state(&run), issued(&run));
        if run.drafts_removed > 0 {
            println!(
                "{} drafts changed after the approval and were not issued: the next run bills them",
                run.drafts_removed
            );
        }
        Ok(Verdict::Done)
    }

    /// The month's run that is under way, or a new one.
    async fn open_run(
        &self,
        starter: &Client,
        entity: &str,
        month: &str,
    ) -> Result<pb::BillingRun, anyhow::Error> {
        let request = pb::ListBillingRunsRequest {
            billing_entity: entity.to_owned(),
            month: month.to_owned(),
            page_size: 1000,
            page_token: String::new(),
        };
        let known = ask!(starter.billing_runs(), list_billing_runs, request)?.billing_runs;
        if let Some(run) = known.into_iter().find(is_open) {
            eprintln!(
                "{} for {month} is under way ({}, started by {}); going on with it",
                run.name,
                state(&run),
                run.started_by
            );
            return Ok(run);
        }
        month_end::start(starter, entity, month, format!("run-{}", Uuid::now_v7())).await
    }

    fn second_person(&self, keys: &Keyring) -> Result<Client, anyhow::Error> {
        match &self.approve_token {
            Some(token) => keys.bearer(token),
            None => keys
                .person(&self.approver)
                .context("the approver needs a token of their own: --approve-token"),
        }
    }

    fn waits(&self, run: &pb::BillingRun) -> String {
        format!(
            "{} for {} is not issued: it waits for its approval. The same command with --yes approves it as {} (--approve-as names another person) and goes on from here",
            run.name, run.month, self.approver
        )
    }

    fn approves(&self, run: &pb::BillingRun) -> Result<bool, anyhow::Error> {
        if self.yes {
            return Ok(true);
        }
        if !io::stdin().is_terminal() {
            return Ok(false);
        }
        print!("Approve these drafts as {}? [y/N] ", self.approver);
        io::stdout().flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).with_context(|| format!("no answer about {}", run.name))?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }
}

fn is_open(run: &pb::BillingRun) -> bool {
    match run.state() {
        pb::BillingRunState::Unspecified | pb::BillingRunState::Issued | pb::BillingRunState::Cancelled => {
            false
        }
        pb::BillingRunState::Created
        | pb::BillingRunState::Rating
        | pb::BillingRunState::InReview
        | pb::BillingRunState::Approved
        | pb::BillingRunState::Issuing
        | pb::BillingRunState::Failed => true,
    }
}

/// The state of a run as people write it.
pub fn state(run: &pb::BillingRun) -> &'static str {
    run.state().as_str_name().trim_start_matches("BILLING_RUN_STATE_")
}

fn issued(run: &pb::BillingRun) -> i64 {
    run.progress.as_ref().map_or(0, |progress| progress.drafts_issued)
}

/// Refuses a run that somebody cancelled.
fn not_cancelled(run: pb::BillingRun) -> Result<pb::BillingRun, anyhow::Error> {
    match run.state() {
        pb::BillingRunState::Cancelled => bail!("{} for {} was cancelled", run.name, run.month),
        pb::BillingRunState::Unspecified
        | pb::BillingRunState::Created
        | pb::BillingRunState::Rating
        | pb::BillingRunState::InReview
        | pb::BillingRunState::Approved
        | pb::BillingRunState::Issuing
        | pb::BillingRunState::Issued
        | pb::BillingRunState::Failed => Ok(run),
    }
}
