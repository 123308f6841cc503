//! What the gateway is told when it starts.

use std::{collections::BTreeMap, net::SocketAddr};

use chassis::configuration::Secret;
use serde::Deserialize;

use crate::limits::LimitSettings;

/// The defaults, section `gateway` of the configuration.
pub const DEFAULTS: &str = r#"
[gateway]
listen = "127.0.0.1:8080"
health_listen = "127.0.0.1:9090"
connections_max = 8
remember_keys_s = 5

[gateway.upstreams]
invoicing = "http://127.0.0.1:50051"
adjustments = "http://127.0.0.1:50052"

[gateway.limits]
concurrency_max = 1024
calls_per_second = 500
burst = 2000
"#;

/// The gateway's settings, section `gateway` of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// The public port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where health and metrics are; port 0 takes a free one.
    pub health_listen: SocketAddr,
    /// The database, as the role `access_app`.
    pub database_url: Secret,
    /// Connections to the database at most.
    pub connections_max: u32,
    /// What callers are signed with, at least 32 bytes: the same at every service.
    pub caller_secret: Secret,
    /// For how many seconds a key is remembered, at most 10: so late a revocation bites.
    pub remember_keys_s: u64,
    /// The services by the name that follows `billing.` in their packages: `invoicing = "http://127.0.0.1:50051"`.
    pub upstreams: BTreeMap<String, String>,
    /// How much at once.
    pub limits: LimitSettings,
}
