//! What the service is told when it starts.

use std::net::SocketAddr;

use chassis::configuration::Secret;
use serde::Deserialize;

/// The service's settings, section `adjustments` of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Where the service listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The database, as the role `adjustments_app`.
    pub database_url: Secret,
    /// Connections to the database at most.
    pub connections_max: u32,
    /// What the gateway signs callers with, at least 32 bytes; this service signs its own calls with it.
    pub caller_secret: Secret,
    /// Where invoicing is, `http://host:port`.
    pub invoicing_url: String,
}
