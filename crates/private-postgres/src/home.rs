//! Where the data lives and which user the server runs as.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use nix::unistd::{User, geteuid};
use sha2::{Digest, Sha256};

use crate::LaunchError;

/// Where the data goes when the server's user cannot enter the folder; only root gets here.
const ELSEWHERE: &str = "/var/lib/makegood";

/// The directory that holds `data` and the log, and the user that it is opened as.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    dir: PathBuf,
    /// The user and group to become; `None` when we are not root.
    become_user: Option<(u32, u32)>,
}

impl Home {
    pub(crate) fn of(folder: &Path) -> Result<Self, LaunchError> {
        if !geteuid().is_root() {
            return Ok(Self { dir: folder.to_owned(), become_user: None });
        }
        let moved = folder.join("moved-to");
        if let Ok(dir) = fs::read_to_string(&moved) {
            let dir = PathBuf::from(dir.trim_end());
            return Ok(Self { become_user: Some(server_user(&dir)?), dir });
        }
        let here = Self { dir: folder.to_owned(), become_user: Some(server_user(folder)?) };
        if here.is_reachable()? {
            own(&here.dir, here.become_user)?;
            return Ok(here);
        }
        let dir = Path::new(ELSEWHERE).join(fingerprint(folder, SystemTime::now()));
        fs::create_dir_all(&dir).map_err(LaunchError::folder(&dir))?;
        // Whatever the umask says: the server's user must be able to enter it.
        let passable = fs::set_permissions(ELSEWHERE, fs::Permissions::from_mode(0o755));
        passable.map_err(LaunchError::folder(Path::new(ELSEWHERE)))?;
        let there = Self { dir, ..here };
        own(&there.dir, there.become_user)?;
        fs::write(&moved, format!("{}\n", there.dir.display())).map_err(LaunchError::folder(&moved))?;
        Ok(there)
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.dir.join("postgres.log")
    }

    /// A fresh, empty log that the server's user owns.
    pub(crate) fn open_log(&self) -> Result<fs::File, LaunchError> {
        let path = self.log();
        let file = fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&path);
        let file = file.map_err(LaunchError::folder(&path))?;
        own(&path, self.become_user)?;
        Ok(file)
    }

    /// The major version that made the data; `None` when there is no data yet.
    pub(crate) fn made_by(&self) -> Result<Option<u32>, LaunchError> {
        let path = self.data().join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map(Some).map_err(|_| {
                LaunchError::folder(&path)(io::Error::new(
                    ErrorKind::InvalidData,
                    format!("it says {text:?}"),
                ))
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LaunchError::folder(&path)(error)),
        }
    }

    /// A command that runs as the server's user, in the home. Its messages are in English, whatever the locale, and on
    /// macOS postgres refuses to start without a valid one.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.dir).env("LC_ALL", "C").stdin(Stdio::null());
        if let Some((uid, gid)) = self.become_user {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// The socket directory. A socket's path may have 107 bytes and a checkout's may be longer, so it stands under /tmp.
    /// Its name depends on the folder and on when the data was made: it stays the same from start to start, and a fresh
    /// checkout at an old place does not meet the server of the deleted one.
    pub(crate) fn socket_dir(&self) -> Result<PathBuf, LaunchError> {
        let version = self.data().join("PG_VERSION");
        let made =
            fs::metadata(&version).and_then(|it| it.modified()).map_err(LaunchError::folder(&version))?;
        Ok(Path::new("/tmp").join(format!("makegood-{}", fingerprint(&self.dir, made))))
    }

    /// Makes the socket directory, for the server's user alone. One that somebody else put there is not used.
    pub(crate) fn make_socket_dir(&self) -> Result<PathBuf, LaunchError> {
        let dir = self.socket_dir()?;
        match fs::DirBuilder::new().mode(0o700).create(&dir) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(LaunchError::folder(&dir)(error));
            }
            Ok(()) | Err(_) => {}
        }
        let us = geteuid().as_raw();
        let owner = self.become_user.map_or(us, |(uid, _)| uid);
        let found = fs::symlink_metadata(&dir).map_err(LaunchError::folder(&dir))?;
        let ours =
            found.is_dir() && found.mode() & 0o777 == 0o700 && (found.uid() == owner || found.uid() == us);
        if !ours {
            return Err(LaunchError::Socket { path: dir });
        }
        own(&dir, self.become_user)?;
        Ok(dir)
    }

    fn is_reachable(&self) -> Result<bool, LaunchError> {
        match self.command(Path::new("true")).status() {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => self.may_become().map(|()| false),
            Err(error) => Err(LaunchError::User(error.to_string())),
        }
    }

    /// Tells a folder that cannot be entered from a root that may not change its user at all.
    fn may_become(&self) -> Result<(), LaunchError> {
        let tried = self.command(Path::new("true")).current_dir("/").status();
        tried.map(|_| ()).map_err(|error| LaunchError::User(error.to_string()))
    }
}

/// Whom root starts the server as: the owner of the data that is there, else `postgres`, else `nobody`.
fn server_user(dir: &Path) -> Result<(u32, u32), LaunchError> {
    if let Ok(data) = fs::metadata(dir.join("data")) {
        return Ok((data.uid(), data.gid()));
    }
    let named = ["postgres", "nobody"].into_iter().find_map(|name| User::from_name(name).ok().flatten());
    let user =
        named.ok_or_else(|| LaunchError::User("there is neither `postgres` nor `nobody`".to_owned()))?;
    Ok((user.uid.as_raw(), user.gid.as_raw()))
}

fn own(path: &Path, user: Option<(u32, u32)>) -> Result<(), LaunchError> {
    match user {
        Some((uid, gid)) => chown(path, Some(uid), Some(gid)).map_err(LaunchError::folder(path)),
        None => Ok(()),
    }
}

fn fingerprint(path: &Path, at: SystemTime) -> String {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let digest =
        Sha256::new().chain_update(path.as_os_str().as_encoded_bytes()).chain_update(since.to_be_bytes());
    hex::encode(digest.finalize().iter().take(8).copied().collect::<Vec<_>>())
}
