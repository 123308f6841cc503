//! The invoicing service as its callers see it, on real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod accounting_period;
mod airings_again;
mod billing_run;
mod correction;
mod daily;
mod daily_again;
mod delivery;
mod delivery_source;
mod exception;
mod explanation;
mod fiscal_calendar;
mod hold;
mod invoice;
mod ledger;
mod makegood;
mod metered;
mod note;
mod order;
mod order_pricing;
mod order_reconciliation;
mod order_review;
mod quote;
mod rate_card;
mod receivable;
mod reference;
mod refresh;
mod run_approval;
mod running_totals;
mod service;
mod side_by_side;
mod tax;
mod two_processes;
