//! The invoicing service as its callers see it, on real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod accounting_period;
mod airings_again;
mod billing_run;
mod consolidation;
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
mod order;
mod order_pricing;
mod order_reconciliation;
mod order_review;
mod quote;
mod rate_card;
mod reference;
mod refresh;
mod running_totals;
mod service;
mod several_entities;
mod side_by_side;
mod tax;
mod tax_engine;
mod tax_file;
mod two_processes;
