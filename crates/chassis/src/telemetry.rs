//! Logs, traces and metrics of a process. No personal data goes into any of them.

use std::{io::IsTerminal, time::Duration};

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram},
    trace::TracerProvider,
};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, error::OTelSdkError, metrics::SdkMeterProvider, trace::SdkTracerProvider};
use prometheus::{Registry, TextEncoder};
use serde::Deserialize;
use tonic::Code;
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// The upper bounds of the histogram of durations, in seconds.
const DURATION_BOUNDS_S: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The section `telemetry` of a configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetrySettings {
    /// How log lines are written.
    pub log: LogFormat,
    /// What is logged, a level, and levels of single modules: `info,sqlx=warn`.
    pub filter: String,
    /// Where traces go (OTLP over gRPC, `http://collector:4317`); without it they are not exported.
    pub otlp_endpoint: Option<String>,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Why telemetry did not start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read.
    #[error("telemetry.filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The exporter of traces cannot be built.
    #[error("telemetry.otlp_endpoint: {0}")]
    Traces(#[from] ExporterBuildError),
    /// The exporter of metrics cannot be built.
    #[error("metrics: {0}")]
    Metrics(#[from] OTelSdkError),
    /// Something else in this process writes the logs already.
    #[error("telemetry was started twice in one process: {0}")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// The running telemetry of a process.
pub struct Telemetry {
    registry: Registry,
    tracers: SdkTracerProvider,
}

/// Starts logs (to standard error), traces and metrics, once in a process, before anything that is to be measured.
pub fn start(process: &'static str, settings: &TelemetrySettings) -> Result<Telemetry, TelemetryError> {
    let resource = Resource::builder().with_service_name(process).build();

    let mut tracers = SdkTracerProvider::builder().with_resource(resource.clone());
    if let Some(endpoint) = &settings.otlp_endpoint {
        let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
        tracers = tracers.with_batch_exporter(exporter);
    }
    let tracers = tracers.build();

    let registry = Registry::new();
    let reader = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build()?;
    let meters = SdkMeterProvider::builder().with_resource(resource).with_reader(reader).build();

    let stderr = std::io::stderr;
    // Colours are for a terminal: in a file they are noise.
    let lines = tracing_subscriber::fmt::layer().with_writer(stderr).with_ansi(stderr().is_terminal());
    let lines = match settings.log {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(settings.filter.parse::<Targets>()?)
        .with(lines)
        .with(tracing_opentelemetry::layer().with_tracer(tracers.tracer(process)))
        .try_init()?;
    // Only now is it sure that this is the first start: a second one must not take the meters from the first.
    global::set_meter_provider(meters);
    Ok(Telemetry { registry, tracers })
}

impl Telemetry {
    /// The metrics of the process in the text format of Prometheus.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }

    /// Sends the traces that still wait.
    pub fn stop(self) {
        if let Err(error) = self.tracers.shutdown() {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// What is measured of every call, by method and code.
#[derive(Clone)]
pub(crate) struct CallMetrics {
    calls: Counter<u64>,
    durations: Histogram<f64>,
}

impl CallMetrics {
    pub(crate) fn new() -> Self {
        let meter = global::meter("makegood");
        let durations = meter.f64_histogram("rpc.server.duration").with_unit("s");
        Self {
            calls: meter.u64_counter("rpc.server.calls").with_description("Calls answered").build(),
            durations: durations
                .with_description("Time from the arrival of a call to its answer")
                .with_boundaries(DURATION_BOUNDS_S.to_vec())
                .build(),
        }
    }

    /// Takes down one answer. A method is one of the contracts, so that nobody outside can make new time series.
    pub(crate) fn answered(&self, method: &'static str, code: Code, elapsed: Duration) {
        let labels = [KeyValue::new("method", method), KeyValue::new("code", format!("{code:?}"))];
        self.calls.add(1, &labels);
        self.durations.record(elapsed.as_secs_f64(), &labels);
    }
}
