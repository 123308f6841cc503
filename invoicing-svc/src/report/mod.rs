//! SQL → message: reports have one shape. They decide nothing.

pub mod billing_run;
pub mod invoice;
