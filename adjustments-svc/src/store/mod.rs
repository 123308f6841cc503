//! What the database keeps: load, record, page, one file per aggregate. Functions take a connection, never a pool:
//! the transaction is opened and committed by whoever answers the call. No messages, no rules.

pub mod account_territory;
pub mod adjustment;
pub mod approval;
pub mod cause_product;
pub mod change;
pub mod correspondence;
pub mod customer_case;
pub mod delegation;
pub mod dispute;
pub mod disputed_document;
pub mod history;
pub mod improvement;
pub mod notification;
pub mod person;
pub mod policy;
pub mod proposed_correction;
pub mod refund;
pub mod sign_off;
pub mod subscription;
pub mod touch;
pub mod written;
