//! Calls for memories: add, search, read, update, delete, history.

use http::Method;

use super::{MemoryClient, Transport, maybe_async};
use crate::client::poll::PollPolicy;
use crate::client::request::{EmptyBody, Request, Segment};
use crate::client::response_mode::ResponseMode;
use crate::error::{Error, EventError, Result};
use crate::ids::MemoryId;
use crate::types::{
    AddMemories, AddOutcome, AddedMemory, DeleteMemories, DeletionStarted, HistoryEntry, Memory,
    MemoryDeleted, MemoryUpdate, SearchMemories, SearchResults,
};

#[maybe_async]
impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Adds memories from messages to the key's project: `POST /v3/memories/add/`.
    ///
    /// An API key belongs to one project. For another project, use a key of that project; see
    /// [`with_api_key`](Self::with_api_key).
    ///
    /// The argument can be a tuple of messages, or a text, and an [`EntityRef`](crate::entities::EntityRef).
    ///
    /// Unless `infer(false)` is set, the platform extracts the memories in the background and the outcome is
    /// [`AddOutcome::Pending`]: [`add_and_wait`](Self::add_and_wait) waits for them, as does
    /// [`EventsApi::wait`](super::EventsApi::wait) later. The call is not retried if it may have been carried out, unless
    /// [`RetryPolicy::retry_writes`](crate::client::RetryPolicy::retry_writes) is set.
    ///
    /// Dropping the future of the async client cancels the call. Before the request is sent, nothing is added. After it,
    /// the platform may still add the memories, and the id of the event is lost.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) without a user, agent, app or run, without messages or with an empty
    /// one, for a category without a description or an invalid date; nothing is sent then.
    /// [`Error::Config`](crate::Error::Config) if the builder names a project that is not the key's own;
    /// [`Error::Api`](crate::Error::Api) with 400 if the platform rejects the memories.
    ///
    #[doc = example!(
    "use mem0::client::PollPolicy;
use mem0::memories::AddOutcome;
use mem0::{AddMemories, ChatMessage};

