//! How long it takes from the signature of an order to its invoice: delays are errors, too.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use calendar::EntityZone;
use jiff::{Timestamp, civil::Date};

/// What comes after what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Signed,
    Synced,
    Live,
    Delivered,
    Final,
    Rated,
    Approved,
    Issued,
}

/// When a billing period of an order line reached its stages; `None`: it has not, or nobody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub signed: Option<Date>,
    pub synced: Option<Timestamp>,
    pub live: Option<Date>,
    pub delivered: Option<Date>,
    /// When the last was received of what was delivered: from then on it is final.
    pub told: Option<Timestamp>,
    pub rated: Option<Timestamp>,
    pub approved: Option<Timestamp>,
    pub issued: Option<Timestamp>,
}

/// A stage that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    pub stage: Stage,
    /// In the entity's time zone.
    pub day: Date,
    /// Where more than the day is known.
    pub at: Option<Timestamp>,
    /// The last stage before it that was reached, and how many days later this one was: below zero where this one came first.
    pub since: Option<(Stage, i32)>,
}

impl Times {
    /// The stages that were reached, one after what it comes after.
    pub fn reached(&self, zone: &EntityZone) -> Vec<Reached> {
        let Self { signed, synced, live, delivered, told, rated, approved, issued } = *self;
        let on = |day: Option<Date>| day.map(|day| (day, None));
        let timed = |at: Option<Timestamp>| at.map(|at| (zone.day_of(at), Some(at)));
        let all = [
            (Stage::Signed, on(signed)),
            (Stage::Synced, timed(synced)),
            (Stage::Live, on(live)),
            (Stage::Delivered, on(delivered)),
            (Stage::Final, timed(told)),
            (Stage::Rated, timed(rated)),
            (Stage::Approved, timed(approved)),
            (Stage::Issued, timed(issued)),
        ];
        let mut reached: Vec<Reached> = Vec::with_capacity(all.len());
        for (stage, when) in all {
            let Some((day, at)) = when else { continue };
            let since = reached.last().map(|before| (before.stage, (day - before.day).get_days()));
            reached.push(Reached { stage, day, at, since });
        }
        reached
    }
}

/// How many days something took, each time.
#[derive(Clone, Debug, Default)]
pub struct Delays {
    times: BTreeMap<i32, u64>,
}

impl Delays {
    /// It took so many days once more.
    pub fn add(&mut self, days: i32) {
        *self.times.entry(days).or_default() += 1;
    }

    /// How often.
    pub fn count(&self) -> u64 {
        self.times.values().sum()
    }

    /// In half of the times it took so many days or fewer; absent where there was none.
    pub fn median(&self) -> Option<i32> {
        let half = self.count().div_ceil(2);
        let mut seen = 0;
        let middle = self.times.iter().find(|(_, times)| {
            seen += **times;
            seen >= half
        });
        middle.map(|(days, _)| *days)
    }
}
