//! Turns approved drafts into numbered documents: chunk by chunk in the order of their names, one chunk at a time per
//! number series. Everything a document says was decided with its draft; issuing adds number, date and due date.

use anyhow::Context;
use chassis::failure::{Failure, OrRefuse};
use ids::{AccountId, InvoiceId};
use invoicing_domain::{
    account::SettledBy,
    billing_entity::BillingEntity,
    billing_run::{self as domain, BillingRun, Issue, State},
    invoice::due_date,
    number_series::{self, Dated},
    period::{Books, posting},
};
use outbox::{Fact, Voice, say};
use refusal::{Class, Refusal};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    Worker,
    changed_drafts::take_in_later,
    draw_down::{WalletBill, draw_down},
    rating::fail,
    rendering,
};
use crate::{
    report::{billing_run as report, invoice},
    store::{
        self,
        draft::Waiting,
        invoice::{Chunk, Numbered},
    },
    wire::fact,
};

/// How many documents one transaction issues.
const CHUNK: i64 = 500;

/// Issues a chunk of a run. False: there is nothing to do. While a run waits for something that goes away by itself, those after it
/// are issued chunk by chunk: it is not asked for with each.
pub async fn step(worker: &Worker) -> Result<bool, Failure> {
    let (mut after, mut passing) = (None, None);
    loop {
        let mut transaction = worker.pool.begin().await?;
        let Some(run) = store::claim::claim_issuing(&mut transaction, after).await? else {
            return passing.map_or(Ok(false), |passing: Refusal| Err(passing.into()));
        };
        match issue(&mut transaction, &run, worker).await {
            Ok(Next::Issuing) => transaction.commit().await?,
            Ok(Next::Rating) => {
                transaction.commit().await?;
                worker.bell.ring();
            }
            // It goes away by itself, and the other runs do not wait for that.
            Err(Failure::Refused(refusal)) if refusal.class == Class::Unavailable => {
                transaction.rollback().await?;
                tracing::warn!(run = %run.id, reason = refusal.reason, "issuing waits: {}", refusal.message);
                (after, passing) = (Some(run.id), Some(refusal));
                continue;
            }
            Err(failure) => {
                transaction.rollback().await?;
                let fault = match failure {
                    Failure::Refused(refusal) => anyhow::Error::new(refusal),
                    Failure::Fault(fault) => fault,
                };
                fail(worker, run.id, &fault).await?;
            }
        }
        worker.bell.ring_printer();
        if passing.is_none() {
            return Ok(true);
        }
    }
}

/// What a run does next.
enum Next {
    Issuing,
    /// All of it is to be approved anew.
    Rating,
}

async fn issue(connection: &mut PgConnection, run: &BillingRun, worker: &Worker) -> Result<Next, Failure> {
    let State::Issuing(order) = &run.state else {
        return Err(anyhow::anyhow!("a run was claimed for issuing that is {}", run.state.name()).into());
    };
    if take_in_later(connection, (run, &order.approval.root), worker).await? {
        return Ok(Next::Rating);
    }
    let drafts = store::draft::next(connection, run.id, CHUNK).await?;
    let at = worker.clock.now();
    let voice = Voice::system(String::new(), at);
    if drafts.is_empty() {
        let dropped = drop_waiting(connection, run).await?;
        let run = store::billing_run::record(connection, domain::issued(run, at).or_refuse()?).await?;
        let message = report::message_of(connection, &run).await?;
        let issued = fact::run("billing.invoicing.v1.billing_run.issued", run.entity, &message);
        say(connection, &voice, dropped.into_iter().chain([issued]).collect()).await?;
        return Ok(Next::Issuing);
    }
    // Accounts are locked before numbers are, by whoever locks both.
    let from_wallets = drafts.iter().filter(|draft| draft.settled_by == SettledBy::Wallet);
    let wallets: Vec<Uuid> = from_wallets.map(|draft| draft.account).collect();
    store::account::lock_all(connection, &wallets).await?;
    let entity = store::billing_entity::get(connection, run.entity, None).await?;
    let (chunk, books) = number(connection, &entity, order, &drafts).await?;
    store::invoice::issue(connection, &chunk, order, at).await?;
    let bills = wallet_bills(&drafts, &chunk);
    let drawn = draw_down(connection, (&entity, &books), bills, (order.date, at)).await?;
    let heads = invoice::issued(connection, &chunk).await?;
    let issued = heads.iter().map(|(account, head)| fact::issued(run.entity, *account, head));
    say(connection, &voice, issued.chain(drawn).collect()).await?;
    Ok(Next::Issuing)
}

/// What of a chunk settles from wallets, as its drafts were approved.
fn wallet_bills(drafts: &[Waiting], chunk: &Chunk) -> Vec<WalletBill> {
    let numbered = drafts.iter().zip(&chunk.numbered);
    numbered
        .filter(|(draft, _)| draft.settled_by == SettledBy::Wallet)
        .map(|(draft, numbered)| WalletBill {
            account: AccountId::from_uuid(draft.account),
            document: InvoiceId::from_uuid(draft.invoice),
            kind: draft.kind,
            number: numbered.number.clone(),
            due: numbered.due_date,
            total: draft.total,
        })
        .collect()
}

/// The drafts that still wait are dropped, and each says so: billing is cumulative, so the next run bills them.
async fn drop_waiting(connection: &mut PgConnection, run: &BillingRun) -> Result<Vec<Fact>, Failure> {
    let waiting = store::draft::waiting(connection, run.id).await?;
    let (accounts, invoices): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
    let heads = invoice::drafts(connection, &accounts, &invoices).await?;
    store::billing_run::record_dropped(connection, run.id, invoices.len()).await?;
    store::draft::delete_of(connection, run.id, &accounts).await?;
    Ok(heads.iter().map(|(account, head)| fact::dropped(run.entity, *account, head)).collect())
}

/// Takes a number for each draft, in their order. Answers the books, too, that they are posted in.
async fn number(
    connection: &mut PgConnection,
    entity: &BillingEntity,
    order: &Issue,
    drafts: &[Waiting],
) -> Result<(Chunk, Books), Failure> {
    store::number_series::lock(connection, order.series).await?;
    let mut found = store::number_series::get(connection, (entity.id, order.series), None).await?;
    let mut numbered = Vec::with_capacity(drafts.len());
    let dated = Dated { date: order.date, year: found.series.year_basis.year_of(entity, order.date) };
    // Held until the documents are posted: whoever closes the period of their date waits for them.
    store::accounting_period::hold(connection, entity.id).await?;
    let books = store::accounting_period::books(connection, entity).await?;
    let mut year = None;
    for draft in drafts {
        let taken = number_series::take(&found.series, &found.years, dated).or_refuse()?;
        found.years.retain(|known| known.year != taken.year.year);
        found.years.push(taken.year);
        year = Some(taken.year);
        numbered.push(Numbered {
            account: draft.account,
            invoice: draft.invoice,
            sequence: i64::try_from(taken.sequence).context("the number is beyond bigint")?,
            number: taken.number,
            due_date: due_date(order.date, draft.payment_terms_days),
        });
    }
    let year = year.context("a chunk without a draft")?;
    store::number_series::record_year(connection, found.series.id, year).await?;
    let chunk = Chunk {
        series: found.series.id,
        year: year.year,
        numbered,
        template_version: rendering::TEMPLATE_VERSION,
        posting: posting(&books, order.date),
    };
    Ok((chunk, books))
}
