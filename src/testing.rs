//! Help for tests of programs that use this crate.
//!
//! For a platform without a network, use the crate `mem0-local`. For requests, responses and errors of your own:
//! [`Request::builder`](crate::client::Request::builder), [`Response::new`](crate::client::Response::new) and
//! [`ApiError::new`](crate::error::ApiError::new).
#![cfg_attr(not(any(feature = "blocking", feature = "async")), allow(rustdoc::broken_intra_doc_links))]

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// Shows a value whose `Debug` hides private data, such as the text of a memory.
///
/// The result compares and prints all fields, as JSON, so that a failed `assert_eq!` shows the difference.
///
/// ```
/// use mem0::Memory;
/// use mem0::testing::reveal;
///
/// let memory: Memory = serde_json::from_str(r#"{"id": "m1", "memory": "Likes tea"}"#)?;
/// let same = memory.clone();
/// assert_eq!(reveal(&memory), reveal(&same));
/// assert!(!format!("{memory:?}").contains("tea"));
/// assert!(format!("{:?}", reveal(&memory)).contains("Likes tea"));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn reveal(value: &(impl Serialize + ?Sized)) -> Revealed {
    Revealed(serde_json::to_value(value).map_err(|error| error.to_string()))
}

/// All fields of a value, for a test. Created by [`reveal`].
#[derive(Clone, PartialEq)]
pub struct Revealed(Result<Value, String>);

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(value) => write!(f, "{value:#}"),
            Err(message) => write!(f, "a value that can't be shown as JSON: {message}"),
        }
    }
}
