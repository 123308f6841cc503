//! What was settled or edited in a run that is reviewed takes effect at once: in the transaction that settles it.

use chassis::failure::{Failure, OrRefuse};
use evidence_log::{leaf_hash, root};
use ids::{AccountId, RunId};
use invoicing_domain::billing_run::{self as domain, BillingRun, Root};
use jiff::Timestamp;
use outbox::{Voice, say};
use sqlx::PgConnection;

use super::{
    settle::{rate_with, settle},
    tax_engine::TaxEngines,
};
use crate::{
    report::billing_run as report,
    store::{self, rating_input::Settles},
    wire::fact,
};

/// The root over the drafts of a run that wait for nothing: what an approval signs. It is kept, so that an approval that
/// comes after the next change still knows what it signed.
pub async fn drafts_root(connection: &mut PgConnection, run: RunId) -> Result<Root, Failure> {
    let digests = store::draft::digests(connection, run).await?;
    let root = root(digests.iter().map(|digest| leaf_hash(digest)));
    store::review::record(connection, run, &root).await?;
    Ok(root)
}

/// Other drafts wait than before, or they changed: agreements count others, and another root is to be signed, which is said.
pub async fn review_again(
    connection: &mut PgConnection,
    run: &BillingRun,
    at: Timestamp,
    engines: &TaxEngines,
) -> Result<BillingRun, Failure> {
    settle(connection, run, at, engines).await?;
    sign_anew(connection, run, at).await
}

/// Drafts are other drafts than before, though no amount is: another root is to be signed, which is said.
pub async fn sign_anew(
    connection: &mut PgConnection,
    run: &BillingRun,
    at: Timestamp,
) -> Result<BillingRun, Failure> {
    let root = drafts_root(connection, run.id).await?;
    let run = domain::reviewed_again(run, root).or_refuse()?;
    let run = store::billing_run::record(connection, run).await?;
    let message = report::message_of(connection, &run).await?;
    let reviewed = fact::run("billing.invoicing.v1.billing_run.reviewed", run.entity, &message);
    say(connection, &Voice::system(String::new(), at), vec![reviewed]).await?;
    Ok(run)
}

/// Rates one account of a run that is reviewed, after something of it was settled or edited. Delivery that came after
/// `data_as_of` stays for a refresh. The run is locked.
pub async fn rate_again(
    connection: &mut PgConnection,
    run: &BillingRun,
    account: AccountId,
    at: Timestamp,
    engines: &TaxEngines,
) -> Result<BillingRun, Failure> {
    rate_with(connection, run, &[account], (Settles::LeftOut, at), engines).await?;
    review_again(connection, run, at, engines).await
}
