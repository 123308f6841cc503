//! SQL → message. A report decides nothing.

pub mod cause_trends;
pub mod notifications;
pub mod touches;
pub mod work_items;
