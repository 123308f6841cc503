//! What is asked of the stage clock, and what it says.

use billing_proto::billing::invoicing::v1 as pb;
use calendar::Month;
use ids::{AccountId, EntityId, InvoiceId, OrderId, ProductId};
use invoicing_domain::stage_clock::{Reached, Stage};
use refusal::{Refusal, Violations};

use super::{
    name,
    period::{day_message, in_order, month, time_message},
};

/// How many months are looked at together.
const MONTHS_MAX: i32 = 12;

/// Whose clocks.
#[derive(Clone, Copy, Debug)]
pub enum Of {
    Order(OrderId),
    Invoice(InvoiceId),
}

/// What delays are asked about.
#[derive(Clone, Copy, Debug)]
pub struct Billed {
    pub entity: EntityId,
    pub first: Month,
    pub last: Month,
    pub product: Option<ProductId>,
}

/// The order or document that a request names.
pub fn of(message: &pb::ListStageClocksRequest) -> Result<(AccountId, Of), Refusal> {
    let mut v = Violations::new();
    let account = name::account(&mut v, "parent", &message.parent);
    let of = match (message.order.as_str(), message.invoice.as_str()) {
        (order, "") => {
            name::order(&mut v, "order", order).map(|(owner, order)| ("order", owner, Of::Order(order)))
        }
        ("", invoice) => name::invoice(&mut v, "invoice", invoice)
            .map(|(owner, invoice)| ("invoice", owner, Of::Invoice(invoice))),
        (_, _) => {
            v.add("invoice", "must be empty where an order is given");
            None
        }
    };
    let (Some(account), Some((field, owner, of))) = (account, of) else { return Err(v.refusal()) };
    if owner != account {
        v.add(field, "must be of the account in parent");
    }
    v.check()?;
    Ok((account, of))
}

/// The entity, months and product that a request names.
pub fn billed(message: &pb::ListStageDelaysRequest) -> Result<Billed, Refusal> {
    let mut v = Violations::new();
    let entity = name::entity(&mut v, "parent", &message.parent);
    let last = month(&mut v, "last_month", &message.last_month);
    let first = match message.first_month.as_str() {
        "" => last,
        first => month(&mut v, "first_month", first),
    };
    let product = match message.ad_product.as_str() {
        "" => Some(None),
        product => name::product(&mut v, "ad_product", product).map(Some),
    };
    let (Some(entity), Some(first), Some(last), Some(product)) = (entity, first, last, product) else {
        return Err(v.refusal());
    };
    let nth = |month: Month| i32::from(month.year()) * 12 + i32::from(month.month());
    in_order(&mut v, Some(first), Some(last));
    if nth(last) - nth(first) >= MONTHS_MAX {
        v.add("first_month", format!("must be one of the {MONTHS_MAX} months up to last_month"));
    }
    v.check()?;
    Ok(Billed { entity, first, last, product })
}

/// A stage that was reached, as a message.
pub fn reached(reached: &Reached) -> pb::StageReached {
    let Reached { stage, day, at, since } = *reached;
    pb::StageReached {
        stage: stage_message(stage).into(),
        day: Some(day_message(day)),
        time: at.map(time_message),
        since: since.map_or(pb::Stage::Unspecified, |(before, _)| stage_message(before)).into(),
        days: since.map_or(0, |(_, days)| days),
    }
}

/// A stage as the contract calls it.
pub fn stage_message(stage: Stage) -> pb::Stage {
    match stage {
        Stage::Signed => pb::Stage::Signed,
        Stage::Synced => pb::Stage::Synced,
        Stage::Live => pb::Stage::Live,
        Stage::Delivered => pb::Stage::Delivered,
        Stage::Final => pb::Stage::Final,
        Stage::Rated => pb::Stage::Rated,
        Stage::Approved => pb::Stage::Approved,
        Stage::Issued => pb::Stage::Issued,
    }
}
