//! The API key: held so that nothing prints it.

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;

use crate::error::{Error, Result};

pub(crate) use crate::mask::REDACTED;

/// Keys of the local platform start with this; they are sent to loopback only.
pub(crate) const LOCAL_KEY_PREFIX: &str = "m0-local-";

/// An API key. `Debug` shows `[redacted]`, and there is no `Display`.
#[derive(Clone)]
pub(crate) struct ApiKey {
    key: Arc<str>,
    header: HeaderValue,
}

impl ApiKey {
    /// Checks a key. It has to be printable ASCII without blanks, since it travels in a header.
    pub(crate) fn new(key: &str) -> Result<Self> {
        if key.trim().is_empty() {
            return Err(Error::config("api_key", "is empty; set MEM0_API_KEY or give a key to the client"));
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::config(
                "api_key",
                "has a blank, a line break or a character outside ASCII in it; \
                 look for one at the end of the file or variable it was read from",
            ));
        }
        let mut header = HeaderValue::try_from(format!("Token {key}"))
            .map_err(|_| Error::config("api_key", "cannot be sent in a header"))?;
        header.set_sensitive(true);
        Ok(Self { key: key.into(), header })
    }

    pub(crate) fn header(&self) -> &HeaderValue {
        &self.header
    }

    /// Whether only a local platform knows this key.
    pub(crate) fn is_local(&self) -> bool {
        self.key.starts_with(LOCAL_KEY_PREFIX)
    }

    /// The text with every occurrence of the key replaced, since servers echo what they are sent. Its characters may
    /// be escaped as in JSON, once or several times. A beginning of the key at the end of the text, which may have
    /// been cut there, is replaced too.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        let (mut copied, mut at) = (0, 0);
        while at < text.len() {
            if let Some(length) = self.length_at_start(&text.as_bytes()[at..]) {
                clean.push_str(&text[copied..at]);
                clean.push_str(REDACTED);
                at += length;
                copied = at;
            } else {
                // A match that fails at the start of a run of backslashes fails within the run too.
                at += backslashes(&text.as_bytes()[at..]).max(1);
            }
        }
        clean.push_str(&text[copied..]);
        clean
    }

    /// How many bytes the key takes at the start of the text, if it stands there. Backslashes of the key itself are not
    /// told from those that escape: both are passed over.
    fn length_at_start(&self, text: &[u8]) -> Option<usize> {
        let mut at = 0;
        for (matched, expected) in self.key.bytes().filter(|byte| *byte != b'\\').enumerate() {
            let slashes = backslashes(&text[at..]);
            let rest = &text[at + slashes..];
            at += slashes;
            if slashes > 0 && escaped(rest) == Some(expected) {
                at += ESCAPED;
            } else if rest.first() == Some(&expected) {
                at += 1;
            } else {
                let is_cut = rest.is_empty() || slashes > 0 && rest[0] == b'u' && rest.len() < ESCAPED;
                return (is_cut && matched >= TELLING).then_some(text.len());
            }
        }
        (at > 0).then_some(at)
    }
}

/// How many characters of a key at the end of a text are taken for a key that was cut.
const TELLING: usize = 6;

/// The length of an escape without its backslash: `u002d`.
const ESCAPED: usize = 5;

/// The character that four hexadecimal digits after a `u` stand for, if it is ASCII.
fn escaped(text: &[u8]) -> Option<u8> {
    let digits = text.strip_prefix(b"u")?.get(..4)?;
    let digits =
        str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

/// How many bytes the text has at its start that are backslashes, escaped or not.
fn backslashes(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        if rest.first() == Some(&b'\\') {
            at += 1;
        } else if at > 0 && escaped(rest) == Some(b'\\') {
            at += ESCAPED;
        } else {
            return at;
        }
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
    fn a_bad_key_is_refused_and_not_shown() {
        for bad in ["", "  ", "m0-se\ncret", "m0-sécret", "m0 secret", "m0-secret\r\n", "m0-\u{7f}secret"] {
            let error = ApiKey::new(bad).unwrap_err();
            assert!(matches!(error, Error::Config { field: "api_key", .. }), "{error}");
            assert!(!format!("{error} {error:?}").contains("cret"), "{error}");
        }
    }

    #[test]
    fn a_text_of_backslashes_is_read_in_linear_time() {
        let key = ApiKey::new("m0-secret").unwrap();
        let slashes = "\\".repeat(256 * 1024);
        assert_eq!(key.scrub(&slashes), slashes);
        assert_eq!(key.scrub(&format!("m{slashes}x")).len(), slashes.len() + 2);
        assert_eq!(key.scrub(&format!("{slashes}m0-secret")), REDACTED);
    }

    #[test]
    fn a_key_is_never_printed() {
        let key = ApiKey::new("m0-secret").unwrap();
        assert_eq!(format!("{key:?}"), REDACTED);
        assert!(!format!("{:?}", key.header()).contains("secret"));
        assert_eq!(key.scrub("bad key m0-secret, m0-secret!"), "bad key [redacted], [redacted]!");
    }

    #[test]
    fn a_key_is_replaced_however_json_escapes_it() {
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
        let slashes = ApiKey::new(r"\\").unwrap();
        assert_eq!(slashes.scrub(r"a\\b"), r"a\\b", "nothing but backslashes is nothing to look for");
    }
}
