//! Pages (aip.dev/158). A page token is sealed: it says after which key the next page begins, and it is good only for
//! the same method with the same other arguments.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use prost::Message;
use refusal::{Class, Refusal, Violations};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{call::Call, configuration::Secret};

/// How many items a page has when the request does not say.
pub const PAGE_SIZE_DEFAULT: i64 = 50;

/// How many items a page has at most; who asks for more gets this many.
pub const PAGE_SIZE_MAX: i64 = 1000;

const SEAL_BYTES: usize = 16;

/// Seals page tokens. Every replica of a service has the same secret, so that each can read the tokens of the others.
#[derive(Clone)]
pub struct PageSeal {
    key: [u8; 32],
}

impl PageSeal {
    /// A seal whose key is derived from `secret`, so that the secret may serve for other things too.
    pub fn derived(secret: &Secret) -> Self {
        let key =
            Sha256::new().chain_update(b"makegood page token\0").chain_update(secret.reveal()).finalize();
        Self { key: key.into() }
    }

    fn seal(&self, arguments: &[u8; 32], key: &[u8]) -> [u8; SEAL_BYTES] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        mac.update(arguments);
        mac.update(key);
        let tag: [u8; 32] = mac.finalize().into_bytes().into();
        std::array::from_fn(|i| tag[i])
    }
}

/// The page that a request asks for. `K` is the sort key of the list, in which every item has its own place.
pub struct Page<K> {
    /// The key of the last item that the caller has; `None` on the first page.
    pub after: Option<K>,
    limit: i64,
    seal: PageSeal,
    arguments: [u8; 32],
}

impl<K: Serialize + DeserializeOwned> Page<K> {
    /// The page of a request. `arguments` is the request without its `page_size` and `page_token`.
    pub fn of(
        seal: &PageSeal,
        call: &Call,
        arguments: &impl Message,
        page_size: i32,
        page_token: &str,
    ) -> Result<Self, Refusal> {
        let limit = match i64::from(page_size) {
            0 => PAGE_SIZE_DEFAULT,
            1.. => i64::from(page_size).min(PAGE_SIZE_MAX),
            _ => {
                let mut violations = Violations::new();
                violations.add("page_size", "must not be negative");
                return Err(violations.refusal());
            }
        };
        let digest = Sha256::new().chain_update(call.method).chain_update([0]);
        let arguments = digest.chain_update(arguments.encode_to_vec()).finalize().into();
        let after = if page_token.is_empty() { None } else { Some(open(seal, &arguments, page_token)?) };
        Ok(Self { after, limit, seal: seal.clone(), arguments })
    }

    /// How many items to load: one more than the page holds, which tells whether another page follows.
    pub fn fetch(&self) -> i64 {
        self.limit + 1
    }

    /// The items of the page out of the loaded ones, and the token of the next page: empty on the last.
    pub fn cut<T>(
        self,
        mut loaded: Vec<T>,
        key: impl Fn(&T) -> K,
    ) -> Result<(Vec<T>, String), anyhow::Error> {
        let limit = usize::try_from(self.limit)?;
        if loaded.len() <= limit {
            return Ok((loaded, String::new()));
        }
        loaded.truncate(limit);
        let token = loaded.last().map(|last| self.token(&key(last))).transpose()?;
        Ok((loaded, token.unwrap_or_default()))
    }

    fn token(&self, key: &K) -> Result<String, anyhow::Error> {
        let key = serde_json::to_vec(key)?;
        let mut token = self.seal.seal(&self.arguments, &key).to_vec();
        token.extend_from_slice(&key);
        Ok(URL_SAFE_NO_PAD.encode(token))
    }
}

fn open<K: DeserializeOwned>(seal: &PageSeal, arguments: &[u8; 32], token: &str) -> Result<K, Refusal> {
    let sealed = URL_SAFE_NO_PAD.decode(token).map_err(|_| foreign_token())?;
    let (tag, key) = sealed.split_first_chunk::<SEAL_BYTES>().ok_or_else(foreign_token)?;
    if !bool::from(seal.seal(arguments, key).ct_eq(tag)) {
        return Err(foreign_token());
    }
    serde_json::from_slice(key).map_err(|_| foreign_token())
}

fn foreign_token() -> Refusal {
    Refusal::new(
        Class::Malformed,
        "PAGE_TOKEN",
        "page_token is not from this list; send it as it was answered, with all other arguments unchanged",
    )
}
