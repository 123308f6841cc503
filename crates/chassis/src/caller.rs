//! Who is calling, told by the gateway and believed because it is signed: nothing trusts a header from outside.
//!
//! The token is a JWT (RFC 7519, HS256) that lives for 60 seconds and is good at one service, its audience.

mod hs256;

use billing_proto::billing::access::v1::{PrincipalKind, Role};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use refusal::{Class, Refusal};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{clock::Clock, configuration::Secret};

/// The metadata key that carries the token.
pub const CALLER_HEADER: &str = "x-makegood-caller";

/// How long a token is good, in seconds.
const LIFE_S: i64 = 60;

/// How far the clocks of two machines may stand apart, in seconds.
const SKEW_S: i64 = 30;

/// What RFC 7518 §3.2 asks of an HS256 key.
const SECRET_MIN_BYTES: usize = 32;

/// A role within limits. An empty list does not limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// What may be done.
    #[serde(with = "role_name")]
    pub role: Role,
    /// For which billing entities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<Uuid>,
    /// In which territories, by their codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub territories: Vec<String>,
    /// For which accounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<Uuid>,
}

/// Who is calling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The person or platform behind the key: two keys of one person are one person.
    #[serde(rename = "sub")]
    pub person: String,
    /// Whether that is somebody who can answer for an approval.
    #[serde(with = "kind_name")]
    pub kind: PrincipalKind,
    /// The key that was presented.
    pub key: String,
    /// What the caller may do.
    pub grants: Vec<Grant>,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    aud: String,
    /// Seconds since the epoch.
    iat: i64,
    exp: i64,
    #[serde(flatten)]
    caller: Caller,
}

/// A signing secret that could be guessed.
#[derive(Debug, thiserror::Error)]
#[error(
    "the caller secret has {0} bytes; it needs at least {SECRET_MIN_BYTES}, for example from `openssl rand -hex 32`"
)]
pub struct WeakSecret(usize);

/// Signs callers; the gateway has it, and services that call other services.
#[derive(Clone)]
pub struct CallerSigner {
    key: EncodingKey,
    clock: Clock,
}

impl CallerSigner {
    /// A signer with the secret that the services share.
    pub fn new(secret: &Secret, clock: Clock) -> Result<Self, WeakSecret> {
        hs256::install();
        Ok(Self { key: EncodingKey::from_secret(strong(secret)?), clock })
    }

    /// The token for one call at the service `audience`, to be sent as [`CALLER_HEADER`].
    pub fn sign(&self, caller: &Caller, audience: &str) -> Result<String, anyhow::Error> {
        let iat = self.clock.now().as_second();
        let claims = Claims { aud: audience.to_owned(), iat, exp: iat + LIFE_S, caller: caller.clone() };
        Ok(jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.key)?)
    }
}

/// Believes callers that are signed for one service.
#[derive(Clone)]
pub struct CallerVerifier {
    key: DecodingKey,
    validation: Validation,
    clock: Clock,
}

impl CallerVerifier {
    /// A verifier at the service `audience`.
    pub fn new(secret: &Secret, audience: &str, clock: Clock) -> Result<Self, WeakSecret> {
        hs256::install();
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["aud", "exp", "sub"]);
        // The crate would ask the machine for the time; `verify` asks the clock of the service.
        validation.validate_exp = false;
        Ok(Self { key: DecodingKey::from_secret(strong(secret)?), validation, clock })
    }

    /// The caller of a token. Why a token is not believed is nobody's business outside.
    pub fn verify(&self, token: &str) -> Result<Caller, Refusal> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation)
            .map_err(|error| {
                tracing::debug!(%error, "a caller token is not believed");
                unknown_caller()
            })?
            .claims;
        let now = self.clock.now().as_second();
        if claims.exp <= now || claims.iat > now + SKEW_S || claims.exp - claims.iat > LIFE_S {
            tracing::debug!(now, issued = claims.iat, expires = claims.exp, "a caller token is out of time");
            return Err(unknown_caller());
        }
        Ok(claims.caller)
    }
}

/// The refusal of a call that nobody known makes.
pub(crate) fn unknown_caller() -> Refusal {
    Refusal::new(
        Class::Unauthenticated,
        "CALLER_UNKNOWN",
        "the call carries no valid caller; call through the gateway with a valid key",
    )
}

fn strong(secret: &Secret) -> Result<&[u8], WeakSecret> {
    let bytes = secret.reveal().as_bytes();
    if bytes.len() < SECRET_MIN_BYTES { Err(WeakSecret(bytes.len())) } else { Ok(bytes) }
}

/// Roles travel by their names in the contract.
mod role_name {
    use billing_proto::billing::access::v1::Role;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(role: &Role, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(role.as_str_name())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Role, D::Error> {
        let name = String::deserialize(deserializer)?;
        Role::from_str_name(&name).ok_or_else(|| D::Error::custom(format!("no role {name}")))
    }
}

/// Kinds of principals travel by their names in the contract.
mod kind_name {
    use billing_proto::billing::access::v1::PrincipalKind;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(kind: &PrincipalKind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(kind.as_str_name())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PrincipalKind, D::Error> {
        let name = String::deserialize(deserializer)?;
        PrincipalKind::from_str_name(&name).ok_or_else(|| D::Error::custom(format!("no kind {name}")))
    }
}
