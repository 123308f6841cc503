use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::LaunchError;
use crate::home::Home;

/// The oldest PostgreSQL that the suite is made for.
pub(crate) const OLDEST_MAJOR: u32 = 14;

/// Where package managers put versioned servers: the directory, the start of the versioned name, and what follows it.
const INSTALLED: [(&str, &str, &str); 5] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// The programs of one installed PostgreSQL.
#[derive(Debug)]
pub(crate) struct Binaries {
    dir: PathBuf,
    major: u32,
}

impl Binaries {
    /// The programs that a home is opened with: of the version that made its data, else the newest.
    pub(crate) fn find(configured: Option<&Path>, home: &Home) -> Result<Self, LaunchError> {
        let named =
            configured.map(Path::to_owned).or_else(|| env::var_os("MAKEGOOD_PG_BIN").map(PathBuf::from));
        let mut found = match named {
            Some(dir) => vec![
                Self::inspect(&dir, home).map_err(|reason| LaunchError::NotAServer { bin: dir, reason })?,
            ],
            None => installed().iter().filter_map(|dir| Self::inspect(dir, home).ok()).collect(),
        };
        found.sort_by_key(|binaries| binaries.major);
        let made_by = home.made_by()?;
        match (
            found.iter().rposition(|binaries| made_by.is_none_or(|major| major == binaries.major)),
            made_by,
        ) {
            (Some(at), _) => found.swap_remove(at).new_enough(),
            (None, Some(made_by)) if !found.is_empty() => {
                let found =
                    found.iter().map(|binaries| binaries.major.to_string()).collect::<Vec<_>>().join(", ");
                Err(LaunchError::OtherVersion { data: home.data(), made_by, found })
            }
            (None, _) => Err(LaunchError::NotFound),
        }
    }

    fn new_enough(self) -> Result<Self, LaunchError> {
        if self.major < OLDEST_MAJOR {
            return Err(LaunchError::TooOld { bin: self.dir, found: self.major });
        }
        Ok(self)
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Runs `postgres --version` as the user that the server will run as: a program that this user may not run is no use.
    fn inspect(dir: &Path, home: &Home) -> Result<Self, String> {
        let dir = fs::canonicalize(dir).map_err(|error| error.to_string())?;
        if !dir.join("initdb").is_file() {
            return Err("there is no initdb in it".to_owned());
        }
        let output = home.command(&dir.join("postgres")).arg("--version").output();
        let output = output.map_err(|error| format!("postgres: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let major = major_version(&text).ok_or_else(|| format!("`postgres --version` answered {text:?}"))?;
        Ok(Self { dir, major })
    }
}

/// The major version in a line such as `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
fn major_version(text: &str) -> Option<u32> {
    let version = text.strip_prefix("postgres (PostgreSQL) ")?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn installed() -> Vec<PathBuf> {
    let packaged = INSTALLED.iter().flat_map(|(parent, prefix, rest)| {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        let versions = entries.filter(move |entry| entry.file_name().to_string_lossy().starts_with(prefix));
        versions.map(move |entry| entry.path().join(rest))
    });
    let on_path = env::var_os("PATH").unwrap_or_default();
    packaged.chain(env::split_paths(&on_path)).filter(|dir| dir.join("postgres").is_file()).collect()
}

#[cfg(test)]
mod tests;
