//! Which orders of an account share a document.

use super::OrderFacts;
use crate::order::{Liability, OrderCalendar};

/// By what the orders of an account share documents: one of its billing instructions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consolidation {
    /// Each has documents of its own.
    #[default]
    Order,
    /// Those that name the same purchase orders; one that names none stays alone.
    PurchaseOrder,
    Advertiser,
    /// All.
    Account,
}

/// What decides with which others an order shares a document.
#[derive(Clone, Debug)]
pub struct Sharing {
    pub consolidation: Consolidation,
    pub advertiser: String,
    /// The order's id in its source system: by it orders follow each other on a document.
    pub external_id: String,
    pub calendar: OrderCalendar,
    pub liability: Liability,
    /// Who may see the document follows from it.
    pub territory: String,
}

/// Names the document of an order within its run and account: orders with the same key share it.
///
/// Whatever the account asks for, a document has one currency, commission, terms of payment, way to be settled, billing
/// calendar, liability and territory. `stays_alone` keeps an order that is on hold from holding up others.
pub fn grouping_key(
    order: &OrderFacts,
    sharing: &Sharing,
    purchase_orders: &[&str],
    stays_alone: bool,
) -> String {
    let by = match sharing.consolidation {
        Consolidation::Order => None,
        Consolidation::PurchaseOrder if purchase_orders.is_empty() => None,
        Consolidation::PurchaseOrder => Some(format!("purchase orders {purchase_orders:?}")),
        Consolidation::Advertiser => Some(format!("advertiser {:?}", sharing.advertiser)),
        Consolidation::Account => Some("account".to_owned()),
    };
    let Some(by) = by.filter(|_| !stays_alone) else { return order.order.to_string() };
    let OrderFacts { currency, commission_percent, payment_terms_days, settled_by, .. } = order;
    let liability = match sharing.liability {
        Liability::SoleAgency => "SOLE_AGENCY",
        Liability::Sequential => "SEQUENTIAL",
        Liability::JointAndSeveral => "JOINT_AND_SEVERAL",
        Liability::Advertiser => "ADVERTISER",
    };
    let (calendar, territory) = (sharing.calendar.name(), &sharing.territory);
    let commission = commission_percent.value().normalize();
    let settled_by = settled_by.name();
    format!(
        "{currency} {commission} % net {payment_terms_days} {settled_by} {calendar} {liability} {territory:?} by {by}"
    )
}
