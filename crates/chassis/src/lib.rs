#![doc = include_str!("../README.md")]

pub mod allow;
pub mod attachment;
pub mod background;
pub mod call;
pub mod caller;
pub mod clock;
pub mod configuration;
pub mod database;
pub mod failure;
pub mod mask;
pub mod page;
pub mod scope;
pub mod serve;
pub mod stack;
pub mod telemetry;
pub mod trace;
