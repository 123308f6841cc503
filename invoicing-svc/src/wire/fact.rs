//! What a transaction says on the feed: the resource as it leaves it.

use billing_proto::billing::invoicing::v1 as pb;
use ids::{AccountId, EntityId};
use outbox::Fact;

/// Something happened to a run.
pub fn run(kind: &'static str, entity: EntityId, run: &pb::BillingRun) -> Fact {
    Fact::new(kind, &run.name, "billing.invoicing.v1.BillingRun", run).of_entity(entity)
}

/// A document was issued.
pub fn issued(entity: EntityId, account: AccountId, invoice: &pb::Invoice) -> Fact {
    Fact::new("billing.invoicing.v1.invoice.issued", &invoice.name, "billing.invoicing.v1.Invoice", invoice)
        .of_entity(entity)
        .of_account(account)
}

/// A credit or debit note was issued.
pub fn noted(entity: EntityId, account: AccountId, note: &pb::Invoice) -> Fact {
    let kind = match note.kind() {
        pb::DocumentKind::DebitNote => "billing.invoicing.v1.debit_note.issued",
        pb::DocumentKind::CreditNote | pb::DocumentKind::Invoice | pb::DocumentKind::Unspecified => {
            "billing.invoicing.v1.credit_note.issued"
        }
    };
    Fact::new(kind, &note.name, "billing.invoicing.v1.Invoice", note).of_entity(entity).of_account(account)
}

/// Money came, or was put on documents.
pub fn receipt(kind: &'static str, entity: EntityId, account: AccountId, receipt: &pb::Receipt) -> Fact {
    Fact::new(kind, &receipt.name, "billing.invoicing.v1.Receipt", receipt)
        .of_entity(entity)
        .of_account(account)
}

/// A spot is owed because somebody decided so.
pub fn owed(entity: EntityId, account: AccountId, obligation: &pb::MakegoodObligation) -> Fact {
    let kind = "billing.invoicing.v1.makegood_obligation.opened";
    Fact::new(kind, &obligation.name, "billing.invoicing.v1.MakegoodObligation", obligation)
        .of_entity(entity)
        .of_account(account)
}

/// What was left of an obligation is owed no more.
pub fn released(entity: EntityId, account: AccountId, obligation: &pb::MakegoodObligation) -> Fact {
    let kind = "billing.invoicing.v1.makegood_obligation.released";
    Fact::new(kind, &obligation.name, "billing.invoicing.v1.MakegoodObligation", obligation)
        .of_entity(entity)
        .of_account(account)
}

/// Money went back.
pub fn refund(entity: EntityId, account: AccountId, refund: &pb::Refund) -> Fact {
    let kind = "billing.invoicing.v1.refund.recorded";
    Fact::new(kind, &refund.name, "billing.invoicing.v1.Refund", refund).of_entity(entity).of_account(account)
}

/// Something was given up, or came in all the same.
pub fn write_off(kind: &'static str, entity: EntityId, account: AccountId, lost: &pb::WriteOff) -> Fact {
    Fact::new(kind, &lost.name, "billing.invoicing.v1.WriteOff", lost).of_entity(entity).of_account(account)
}

/// Something else is open or disputed on a document.
pub fn open_document(
    kind: &'static str,
    entity: EntityId,
    account: AccountId,
    document: &pb::OpenDocument,
) -> Fact {
    Fact::new(kind, &document.name, "billing.invoicing.v1.OpenDocument", document)
        .of_entity(entity)
        .of_account(account)
}

/// A draft waited until the rest of its run was issued, and is dropped.
pub fn dropped(entity: EntityId, account: AccountId, draft: &pb::Invoice) -> Fact {
    Fact::new("billing.invoicing.v1.invoice.dropped", &draft.name, "billing.invoicing.v1.Invoice", draft)
        .of_entity(entity)
        .of_account(account)
}

/// Something was settled, or given to somebody.
pub fn exception(
    kind: &'static str,
    entity: EntityId,
    account: AccountId,
    exception: &pb::BillingException,
) -> Fact {
    Fact::new(kind, &exception.name, "billing.invoicing.v1.BillingException", exception)
        .of_entity(entity)
        .of_account(account)
}

/// What is held should be corrected.
pub fn proposed(entity: EntityId, account: AccountId, held: &pb::BillingException) -> Fact {
    exception("billing.invoicing.v1.rating_correction.proposed", entity, account, held)
}

/// A note took back what was held, or a part of it.
pub fn settled(entity: EntityId, account: AccountId, held: &pb::BillingException) -> Fact {
    exception("billing.invoicing.v1.rating_correction.settled", entity, account, held)
}

/// A check is more or less severe than before.
pub fn check_setting(entity: EntityId, setting: &pb::CheckSetting) -> Fact {
    let kind = "billing.invoicing.v1.check_setting.changed";
    Fact::new(kind, &setting.billing_entity, "billing.invoicing.v1.CheckSetting", setting).of_entity(entity)
}

/// Something is kept from being billed, or is free again.
pub fn hold(kind: &'static str, account: AccountId, hold: &pb::Hold) -> Fact {
    Fact::new(kind, &hold.name, "billing.invoicing.v1.Hold", hold).of_account(account)
}

/// Somebody wrote on a draft.
pub fn edited(entity: EntityId, account: AccountId, draft: &pb::Invoice) -> Fact {
    Fact::new("billing.invoicing.v1.invoice.edited", &draft.name, "billing.invoicing.v1.Invoice", draft)
        .of_entity(entity)
        .of_account(account)
}

/// An order was taken, or conflicts with what is known.
pub fn order(kind: &'static str, entity: EntityId, account: AccountId, order: &pb::Order) -> Fact {
    Fact::new(kind, &order.name, "billing.invoicing.v1.Order", order).of_entity(entity).of_account(account)
}

/// An order came into review, or was adjusted, approved, rejected or superseded there.
pub fn order_review(
    kind: &'static str,
    entity: EntityId,
    account: AccountId,
    review: &pb::OrderReview,
) -> Fact {
    Fact::new(kind, &review.name, "billing.invoicing.v1.OrderReview", review)
        .of_entity(entity)
        .of_account(account)
}

/// A batch landed; and some of its rows could not be used.
pub fn delivery(batch: &pb::DeliveryBatch) -> Vec<Fact> {
    let fact = |kind| Fact::new(kind, &batch.name, "billing.invoicing.v1.DeliveryBatch", batch);
    let mut facts = vec![fact("billing.invoicing.v1.delivery_batch.received")];
    if batch.rows_quarantined > 0 {
        facts.push(fact(match batch.kind() {
            pb::DeliveryKind::Daily => "billing.invoicing.v1.delivery_fact.quarantined",
            pb::DeliveryKind::Airings | pb::DeliveryKind::Unspecified => {
                "billing.invoicing.v1.airing.quarantined"
            }
        }));
    }
    facts
}
