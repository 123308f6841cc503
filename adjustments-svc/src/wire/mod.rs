//! Between message and domain: plain functions. Inwards a message becomes domain values or a list of field
//! violations; outwards a domain value becomes the message. No SQL, no rules.

pub mod account;
pub mod adjusted_line;
pub mod adjustment;
pub mod alike;
pub mod approval;
pub mod billing_run;
pub mod case;
pub mod change;
pub mod correspondence;
pub mod customer_case;
pub mod delegation;
pub mod dispute;
pub mod document;
pub mod explanation;
pub mod fact;
pub mod money;
pub mod name;
pub mod person;
pub mod policy;
pub mod rating_correction;
pub mod refund;
pub mod root_cause;
pub mod subscription;
pub mod table;
pub mod text;
pub mod time;
pub mod typed_field;
pub mod work_item;
