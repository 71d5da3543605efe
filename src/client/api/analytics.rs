//! Calls for feedback, statistics and summaries.

use http::Method;
use serde::Serialize;
use serde_json::Value;

use super::{MemoryClient, Transport, maybe_async};
use crate::client::request::Segment;
use crate::client::response_mode::ResponseMode;
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::ids::MemoryId;
use crate::types::{Feedback, FeedbackBody, MemoryFeedback, Stats};

#[derive(Serialize)]
struct SummaryBody {
    filters: Value,
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Rates a memory, and replaces an earlier rating: `POST /v1/feedback/`. The call is not retried if it may have
    /// been carried out.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty id or a text that is not a [`Feedback`] in upper or lower case; nothing is sent
    /// then. [`Error::Api`](crate::Error::Api) with 400 if the id is not a UUID or the platform rejects the rating, and
    /// possibly 500 for an unknown memory.
    ///
    #[doc = example!(
    memory "use mem0::memories::Feedback;

client.feedback(&memory_id, Feedback::Positive, Some(\"Checked by hand\"))" await "?;"
    )]
    pub async fn feedback(
        &self,
        memory_id: impl Into<MemoryId> + Send,
        feedback: impl TryInto<Feedback, Error: Into<Error>> + Send,
        reason: Option<&str>,
    ) -> Result<S::Of<MemoryFeedback>> {
        let memory_id = memory_id.into();
        let feedback = feedback.try_into().map_err(Into::into)?;
        if feedback.as_str().trim().is_empty() {
            let message = "is empty; expected POSITIVE, NEGATIVE or VERY_NEGATIVE, or call `remove_feedback`";
            return Err(Error::invalid("feedback", message));
        }
        self.write_feedback(&memory_id, Some(&feedback), reason).await
    }

    /// Removes the rating of a memory: `POST /v1/feedback/` with `null` for rating and reason.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// As [`feedback`](Self::feedback).
    ///
    #[doc = example!(
    memory "client.remove_feedback(&memory_id)" await "?;"
    )]
    pub async fn remove_feedback(
        &self,
        memory_id: impl Into<MemoryId> + Send,
    ) -> Result<S::Of<MemoryFeedback>> {
        let memory_id = memory_id.into();
        self.write_feedback(&memory_id, None, None).await
    }

    async fn write_feedback(
        &self,
        memory_id: &MemoryId,
        feedback: Option<&Feedback>,
        reason: Option<&str>,
    ) -> Result<S::Of<MemoryFeedback>> {
        if memory_id.as_str().trim().is_empty() {
            return Err(Error::invalid("memory_id", "is empty; pass the id of a memory"));
        }
        let segments = [Segment::Fixed("v1"), Segment::Fixed("feedback")];
        let mut request = self.request_to(Method::POST, segments)?;
        request.set_json(&FeedbackBody { memory_id, feedback, feedback_reason: reason })?;
        self.send(request).await
    }

    /// Reads the statistics of the key's user: `GET /v1/stats/`.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// The errors of every call: [`Error::Api`](crate::Error::Api), [`Error::Transport`](crate::Error::Transport),
    /// [`Error::Timeout`](crate::Error::Timeout), [`Error::Decode`](crate::Error::Decode).
    ///
    #[doc = example!(
    "let stats = client.stats()" await "?;
println!(\"{:?} of {:?} retrievals\", stats.total_retrieval_events, stats.total_retrieval_events_limit);"
    )]
    pub async fn stats(&self) -> Result<S::Of<Stats>> {
        let request = self.request_to(Method::GET, [Segment::Fixed("v1"), Segment::Fixed("stats")])?;
        self.send(request).await
    }

    /// Summarizes the memories that match a filter: `POST /v1/summary/`. The filter is sent unchanged. The shape of the
    /// summary is not documented, so it is returned as JSON.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a filter without a user, agent, app or run; nothing is sent then.
    /// [`Error::Api`](crate::Error::Api) with 400 if the platform rejects the filter.
    ///
    #[doc = example!(
    "use mem0::Filter;

println!(\"{}\", client.summary(Filter::user(\"alice\"))" await "?);"
    )]
    pub async fn summary(&self, filter: Filter) -> Result<S::Of<Value>> {
        filter.check()?;
        let mut request = self.request_to(Method::POST, [Segment::Fixed("v1"), Segment::Fixed("summary")])?;
        request.set_json(&SummaryBody { filters: filter.to_value() })?;
        self.send(request).await
    }
}
