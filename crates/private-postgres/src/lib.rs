#![doc = include_str!("../README.md")]

mod binaries;
mod home;
mod launch_error;
mod server;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use binaries::Binaries;
use home::Home;
use server::Server;

pub use launch_error::LaunchError;

/// The superuser that owns every database of a private server. It has no password: who may enter the socket
/// directory may connect.
pub const SUPERUSER: &str = "makegood";

/// What a private server is started from.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that belongs to the server alone; made when it is not there.
    pub folder: PathBuf,
    /// The directory that holds `postgres` and `initdb`; `None` looks for them.
    pub bin: Option<PathBuf>,
    /// `true` survives a power cut. `false` trades that for speed and is for tests only.
    pub durable: bool,
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct PrivatePostgres {
    server: Server,
    // Held for as long as this value lives, and let go by the system when the process is killed: whoever gets it
    // may therefore adopt a server that is still running. Declared last, so that it is let go after the stop.
    _lock: File,
}

/// Starts the server of a folder, or adopts the one that a killed parent left running there.
pub async fn start(options: Options) -> Result<PrivatePostgres, LaunchError> {
    let folder = made(&options.folder)?;
    let lock = lock(&folder)?;
    let home = Home::of(&folder)?;
    let server = match server::adopt(&home).await? {
        Some(server) => server,
        None => {
            let bin = Binaries::find(options.bin.as_deref(), &home)?;
            server::launch(&home, &bin, options.durable).await?
        }
    };
    Ok(PrivatePostgres { server, _lock: lock })
}

impl PrivatePostgres {
    /// The superuser's URL of a database. The database `postgres` is always there.
    pub fn url(&self, database: &str) -> String {
        self.url_as(SUPERUSER, database)
    }

    /// The URL of a database for another role. The server asks no password of anyone.
    pub fn url_as(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@localhost/{database}?host={}", self.server.socket().display())
    }

    /// The process id of the server.
    pub fn pid(&self) -> i32 {
        self.server.pid()
    }

    /// Whether the server still takes connections. When it does not, drop this value and [`start`] again: the URLs
    /// stay the same.
    pub fn is_running(&self) -> bool {
        self.server.takes_connections()
    }

    /// Shuts the server down: sessions are ended, committed data is on disk.
    pub async fn stop(mut self) -> Result<(), LaunchError> {
        self.server.stop().await
    }

    /// Gives up the server without stopping it; the next [`start`] on the folder adopts it.
    pub fn leave_running(mut self) {
        self.server.release();
    }
}

fn made(folder: &Path) -> Result<PathBuf, LaunchError> {
    fs::create_dir_all(folder).and_then(|()| fs::canonicalize(folder)).map_err(LaunchError::folder(folder))
}

fn lock(folder: &Path) -> Result<File, LaunchError> {
    let path = folder.join("lock");
    let file = OpenOptions::new().read(true).append(true).create(true).open(&path);
    let file = file.map_err(LaunchError::folder(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LaunchError::InUse { folder: folder.to_owned() }),
        Err(TryLockError::Error(error)) => Err(LaunchError::folder(&path)(error)),
    }
}
