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
