//! The real suite as a process of its own, on a database of its own, reached through its public door.

mod door;
mod hold;
mod rest;
mod sign_off;

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use testkit::TestDatabase;
use tokio::time::{Instant, sleep};

use door::Door;
pub use door::{Client, day, day_text, reason};
pub use hold::Hold;
pub use rest::{Answer, rest};
pub use sign_off::{approve, requested, sign_off};

/// How long a suite may take until it can be called.
const START_MAX: Duration = Duration::from_secs(60);

/// A suite that runs. It is killed with this value.
pub struct Suite {
    folder: TempDir,
    database: TestDatabase,
    process: Child,
    door: Door,
}

impl Suite {
    /// A suite on an empty database.
    pub async fn start() -> Result<Self> {
        let folder = TempDir::new()?;
        // The suite migrates by itself, as it does for a company that gives it an empty database.
        let database = TestDatabase::create("empty", async |_| Ok(())).await?;
        let process = spawn(folder.path(), database.url())?;
        let mut suite = Self { door: Door::closed(), folder, database, process };
        suite.door = suite.wait().await?;
        Ok(suite)
    }

    /// The public door as a person opens it, by the names of the development tokens: `billing_manager_1`.
    pub fn client(&self, person: &str) -> Result<Client> {
        self.door.client(person)
    }

    /// `http://127.0.0.1:…` and the token of a person.
    pub fn address(&self) -> &str {
        self.door.address()
    }

    /// The token of a person.
    pub fn token(&self, person: &str) -> Result<&str> {
        self.door.token(person)
    }

    /// A superuser's URL of the suite's database.
    pub fn database_url(&self) -> &str {
        self.database.url()
    }

    /// Kills the process without a warning, as a power cut does.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Starts a killed suite on what it left.
    pub async fn start_again(&mut self) -> Result<()> {
        fs::remove_file(self.folder.path().join("endpoints.json"))?;
        self.process = spawn(self.folder.path(), self.database.url())?;
        self.door = self.wait().await?;
        Ok(())
    }

    async fn wait(&mut self) -> Result<Door> {
        let since = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait()? {
                bail!("the suite ended ({status}):\n{}", self.said());
            }
            if let Ok(door) = Door::of(&self.folder.path().join("endpoints.json")).await {
                return Ok(door);
            }
            if since.elapsed() > START_MAX {
                bail!("the suite does not open its door:\n{}", self.said());
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the process complained of.
    pub fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("said")).unwrap_or_default()
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

fn spawn(folder: &Path, database_url: &str) -> Result<Child> {
    let said = fs::OpenOptions::new().create(true).append(true).open(folder.join("said"))?;
    let mut command = makegood();
    command
        .args(["up", "--port", "0", "--health-port", "0", "--data-dir"])
        .arg(folder)
        .args(["--database-url", database_url]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
    command.spawn().context("the command cannot be run")
}

/// The command `makegood`, built together with these tests.
pub fn makegood() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_makegood-under-test"));
    // Nothing of the developer's own suite.
    let own =
        std::env::vars_os().map(|(key, _)| key).filter(|key| key.to_string_lossy().starts_with("MAKEGOOD_"));
    for key in own {
        command.env_remove(key);
    }
    command
}

/// A folder for a suite with a PostgreSQL of its own. Everybody may enter it: as root that server is another user, which
/// else would keep its data elsewhere and leave it there.
pub fn folder() -> Result<TempDir> {
    Ok(tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir()?)
}

/// What `endpoints.json` holds that a client needs.
#[derive(serde::Deserialize)]
struct Endpoints {
    address: String,
    tokens: BTreeMap<String, String>,
}
