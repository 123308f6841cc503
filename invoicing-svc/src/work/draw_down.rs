//! What is settled from a wallet is paid as it is issued, from what its account has paid ahead.

use anyhow::{Context, anyhow};
use chassis::failure::{Failure, OrRefuse};
use ids::{AccountId, ActivityId, InvoiceId};
use invoicing_domain::{
    billing_entity::BillingEntity,
    billing_run::Act,
    invoice::DocumentKind,
    period::{Books, posting},
    receivable::{Activity, Moved, OpenItem, Receipt, ReceivableRefusal, Wanted, allocate, postings},
};
use jiff::{Timestamp, civil::Date};
use money::Money;
use outbox::Fact;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    store::{self, receivable::Posted},
    wire::{fact, receivable as wire},
};

/// Who pays from wallets: nobody asks for it.
const SYSTEM: &str = "system";

/// A document that is issued in this transaction and settles from the wallet of its account, which is locked.
#[derive(Clone, Debug)]
pub struct WalletBill {
    pub account: AccountId,
    pub document: InvoiceId,
    pub kind: DocumentKind,
    pub number: String,
    pub due: Date,
    pub total: Money,
}

impl WalletBill {
    /// All of it is open: it is new.
    fn open(self, entity: &BillingEntity, issued: Date) -> OpenItem {
        let Self { account, document, kind, number, due, total } = self;
        OpenItem {
            account,
            entity: entity.id,
            document,
            kind,
            number,
            issued,
            due,
            total,
            open: total,
            disputed: Money::zero(total.currency()),
            dispute: String::new(),
        }
    }
}

/// Pays documents of the entity from the wallets of their accounts, as of their issue date. What a wallet does not cover stays
/// open. Answers what is to be said of it. The entity's books are held.
pub async fn draw_down(
    connection: &mut PgConnection,
    (entity, books): (&BillingEntity, &Books),
    bills: Vec<WalletBill>,
    (issued, at): (Date, Timestamp),
) -> Result<Vec<Fact>, Failure> {
    // Without GL codes nothing was received that could be drawn down.
    if bills.is_empty() || entity.settlement_codes.is_none() {
        return Ok(Vec::new());
    }
    let mut items: Vec<OpenItem> = bills.into_iter().map(|bill| bill.open(entity, issued)).collect();
    let accounts: Vec<Uuid> = items.iter().map(|item| item.account.uuid()).collect();
    let (mut activities, mut said) = (Vec::new(), Vec::new());
    for mut receipt in store::receivable::paid_ahead(connection, entity.id, &accounts).await? {
        let drawn = draw(&mut receipt, &mut items, (issued, at))?;
        if !drawn.is_empty() {
            let kind = "billing.invoicing.v1.receipt.allocated";
            said.push(fact::receipt(kind, entity.id, receipt.account, &wire::receipt(&receipt)));
            activities.extend(drawn.into_iter().map(|activity| (receipt.account, activity)));
        }
    }
    if !activities.is_empty() {
        record(connection, (entity, books), activities).await?;
    }
    Ok(said)
}

/// Puts what is left of a receipt on what is open in its account.
fn draw(
    receipt: &mut Receipt,
    items: &mut [OpenItem],
    (issued, at): (Date, Timestamp),
) -> Result<Vec<Activity>, Failure> {
    // Nothing is paid before there is something to pay it with.
    let day = issued.max(receipt.day);
    let currency = receipt.unapplied.currency();
    let is_payable = |item: &&OpenItem| item.account == receipt.account && item.open.currency() == currency;
    let payable: Vec<OpenItem> = items.iter().filter(is_payable).cloned().collect();
    let mut activities = Vec::new();
    for put in allocate(receipt.unapplied, &payable, &Wanted::OldestFirst).or_refuse()? {
        let too_large = "an amount too large to be drawn down";
        if let Some(item) = items.iter_mut().find(|item| item.document == put.document) {
            item.open = item.open.minus(put.amount).context(too_large)?;
        }
        receipt.unapplied = receipt.unapplied.minus(put.amount).context(too_large)?;
        activities.push(Activity {
            id: ActivityId::from_uuid(Uuid::now_v7()),
            entity: receipt.entity,
            day,
            amount: put.amount,
            moved: Moved::Allocation { receipt: receipt.id, document: put.document },
            reference: String::new(),
            reason: String::new(),
            approval: None,
            reverses: None,
            act: Act { by: SYSTEM.to_owned(), at },
        });
        receipt.puts.push((put, day));
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
    // Held until it is posted: whoever closes the period of its day waits for it.
    store::accounting_period::hold(connection, entity.id).await?;
    let books = store::accounting_period::books(connection, entity).await?;
    let activities = activities.into_iter().map(|activity| (account, activity)).collect();
    record(connection, (entity, &books), activities).await
}

/// Records and posts what is done to the receivables of accounts, in books that are held.
async fn record(
    connection: &mut PgConnection,
    (entity, books): (&BillingEntity, &Books),
    activities: Vec<(AccountId, Activity)>,
) -> Result<(), Failure> {
    store::receivable::record(connection, &activities).await?;
    let missing = || ReceivableRefusal::CodesMissing { entity: entity.id.to_string() };
    let settlement = entity.settlement_codes.as_ref().ok_or_else(missing).or_refuse()?;
    let post = |(account, activity): (AccountId, Activity)| {
        let postings = postings(&activity, &entity.gl_codes, settlement)?;
        let on = posting(books, activity.day);
        Ok(Posted { account, activity, postings, on })
    };
    let posted: Result<Vec<Posted>, money::MoneyError> = activities.into_iter().map(post).collect();
    store::receivable::post(connection, &posted.map_err(|error| anyhow!(error))?).await
}
