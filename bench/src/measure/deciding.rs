//! (g) A decision on a policy of 200 rows, and (h) everything that is wrong with it: in this process, without a service.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use adjustments_domain::policy::{evaluate, lint};
use anyhow::{Result, ensure};

use super::{Bench, TIMES, said};
use crate::{
    figure::{Ratio, median, seconds},
    policy::{ROWS, inputs, policy},
    table::{Asked, Row},
};

/// How often each input is asked about.
const ROUNDS: u32 = 20;
/// What a decision, and what the linter may take.
const DECISION: Duration = Duration::from_micros(20);
const LINT: Duration = Duration::from_secs(1);

impl Bench {
    /// Asks the table, and reads it as a whole.
    pub fn deciding(&mut self) -> Result<()> {
        let policy = policy()?;
        ensure!(policy.rows.len() == ROWS, "the policy has {} rows", policy.rows.len());
        let inputs = inputs()?;
        let (mut decided, mut linted) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            let began = Instant::now();
            for _ in 0..ROUNDS {
                for input in &inputs {
                    let plan = evaluate(black_box(&policy), black_box(input))?;
                    ensure!(!black_box(plan).is_automatic(), "the policy asks somebody for everything");
                }
            }
            decided.push(began.elapsed() / ROUNDS);
            let began = Instant::now();
            black_box(lint(black_box(&policy), None));
            linted.push(began.elapsed());
        }
        let many = u32::try_from(inputs.len())?;
        let (each, lint) = (median(decided) / many, median(linted));
        said(&format!("decided {} times on {ROWS} rows", many * ROUNDS), each * many * ROUNDS);
        self.within("(g) decide on a policy of 200 rows", (each, DECISION));
        self.within("(h) look for what is wrong with 200 rows of 8 columns", (lint, LINT));
        Ok(())
    }

    /// A time beside the one that is asked for.
    pub(super) fn within(&mut self, what: &str, (ours, limit): (Duration, Duration)) {
        self.rows.push(Row {
            what: what.to_owned(),
            ours: seconds(ours),
            limit: seconds(limit),
            of: "time",
            ratio: Ratio::of(ours.as_nanos(), limit.as_nanos()),
            asked: Asked::AtMost(Ratio(1000)),
            peak_mb: None,
        });
    }
}
