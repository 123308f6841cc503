//! What the service is told when it starts.

use std::{net::SocketAddr, path::PathBuf};

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
    /// How those are told who have subscribed.
    #[serde(default)]
    pub notifications: Notifications,
}

/// Which ways out there are; without settings there is none.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notifications {
    /// The hosts that may be posted to, `host` or `host:port`.
    pub webhook_hosts: Vec<String>,
    /// Where files of e-mail are put, one for each message; the folder is there.
    pub mail_folder: Option<PathBuf>,
    /// Who they are from.
    pub mail_from: String,
}

impl Default for Notifications {
    fn default() -> Self {
        let mail_from = "makegood@localhost".to_owned();
        Self { webhook_hosts: Vec::new(), mail_folder: None, mail_from }
    }
}
