//! The one server that all tests of a checkout share.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use private_postgres::{LaunchError, Options, PrivatePostgres, start};
use tokio::sync::OnceCell;

/// The environment variable that names the server: a superuser's URL of its database `postgres`.
pub const URL_VARIABLE: &str = "MAKEGOOD_TEST_DATABASE_URL";

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/testkit-pg");
/// How long another process may take to start the server.
const TURN_LIMIT: Duration = Duration::from_secs(60);

/// The superuser's URL of the server that this process uses until it ends.
pub async fn server_url() -> Result<&'static str> {
    static URL: OnceCell<(String, Option<SharedServer>)> = OnceCell::const_new();
    let found = URL.get_or_try_init(async || match std::env::var(URL_VARIABLE) {
        Ok(url) => anyhow::Ok((url, None)),
        Err(_) => {
            let server = SharedServer::join(Path::new(FOLDER)).await?;
            Ok((server.url().to_owned(), Some(server)))
        }
    });
    Ok(found.await?.0.as_str())
}

/// The use of the shared server by one process. It counts for as long as this value lives.
#[derive(Debug)]
pub struct SharedServer {
    folder: PathBuf,
    url: String,
    /// Locked, shared by all users; who can lock it alone is the last one. Beside the folder, which goes with the server.
    users: File,
}

impl SharedServer {
    /// Joins the users of this checkout's server.
    pub async fn of_checkout() -> Result<Self> {
        Self::join(Path::new(FOLDER)).await
    }

    /// Joins the users of a folder's server, and starts it when it does not run.
    pub async fn join(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder.parent().context("the folder has no parent")?)?;
        let path = folder.with_extension("users");
        let users = File::create(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        users.lock_shared()?;
        let server = Self::turn(folder).await?;
        let url = server.url("postgres");
        server.leave_running();
        Ok(Self { folder: folder.to_owned(), url, users })
    }

    /// The superuser's URL of the database `postgres`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops the server and removes its data when nobody else uses it; says whether it did.
    pub async fn leave(self) -> Result<bool> {
        self.users.unlock()?;
        match self.users.try_lock() {
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error.into()),
            Ok(()) => {}
        }
        Self::turn(&self.folder).await?.stop().await?;
        if let Ok(moved) = fs::read_to_string(self.folder.join("moved-to")) {
            fs::remove_dir_all(moved.trim_end())?;
        }
        fs::remove_dir_all(&self.folder)?;
        Ok(true)
    }

    /// The server, as soon as no other process is just starting it.
    async fn turn(folder: &Path) -> Result<PrivatePostgres> {
        let since = Instant::now();
        loop {
            match start(Options { folder: folder.to_owned(), bin: None, durable: false }).await {
                Err(LaunchError::InUse { .. }) if since.elapsed() < TURN_LIMIT => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                answer => return Ok(answer?),
            }
        }
    }
}
