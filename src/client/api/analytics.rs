//! What the project's memories are worth: feedback, counts, summaries.

use http::Method;
use serde::Serialize;
use serde_json::Value;

use super::{MemoryClient, Transport, maybe_async};
use crate::client::api_response::ResponseMode;
use crate::client::request::Segment;
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
    /// Says what somebody thinks of a memory, and why, in place of what was said before: `POST /v1/feedback/`
    /// (contract 5). Not repeated where it may have been carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty identifier, or text that is no [`Feedback`] in any case, before anything is sent;
    /// [`Error::Api`](crate::Error::Api) with 400 if the identifier is no UUID or the platform does not know the
    /// word. A memory that is not there has been seen to answer 500.
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

    /// Takes back what was said of a memory: the same call with `null` for both words.
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
            return Err(Error::invalid("memory_id", "is empty; name the memory"));
        }
        let segments = [Segment::Fixed("v1"), Segment::Fixed("feedback")];
        let mut request = self.request_to(Method::POST, segments)?;
        request.set_json(&FeedbackBody { memory_id, feedback, feedback_reason: reason })?;
        self.send(request).await
    }

    /// Counts what the key's user has and did: `GET /v1/stats/` (contract 5).
    ///
    /// # Errors
    /// As any call: [`Error::Api`](crate::Error::Api), [`Error::Transport`](crate::Error::Transport),
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

    /// Has the memories a filter matches summed up: `POST /v1/summary/` (contract 5). The filter is sent as it is. What the answer looks like
    /// is not documented (contract D22): it is given as it is.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a filter that names no user, agent, app or run, before anything is sent;
    /// [`Error::Api`](crate::Error::Api) with 400 if the platform does not like it.
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
