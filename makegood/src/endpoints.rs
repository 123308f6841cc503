//! Where a suite listens and which tokens open its door: what `makegood up` writes and every other command reads.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::{
    client::{Client, Door},
    secret_file,
};

/// Where the file is in the data folder.
pub fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("endpoints.json")
}

/// The file `endpoints.json`. It holds tokens, so only its owner may read it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Endpoints {
    /// gRPC and REST: `http://127.0.0.1:8080`.
    pub address: String,
    /// Health and metrics: `http://127.0.0.1:9090`.
    pub health: String,
    /// The database, without a password.
    pub database: String,
    /// The development token of each person.
    pub tokens: BTreeMap<String, String>,
}

/// Which suite a command talks to, and as whom.
#[derive(Args, Clone, Debug)]
pub struct DoorArguments {
    /// The folder of the suite that `makegood up` started
    #[arg(long, value_name = "DIR", default_value = ".makegood")]
    pub data_dir: PathBuf,
    /// A suite elsewhere, for example http://billing.example:8080
    #[arg(long, value_name = "URL", requires = "token")]
    pub address: Option<String>,
    /// The token to call with, instead of a development token of the folder
    #[arg(long, value_name = "TOKEN", env = "MAKEGOOD_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

/// An open door and the keys to it.
pub struct Keyring {
    door: Door,
    tokens: BTreeMap<String, String>,
    /// The token that the command line gave; it is for everything.
    token: Option<String>,
}

impl DoorArguments {
    /// Opens the door that the arguments name.
    pub async fn open(&self) -> Result<Keyring, anyhow::Error> {
        let endpoints: Option<Endpoints> = secret_file::read(&file(&self.data_dir))?;
        let address = self.address.clone().or(endpoints.as_ref().map(|endpoints| endpoints.address.clone()));
        let Some(address) = address else {
            let folder = self.data_dir.display();
            bail!(
                "there is no suite in {folder}: start one with `makegood up`, name its folder with --data-dir, or name a suite elsewhere with --address and --token"
            );
        };
        // The tokens of the folder are for its own suite and go nowhere else.
        let tokens = match (&self.address, endpoints) {
            (None, Some(endpoints)) => endpoints.tokens,
            (Some(_), _) | (None, None) => BTreeMap::new(),
        };
        Ok(Keyring { door: Door::open(&address).await?, tokens, token: self.token.clone() })
    }
}

impl Keyring {
    /// The keys of a suite that this process runs.
    pub async fn of(endpoints: &Endpoints) -> Result<Self, anyhow::Error> {
        let door = Door::open(&endpoints.address).await?;
        Ok(Self { door, tokens: endpoints.tokens.clone(), token: None })
    }

    /// Where the door is.
    pub fn address(&self) -> &str {
        self.door.address()
    }

    /// Opens the door as a person; where the command line gave a token, as its bearer.
    pub fn client(&self, person: &str) -> Result<Client, anyhow::Error> {
        match &self.token {
            Some(token) => self.door.client("the bearer of the token", token),
            None => self.person(person),
        }
    }

    /// Opens the door as this person of the folder and nobody else.
    pub fn person(&self, person: &str) -> Result<Client, anyhow::Error> {
        let token = self.tokens.get(person).with_context(|| {
            let known: Vec<&str> = self.tokens.keys().map(String::as_str).collect();
            format!("there is no token of {person}; the folder has those of {}", known.join(", "))
        })?;
        self.door.client(person, token)
    }

    /// Opens the door with a token that the command line gave for one act.
    pub fn bearer(&self, token: &str) -> Result<Client, anyhow::Error> {
        self.door.client("the bearer of the token", token)
    }
}
