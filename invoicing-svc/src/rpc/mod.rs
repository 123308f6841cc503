//! The calls: parse, transact, answer. One file per gRPC service; each handler opens and commits its one transaction.

mod account_service;
mod accounting_period_service;
mod ad_credit_service;
mod ad_product_service;
mod agreement_service;
mod approvals;
mod approve_billing_run;
mod arriving;
mod billing_entity_service;
mod billing_exception_service;
mod billing_run_service;
mod blast_radius;
mod bridge;
mod changed;
mod check_settings;
mod credited_spots;
mod delivery_service;
mod delivery_source;
mod edit_invoice;
mod event_service;
mod explanation_service;
mod give_up;
mod hold_service;
mod import_airings;
mod import_delivery;
mod import_tax_rates;
mod invoice_service;
mod issue_note;
mod ledger_service;
mod makegood_service;
mod note_lines;
mod note_service;
mod number_series_service;
mod order_review;
mod order_service;
mod owe_makegoods;
mod owed;
mod placing;
mod rate_card_service;
mod rating_service;
mod rebill;
mod receivable_service;
mod receive;
mod release_makegoods;
mod settling;
mod stage_clock_service;
mod stale_accounts;
mod standing;
mod sync_orders;
mod take_back;
mod tax_service;
mod thresholds;
mod why_not_billed;

pub use arriving::Arrivals;
use chassis::{background::Background, clock::Clock, page::PageSeal};
use outbox::Feed;
use sqlx::PgPool;

use crate::work::{Bell, TaxEngines};

/// What the handlers work with.
#[derive(Clone)]
pub struct Rpc {
    pub pool: PgPool,
    pub seal: PageSeal,
    pub feed: Feed,
    /// Rung when there is work beside the calls.
    pub bell: Bell,
    pub background: Background,
    /// For what is dated by the moment in which it is done, and not in which its call arrived.
    pub clock: Clock,
    pub arrivals: Arrivals,
    pub tax_engines: TaxEngines,
    /// The caller that is trusted with approvals; none: nothing needs one.
    pub approvals: Option<String>,
}
