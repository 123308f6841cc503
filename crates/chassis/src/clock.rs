//! Time is a dependency: whoever asks what time it is, asks the clock that the service was started with.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp, TimestampRound, Unit};

/// Where a service takes the time from. Clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    stopped: Option<Arc<RwLock<Timestamp>>>,
}

impl Clock {
    /// The clock of the machine.
    pub fn system() -> Self {
        Self { stopped: None }
    }

    /// A clock that stands at `at` until it is set or advanced: for tests and simulations.
    pub fn stopped(at: Timestamp) -> Self {
        Self { stopped: Some(Arc::new(RwLock::new(at))) }
    }

    /// The time now, in whole microseconds: what PostgreSQL keeps, so that what is recorded is what is read back.
    pub fn now(&self) -> Timestamp {
        let now = match &self.stopped {
            None => Timestamp::now(),
            Some(hand) => *hand.read().unwrap_or_else(PoisonError::into_inner),
        };
        let microseconds = TimestampRound::new().smallest(Unit::Microsecond).mode(jiff::RoundMode::Trunc);
        now.round(microseconds).unwrap_or(now)
    }

    /// Puts a stopped clock to `at`.
    ///
    /// # Panics
    /// On the clock of the machine, which is not ours to set.
    pub fn set(&self, at: Timestamp) {
        let hand = self.stopped.as_ref().expect("only a stopped clock can be set");
        *hand.write().unwrap_or_else(PoisonError::into_inner) = at;
    }

    /// Puts a stopped clock forward, or back by a negative duration.
    ///
    /// # Panics
    /// On the clock of the machine, and beyond the year 9999.
    pub fn advance(&self, by: SignedDuration) {
        self.set(self.now() + by);
    }
}
