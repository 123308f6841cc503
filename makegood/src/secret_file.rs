//! Files that only their owner may read: tokens and passwords.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::Context;
use serde::{Serialize, de::DeserializeOwned};

/// What the file holds; `None` when there is no such file.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, anyhow::Error> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
    };
    let parsed = serde_json::from_str(&text);
    parsed.map(Some).with_context(|| format!("{} is damaged; move it away and start again", path.display()))
}

/// Writes the file beside its place and then moves it there, so that a file that is there is whole.
pub fn write<T: Serialize>(path: &Path, value: &T) -> Result<(), anyhow::Error> {
    let unfinished = path.with_extension("unfinished");
    let write = || -> Result<(), anyhow::Error> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut options = OpenOptions::new();
        let mut file = options.create(true).write(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(serde_json::to_string_pretty(value)?.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        Ok(fs::rename(&unfinished, path)?)
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}