let talk = [ChatMessage::user(\"I am vegetarian\"), ChatMessage::assistant(\"I will keep that in mind\")];
match client.add(AddMemories::new(talk).user_id(\"alice\"))" await "? {
    AddOutcome::Pending(event_id) => {
        let event = client.events().wait(&event_id, PollPolicy::default())" await "?;
        println!(\"{:?}: {} memories\", event.status, event.memories().len());
    }
    AddOutcome::Done(memories) => println!(\"{} memories\", memories.len()),
    _ => {}
}"
    )]
    pub async fn add(&self, memories: impl Into<AddMemories> + Send) -> Result<S::Of<AddOutcome>> {
        let request = self.add_request(&memories.into())?;
        self.send(request).await
    }

    /// Adds memories like [`add`](Self::add), waits until the platform has extracted them, and returns them.
    ///
    /// With `infer(false)`, the add is complete at once and nothing is waited for. The list is empty if the platform
    /// extracted no memory. The deadline of the policy applies to the wait, the client's timeouts to each request.
    ///
    /// After [`with_response`](Self::with_response), the response is that of the last request: the add, or the read of
    /// the finished event.
    ///
    /// Dropping the future of the async client cancels a request in flight and ends the wait. If the add was sent, the
    /// platform may still add the memories, and the id of the event is lost. To keep the id, call [`add`](Self::add) and
    /// [`EventsApi::wait`](super::EventsApi::wait).
    ///
    /// # Errors
    /// Before the add is accepted, as [`add`](Self::add). After it, every error has the id of the event, with which
    /// [`EventsApi::wait`](super::EventsApi::wait) waits again, in [`Error::event_id`](crate::Error::event_id):
    /// [`Error::Event`](crate::Error::Event) if the event failed, [`Error::Timeout`](crate::Error::Timeout) of the kind
    /// [`Wait`](crate::error::TimeoutKind::Wait) at the deadline, and the error of a request that failed after its retries.
    /// Calling `add_and_wait` again would add the messages again.
    ///
    #[doc = example!(
    "use mem0::EntityRef;
use mem0::client::PollPolicy;

let adding = (\"I am vegetarian\", EntityRef::user(\"alice\"));
match client.add_and_wait(adding, PollPolicy::default())" await " {
    Ok(memories) => {
        for memory in memories {
            println!(\"{} {}\", memory.id()?, memory.text()?);
        }
    }
    Err(error) => match error.event_id() {
        Some(event_id) => println!(\"accepted as event {event_id}, but {error}\"),
        None => return Err(error.into()),
    },
}"
    )]
    pub async fn add_and_wait(
        &self,
        memories: impl Into<AddMemories> + Send,
        policy: PollPolicy,
    ) -> Result<S::Of<Vec<AddedMemory>>> {
        let key = &self.inner.config.key;
        let mut request = self.add_request(&memories.into())?;
        let call = self.begin()?;
        let (outcome, response, attempts) = self.receive(&call, &mut request).await?;
        let event_id = match outcome {
            AddOutcome::Done(memories) => {
                return Ok(S::convert(memories, |memories| response.into_api_response(memories, key)));
            }
            AddOutcome::Pending(event_id) => event_id,
        };
        let events = self.events();
        if events.request(&event_id).is_err() {
            let message = "is not a valid id; the memories may be added, but cannot be waited for";
            let error = response.field_error(call.info(&request, attempts), "event_id", message, key);
            return Err(Error::Decode(Box::new(error)));
        }
        let finished = events.poll(&event_id, policy).await;
        let (event, response, call) = finished.map_err(|error| error.after_acceptance(&event_id))?;
        if !event.is_success() {
            let error = Error::from(EventError::of_call(call, event, |text| key.scrub(text)));
            return Err(error.after_acceptance(&event_id));
        }
        Ok(S::convert(event.memories(), |memories| response.into_api_response(memories, key)))
    }

    /// Searches the memories of the key's project, and returns the best match first: `POST /v3/memories/search/`.
    ///
    /// The argument can be a tuple of a query and a [`Filter`](crate::Filter).
    ///
    /// An API key belongs to one project. For another project, use a key of that project; see
    /// [`with_api_key`](Self::with_api_key).
    ///
    /// The call is retried like a GET. With decay on, a search counts as an access to the memories that it returns, and
    /// a retried search may count twice.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still count as an
    /// access.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an empty query, a filter without a user, agent, app or run, a
    /// `top_k` or a threshold out of range; nothing is sent then. [`Error::Config`](crate::Error::Config) if the builder
    /// names a project that is not the key's own.
    ///
    #[doc = example!(
    "use mem0::Filter;

for memory in client.search((\"what does she eat?\", Filter::user(\"alice\")))" await "? {
    println!(\"{:?} {:?}\", memory.score, memory.memory);
}"
    )]
    pub async fn search(&self, search: impl Into<SearchMemories> + Send) -> Result<S::Of<SearchResults>> {
        let search = search.into();
        search.check()?;
        let mut request = self.request_to(Method::POST, [V3, MEMORIES, Segment::Fixed("search")])?;
        request.set_json(search.body())?;
        self.send(request).await
    }

    /// Reads a memory, including an expired one: `GET /v1/memories/{memory_id}/`.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an id that is empty, `.` or `..`; nothing is sent then.
    /// [`Error::Api`](crate::Error::Api) with 404 if no memory has this id, with 400 if the id is not a UUID.
    ///
    #[doc = example!(
    memory "let memory = client.get(&memory_id)" await "?;
println!(\"{:?} in {:?}\", memory.memory, memory.categories);"
    )]
    pub async fn get(&self, memory_id: impl Into<MemoryId> + Send) -> Result<S::Of<Memory>> {
        let memory_id = memory_id.into();
        let request = self.memory_request(Method::GET, &memory_id, &[])?;
        self.send(request).await
    }

    /// Updates a memory and returns the updated memory: `PUT /v1/memories/{memory_id}/`.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an update without fields, metadata that is not an object, or an
    /// invalid date; nothing is sent then. [`Error::Api`](crate::Error::Api) with 404 and 400 as [`get`](Self::get),
    /// and the platform's error for an immutable memory.
    ///
    #[doc = example!(
    memory "use mem0::memories::MemoryUpdate;

let update = MemoryUpdate::new().text(\"Is vegan\").expiration_date(\"2030-01-31\");
client.update(&memory_id, update)" await "?;"
    )]
    pub async fn update(
        &self,
        memory_id: impl Into<MemoryId> + Send,
        update: MemoryUpdate,
    ) -> Result<S::Of<Memory>> {
        let memory_id = memory_id.into();
        update.check()?;
        let mut request = self.memory_request(Method::PUT, &memory_id, &[])?;
        request.set_json(&update)?;
        self.send(request).await
    }

    /// Deletes a memory: `DELETE /v1/memories/{memory_id}/`.
    ///
    /// Older memories that it replaced stay, and lists and searches return them again. To delete them too, use
    /// [`delete_linked`](Self::delete_linked).
    ///
    /// If the response is lost, a retry may fail with 404 although the deletion succeeded.
    /// [`attempts`](crate::Error::attempts) is above 1 then.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    ///
    #[doc = example!(memory "client.delete(&memory_id)" await "?;")]
    pub async fn delete(&self, memory_id: impl Into<MemoryId> + Send) -> Result<S::Of<MemoryDeleted>> {
        self.delete_memory(memory_id.into(), false).await
    }

    /// Deletes a memory together with the older memories that it replaced, directly or indirectly. The response has
    /// their number.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    ///
    #[doc = example!(
    memory "let deleted = client.delete_linked(&memory_id)" await "?;
println!(\"{:?} older memories deleted too\", deleted.cascade_count);"
    )]
    pub async fn delete_linked(&self, memory_id: impl Into<MemoryId> + Send) -> Result<S::Of<MemoryDeleted>> {
        self.delete_memory(memory_id.into(), true).await
    }

    async fn delete_memory(&self, memory_id: MemoryId, linked: bool) -> Result<S::Of<MemoryDeleted>> {
        let mut request = self.memory_request(Method::DELETE, &memory_id, &[])?;
        if linked {
            request.push_query("delete_linked", "true");
        }
        request.empty_body = EmptyBody::EmptyObject;
        self.send(request).await
    }

    /// Deletes the memories of a user, agent, app or run, or all memories of the project: `DELETE /v1/memories/`.
    ///
    /// The argument can be an [`EntityRef`](crate::entities::EntityRef).
    ///
    /// The deletion continues in the background. The response has the id of the event to wait for.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) without a user, agent, app or run, or for an empty id; nothing is sent
    /// then.
    ///
    #[doc = example!(
    "use mem0::memories::DeleteMemories;

client.delete_all(DeleteMemories::of_user(\"alice\"))" await "?;"
    )]
    pub async fn delete_all(
        &self,
        memories: impl Into<DeleteMemories> + Send,
    ) -> Result<S::Of<DeletionStarted>> {
        let query = memories.into().query()?;
        let mut request = self.request_to(Method::DELETE, [V1, MEMORIES])?;
        for (name, value) in &query {
            request.push_query(name, value);
        }
        request.empty_body = EmptyBody::EmptyObject;
        self.send(request).await
    }

    /// Reads the history of a memory, without pagination: `GET /v1/memories/{memory_id}/history/`.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// As [`get`](Self::get). The response for an unknown memory is not documented.
    ///
    #[doc = example!(
    memory "for entry in client.history(&memory_id)" await "? {
    println!(\"{:?} at {:?}: {:?}\", entry.event, entry.created_at, entry.new_memory);
}"
    )]
    pub async fn history(&self, memory_id: impl Into<MemoryId> + Send) -> Result<S::Of<Vec<HistoryEntry>>> {
        let memory_id = memory_id.into();
        let request = self.memory_request(Method::GET, &memory_id, &[Segment::Fixed("history")])?;
        self.send(request).await
    }
}

pub(super) const V1: Segment<'static> = Segment::Fixed("v1");
pub(super) const V3: Segment<'static> = Segment::Fixed("v3");
pub(super) const MEMORIES: Segment<'static> = Segment::Fixed("memories");

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Request that adds memories. Fails if they are invalid.
    pub(super) fn add_request(&self, memories: &AddMemories) -> Result<Request> {
        memories.check()?;
        let mut request = self.request_to(Method::POST, [V3, MEMORIES, Segment::Fixed("add")])?;
        request.set_json(memories)?;
        Ok(request)
    }

    /// Request to the path of a memory, or to a path below it.
    fn memory_request(&self, method: Method, memory_id: &MemoryId, below: &[Segment<'_>]) -> Result<Request> {
        let memory = [V1, MEMORIES, Segment::Checked(MemoryId::FIELD, memory_id.as_str())];
        self.request_to(method, memory.into_iter().chain(below.iter().copied()))
    }
}
