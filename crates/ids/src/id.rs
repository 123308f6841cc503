//! An id is a UUID that knows what it names.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What an id names; see the [registry](crate#).
pub trait Kind {
    /// The three letters before the underscore.
    const PREFIX: &'static str;
}

/// The id of a thing of kind `K`, written `acc_018f…`: prefix, underscore, 32 lowercase hexadecimal digits.
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

/// The text is not an id of the expected kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not an id of the expected kind: {prefix}_ and 32 lowercase hexadecimal digits")]
pub struct ParseIdError {
    /// The prefix of the expected kind.
    pub prefix: &'static str,
}

impl<K: Kind> Id<K> {
    /// The id over a UUID: one read from the database, or a version 7 that the caller made.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self { uuid, kind: PhantomData }
    }

    /// The UUID, as the database holds it.
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }

    /// The id that follows from what a thing is called: the same parts give the same id, everywhere and for good.
    ///
    /// A UUID of version 8 (RFC 9562 §5.8) over SHA-256 of the kind's prefix and the parts, each preceded by its length.
    pub fn derived(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        // Without the lengths ("ab", "c") and ("a", "bc") would be one order; without the prefix an order and a line
        // of the same name would share a UUID.
        for part in std::iter::once(K::PREFIX.as_bytes()).chain(parts.iter().copied()) {
            let length = u64::try_from(part.len()).expect("a length in memory has at most 64 bits");
            hash.update(length.to_be_bytes());
            hash.update(part);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self::from_uuid(Uuid::new_v8(bytes))
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, self.uuid.simple())
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let error = ParseIdError { prefix: K::PREFIX };
        let digits = text.strip_prefix(K::PREFIX).and_then(|rest| rest.strip_prefix('_')).ok_or(error)?;
        // One thing has one spelling, or two rows could name it: the other notations of a UUID are refused.
        if digits.len() != 32 || !digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(error);
        }
        Uuid::try_parse(digits).map(Self::from_uuid).map_err(|_| error)
    }
}

// Written out, because a derive would ask of the kind, which is only a name, to be all this as well.
impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

/// The 16 bytes of the UUID, as a part of another id.
impl<K> AsRef<[u8]> for Id<K> {
    fn as_ref(&self) -> &[u8] {
        self.uuid.as_bytes()
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
