//! Configuration comes from three places, the later the stronger: built-in defaults, the file that `--config` names,
//! and the environment (`MAKEGOOD__SECTION__KEY`). Secrets have no defaults.

use std::{collections::HashMap, env, fmt, path::Path};

use config::{Config, ConfigError, Environment, File, FileFormat};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

/// What the names of our environment variables start with.
const PREFIX: &str = "MAKEGOOD";

/// A value that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes charge of a secret.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The secret itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    /// An empty secret is a missing one.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = String::deserialize(deserializer)?;
        if value.is_empty() {
            return Err(serde::de::Error::custom("a secret must not be empty"));
        }
        Ok(Self(value))
    }
}

/// A configuration that cannot be used; the message names the key and both places where it can be set.
#[derive(Debug, thiserror::Error)]
#[error("configuration: {problem}{remedy}")]
pub struct ConfigurationError {
    problem: String,
    remedy: String,
}

/// Reads a service's configuration: `defaults_toml`, then `file`, then the environment of the process.
pub fn load<T: DeserializeOwned>(defaults_toml: &str, file: Option<&Path>) -> Result<T, ConfigurationError> {
    load_from(defaults_toml, file, env::vars().collect())
}

/// [`load`] with a given environment.
pub fn load_from<T: DeserializeOwned>(
    defaults_toml: &str,
    file: Option<&Path>,
    environment: HashMap<String, String>,
) -> Result<T, ConfigurationError> {
    let mut sources = Config::builder().add_source(File::from_str(defaults_toml, FileFormat::Toml));
    if let Some(path) = file {
        sources = sources.add_source(File::from(path).format(FileFormat::Toml));
    }
    // Values stay text until the field's own type reads them: a password of digits remains the password that it is.
    let variables = Environment::with_prefix(PREFIX).separator("__").source(Some(environment));
    sources.add_source(variables).build().and_then(Config::try_deserialize).map_err(ConfigurationError::from)
}

impl From<ConfigError> for ConfigurationError {
    fn from(error: ConfigError) -> Self {
        let remedy = match key(&error) {
            Some(key) => {
                let variable = key.to_uppercase().replace('.', "__");
                format!("; set {key} in the file that --config names, or {PREFIX}__{variable}")
            }
            None => String::new(),
        };
        Self { problem: error.to_string(), remedy }
    }
}

fn key(error: &ConfigError) -> Option<&str> {
    match error {
        ConfigError::NotFound(key) => Some(key),
        ConfigError::Type { key, .. } | ConfigError::At { key, .. } => key.as_deref(),
        _ => None,
    }
}
