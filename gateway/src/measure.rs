//! What is measured of every call that comes through the door.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram},
};
use tonic::{Code, Status};

/// The upper bounds of the histogram of durations, in seconds.
const DURATION_BOUNDS_S: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Counts and times calls by method, door and code.
#[derive(Clone, Debug)]
pub struct Measure {
    calls: Counter<u64>,
    durations: Histogram<f64>,
}

/// How a call came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// gRPC and gRPC-Web; the code is the gRPC code.
    Grpc,
    /// REST/JSON; the code is the HTTP status.
    Rest,
}

impl Entrance {
    /// The code of an answer. A stream that began well went well.
    pub fn code(self, status: StatusCode, headers: &HeaderMap) -> i64 {
        match self {
            Self::Grpc => {
                let status = Status::from_header_map(headers);
                i64::from(i32::from(status.map_or(Code::Ok, |status| status.code())))
            }
            Self::Rest => i64::from(status.as_u16()),
        }
    }
}

impl Measure {
    /// Measures into the meter of the process: telemetry starts before.
    pub fn new() -> Self {
        let meter = global::meter("makegood");
        let durations = meter.f64_histogram("gateway.duration").with_unit("s");
        Self {
            calls: meter.u64_counter("gateway.calls").with_description("Calls answered at the door").build(),
            durations: durations
                .with_description("Time from the arrival of a call at the door to its answer")
                .with_boundaries(DURATION_BOUNDS_S.to_vec())
                .build(),
        }
    }

    /// Takes down one answer. `method` is one of the contracts, so that nobody outside can make new time series.
    pub fn answered(&self, method: &'static str, entrance: Entrance, code: i64, elapsed: Duration) {
        let entrance = match entrance {
            Entrance::Grpc => "grpc",
            Entrance::Rest => "rest",
        };
        let labels =
            [KeyValue::new("method", method), KeyValue::new("door", entrance), KeyValue::new("code", code)];
        self.calls.add(1, &labels);
        self.durations.record(elapsed.as_secs_f64(), &labels);
    }
}
