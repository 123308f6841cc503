#![doc = include_str!("../README.md")]

pub mod account;
pub mod ad_product;
pub mod billing_entity;
pub mod billing_run;
pub mod content_digest;
pub mod control_total;
pub mod delivery;
pub mod explanation;
pub mod invariant;
pub mod invoice;
pub mod ledger;
pub mod number_series;
pub mod order;
pub mod pricing;
pub mod rating;
pub mod resource;
