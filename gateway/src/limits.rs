//! What is too much is shed at once, plainly, before it costs anything.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use refusal::{Class, Refusal};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many keys are remembered before those at rest are forgotten.
const KEYS_MAX: usize = 10_000;

/// The section `limits` of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSettings {
    /// How many calls are worked on at once. A stream counts until its first answer.
    pub concurrency_max: usize,
    /// How many calls a key may make in a second, on average; at least 1.
    pub calls_per_second: u32,
    /// How many calls a key that was at rest may make at once; at least 1.
    pub burst: u32,
}

/// Counts what goes on.
#[derive(Debug)]
pub struct Limits {
    permits: Arc<Semaphore>,
    /// The time that one call of a key takes up.
    interval: Duration,
    /// How far a key may be ahead of its time.
    ahead_max: Duration,
    /// By key: until when its calls so far take up its time (the generic cell rate algorithm, ITU-T I.371).
    taken: Mutex<HashMap<String, Instant>>,
}

impl Limits {
    /// Nothing goes on yet.
    pub fn new(settings: &LimitSettings) -> Self {
        let interval = Duration::from_secs(1) / settings.calls_per_second.max(1);
        let ahead_max = interval * settings.burst.max(1);
        let permits = Arc::new(Semaphore::new(settings.concurrency_max));
        Self { permits, interval, ahead_max, taken: Mutex::default() }
    }

    /// A place for one call.
    pub fn enter(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let overloaded = "the gateway has all the work it can do; try again later";
        self.permits
            .clone()
            .try_acquire_owned()
            .map_err(|_| Refusal::new(Class::Exhausted, "OVERLOADED", overloaded))
    }

    /// Counts a call of this key at this time.
    pub fn count(&self, key: &str, now: Instant) -> Result<(), Refusal> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.len() >= KEYS_MAX {
            taken.retain(|_, until| *until > now);
        }
        let until = taken.get(key).map_or(now, |until| (*until).max(now)) + self.interval;
        if until > now + self.ahead_max {
            let wait_ms = (until - now - self.ahead_max).as_millis().max(1);
            let message = format!("this key calls too often; call again in {wait_ms} ms");
            return Err(Refusal::new(Class::Exhausted, "TOO_MANY_CALLS", message).with("wait_ms", wait_ms));
        }
        taken.insert(key.to_owned(), until);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
