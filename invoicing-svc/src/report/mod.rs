//! SQL → message: reports have one shape. They decide nothing.

pub mod ageing;
pub mod billing_run;
pub mod blast_radius;
pub mod comparison;
pub mod delivery;
pub mod delivery_fact;
pub mod delivery_reconciliation;
pub mod exception;
pub mod invariants;
pub mod invoice;
pub mod ledger;
pub mod order;
pub mod order_reconciliation;
pub mod stage_clock;
pub mod statement;
pub mod trial_balance;
