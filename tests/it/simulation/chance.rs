//! Random numbers that can be repeated: SplitMix64 (Steele, Lea, Flood, 2014).

use std::{
    env,
    time::{SystemTime, UNIX_EPOCH},
};

/// A source of chance.
#[derive(Clone, Debug)]
pub struct Chance {
    state: u64,
}

impl Chance {
    /// A new one for a test, or the one that SIMULATION_SEED repeats.
    pub fn new(test: &str) -> Self {
        let given = env::var("SIMULATION_SEED").ok().and_then(|seed| seed.parse().ok());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let seed = given.unwrap_or(now);
        println!("{test}: SIMULATION_SEED={seed}");
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is above 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// The same things in another order.
    pub fn shuffled<T>(&mut self, mut things: Vec<T>) -> Vec<T> {
        let mut rest = things.len();
        while let Ok(left @ 2..) = u64::try_from(rest) {
            rest -= 1;
            let other = usize::try_from(self.below(left)).map_or(0, |other| other);
            things.swap(rest, other);
        }
        things
    }
}

/// How long the simulations go on: `by_default` rounds, or as many as SIMULATION_ROUNDS says.
pub fn rounds(by_default: u64) -> u64 {
    env::var("SIMULATION_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(by_default)
}
