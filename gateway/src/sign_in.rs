//! Who presents a token. A key is remembered for a few seconds, so that a revocation bites soon everywhere, and at once
//! where it is made.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use chassis::{caller::Caller, clock::Clock, failure::Failure};
use http::{HeaderMap, header};
use ids::KeyId;
use refusal::{Class, Refusal};
use sqlx::PgPool;

use crate::access::{self, ApiKey, Token};

/// How many keys are remembered at once.
const KEYS_MAX: usize = 10_000;

/// The longest that a key may be remembered: so late does a revocation bite at the other replicas.
const REMEMBERED_MAX: Duration = Duration::from_secs(10);

/// Finds the caller behind a token.
#[derive(Debug)]
pub struct SignIn {
    pool: PgPool,
    clock: Clock,
    remembered_for: Duration,
    known: Mutex<HashMap<KeyId, Known>>,
}

#[derive(Clone, Debug)]
struct Known {
    key: ApiKey,
    caller: Arc<Caller>,
    since: Instant,
}

impl SignIn {
    /// Nobody is known yet. Keys are remembered for `remembered_for`, and never longer than ten seconds.
    pub fn new(pool: PgPool, clock: Clock, remembered_for: Duration) -> Self {
        Self { pool, clock, remembered_for: remembered_for.min(REMEMBERED_MAX), known: Mutex::default() }
    }

    /// The caller of a request by its header `Authorization: Bearer mk_…`. Which part of a token is wrong is nobody's
    /// business outside.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Arc<Caller>, Failure> {
        let Some(value) = headers.get(header::AUTHORIZATION) else {
            return Err(unknown("is missing").into());
        };
        let token: Option<Token> = value.to_str().ok().and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().parse().ok())?
        });
        let Some(token) = token else { return Err(unknown("is not a Bearer token of this suite").into()) };
        let known = match self.remembered(token.key) {
            Some(known) => known,
            None => self.look_up(token.key).await?,
        };
        if !token.fits(&known.key.secret_hash) || !known.key.is_good(self.clock.now()) {
            return Err(unknown("is not valid; it may be revoked or have expired").into());
        }
        Ok(known.caller)
    }

    /// Forgets a key that has changed.
    pub fn forget(&self, key: KeyId) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }

    fn remembered(&self, key: KeyId) -> Option<Known> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&key).filter(|known| known.since.elapsed() < self.remembered_for).cloned()
    }

    async fn look_up(&self, id: KeyId) -> Result<Known, Failure> {
        // The age counts from before the look: what changes meanwhile is seen in time.
        let since = Instant::now();
        let mut connection = self.pool.acquire().await?;
        let key = access::by_id(&mut connection, id).await?;
        let key = key.ok_or_else(|| unknown("is not valid; it may be revoked or have expired"))?;
        let known = Known { caller: Arc::new(key.caller()), key, since };
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEYS_MAX {
            all.retain(|_, known| known.since.elapsed() < self.remembered_for);
        }
        all.insert(id, known.clone());
        Ok(known)
    }
}

fn unknown(problem: &str) -> Refusal {
    let message = format!("the Authorization header {problem}; send `Authorization: Bearer mk_…`");
    Refusal::new(Class::Unauthenticated, "KEY_UNKNOWN", message)
}
