//! What is settled from a wallet is paid as it is issued, from what its account has paid ahead.

use anyhow::{Context, anyhow};
use chassis::failure::{Failure, OrRefuse};
use ids::{AccountId, ActivityId, InvoiceId};
use invoicing_domain::{
    billing_entity::BillingEntity,
    billing_run::Act,
    period::posting,
    receivable::{Activity, Moved, OpenItem, Receipt, ReceivableRefusal, Wanted, allocate, postings},
};
use jiff::{Timestamp, civil::Date};
use outbox::Fact;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    store::{
        self,
        invoice::Chunk,
        receivable::{Listed, Posted, Which},
    },
    wire::{fact, receivable as wire},
};

/// Who pays from wallets: nobody asks for it.
const SYSTEM: &str = "system";

/// Pays the documents of a chunk from the wallets of these accounts, which are locked, as of their issue date. What a wallet
/// does not cover stays open. Answers what is to be said of it.
pub(super) async fn draw_down(
    connection: &mut PgConnection,
    entity: &BillingEntity,
    (chunk, wallets): (&Chunk, &[AccountId]),
    (issued, at): (Date, Timestamp),
) -> Result<Vec<Fact>, Failure> {
    let mut said = Vec::new();
    // Without GL codes nothing was received that could be drawn down.
    for account in wallets.iter().copied().filter(|_| entity.settlement_codes.is_some()) {
        let of_account = chunk.numbered.iter().filter(|numbered| numbered.account == account.uuid());
        let documents: Vec<InvoiceId> =
            of_account.map(|numbered| InvoiceId::from_uuid(numbered.invoice)).collect();
        let mut items = open_items(connection, entity, account).await?;
        items.retain(|item| documents.contains(&item.document));
        let receipts = paid_ahead(connection, entity, account).await?;
        let activities = draw(&receipts, &mut items, (issued, at))?;
        if activities.is_empty() {
            continue;
        }
        record_activities(connection, entity, account, activities).await?;
        for before in receipts {
            let after = store::receivable::receipt(connection, (account, before.id), None).await?;
            if after != before {
                let kind = "billing.invoicing.v1.receipt.allocated";
                said.push(fact::receipt(kind, entity.id, account, &wire::receipt(&after)));
            }
        }
    }
    Ok(said)
}

async fn open_items(
    connection: &mut PgConnection,
    entity: &BillingEntity,
    account: AccountId,
) -> Result<Vec<OpenItem>, Failure> {
    let which = Which { account: Some(account), entity: Some(entity.id), ..Which::default() };
    store::receivable::documents(connection, which).await
}

/// The receipts of the account at the entity of which something is left, the oldest first.
async fn paid_ahead(
    connection: &mut PgConnection,
    entity: &BillingEntity,
    account: AccountId,
) -> Result<Vec<Receipt>, Failure> {
    let which = Listed { account: Some(account), ..Listed::default() };
    let mut receipts = store::receivable::receipts(connection, which).await?;
    receipts.retain(|receipt| receipt.entity == entity.id && receipt.unapplied.is_positive());
    receipts.sort_by_key(|receipt| (receipt.day, receipt.id));
    Ok(receipts)
}

/// Puts what is left of the receipts, one after the other, on what is open.
fn draw(
    receipts: &[Receipt],
    items: &mut [OpenItem],
    (issued, at): (Date, Timestamp),
) -> Result<Vec<Activity>, Failure> {
    let mut activities = Vec::new();
    for receipt in receipts {
        let currency = receipt.unapplied.currency();
        let same: Vec<OpenItem> =
            items.iter().filter(|item| item.open.currency() == currency).cloned().collect();
        for put in allocate(receipt.unapplied, &same, &Wanted::OldestFirst).or_refuse()? {
            if let Some(item) = items.iter_mut().find(|item| item.document == put.document) {
                item.open = item.open.minus(put.amount).context("an amount too large to be drawn down")?;
            }
            activities.push(Activity {
                id: ActivityId::from_uuid(Uuid::now_v7()),
                entity: receipt.entity,
                // Nothing is paid before there is something to pay it with.
                day: issued.max(receipt.day),
                amount: put.amount,
                moved: Moved::Allocation { receipt: receipt.id, document: put.document },
                reference: String::new(),
                reason: String::new(),
                approval: None,
                reverses: None,
                act: Act { by: SYSTEM.to_owned(), at },
            });
        }
    }
    Ok(activities)
}

/// Records and posts what is done to the receivables of an account, which is locked.
pub async fn record_activities(
    connection: &mut PgConnection,
    entity: &BillingEntity,
    account: AccountId,
    activities: Vec<Activity>,
) -> Result<(), Failure> {
    store::receivable::record(connection, account, &activities).await?;
    let missing = || ReceivableRefusal::CodesMissing { entity: entity.id.to_string() };
    let settlement = entity.settlement_codes.as_ref().ok_or_else(missing).or_refuse()?;
    // Held until it is posted: whoever closes the period of its day waits for it.
    store::accounting_period::hold(connection, entity.id).await?;
    let books = store::accounting_period::books(connection, entity).await?;
    let post = |activity: Activity| {
        let postings = postings(&activity, &entity.gl_codes, settlement)?;
        let on = posting(&books, activity.day);
        Ok(Posted { activity, postings, on })
    };
    let posted: Result<Vec<Posted>, money::MoneyError> = activities.into_iter().map(post).collect();
    store::receivable::post(connection, account, &posted.map_err(|error| anyhow!(error))?).await
}
