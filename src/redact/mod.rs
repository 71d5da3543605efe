//! Masking of keys and e-mail addresses in text, as the errors and logs of this crate are redacted.
//!
//! For programs that show text which may quote a key of the platform or a member's address: an answer of a proxy, a
//! request log. A secret is found in every encoding that such text may have it in: with JSON or percent escapes, HTML
//! entities, or between the color codes of a terminal.
//!
//! ```
//! use mem0::redact;
//!
//! assert_eq!(redact::redact_all("bob%40x.io sent m0\\u002dabc"), "[e-mail] sent [redacted]");
//! assert_eq!(redact::scrub_key("the key is s3cr3t", "s3cr3t"), "the key is [redacted]");
//! ```

mod decoded_text;
mod hidden;
mod patterns;
mod scrub_key;

pub use hidden::is_hidden;
#[cfg(test)]
pub(crate) use patterns::LINE_LIMIT;
pub(crate) use patterns::replaced;
pub use patterns::{REDACTED, Redacted, one_line, redact_all, redact_emails, redact_keys};
pub use scrub_key::scrub_key;
