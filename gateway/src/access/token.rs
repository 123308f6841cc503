//! The bearer token: `mk_<32 hexadecimal digits of the key>_<64 hexadecimal digits of the secret>`.

use std::{fmt, str::FromStr};

use ids::KeyId;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

const SECRET_BYTES: usize = 32;

/// What a client presents. It is never logged: `Debug` hides the secret.
#[derive(Clone)]
pub struct Token {
    /// The key that it claims to be.
    pub key: KeyId,
    secret: String,
}

/// The text is not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a token: mk_, 32 hexadecimal digits, an underscore, and 64 hexadecimal digits")]
pub struct ParseTokenError;

impl Token {
    /// A token of a key with a new secret of 256 random bits.
    pub fn new(key: KeyId) -> Self {
        Self { key, secret: hex::encode(rand::random::<[u8; SECRET_BYTES]>()) }
    }

    /// What is kept of the secret. A plain hash will do: nobody guesses 256 random bits.
    pub fn secret_hash(&self) -> [u8; 32] {
        Sha256::digest(&self.secret).into()
    }

    /// Whether the secret is the one with this hash. How long the answer takes tells nothing.
    pub fn fits(&self, secret_hash: &[u8; 32]) -> bool {
        self.secret_hash().ct_eq(secret_hash).into()
    }

    /// The text to hand out, once.
    pub fn reveal(&self) -> String {
        format!("mk_{}_{}", self.key.uuid().simple(), self.secret)
    }
}

impl FromStr for Token {
    type Err = ParseTokenError;

    fn from_str(text: &str) -> Result<Self, ParseTokenError> {
        let (key, secret) =
            text.strip_prefix("mk_").and_then(|rest| rest.split_once('_')).ok_or(ParseTokenError)?;
        let hexadecimal = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        if !hexadecimal(key, 32) || !hexadecimal(secret, 2 * SECRET_BYTES) {
            return Err(ParseTokenError);
        }
        let key = Uuid::try_parse(key).map_err(|_| ParseTokenError)?;
        Ok(Self { key: KeyId::from_uuid(key), secret: secret.to_owned() })
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}, …)", self.key)
    }
}

#[cfg(test)]
mod tests;
