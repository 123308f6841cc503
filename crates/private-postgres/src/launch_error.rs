use std::io;
use std::path::{Path, PathBuf};

use crate::binaries::OLDEST_MAJOR;

/// Why a private server is not running. Every message names the place and the remedy, for the person at the terminal.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// No server program was found anywhere.
    #[error(
        "PostgreSQL {OLDEST_MAJOR} or newer is needed and was not found. Install it with `{}`, or name the directory \
         of its programs in MAKEGOOD_PG_BIN",
        install_command(None)
    )]
    NotFound,
    /// The configured directory holds no server that can be run.
    #[error(
        "no PostgreSQL server can be run from {}: {reason}. Name the directory that holds `postgres` and `initdb`", bin.display()
    )]
    NotAServer {
        /// The configured directory.
        bin: PathBuf,
        /// What happened.
        reason: String,
    },
    /// The server that was found is older than what the suite is made for.
    #[error(
        "PostgreSQL {found} in {} is too old: {OLDEST_MAJOR} or newer is needed. Install it with `{}`",
        bin.display(), install_command(None)
    )]
    TooOld {
        /// Where it was found.
        bin: PathBuf,
        /// Its major version.
        found: u32,
    },
    /// The data was made by a major version that is not installed.
    #[error(
        "the data in {} was made by PostgreSQL {made_by}, and only {found} is here. Install the other with `{}`, or \
         move the folder away to begin with empty data", data.display(), install_command(Some(*made_by))
    )]
    OtherVersion {
        /// The data directory.
        data: PathBuf,
        /// The major version that made it.
        made_by: u32,
        /// The major versions that were found.
        found: String,
    },
    /// A living process uses the folder.
    #[error("{} is in use by another makegood that is still running. Stop that one first", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// A file or directory cannot be used.
    #[error("{} cannot be used for the database: {source}", path.display())]
    Folder {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The socket directory exists and is not ours alone.
    #[error("{} belongs to somebody else, so the database socket is not put there. Remove it and start again", path.display())]
    Socket {
        /// The directory.
        path: PathBuf,
    },
    /// The user that the server is to run as cannot be used.
    #[error(
        "PostgreSQL does not run as root, and the user it should run as cannot be used: {0}. Run as a normal user"
    )]
    User(String),
    /// The data directory could not be made.
    #[error("initdb could not make a database in {}:\n{output}", data.display())]
    Initdb {
        /// The data directory.
        data: PathBuf,
        /// What initdb printed.
        output: String,
    },
    /// The server ended while it started.
    #[error("PostgreSQL did not start. The end of {}:\n{tail}", log.display())]
    Exited {
        /// The server's log.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// The server neither got ready nor ended.
    #[error("PostgreSQL (process {pid}) was not ready or gone after {after_s} s. Look into {}", log.display())]
    Late {
        /// The server's process id.
        pid: i32,
        /// How long it was waited for.
        after_s: u64,
        /// The server's log.
        log: PathBuf,
    },
}

impl LaunchError {
    pub(crate) fn folder(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Folder { path, source }
    }
}

fn install_command(major: Option<u32>) -> String {
    match (cfg!(target_os = "macos"), major) {
        (true, major) => format!("brew install postgresql@{}", major.unwrap_or(17)),
        (false, Some(major)) => format!("apt-get install postgresql-{major}"),
        (false, None) => "apt-get install postgresql".to_owned(),
    }
}
