//! The whole by chance: random work, judged by an oracle that shares no code with the suite.
//!
//! Each test prints its seed. `SIMULATION_SEED` repeats one, `SIMULATION_ROUNDS` makes them longer.

mod chance;
mod feed;
mod house;
mod issuing;
mod killing;
mod rating;
mod workload;
