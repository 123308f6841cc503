//! What the service is told when it starts.

use std::{collections::BTreeMap, net::SocketAddr};

use chassis::configuration::Secret;
use serde::Deserialize;

/// The service's settings, section `invoicing` of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Where the service listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The database, as the role `invoicing_app`.
    pub database_url: Secret,
    /// Connections to the database at most.
    pub connections_max: u32,
    /// What the gateway signs callers with, at least 32 bytes.
    pub caller_secret: Secret,
    /// The service that is trusted with approvals, by the name that it signs with (`adjustments`). Then what needs an
    /// approval is done by it alone. None: runs are signed off by a second person, and nothing else needs an approval.
    #[serde(default)]
    pub approvals: Option<String>,
    /// Outside tax engines, by the name that billing entities call them.
    #[serde(default)]
    pub tax_engines: BTreeMap<String, TaxEngine>,
}

/// An outside tax engine, which serves `outside.tax.v1`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxEngine {
    /// For example `http://127.0.0.1:50061`.
    pub url: String,
    /// How long one attempt may take; a question is given up after three.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
}

fn timeout_ms() -> u64 {
    2_000
}
