//! Between message and domain: plain functions. Inwards a message becomes domain values or a list of field
//! violations; outwards a domain value becomes the message. No SQL, no rules.

pub mod account;
pub mod accounting_period;
pub mod ad_product;
pub mod airing;
pub mod airing_batch;
pub mod airing_csv;
pub mod billing_entity;
pub mod billing_run;
pub mod booked;
pub mod bridge;
pub mod choice;
pub mod csv;
pub mod delivery_batch;
pub mod delivery_csv;
pub mod delivery_fact;
pub mod exception;
pub mod explanation;
pub mod fact;
pub mod fiscal_calendar;
pub mod hold;
pub mod invoice_file;
pub mod invoice_list;
pub mod money;
pub mod name;
pub mod number_series;
pub mod order;
pub mod order_batch;
pub mod order_line;
pub mod order_review;
pub mod period;
pub mod pricing;
pub mod printed;
pub mod quote;
pub mod text;
pub mod unbilled;
