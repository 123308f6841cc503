//! Adjustments with both services, each as it is started anywhere: what is approved becomes a document, once.

mod attacks;
mod cases;
mod corrections;
mod disputes;
mod going_down;
mod house;
mod kinds;
mod line;
mod notes;
mod reference;
mod sign_off;
mod spots;
