//! Hears what invoicing says: a run in review is asked to be signed off, and drafts that changed are asked about anew; what rating
//! holds is proposed as corrections. Whoever changes an account has no say in its refunds, and where it belongs is noted: by an ear of
//! its own.

use std::collections::BTreeSet;

use adjustments_domain::{
    act::Act,
    approval::{Event, State, subject_changed},
    subject::Digest,
};
use billing_proto::billing::{event::v1 as events, invoicing::v1 as invoicing};
use chassis::failure::Failure;
use futures::StreamExt;
use ids::ApprovalId;
use outbox::{Voice, inbox};
use refusal::Class;
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;

use super::{Worker, follow::happen, propose, refund, territory};
use crate::{
    rpc::ask::{self, Asker, Asking},
    store::{
        approval as requests,
        sign_off::{self as store, SignOff},
    },
    wire::{
        billing_run::{self as wire, Stands},
        document,
    },
};

/// How many events are heard in one transaction.
const BATCH: usize = 500;

/// Who asks for what nobody asks for.
const SYSTEM: &str = "system";

/// What is said of runs.
const RUNS: &str = "billing.invoicing.v1.billing_run.";

/// What is said of differences that runs hold.
const CORRECTIONS: &str = "billing.invoicing.v1.rating_correction.";

/// What is said of accounts that are made or changed.
pub(super) const ACCOUNTS: &str = "billing.invoicing.v1.account.";

/// Who hears the feed, each with a position of its own: what is heard for the first time after an upgrade is heard from the beginning.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ear {
    /// What is asked about, and who has no say in it.
    Requests,
    /// Where accounts belong.
    Territories,
}

impl Ear {
    /// The feed, as the inbox names it.
    fn feed(self) -> &'static str {
        match self {
            Self::Requests => "invoicing",
            Self::Territories => "invoicing/territories",
        }
    }

    /// With what the types of its events begin. How far a feed was heard is told by its events alone: runs are heard by both, so
    /// that after a break nobody hears all again that was said since an account was last changed.
    fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Requests => &[RUNS, CORRECTIONS, ACCOUNTS],
            Self::Territories => &[RUNS, ACCOUNTS],
        }
    }
}

/// Hears until it is cancelled. Where invoicing does not answer it begins again, from where it was.
pub(super) async fn hear(
    worker: Worker,
    ear: Ear,
    cancellation: CancellationToken,
) -> Result<(), anyhow::Error> {
    let mut bell = worker.bell.listener();
    while !cancellation.is_cancelled() {
        match listen(&worker, ear, &cancellation).await {
            Ok(()) => {}
            Err(Failure::Refused(passing)) if passing.class == Class::Unavailable => {
                bell.wait(&cancellation).await
            }
            Err(failure) => return Err(failure.into()),
        }
    }
    Ok(())
}

async fn listen(worker: &Worker, ear: Ear, cancellation: &CancellationToken) -> Result<(), Failure> {
    let heard = inbox::position(&mut *worker.pool.acquire().await?, ear.feed()).await?;
    let mut said = worker.invoicing.events(heard, ear.prefixes()).await?.ready_chunks(BATCH);
    while let Some(Some(batch)) = cancellation.run_until_cancelled(said.next()).await {
        let batch: Vec<events::Event> = batch.into_iter().collect::<Result<_, _>>()?;
        take(worker, ear, &batch).await?;
    }
    Ok(())
}

/// Takes in what was said, and how far it was heard, together.
async fn take(worker: &Worker, ear: Ear, batch: &[events::Event]) -> Result<(), Failure> {
    let mut transaction = worker.pool.begin().await?;
    store::take_turn(&mut transaction).await?;
    let heard = inbox::position(&mut transaction, ear.feed()).await?;
    // Another process may have heard the same.
    let new: Vec<&events::Event> = batch.iter().filter(|event| event.position > heard).collect();
    let Some(last) = new.last() else { return Ok(()) };
    let runs: BTreeSet<&str> = match ear {
        Ear::Requests => {
            refund::look_at_accounts(&mut transaction, &new, worker.clock.now()).await?;
            new.iter().filter_map(|event| run_of(event)).collect()
        }
        Ear::Territories => {
            territory::look_at_accounts(&mut transaction, &new).await?;
            BTreeSet::new()
        }
    };
    for name in &runs {
        let run = worker.invoicing.run((*name).to_owned()).await?;
        look(&mut transaction, worker, &run).await?;
        propose::align(&mut transaction, worker, &run).await?;
    }
    // What lies between is said of what nobody here asks about.
    inbox::advance(&mut transaction, ear.feed(), heard + 1, last.position).await?;
    transaction.commit().await?;
    if !runs.is_empty() {
        worker.bell.ring();
    }
    Ok(())
}

/// The run that an event is about, where there may be something to do.
fn run_of(event: &events::Event) -> Option<&str> {
    match event.r#type.strip_prefix(RUNS) {
        // What is not finished is looked at when it is. A refresh that finds nothing leaves the drafts as they stand.
        Some("started" | "resumed" | "refreshed" | "issuing") => None,
        Some(_) => Some(&event.subject),
        None if event.r#type.starts_with(CORRECTIONS) => {
            event.subject.split_once("/exceptions/").map(|(run, _)| run)
        }
        None => None,
    }
}

/// Looks at a run as it stands now, which may be further than what was heard.
pub(super) async fn look(
    connection: &mut PgConnection,
    worker: &Worker,
    run: &invoicing::BillingRun,
) -> Result<(), Failure> {
    let now = worker.clock.now();
    let asked = match requests::open(connection, &run.name).await? {
        None => None,
        Some(open) => {
            requests::lock(connection, open).await?;
            Some(requests::get(connection, open, None).await?)
        }
    };
    match (wire::stands(run)?, asked) {
        (Stands::InReview(root), None) => ask(connection, worker, (run, root), None).await,
        // What was approved is signed as it was: a draft that has changed since drops out alone.
        (Stands::InReview(_), Some(asked)) if matches!(asked.state, State::Approved(_)) => {
            store::record_delay(connection, asked.id, None).await
        }
        (Stands::InReview(root), Some(asked)) => {
            let events = subject_changed(&asked, &root, now);
            if events.is_empty() {
                return Ok(());
            }
            let before = asked.id;
            happen(connection, asked, &events, now).await?;
            ask(connection, worker, (run, root), Some(before)).await
        }
        (Stands::Done, Some(asked)) if run.approval != asked.id.to_string() => {
            let why = format!("{} is {} without it", run.name, wire::state_name(run));
            happen(connection, asked, &[Event::Voided { at: now, why }], now).await
        }
        (Stands::Done | Stands::Unfinished, _) => Ok(()),
    }
}

/// Asks for the sign-off of a run over a root.
async fn ask(
    connection: &mut PgConnection,
    worker: &Worker,
    (run, root): (&invoicing::BillingRun, Digest),
    replaces: Option<ApprovalId>,
) -> Result<(), Failure> {
    let entity = document::entity(&worker.invoicing.entity(&run.billing_entity).await?)?;
    let (subject, case, involved) = wire::subject(run, root, &entity)?;
    let now = worker.clock.now();
    let asker = Asker { act: Act { by: SYSTEM.to_owned(), at: now }, voice: Voice::system("", now) };
    let asking = Asking { subject, case, involved, replaces };
    let asked = ask::ask(connection, &worker.policies, &asker, asking).await?;
    let sign_off = SignOff { approval: asked.id, run: run.name.clone(), root };
    store::insert(connection, &sign_off).await
}
