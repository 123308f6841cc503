//! SQL → message: reports have one shape. They decide nothing.

pub mod billing_run;
pub mod delivery;
pub mod invoice;
pub mod order;
