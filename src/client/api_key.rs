//! The API key, which is never printed.

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;

use crate::error::{Error, Result};
use crate::redact::redact_key;

pub(crate) use crate::redact::REDACTED;

/// Prefix of the keys of an offline platform. They are sent to loopback addresses only.
pub(crate) const LOCAL_KEY_PREFIX: &str = "m0-local-";

/// An API key. `Debug` shows `[redacted]`, and there is no `Display`.
#[derive(Clone)]
pub(crate) struct ApiKey {
    key: Arc<str>,
    header: HeaderValue,
}

impl ApiKey {
    /// Checks a key: it must be printable ASCII without whitespace, to be sent in a header.
    pub(crate) fn new(key: &str) -> Result<Self> {
        if key.trim().is_empty() {
            return Err(Error::config("api_key", "is empty; set MEM0_API_KEY or pass a key to the client"));
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::config(
                "api_key",
                "contains whitespace, a line break or a non-ASCII character; \
                 check the end of the file or variable that it was read from",
            ));
        }
        let mut header = HeaderValue::try_from(format!("Token {key}")).map_err(|_| {
            Error::config("api_key", "contains a character that is not allowed in a header value")
        })?;
        header.set_sensitive(true);
        Ok(Self { key: key.into(), header })
    }

    pub(crate) fn header(&self) -> &HeaderValue {
        &self.header
    }

    /// Whether the key belongs to an offline platform.
    pub(crate) fn is_local(&self) -> bool {
        self.key.starts_with(LOCAL_KEY_PREFIX)
    }

    /// Replaces every occurrence of the key in a text, since servers may echo it: see `redact_key`.
    pub(crate) fn scrub(&self, text: &str) -> String {
        redact_key(text, &self.key)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn invalid_keys_are_rejected_and_not_shown() {
        for bad in ["", "  ", "m0-se\ncret", "m0-sécret", "m0 secret", "m0-secret\r\n", "m0-\u{7f}secret"] {
            let error = ApiKey::new(bad).unwrap_err();
            assert!(matches!(error, Error::Config { field: "api_key", .. }), "{error}");
            assert!(!format!("{error} {error:?}").contains("cret"), "{error}");
        }
    }

    #[test]
    fn scrubbing_a_text_of_escapes_takes_linear_time() {
        let key = ApiKey::new("m0-secret").unwrap();
        let slashes = "\\".repeat(256 * 1024);
        assert!(key.scrub(&slashes) == slashes);
        assert_eq!(key.scrub(&format!("m{slashes}x")).len(), slashes.len() + 2);
        assert!(key.scrub(&format!("{slashes}m0-secret")) == format!("{slashes}{REDACTED}"));
        let percents = "%25".repeat(64 * 1024);
        assert!(key.scrub(&percents) == percents);
    }

    #[test]
    fn keys_are_never_printed() {
        let key = ApiKey::new("m0-secret").unwrap();
        assert_eq!(format!("{key:?}"), REDACTED);
        assert!(!format!("{:?}", key.header()).contains("secret"));
        assert_eq!(key.scrub("bad key m0-secret, m0-secret!"), "bad key [redacted], [redacted]!");
    }

    #[test]
    fn keys_are_replaced_with_any_json_escapes() {
        let key = ApiKey::new(r#"k0-a+b/c"d=="#).unwrap();
        for echo in [
            r#"k0-a+b/c"d=="#,
            r#"k0-a+b\/c\"d=="#,
            r"k0\u002da\u002Bb\u002fc\u0022d\u003d\u003D",
            r#"\u006b0-a+b/c\"d=="#,
            r#"k0\\u002da+b\\\/c\\\"d=="#,
            r"k0\u005cu002da+b/c\u005c\u0022d==",
        ] {
            assert_eq!(key.scrub(&format!("<{echo}> \\ é {echo}")), "<[redacted]> \\ é [redacted]", "{echo}");
        }
        for cut in [r"k0-a+b", r"k0\u002da+b/", r"k0-a+b\", r"k0-a+b\u00"] {
            assert_eq!(key.scrub(&format!("is {cut}")), "is [redacted]", "{cut}");
        }
        for other in ["k0-a+b is another", r"k0\u002ea+b/c", "k0-a", r"\", r"\u", r"é\ué", "k"] {
            assert_eq!(key.scrub(other), other);
        }
    }
}
