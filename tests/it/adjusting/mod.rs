//! Adjustments with both services, each as it is started anywhere: what is approved becomes a document, once.

mod attacks;
mod cases;
mod causes;
mod changes;
mod corrections;
mod disputes;
mod going_down;
pub mod house;
mod kinds;
mod line;
mod notes;
mod rates;
mod reference;
mod refunds;
mod sign_off;
mod spots;
