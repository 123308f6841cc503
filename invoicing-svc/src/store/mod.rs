//! What the database keeps: load, record, page, one file per aggregate. Functions take a connection, never a pool:
//! the transaction is opened and committed by whoever answers the call. No messages, no rules.

pub mod account;
mod account_tax;
pub mod accounting_period;
pub mod ad_product;
pub mod billing_entity;
pub mod billing_run;
pub mod bridge;
pub mod check_facts;
pub mod check_severity;
pub mod claim;
pub mod delivery;
pub mod delivery_fact;
pub mod delivery_source;
pub mod delivery_total;
pub mod document;
pub mod draft;
pub mod draft_edit;
pub mod exception;
pub mod explained_line;
pub mod fiscal_calendar;
pub mod hold;
pub mod input_change;
pub mod invoice;
pub mod known_order;
pub mod number_series;
pub mod order;
pub mod order_money;
pub mod order_review;
pub mod quarantine;
pub mod rate_card;
pub mod rating_input;
pub mod stale;
pub mod taken_order;
pub mod tax;
pub mod unbilled;
pub mod written;
