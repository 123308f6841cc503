//! Between message and domain: plain functions. Inwards a message becomes domain values or a list of field
//! violations; outwards a domain value becomes the message. No SQL, no rules.

pub mod account;
pub mod ad_product;
pub mod billing_entity;
pub mod billing_run;
pub mod choice;
pub mod fact;
pub mod money;
pub mod name;
pub mod number_series;
pub mod period;
pub mod text;
