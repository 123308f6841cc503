//! Where a CSV file comes from, and the reading that keeps out what no CSV file holds: nothing else is read before
//! its place is known.

use std::{
    fs::File,
    io::{self, Cursor, ErrorKind, Read},
    path::{Path, PathBuf},
};

use anyhow::Context;
use sha2::{Digest, Sha256};

/// The longest line of a file, in bytes; the services refuse longer ones too.
const LINE_MAX_BYTES: usize = 1024 * 1024;

/// A CSV file, by the name that messages call it.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    File(PathBuf),
    Inline(&'static str),
}

impl Source {
    /// A file on disk, called by its path.
    pub fn file(path: &Path) -> Self {
        Self { name: path.display().to_string(), content: Content::File(path.to_owned()) }
    }

    /// A file that the program carries.
    pub fn inline(name: &str, content: &'static str) -> Self {
        Self { name: name.to_owned(), content: Content::Inline(content) }
    }

    /// What messages call the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bytes, unchecked.
    pub fn open(&self) -> Result<Box<dyn Read + Send>, anyhow::Error> {
        match &self.content {
            Content::Inline(content) => Ok(Box::new(Cursor::new(content.as_bytes()))),
            Content::File(path) => {
                let file = File::open(path).with_context(|| format!("{} cannot be opened", self.name))?;
                let is_dir = file.metadata().is_ok_and(|metadata| metadata.is_dir());
                anyhow::ensure!(!is_dir, "{} is a folder; name the CSV files in it", self.name);
                Ok(Box::new(file))
            }
        }
    }

    /// The bytes, as far as they can be lines of a CSV file.
    pub fn open_text(&self) -> Result<PlainText<Box<dyn Read + Send>>, anyhow::Error> {
        Ok(PlainText { inner: self.open()?, line: 1, length: 0 })
    }

    /// The first twelve hexadecimal digits of the SHA-256 of the content: the same file is the same batch.
    pub fn digest(&self) -> Result<String, anyhow::Error> {
        let mut hash = Sha256::new();
        io::copy(&mut self.open()?, &mut hash).with_context(|| format!("{} cannot be read", self.name))?;
        Ok(hex::encode(hash.finalize()).chars().take(12).collect())
    }
}

/// Refuses NUL bytes and lines that would fill the memory, and names the line.
pub struct PlainText<R> {
    inner: R,
    line: usize,
    length: usize,
}

impl<R: Read> Read for PlainText<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        for byte in buffer.iter().take(count) {
            self.length += 1;
            match byte {
                0 => return Err(self.refused("holds a NUL byte; this is not a CSV file")),
                b'\n' => (self.line, self.length) = (self.line + 1, 0),
                _ if self.length > LINE_MAX_BYTES => return Err(self.refused("is longer than 1 MiB")),
                _ => {}
            }
        }
        Ok(count)
    }
}

impl<R> PlainText<R> {
    fn refused(&self, problem: &str) -> io::Error {
        io::Error::new(ErrorKind::InvalidData, format!("line {} {problem}", self.line))
    }
}
