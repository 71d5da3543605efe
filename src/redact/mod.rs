//! Redaction of API keys and e-mail addresses in text. The errors and logs of this crate use it too.
//!
//! Use it for text that may quote an API key or the e-mail address of a member, such as a response of a proxy or a request
//! log. It finds secrets with JSON escapes, percent-encoding or HTML entities, and between terminal color codes.
//!
//! ```
//! use mem0::redact;
//!
//! assert_eq!(redact::redact_all("bob%40x.io sent m0\\u002dabc"), "[e-mail] sent [redacted]");
//! assert_eq!(redact::redact_key("the key is s3cr3t", "s3cr3t"), "the key is [redacted]");
//! ```

mod decoded_text;
mod invisible;
mod patterns;
mod redact_key;

pub(crate) use invisible::escape_invisible;
pub use invisible::is_invisible;
#[cfg(test)]
pub(crate) use patterns::MAX_LINE_CHARS;
pub(crate) use patterns::replace_ranges;
pub use patterns::{REDACTED, Redacted, one_line, redact_all, redact_emails, redact_keys};
pub use redact_key::redact_key;
