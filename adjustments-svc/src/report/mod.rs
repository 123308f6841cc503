//! SQL → message. A report decides nothing.

pub mod notifications;
pub mod work_items;
