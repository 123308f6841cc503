//! Equal content has an equal digest, on every machine and in every release.
//!
//! SHA-256 over the parts in a fixed order, each preceded by its length; lists by their count. The
//! version in the first part changes when the order of the parts does.

use sha2::{Digest, Sha256};

/// A digest in the making.
#[derive(Clone)]
pub struct ContentDigest(Sha256);

impl ContentDigest {
    /// Begins the digest of a kind of content in a version of its form, such as `order/1`.
    pub fn of(form: &str) -> Self {
        let mut begun = Self(Sha256::new());
        begun.text(form);
        begun
    }

    /// A part as it is written.
    pub fn text(&mut self, part: impl AsRef<[u8]>) {
        self.count(part.as_ref().len());
        self.0.update(part);
    }

    /// A part that has one way of being written: a number in lowest terms, a day, a name of ours.
    pub fn written(&mut self, part: impl ToString) {
        self.text(part.to_string());
    }

    /// How many parts follow.
    pub fn count(&mut self, count: usize) {
        let count = u64::try_from(count).expect("a length in memory has at most 64 bits");
        self.0.update(count.to_be_bytes());
    }

    /// The digest of everything said.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}
