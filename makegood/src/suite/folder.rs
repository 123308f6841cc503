//! The folder of a suite belongs to one process at a time.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use crate::{
    endpoints::{self, Endpoints},
    secret_file,
};

/// The folder, for as long as this value lives. The system lets it go when the process is killed.
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Takes the folder, or says who has it.
    pub fn take(path: &Path) -> Result<Self, anyhow::Error> {
        let unusable = || format!("the folder {} cannot be used", path.display());
        fs::create_dir_all(path).with_context(unusable)?;
        let path = fs::canonicalize(path).with_context(unusable)?;
        let lock =
            OpenOptions::new().append(true).create(true).open(path.join("lock")).with_context(unusable)?;
        match lock.try_lock() {
            Ok(()) => {
                let folder = Self { path, _lock: lock };
                folder.forget_endpoints();
                Ok(folder)
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(unusable),
            Err(TryLockError::WouldBlock) => {
                let running: Option<Endpoints> = secret_file::read(&endpoints::file(&path))?;
                let at = running
                    .map_or("it is still starting".to_owned(), |it| format!("it listens at {}", it.address));
                bail!(
                    "a suite runs already in {}: {at}. Use that one, stop it (Ctrl-C where it was started), or name another folder with --data-dir",
                    path.display()
                );
            }
        }
    }

    /// The absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file of a suite that has ended would send clients to a closed door. Where it cannot be removed they find
    /// that nobody answers there.
    fn forget_endpoints(&self) {
        let _ = fs::remove_file(endpoints::file(&self.path));
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.forget_endpoints();
    }
}
