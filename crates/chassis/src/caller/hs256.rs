//! The one signature that callers' tokens have. The token library brings its own, with RSA and elliptic curves that
//! nothing here speaks: two dozen crates that would be built, shipped and audited for nothing.

use hmac::{Hmac, Mac};
use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind},
    signature::{self, Signer, Verifier},
};
use sha2::Sha256;

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes it the process's. Whoever comes second finds it there.
pub(super) fn install() {
    let _ = PROVIDER.install_default();
}

struct Hs256(Hmac<Sha256>);

impl Hs256 {
    fn new(algorithm: Algorithm, family: AlgorithmFamily, secret: &[u8]) -> Result<Box<Self>, Error> {
        if algorithm != Algorithm::HS256 || family != AlgorithmFamily::Hmac {
            return Err(ErrorKind::InvalidAlgorithm.into());
        }
        Ok(Box::new(Self(Hmac::new_from_slice(secret).map_err(|_| ErrorKind::InvalidKeyFormat)?)))
    }

    fn over(&self, message: &[u8]) -> Hmac<Sha256> {
        self.0.clone().chain_update(message)
    }
}

fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    Ok(Hs256::new(*algorithm, key.family(), key.as_bytes())?)
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    Ok(Hs256::new(*algorithm, key.family(), key.try_get_as_bytes()?)?)
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.over(message).finalize().into_bytes().to_vec())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        self.over(message).verify_slice(signature).map_err(signature::Error::from_source)
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto};

    use super::install;

    /// RFC 7515, appendix A.1.
    const KEY: &str =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    const INPUT: &[u8] = b"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const SIGNATURE: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn secret() -> Vec<u8> {
        BASE64_URL_SAFE_NO_PAD.decode(KEY).unwrap()
    }

    fn key() -> DecodingKey {
        DecodingKey::from_secret(&secret())
    }

    #[test]
    fn the_example_of_the_standard_is_signed_and_believed() {
        install();
        let ours = EncodingKey::from_secret(&secret());
        assert_eq!(crypto::sign(INPUT, &ours, Algorithm::HS256).unwrap(), SIGNATURE);
        assert!(crypto::verify(SIGNATURE, INPUT, &key(), Algorithm::HS256).unwrap());
        assert!(!crypto::verify(SIGNATURE, &INPUT[1..], &key(), Algorithm::HS256).unwrap());
        assert!(!crypto::verify(&SIGNATURE[..42], INPUT, &key(), Algorithm::HS256).unwrap_or(false));
    }

    #[test]
    fn nothing_else_is_spoken() {
        install();
        assert!(crypto::verify(SIGNATURE, INPUT, &key(), Algorithm::HS512).is_err());
        assert!(crypto::verify(SIGNATURE, INPUT, &key(), Algorithm::RS256).is_err());
    }
}
