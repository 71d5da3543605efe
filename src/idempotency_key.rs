//! Keys that make a job one job, however often it is asked for.

use std::fmt;

use crate::error::{Error, Result};
use crate::redact::Redacted;
use http::HeaderValue;

/// What a job is asked for under: the same key is the same job, so a request that may have been carried out
/// can be repeated without a second job, and a second bill (contract 6).
///
/// A call makes one up unless it is given one. Give your own to be able to repeat the call in another process, or
/// another day.
///
/// ```
/// let key = mem0::profiles::IdempotencyKey::from("nightly-2026-03-01");
/// assert_eq!(key.as_str(), "nightly-2026-03-01");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// A key nobody else has or can guess: 32 hexadecimal digits, in the form of a random UUID.
    ///
    /// # Errors
    /// [`Error::Config`] if the operating system gives no random numbers.
    #[cfg(any(feature = "blocking", feature = "async"))]
    pub fn generate() -> Result<Self> {
        let mut bytes = [0; 16];
        getrandom::getrandom(&mut bytes).map_err(|_| {
            Error::config(
                "idempotency_key",
                "can't be made up: there are no random numbers; give one yourself",
            )
        })?;
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Ok(Self(format!("{:032x}", u128::from_be_bytes(bytes))))
    }

    /// The key as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key as a header's value; what can be none is refused.
    pub(crate) fn header(&self) -> Result<HeaderValue> {
        if self.0.is_empty() {
            return Err(Error::invalid(
                "idempotency_key",
                "is empty; give one, or leave it out to have one made up",
            ));
        }
        if !self.0.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::invalid(
                "idempotency_key",
                "can't travel in a header; use ASCII without blanks",
            ));
        }
        HeaderValue::try_from(self.0.as_str()).map_err(|_| {
            Error::invalid("idempotency_key", "can't travel in a header; use ASCII without blanks")
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
    fn made_up_keys_are_random_uuids_and_never_the_same() {
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
    fn keys_that_can_not_travel_are_refused() {
        for wrong in ["", "a b", "a\r\nX-Other: b", "ü", "\u{7f}"] {
            assert!(IdempotencyKey::from(wrong).header().is_err(), "{wrong:?}");
        }
        assert_eq!(IdempotencyKey::from("idem-1").header().unwrap(), "idem-1");
    }
}
