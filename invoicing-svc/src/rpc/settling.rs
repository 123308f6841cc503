//! What every act on receivables has in common: the account is locked, and what is done is recorded and posted.

use billing_proto::billing::invoicing::v1 as pb;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
};
use ids::{AccountId, ActivityId, EntityId, InvoiceId};
use invoicing_domain::{
    billing_entity::BillingEntity,
    receivable::{Activity, Moved, Put, ReceivableRefusal, check_day},
};
use jiff::civil::Date;
use money::Money;
use sqlx::PgConnection;
use uuid::Uuid;

use super::billing_run_service::act;
use crate::{store, work::record_activities};

/// Somebody who settles something of an account.
pub(super) struct Settling<'a> {
    pub(super) call: &'a Call,
    pub(super) account: AccountId,
    pub(super) entity: BillingEntity,
    /// In the entity's time zone.
    pub(super) today: Date,
    /// The id of the approval by which it is done.
    pub(super) approval: Option<String>,
}

/// Words that go with an act.
#[derive(Clone, Copy, Default)]
pub(super) struct Said<'a> {
    pub(super) reference: &'a str,
    pub(super) reason: &'a str,
}

impl<'a> Settling<'a> {
    /// Begins with an account that is locked. Without GL codes nothing is settled.
    pub(super) async fn begin(
        connection: &mut PgConnection,
        call: &'a Call,
        (account, entity): (AccountId, EntityId),
        approval: Option<String>,
    ) -> Result<Self, Failure> {
        let entity = store::billing_entity::get(connection, entity, None).await?;
        if entity.settlement_codes.is_none() {
            return Err(ReceivableRefusal::CodesMissing { entity: entity.id.to_string() }).or_refuse();
        }
        let today = entity.zone.day_of(call.at);
        Ok(Self { call, account, entity, today, approval })
    }

    /// The day that was asked for, or today; not before `first`.
    pub(super) fn day(&self, asked: Option<Date>, first: Option<Date>) -> Result<Date, Failure> {
        let day = asked.unwrap_or(self.today);
        check_day(day, self.today, first).or_refuse()?;
        Ok(day)
    }

    /// Something that is done.
    pub(super) fn activity(&self, day: Date, amount: Money, moved: Moved, said: Said<'_>) -> Activity {
        Activity {
            id: ActivityId::from_uuid(Uuid::now_v7()),
            entity: self.entity.id,
            day,
            amount,
            moved,
            reference: said.reference.to_owned(),
            reason: said.reason.to_owned(),
            approval: self.approval.clone(),
            reverses: None,
            act: act(self.call),
        }
    }

    /// What is put on documents, each as an act of its own.
    pub(super) fn puts(
        &self,
        puts: Vec<Put>,
        day: impl Fn(InvoiceId) -> Date,
        moved: impl Fn(InvoiceId) -> Moved,
    ) -> Vec<Activity> {
        let put =
            |Put { document, amount }| self.activity(day(document), amount, moved(document), Said::default());
        puts.into_iter().map(put).collect()
    }

    /// Records and posts what is done.
    pub(super) async fn record(
        &self,
        connection: &mut PgConnection,
        activities: Vec<Activity>,
    ) -> Result<(), Failure> {
        record_activities(connection, &self.entity, self.account, activities).await
    }
}

/// The open documents of an account in an entity and currency.
pub(super) async fn open_items(
    connection: &mut PgConnection,
    account: AccountId,
    entity: EntityId,
    of: Money,
) -> Result<Vec<invoicing_domain::receivable::OpenItem>, Failure> {
    let which = store::receivable::Which {
        account: Some(account),
        entity: Some(entity),
        currency: Some(of.currency()),
        ..store::receivable::Which::default()
    };
    store::receivable::documents(connection, which).await
}

/// The open document as a message, as everything stands now.
pub(super) async fn open_document(
    connection: &mut PgConnection,
    named: store::document::Named,
    today: Date,
) -> Result<pb::OpenDocument, Failure> {
    let item = store::receivable::document(connection, named, None, None).await?;
    Ok(crate::wire::receivable::open_document(&item, today)?)
}
