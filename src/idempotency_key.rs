//! Idempotency keys of profile jobs.

use std::fmt;

use crate::error::{Error, Result};
use crate::redact::Redacted;
use http::HeaderValue;

/// Key that identifies a profile job.
///
/// A request with the same key is the same job, so it can be repeated without starting, and paying for, a second one.
///
/// By default, each call generates a random key. Set your own to repeat a call from another process or at another time.
///
/// ```
/// let key = mem0::profiles::IdempotencyKey::from("nightly-2026-03-01");
/// assert_eq!(key.as_str(), "nightly-2026-03-01");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Generates a random key: a UUID of version 4, as 32 hexadecimal digits.
    ///
    /// # Errors
    /// [`Error::Config`] if the operating system provides no random numbers.
    #[cfg(any(feature = "blocking", feature = "async"))]
    pub fn generate() -> Result<Self> {
        let mut bytes = [0; 16];
        getrandom::getrandom(&mut bytes).map_err(|_| {
            Error::config(
                "idempotency_key",
                "cannot be generated, because the system provides no random numbers; set a key",
            )
        })?;
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Ok(Self(format!("{:032x}", u128::from_be_bytes(bytes))))
    }

    /// Returns the key as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Converts the key into a header value. Refuses an empty key and other characters than visible ASCII.
    pub(crate) fn header(&self) -> Result<HeaderValue> {
        if self.0.is_empty() {
            return Err(Error::invalid(
                "idempotency_key",
                "is empty; set a key, or leave it out to generate one",
            ));
        }
        if !self.0.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::invalid(
                "idempotency_key",
                "contains characters that are not allowed in a header value; use visible ASCII",
            ));
        }
        HeaderValue::try_from(self.0.as_str()).map_err(|_| {
            Error::invalid(
                "idempotency_key",
                "contains characters that are not allowed in a header value; use visible ASCII",
            )
        })
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IdempotencyKey").field(&Redacted(&self.0)).finish()
    }
}

impl From<&str> for IdempotencyKey {
    fn from(key: &str) -> Self {
        Self(key.to_owned())
    }
}

impl From<String> for IdempotencyKey {
    fn from(key: String) -> Self {
        Self(key)
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn generated_keys_are_unique_random_uuids() {
        let keys: std::collections::BTreeSet<String> =
            (0..1000).map(|_| IdempotencyKey::generate().unwrap().0).collect();
        assert_eq!(keys.len(), 1000);
        for key in keys {
            assert!(key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
            assert_eq!(&key[12..13], "4");
            assert!("89ab".contains(&key[16..17]), "{key}");
        }
    }

    #[test]
    fn keys_that_are_invalid_in_a_header_are_refused() {
        for wrong in ["", "a b", "a\r\nX-Other: b", "ü", "\u{7f}"] {
            assert!(IdempotencyKey::from(wrong).header().is_err(), "{wrong:?}");
        }
        assert_eq!(IdempotencyKey::from("idem-1").header().unwrap(), "idem-1");
    }
}
