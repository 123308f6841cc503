//! How a line is priced: what is counted, at which price, within which limits. Booking says it and rating applies it.

mod limits;
mod metric;
mod model;
mod tier;

pub use limits::{Minimum, PeriodUnits, Window};
pub use metric::Metric;
pub use model::{PricingModel, Proration, Schedule, Through};
pub use tier::{Tier, TierRefusal, Tiers};
