//! What people think of a memory.

use serde::Serialize;
use serde_json::Value;

use crate::id::MemoryId;

open_enum! {
    /// What somebody thinks of a memory (contract 5).
    pub enum Feedback("feedback") {
        /// `POSITIVE`: it is right and useful.
        Positive = "POSITIVE",
        /// `NEGATIVE`: it is not.
        Negative = "NEGATIVE",
        /// `VERY_NEGATIVE`: it ought not to be there.
        VeryNegative = "VERY_NEGATIVE",
    }
}

resource! {
    /// The feedback a memory has now: `None` for both words where it was removed.
    pub struct FeedbackGiven {
        /// The platform's identifier of the feedback: text or a number.
        pub id: Value,
        /// What was thought of the memory.
        pub feedback: Feedback,
        private {
            /// Why.
            pub feedback_reason: String,
        }
    }
}

/// The body of the call. Both words are always there: `null` removes them.
#[derive(Serialize)]
pub(crate) struct FeedbackBody<'a> {
    pub(crate) memory_id: &'a MemoryId,
    pub(crate) feedback: Option<&'a Feedback>,
    pub(crate) feedback_reason: Option<&'a str>,
}
