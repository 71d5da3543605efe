//! Ratings of memories.

use serde::Serialize;
use serde_json::Value;

use crate::ids::MemoryId;

open_enum! {
    /// Rating of a memory.
    pub enum Feedback("feedback") {
        /// `POSITIVE`: the memory is correct and useful.
        Positive = "POSITIVE",
        /// `NEGATIVE`: the memory is wrong or not useful.
        Negative = "NEGATIVE",
        /// `VERY_NEGATIVE`: the memory should not exist.
        VeryNegative = "VERY_NEGATIVE",
    }
}

resource! {
    /// Current rating of a memory.
    ///
    /// The rating and the reason are `None` after the rating was removed.
    pub struct MemoryFeedback {
        /// Id of the rating: a string or a number.
        pub id: Value,
        /// Rating.
        pub feedback: Feedback,
        private {
            /// Reason for the rating.
            pub feedback_reason: String,
        }
    }
}

/// Body of the call. Rating and reason are always sent: `null` removes them.
#[derive(Serialize)]
pub(crate) struct FeedbackBody<'a> {
    pub(crate) memory_id: &'a MemoryId,
    pub(crate) feedback: Option<&'a Feedback>,
    pub(crate) feedback_reason: Option<&'a str>,
}
