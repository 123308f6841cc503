//! Asking for an approval, for whatever subject: measured, planned by the policy in force, recorded, said.

use std::sync::Arc;

use adjustments_domain::{
    act::Act,
    approval::{Involved, Part, Request, Submission, deadlines, submit},
    directory::Directory,
    policy::{History, Measure, Plan, Policy, evaluate, measure},
    subject::Subject,
};
use anyhow::Context;
use calendar::Holidays;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
};
use ids::ApprovalId;
use jiff::Timestamp;
use outbox::{Voice, say};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Policies, act};
use crate::{
    store::{
        approval as store,
        history::{self, Whose},
        person,
    },
    wire::{case::Case, fact},
};

/// What is asked to be approved.
#[derive(Clone, Debug)]
pub struct Asking {
    pub subject: Subject,
    pub case: Case,
    pub involved: Vec<Involved>,
    pub replaces: Option<ApprovalId>,
}

/// What the policy in force says of a case.
pub struct Answered {
    pub policy: Arc<Policy>,
    pub plan: Plan,
    pub measure: Option<Measure>,
}

/// Who asks, and how it is told.
#[derive(Clone, Debug)]
pub struct Asker {
    pub act: Act,
    pub voice: Voice,
}

impl Asker {
    /// The caller.
    pub fn of(call: &Call) -> Self {
        Self { act: act(call), voice: Voice::of(call) }
    }
}

/// Asks for an approval.
pub async fn ask(
    connection: &mut PgConnection,
    policies: &Policies,
    asker: &Asker,
    asking: Asking,
) -> Result<Request, Failure> {
    let at = asker.act.at;
    let directory = person::directory(connection).await?;
    let makers = makers(&directory, &asking.involved, &asker.act.by);
    let whose = Whose { account: asking.case.account, cause: asking.case.cause, makers: &makers };
    if asking.case.kind.adjusts() {
        history::lock(connection, whose).await?;
    }
    let Answered { policy, plan, measure } = answer(connection, policies, at, (&asking.case, whose)).await?;
    let deadlines = deadlines(policy.service_level, at, &Holidays::default());
    let open = store::open(connection, &asking.subject.name).await?;
    let submission = Submission {
        subject: asking.subject,
        involved: asking.involved,
        measure,
        circumstances: asking.case.circumstances,
        policy_version: policy.version,
        plan,
        deadlines: deadlines.context("the deadlines lie beyond the calendar")?,
        replaces: asking.replaces,
    };
    let id = ApprovalId::from_uuid(Uuid::now_v7());
    let request = submit(id, submission, open, asker.act.clone(), &directory).or_refuse()?;
    store::insert(connection, &request, &directory).await?;
    say(connection, &asker.voice, vec![fact::submitted(&request)]).await?;
    Ok(request)
}

/// What the policy in force says of a case, measured with what came before it.
pub async fn answer(
    connection: &mut PgConnection,
    policies: &Policies,
    at: Timestamp,
    (case, whose): (&Case, Whose<'_>),
) -> Result<Answered, Failure> {
    let policy = policies.in_force(connection, at).await?;
    let measured = match case.amount {
        None => None,
        Some(amount) => {
            let history = if case.kind.adjusts() {
                history::sums(connection, whose, amount.currency(), at).await?
            } else {
                History::none(amount.currency())
            };
            let measured = measure(amount, history).context("the sums of 30 days do not fit")?;
            Some(if case.lacks_rate {
                measured.without_a_rate()
            } else if case.said_rate.is_some() {
                measured.at_a_said_rate()
            } else {
                measured
            })
        }
    };
    let plan =
        evaluate(&policy, &case.circumstances.input(case.kind, case.cause, measured.as_ref())).or_refuse()?;
    Ok(Answered { policy, plan, measure: measured })
}

/// The persons whose sums count: who made it, and who asks for it.
pub fn makers(directory: &Directory, involved: &[Involved], caller: &str) -> Vec<String> {
    let made = involved.iter().filter(|involved| matches!(involved.part, Part::Maker | Part::Requester));
    let accounts = made.map(|involved| involved.account.as_str()).chain([caller]);
    let mut makers: Vec<String> = accounts.map(|account| directory.person(account).to_owned()).collect();
    makers.sort();
    makers.dedup();
    makers
}
